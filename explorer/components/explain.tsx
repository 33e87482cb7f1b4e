/** A call explained by the service: it is made again, and its explanation is shown as lines (docs/monitor.md «Explain»). */
import { useState } from 'preact/hooks';
import type { Call } from '../api/call.js';
import { explain } from '../api/client.js';
import type { Explanation, Operation } from '../api/explanation.js';
import { callErrorOf } from '../state/answer.js';
import { count, plural } from './format.js';
import { useAttempt } from './use-attempt.js';

const PARTS = [
  ['queuedMs', 'in queues'],
  ['databaseMs', 'in the database'],
  ['encodingMs', 'writing the answer'],
] as const;

/** The times of a call: `0 ms in queues, 5 ms in the database`. */
const timesText = (explanation: Explanation): string =>
  PARTS.flatMap(([part, words]) => {
    const ms = explanation[part];
    return ms === undefined ? [] : [`${count(ms)} ms ${words}`];
  }).join(', ') || 'The service told no times';

/** A read of the database: `find of job by domain_id_1_created_at_-1: 20 keys and 20 documents examined for 20 results, 1 ms`. */
function operationText({ command, collection, indexes, examined }: Operation): string {
  const by = indexes.length === 0 ? 'without a plan' : `by ${indexes.join(', ')}`;
  const numbers =
    examined === undefined
      ? 'no numbers, since they would count other domains, or for lack of time'
      : `${plural(examined.keys, 'key')} and ${plural(examined.documents, 'document')} examined for ${plural(examined.results, 'result')}, ${count(examined.ms)} ms`;
  return `${command} of ${collection} ${by}: ${numbers}`;
}

const Told = ({ explanation }: { readonly explanation: Explanation }) => (
  <>
    <ul class="explained">
      <li>{timesText(explanation)}.</li>
      {explanation.operations.map((operation, index) => (
        <li key={index}>{operationText(operation)}.</li>
      ))}
      {explanation.more > 0 && <li>{plural(explanation.more, 'more read')}.</li>}
    </ul>
    <pre tabIndex={0}>{JSON.stringify(explanation.json, undefined, 2)}</pre>
  </>
);

export function Explain({ call }: { readonly call: Call }) {
  const { message, start } = useAttempt();
  const [explanation, setExplanation] = useState<Explanation | undefined>(undefined);
  const ask = (): void =>
    start(
      'Asking …',
      async (signal) => setExplanation(await explain(call, signal)),
      (error) => callErrorOf(error).message,
    );
  return (
    <div class="line">
      <h4>Explanation</h4>
      <button type="button" onClick={ask}>
        Explain
      </button>
      <span role="status">{message}</span>
      {explanation !== undefined && <Told explanation={explanation} />}
    </div>
  );
}
