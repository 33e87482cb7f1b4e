/** The errors of a job, grouped by code, the most frequent first. */
import type { JobError } from '../../api/jobs.js';
import { Datum } from '../../components/datum.js';
import { count } from '../../components/format.js';
import { JsonTree } from '../../components/json-tree.js';
import { groupBy } from '../../state/grouping.js';
import { isBlank } from '../../state/shown-text.js';

/** Messages of one code shown before the reader asks for all. */
const MAX_MESSAGES = 5;

const ErrorItem = ({ error: { message, additional } }: { readonly error: JobError }) => (
  <li>
    <p class="message">{isBlank(message) ? 'without a message' : message}</p>
    {additional !== undefined && (
      <details>
        <summary>additional</summary>
        <JsonTree value={additional} none="empty" />
      </details>
    )}
  </li>
);

const items = (errors: readonly JobError[]) =>
  errors.map((error, index) => <ErrorItem key={index} error={error} />);

const CodeGroup = ({ code, errors }: { readonly code: string; readonly errors: readonly JobError[] }) => (
  <section class="group">
    <h3>
      <code>{code === '' ? 'without a code' : <Datum text={code} />}</code>{' '}
      <span class="count">{count(errors.length)}</span>
    </h3>
    <ol>{items(errors.slice(0, MAX_MESSAGES))}</ol>
    {errors.length > MAX_MESSAGES && (
      <details>
        <summary>{count(errors.length - MAX_MESSAGES)} more</summary>
        <ol start={MAX_MESSAGES + 1}>{items(errors.slice(MAX_MESSAGES))}</ol>
      </details>
    )}
  </section>
);

export function Errors({ errors }: { readonly errors: readonly JobError[] }) {
  if (errors.length === 0) return <p class="none">This job has no errors.</p>;
  const groups = [...groupBy(errors, ({ error_code: code }) => code)];
  return (
    <>
      {groups
        .toSorted(([, a], [, b]) => b.length - a.length)
        .map(([code, of]) => (
          <CodeGroup key={code} code={code} errors={of} />
        ))}
    </>
  );
}
