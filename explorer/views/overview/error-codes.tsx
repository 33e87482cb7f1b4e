/** Why jobs fail: the error codes by jobs, and the failures without an error. */
import { useState } from 'preact/hooks';
import { failedWith, FAILED_WITHOUT_ERROR, listMessages, MAX_CODES } from '../../api/error-codes.js';
import type { ErrorCodeRow } from '../../api/error-codes.js';
import type { Condition } from '../../api/selection.js';
import { Answered } from '../../components/answered.js';
import { Bar } from '../../components/bar.js';
import { Datum } from '../../components/datum.js';
import { count, plural } from '../../components/format.js';
import { Time } from '../../components/time.js';
import { useAnswer } from '../../state/answer.js';
import { typedCondition } from '../../state/conditions.js';
import { hashOf } from '../../state/route.js';
import { selectionOf } from '../../state/selection.js';
import type { ViewContext } from '../../state/view-context.js';
import { withConditions } from '../../state/with-conditions.js';

interface Named {
  readonly context: ViewContext;
  /** The name of a collector. */
  nameOf(collector: string): string;
}

/** A link to the jobs that meet these conditions too. */
const hrefOf = ({ route }: ViewContext, conditions: readonly Condition[]): string =>
  hashOf({ ...route, ...withConditions(route, conditions.map(typedCondition)), view: 'jobs' });

function Messages({ code, context }: { readonly code: string; readonly context: ViewContext }) {
  const { route, timeRange } = context;
  const answer = useAnswer(listMessages(selectionOf(route, timeRange), code), context);
  return (
    <Answered answer={answer}>
      {(messages) => (
        <ol class="messages">
          {messages.map((message, index) => (
            <li key={index} class="message" tabIndex={0}>
              {message || 'without a message'}
            </li>
          ))}
        </ol>
      )}
    </Answered>
  );
}

/** The whole messages are requested once the reader opens them. */
function Message({ row: { code, message }, context }: { readonly row: ErrorCodeRow } & Named) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="whole" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary class="one-line">{message || 'without a message'}</summary>
      {isOpen && <Messages code={code} context={context} />}
    </details>
  );
}

const whose = ({ collectors }: ErrorCodeRow, nameOf: Named['nameOf']): string =>
  collectors.length === 1 ? collectors.map(nameOf).join('') : `${count(collectors.length)} collectors`;

const Jobs = ({
  jobs,
  peak,
  note,
}: {
  readonly jobs: number;
  readonly peak: number;
  readonly note?: string;
}) => (
  <span class="measure">
    <Bar share={jobs / peak} color="is-error" />
    <strong>{plural(jobs, 'job')}</strong>
    {note !== undefined && <small> {note}</small>}
  </span>
);

function ErrorCode({ row, peak, ...named }: Named & { readonly row: ErrorCodeRow; readonly peak: number }) {
  const { code, jobs, errors, newest } = row;
  return (
    <li>
      <a class="one-line" title={code} href={hrefOf(named.context, failedWith(code))}>
        <Datum text={code || 'without a code'} />
      </a>
      <Jobs jobs={jobs} peak={peak} note={`${count(errors)} ${errors === 1 ? 'entry' : 'entries'}`} />
      <Message row={row} {...named} />
      <span class="when">
        <Datum text={whose(row, named.nameOf)} />, last <Time text={newest} />
      </span>
    </li>
  );
}

const Unexplained = ({
  jobs,
  peak,
  context,
}: {
  readonly jobs: number;
  readonly peak: number;
  readonly context: ViewContext;
}) => (
  <li>
    <a href={hrefOf(context, FAILED_WITHOUT_ERROR)}>no error given</a>
    <Jobs jobs={jobs} peak={peak} />
    <span class="message">They failed or timed out, and have no error.</span>
  </li>
);

export function ErrorCodes({
  rows,
  unexplained,
  ...named
}: Named & { readonly rows: readonly ErrorCodeRow[]; readonly unexplained: number }) {
  if (rows.length === 0 && unexplained === 0) return <p class="none">No job failed.</p>;
  const peak = Math.max(1, unexplained, ...rows.map(({ jobs }) => jobs));
  return (
    <>
      <ol class="codes">
        {rows.map((row, index) => (
          <ErrorCode key={index} row={row} peak={peak} {...named} />
        ))}
        {unexplained > 0 && <Unexplained jobs={unexplained} peak={peak} context={named.context} />}
      </ol>
      {rows.length === MAX_CODES && <small>The {MAX_CODES} codes of most jobs.</small>}
    </>
  );
}
