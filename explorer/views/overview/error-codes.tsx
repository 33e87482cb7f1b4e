/** The most frequent error codes, each with a message and the date of its newest job. */
import type { ErrorCodeRow } from '../../api/error-codes.js';
import { FIELDS } from '../../api/fields.js';
import type { Results } from '../../api/stat.js';
import { Bar } from '../../components/bar.js';
import { count, dateTime } from '../../components/format.js';
import { withCondition } from '../../state/route.js';
import type { ViewContext } from '../../state/view-context.js';

const ErrorCode = ({
  row: { code, errors, message, newest },
  peak,
  context: { route, go },
}: {
  readonly row: ErrorCodeRow;
  readonly peak: number;
  readonly context: ViewContext;
}) => (
  <li>
    <button type="button" class="link" onClick={() => go(withCondition(route, FIELDS.errorCode, code))}>
      {code || 'without a code'}
    </button>
    <span class="measure">
      <Bar share={errors / peak} color="is-error" />
      <span>{count(errors)}</span>
    </span>
    <span class="message" title={message}>
      {message}
    </span>
    <span class="when">last {dateTime(newest)}</span>
  </li>
);

export function ErrorCodes({
  rows: { results },
  context,
}: {
  readonly rows: Results<ErrorCodeRow>;
  readonly context: ViewContext;
}) {
  if (results.length === 0) return <p class="none">No errors.</p>;
  const peak = Math.max(1, ...results.map(({ errors }) => errors));
  return (
    <ol class="codes">
      {results.map((row) => (
        <ErrorCode key={row.code} row={row} peak={peak} context={context} />
      ))}
    </ol>
  );
}
