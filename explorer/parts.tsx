/** Small parts that all views use: statuses, states of an answer, what was asked, trees of JSON. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { TRYING_AGAIN } from './answer.js';
import type { Answer } from './answer.js';
import { count } from './format.js';
import { isList, isObject } from './json.js';
import type { Json } from './json.js';
import { hasToken, pathOf } from './service.js';
import type { Call, CallError, Settings } from './service.js';
import { isToldAtRows } from './violations.js';

/** The statuses in the order in which they are shown and stacked. */
export const STATUSES: ReadonlyMap<string, string> = new Map([
  ['SUCCESS', 'Success'],
  ['ERROR', 'Error'],
  ['TIMEOUT', 'Timeout'],
  ['IN_PROGRESS', 'In progress'],
  ['CREATED', 'Created'],
  ['CANCELED', 'Canceled'],
]);

export const statusName = (status: string): string => STATUSES.get(status) ?? (status || 'None');

/** The class that gives a status its colour. */
export const statusClass = (status: string): string =>
  STATUSES.has(status) ? `is-${status.toLowerCase()}` : 'is-none';

/** All statuses that there are, and then those that were found beside them. */
export const withOthers = (found: ReadonlyMap<string, unknown>): readonly string[] => [
  ...new Set([...STATUSES.keys(), ...found.keys()]),
];

export const Status = ({ status }: { readonly status: string }) => (
  <span class={`status ${statusClass(status)}`}>{statusName(status)}</span>
);

/** What a view says of a failure; what is told at the rows of conditions is not said again. */
function failure(error: CallError): string {
  if (isToldAtRows(error)) return 'The filter is not accepted: see there.';
  if (error.status === 401) return `${error.message} Leave, and give another token.`;
  return error.passes ? `${error.message} ${TRYING_AGAIN}` : error.message;
}

export const Failure = ({ error }: { readonly error: CallError }) => (
  <p class="failure" role="alert">
    {failure(error)}
  </p>
);

/** What is made of an answer, once it is there; where the call fails, what the service says. */
export function Answered({
  answer: { value, error, waiting },
  children,
}: {
  readonly answer: Answer;
  children(value: Json): ComponentChildren;
}) {
  return (
    <div class={`answered${waiting ? ' waiting' : ''}`} aria-busy={waiting}>
      {error !== undefined && <Failure error={error} />}
      {value !== undefined && children(value)}
      {value === undefined && error === undefined && <p class="loading">Loading …</p>}
    </div>
  );
}

export function Copy({ what, text }: { readonly what: string; readonly text: string }) {
  const [copied, setCopied] = useState('');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied('Copied');
    } catch {
      // Pages that came neither by TLS nor from loopback have no clipboard, and readers may refuse it.
      setCopied('Not allowed here: select it instead');
    }
  };
  return (
    <span class="copy">
      <button type="button" onClick={() => void copy()}>
        Copy<span class="hidden"> {what}</span>
      </button>
      <span role="status">{copied}</span>
    </span>
  );
}

/** `text` as one word of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const SERVICE = 'spaceone.api.inventory.v1.Job';

/** How both tools take the token and the request. */
const sentBy = ({ request }: Call): string =>
  `${hasToken() ? ' -H "token: $TOKEN"' : ''} -d ${quoted(JSON.stringify(request))}`;

const curl = (asked: Call): string =>
  `curl -s ${location.origin}${pathOf(asked.rpc)} -H 'content-type: application/json'${sentBy(asked)}`;

const grpcurl = (asked: Call, { grpcPort, tls }: Settings): string =>
  `grpcurl${tls ? '' : ' -plaintext'}${sentBy(asked)} ${location.hostname}:${grpcPort} ${SERVICE}/${asked.rpc}`;

function Line({ name, text }: { readonly name: string; readonly text: string }) {
  return (
    <div class="line">
      <h4>{name}</h4>
      <Copy what={name} text={text} />
      <pre tabIndex={0}>{text}</pre>
    </div>
  );
}

/** The calls of a view, each as JSON, and as the lines that repeat it. */
export function RequestInspector({
  answers,
  settings,
}: {
  readonly answers: readonly Answer[];
  readonly settings: Settings;
}) {
  const calls = answers.flatMap(({ asked }) => (asked === undefined ? [] : [asked]));
  return (
    <details class="asked">
      <summary>
        What this view asked <span class="count">{count(calls.length)}</span>
      </summary>
      {calls.map((asked) => (
        <details key={asked.what}>
          <summary>
            {asked.what} <code>{asked.rpc}</code>
          </summary>
          <Line name="JSON" text={JSON.stringify(asked.request, undefined, 2)} />
          <Line name="curl" text={curl(asked)} />
          <Line name="grpcurl" text={grpcurl(asked, settings)} />
        </details>
      ))}
    </details>
  );
}

/** Levels of a tree that are open at first. */
const OPEN = 2;

function Leaf({ value }: { readonly value: Json }) {
  return <code class="leaf">{JSON.stringify(value)}</code>;
}

type Inside = readonly (readonly [string | number, Json | undefined])[];

/** What a value holds, by name or number; nothing for one that holds nothing. */
function insideOf(value: Json): Inside {
  if (isObject(value)) return Object.entries(value);
  return isList(value) ? [...value.entries()] : [];
}

function Branch({
  name,
  value,
  depth,
}: {
  readonly name: string;
  readonly value: Json;
  readonly depth: number;
}) {
  const inside = insideOf(value);
  if (inside.length === 0)
    return (
      <li>
        <span class="name">{name}</span> <Leaf value={value} />
      </li>
    );
  return (
    <li>
      <details open={depth < OPEN}>
        <summary>
          <span class="name">{name}</span> <span class="count">{count(inside.length)}</span>
        </summary>
        <Branches of={inside} depth={depth + 1} />
      </details>
    </li>
  );
}

const Branches = ({ of, depth }: { readonly of: Inside; readonly depth: number }) => (
  <ul class="tree">
    {of.map(([name, value]) =>
      value === undefined ? undefined : <Branch key={name} name={String(name)} value={value} depth={depth} />,
    )}
  </ul>
);

/** JSON as a tree that opens and closes. */
export function Tree({ value, none }: { readonly value: Json | undefined; readonly none: string }) {
  if (!isObject(value) || Object.keys(value).length === 0) return <p class="none">{none}</p>;
  return <Branches of={Object.entries(value)} depth={0} />;
}
