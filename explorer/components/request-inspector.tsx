/** The calls of a view: each as JSON, and as commands that repeat it. */
import { grpcMethodOf, pathOf } from '../api/call.js';
import type { Call } from '../api/call.js';
import { hasToken } from '../api/client.js';
import type { Settings } from '../api/settings.js';
import type { Answer } from '../state/answer.js';
import { CopyButton } from './copy-button.js';
import { Explain } from './explain.js';
import { count } from './format.js';

/** Quotes a text as one word of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The arguments for the token and the request, the same in both tools. */
const sharedArguments = ({ request }: Call): string =>
  `${hasToken() ? ' -H "token: $TOKEN"' : ''} -d ${quoted(JSON.stringify(request))}`;

const curl = (call: Call): string =>
  `curl -s ${location.origin}${pathOf(call.rpc)} -H 'content-type: application/json'${sharedArguments(call)}`;

const grpcurl = (call: Call, { grpcPort, tls }: Settings): string =>
  `grpcurl${tls ? '' : ' -plaintext'}${sharedArguments(call)} ${location.hostname}:${grpcPort} ${grpcMethodOf(call.rpc)}`;

const Line = ({ name, text }: { readonly name: string; readonly text: string }) => (
  <div class="line">
    <h4>{name}</h4>
    <CopyButton name={name} text={text} />
    <pre tabIndex={0}>{text}</pre>
  </div>
);

const CallDetails = ({ call, settings }: { readonly call: Call; readonly settings: Settings }) => (
  <details>
    <summary>
      {call.title} <code>{call.rpc}</code>
    </summary>
    <Line name="JSON" text={JSON.stringify(call.request, undefined, 2)} />
    <Line name="curl" text={curl(call)} />
    <Line name="grpcurl" text={grpcurl(call, settings)} />
    {settings.explains && <Explain key={JSON.stringify(call.request)} call={call} />}
  </details>
);

export function RequestInspector({
  answers,
  settings,
}: {
  readonly answers: readonly Pick<Answer<unknown>, 'call'>[];
  readonly settings: Settings;
}) {
  const calls = answers.flatMap(({ call }) => (call === undefined ? [] : [call]));
  return (
    <details class="asked">
      <summary>
        What this view asked <span class="count">{count(calls.length)}</span>
      </summary>
      {calls.map((call) => (
        <CallDetails key={call.title} call={call} settings={settings} />
      ))}
    </details>
  );
}
