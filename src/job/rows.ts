/** Jobs as lines of text, for lists that are sent while they are read (docs/http.md «All jobs at once»). */
import { fromBinary, toJson } from '@bufbuild/protobuf';
import type { DescMessage, JsonValue } from '@bufbuild/protobuf';
import type { Selection } from '../query/model.js';
import { firstSegment } from '../query/schema.js';
import { jsonOf } from '../wire/codec.js';
import { csvLine } from '../wire/csv.js';
import { descriptors, messageNamed } from '../wire/descriptors.js';
import { jobInfo } from './answer.js';
import type { Collect } from './collectors.js';
import type { Batches } from './operation.js';
import { JOB_INFO } from './schema.js';
import type { ShownField } from './schema.js';
import type { StoredDocument } from './stored.js';

export type RowFormat = 'ndjson' | 'csv';

/** The text before the first row, and that of a job whose `collector` is its collector's document. */
export interface Rows {
  readonly head: string;
  row(job: StoredDocument): string;
}

const JOB_MESSAGE = messageNamed('spaceone.api.inventory.v1.JobInfo');

interface Column {
  /** The names of the fields that lead to the cell. */
  readonly path: readonly string[];
  /** The field of the stored job that it comes from. */
  readonly stored: string;
}

/** A column for each field of `message` that is shown, and for each field of a message within it. */
function columnsOf(message: DescMessage, fields: readonly ShownField[]): readonly Column[] {
  return fields.flatMap(({ number, stored, as }) => {
    const field = message.fields.find((each) => each.number === number);
    if (field === undefined) return [];
    if (typeof as === 'string' || !('message' in as) || field.message === undefined)
      return [{ path: [field.name], stored }];
    return columnsOf(field.message, as.message).map(({ path }) => ({ path: [field.name, ...path], stored }));
  });
}

const COLUMNS = columnsOf(JOB_MESSAGE, JOB_INFO);

const within = (value: JsonValue | undefined, name: string): JsonValue | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value[name] : undefined;

/** A list or an object is JSON; an empty list, and what is not there, an empty cell. */
function cellOf(value: JsonValue | undefined): string | number | boolean {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'object') return value;
  return Array.isArray(value) && value.length === 0 ? '' : JSON.stringify(value);
}

function table(only: Selection): Rows {
  const shown = only === undefined ? undefined : new Set(only.map(firstSegment));
  const columns = COLUMNS.filter(({ stored }) => shown?.has(stored) ?? true);
  return {
    head: csvLine(columns.map(({ path }) => path.join('.'))),
    row(job) {
      const info = toJson(JOB_MESSAGE, fromBinary(JOB_MESSAGE, jobInfo(job)), {
        useProtoFieldName: true,
        alwaysEmitImplicit: true,
        registry: descriptors,
      });
      return csvLine(columns.map(({ path }) => cellOf(path.reduce<JsonValue | undefined>(within, info))));
    },
  };
}

const LINES: Rows = { head: '', row: (job) => `${jsonOf(JOB_MESSAGE, jobInfo(job))}\n` };

/** The rows of jobs that are shown with the stored paths `only`. */
export const rowsOf = (format: RowFormat, only: Selection): Rows => (format === 'csv' ? table(only) : LINES);

/** Characters of text that are sent at once. */
const PIECE = 65_536;

/** The text of all `batches`, each job with its collector; a piece ends with a row, and at the latest with a batch. */
export async function* pieces(
  { head, row }: Rows,
  batches: Batches,
  collect: Collect,
): AsyncGenerator<Uint8Array, void> {
  let text = head;
  for await (const batch of batches) {
    for (const job of await collect(batch)) {
      text += row(job);
      if (text.length < PIECE) continue;
      yield Buffer.from(text);
      text = '';
    }
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}
