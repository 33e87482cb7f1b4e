/** Summarizes commands of the database without any value of a caller: fields and stages alone (docs/monitor.md «Traces»). */
import type { Document } from 'mongodb';

/** The limit of OpenTelemetry's conventions. */
const MAX_CHARACTERS = 255;
/** The most conditions to look at: a filter may have thousands. */
const MAX_CONDITIONS = 100;

const OTHER = '_OTHER';

type Entry = readonly [string, unknown];

/** Filters are objects or maps. */
function entriesOf(value: unknown): readonly Entry[] {
  if (value instanceof Map) return [...value].map(([name, each]): Entry => [String(name), each]);
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

/** The conditions of a filter, those of `$and`, `$or` and `$nor` included, by the paths of their fields. */
function* pathsIn(filter: unknown): Generator<string, void> {
  for (const [name, value] of entriesOf(filter)) {
    if (!name.startsWith('$')) yield name;
    else if (Array.isArray(value)) for (const each of value) yield* pathsIn(each);
  }
}

/** The first names of paths, each once; names of none of the `fields` stay unnamed. */
function namesOf(paths: Iterable<string>, fields: ReadonlySet<string>): string {
  const names = new Set<string>();
  let seen = 0;
  for (const path of paths) {
    const [name = ''] = path.split('.', 1);
    names.add(fields.has(name) ? name : OTHER);
    seen += 1;
    if (seen === MAX_CONDITIONS) break;
  }
  return `{${[...names].join(', ')}}`;
}

function summaryOfStage(stage: unknown, fields: ReadonlySet<string>): string {
  const [[name, content] = [OTHER, undefined]] = entriesOf(stage);
  return name === '$match' ? `${name} ${namesOf(pathsIn(content), fields)}` : name;
}

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Summarizes `command`, such as `find job {domain_id, status} sort {created_at, job_id}`. */
export function summarize(
  operation: string,
  collection: string,
  command: Document,
  fields: ReadonlySet<string>,
): string {
  const { filter, sort, pipeline, deletes } = command;
  const [deleted] = asList(deletes).map(entriesOf);
  const conditions: unknown = filter ?? deleted?.find(([name]) => name === 'q')?.[1];
  const parts = [
    `${operation} ${collection}`,
    ...(conditions === undefined ? [] : [namesOf(pathsIn(conditions), fields)]),
    ...(sort === undefined
      ? []
      : [
          `sort ${namesOf(
            entriesOf(sort).map(([name]) => name),
            fields,
          )}`,
        ]),
    ...asList(pipeline).map((stage) => summaryOfStage(stage, fields)),
  ];
  return parts.join(' ').slice(0, MAX_CHARACTERS);
}
