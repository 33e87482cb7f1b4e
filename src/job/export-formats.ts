/** Writes jobs as lines of NDJSON or CSV for exports (docs/http.md «All jobs at once»). */
import { fromBinary, toJson } from '@bufbuild/protobuf';
import type { DescMessage, JsonValue } from '@bufbuild/protobuf';
import type { Selection } from '../query/model.js';
import { firstSegment } from '../query/paths.js';
import { csvLine } from '../wire/csv.js';
import { descriptors, messageNamed } from '../wire/descriptors.js';
import { jsonPieces } from '../wire/json.js';
import type { TimeSlicer } from '../limits/yield.js';
import { JOB_INFO } from './schema.js';
import type { FieldKind, ShownField } from './schema.js';

export type ExportFormat = 'ndjson' | 'csv';

/** The text of an export: a head, then a row for each JobInfo, in parts made within a few milliseconds each. */
export interface ExportWriter {
  readonly head: string;
  row(info: Uint8Array): Iterable<string>;
}

const JOB_MESSAGE = messageNamed('spaceone.api.inventory.v1.JobInfo');

interface Column {
  /** Names of nested fields, outermost first. */
  readonly path: readonly string[];
  /** Field of the stored job. */
  readonly stored: string;
}

/** The fields of a field shown as one message. */
function innerOf(as: FieldKind): readonly ShownField[] | undefined {
  if (typeof as === 'string') return undefined;
  if ('message' in as) return as.message;
  return 'referred' in as ? as.referred : undefined;
}

/** A column for each shown field of `message`, and for each field of a message within it. */
function columnsOf(message: DescMessage, fields: readonly ShownField[]): readonly Column[] {
  return fields.flatMap(({ number, stored, as }) => {
    const field = message.fields.find((each) => each.number === number);
    if (field === undefined) return [];
    const inner = innerOf(as);
    if (inner === undefined || field.message === undefined) return [{ path: [field.name], stored }];
    return columnsOf(field.message, inner).map(({ path }) => ({ path: [field.name, ...path], stored }));
  });
}

const COLUMNS = columnsOf(JOB_MESSAGE, JOB_INFO);

const within = (value: JsonValue | undefined, name: string): JsonValue | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value[name] : undefined;

/** The cell of a value: JSON for a list or an object, empty for an empty list and for a missing value. */
function cellOf(value: JsonValue | undefined): string | number | boolean {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'object') return value;
  return Array.isArray(value) && value.length === 0 ? '' : JSON.stringify(value);
}

function table(only: Selection): ExportWriter {
  const shown = only === undefined ? undefined : new Set(only.map(firstSegment));
  const columns = COLUMNS.filter(({ stored }) => shown?.has(stored) ?? true);
  return {
    head: csvLine(columns.map(({ path }) => path.join('.'))),
    row(bytes) {
      const info = toJson(JOB_MESSAGE, fromBinary(JOB_MESSAGE, bytes), {
        useProtoFieldName: true,
        alwaysEmitImplicit: true,
        registry: descriptors,
      });
      return [csvLine(columns.map(({ path }) => cellOf(path.reduce<JsonValue | undefined>(within, info))))];
    },
  };
}

const LINES: ExportWriter = {
  head: '',
  *row(info) {
    yield* jsonPieces(JOB_MESSAGE, info);
    yield '\n';
  },
};

/** Writes rows of the format, with the stored paths `only`. */
export const exportWriter = (format: ExportFormat, only: Selection): ExportWriter =>
  format === 'csv' ? table(only) : LINES;

/** Characters of a chunk of text. */
const CHUNK_LENGTH = 65_536;

function* partsOf(infos: Iterable<Uint8Array>, row: ExportWriter['row']): Iterable<string> {
  for (const info of infos) yield* row(info);
}

/** Streams the text of all jobs, given the JobInfos of each batch, and yields to the event loop between parts. Each batch is flushed. */
export async function* exportChunks(
  { head, row }: ExportWriter,
  batches: AsyncIterable<Iterable<Uint8Array>>,
  timeSlicer: TimeSlicer,
): AsyncGenerator<Uint8Array, void> {
  const slice = timeSlicer();
  let text = head;
  for await (const infos of batches) {
    if (slice.isOver()) await slice.next();
    for (const part of partsOf(infos, row)) {
      text += part;
      if (text.length >= CHUNK_LENGTH) {
        yield Buffer.from(text);
        text = '';
      }
      if (slice.isOver()) await slice.next();
    }
    if (text !== '') yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}
