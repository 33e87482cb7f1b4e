/** JSON as an expandable tree. */
import { isList, isObject } from '../api/json.js';
import type { Json } from '../api/json.js';
import { count } from './format.js';

/** Levels expanded at first. */
const OPEN_LEVELS = 2;

const Leaf = ({ value }: { readonly value: Json }) => <code class="leaf">{JSON.stringify(value)}</code>;

type Members = readonly (readonly [string | number, Json | undefined])[];

/** The members of an object or of a list, by name or index; none for other values. */
function membersOf(value: Json): Members {
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
  const members = membersOf(value);
  if (members.length === 0)
    return (
      <li>
        <bdi class="name">{name}</bdi> <Leaf value={value} />
      </li>
    );
  return (
    <li>
      <details open={depth < OPEN_LEVELS}>
        <summary>
          <bdi class="name">{name}</bdi> <span class="count">{count(members.length)}</span>
        </summary>
        <Branches members={members} depth={depth + 1} />
      </details>
    </li>
  );
}

const Branches = ({ members, depth }: { readonly members: Members; readonly depth: number }) => (
  <ul class="tree">
    {members.map(([name, value]) =>
      value === undefined ? undefined : <Branch key={name} name={String(name)} value={value} depth={depth} />,
    )}
  </ul>
);

/** Shows `none` for an empty object or no object. */
export function JsonTree({ value, none }: { readonly value: Json | undefined; readonly none: string }) {
  if (!isObject(value) || Object.keys(value).length === 0) return <p class="none">{none}</p>;
  return <Branches members={Object.entries(value)} depth={0} />;
}
