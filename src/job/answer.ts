/**
 * Stored jobs and rows, as the bytes that MongoDB sends, to the bytes of JobInfo, JobsInfo and stat's Struct
 * (docs/architecture.md «Answers are bytes»).
 */
import { appError } from '../errors.js';
import { BSON, Elements } from '../wire/bson.js';
import { TAG } from '../wire/struct.js';
import { closeEntry, openEntry, writeEntry, writeValue } from '../wire/values.js';
import { Writer } from '../wire/writer.js';
import { layoutOf, toInt32, writeMessage } from './transcoder.js';
import type { Reservation } from '../limits/memory-budget.js';
import type { Layout, CollectorInfoBytes } from './transcoder.js';
import type { Yielding } from '../limits/yield.js';
import { COLLECTOR_INFO, JOB_INFO } from './schema.js';

/** Where rows lie in the Struct that stat answers: below the Struct and the list of results. */
const ROW_DEPTH = 2;

/** Tags of the fields of JobsInfo. */
const RESULTS = 10;
const TOTAL_COUNT = 16;

const JOB_LAYOUT = layoutOf(JOB_INFO);
const COLLECTOR_LAYOUT = layoutOf(COLLECTOR_INFO);

/** Bytes of an answer for a byte of what is stored, at most as a rule. */
const GROWTH = 1.5;

const sizeOf = (documents: readonly Buffer[]): number =>
  documents.reduce((size, document) => size + document.length, 0);

function messageOf(layout: Layout, document: Buffer, referred?: CollectorInfoBytes): Uint8Array {
  const writer = new Writer(document.length * GROWTH);
  writeMessage(writer, layout, document, 0, referred);
  return writer.written;
}

/** JobInfo of a stored job and of CollectorInfo. */
export const jobInfo = (job: Buffer, collector: CollectorInfoBytes): Uint8Array =>
  messageOf(JOB_LAYOUT, job, collector);

/** CollectorInfo of a stored collector; it may be kept, and so holds no more memory than its own. */
export const collectorInfo = (collector: Buffer): Uint8Array =>
  Uint8Array.from(messageOf(COLLECTOR_LAYOUT, collector));

/** What answers may take of this process. */
export interface Means {
  /** Bytes of one answer. */
  readonly maxBytes: number;
  readonly memory: Reservation;
  /** Long answers are written in slices. */
  readonly yielding: Yielding;
}

/** Writes each of `documents`. Errors: LIMIT_EXCEEDED. */
async function writeEach(
  writer: Writer,
  documents: readonly Buffer[],
  { maxBytes, memory, yielding }: Means,
  write: (document: Buffer, nth: number) => void,
): Promise<void> {
  const size = sizeOf(documents) * GROWTH;
  memory.grow(size);
  writer.expect(size);
  const slice = yielding();
  for (const [nth, document] of documents.entries()) {
    if (slice.over()) await slice.next();
    write(document, nth);
    if (writer.length <= maxBytes) continue;
    const limit = 'bytes of an answer; ask for less by page.limit';
    throw appError('LIMIT_EXCEEDED', { limit, max: String(maxBytes) }, 'query.page.limit');
  }
}

export interface JobsAnswer {
  /** Takes jobs, each with its CollectorInfo. Errors: LIMIT_EXCEEDED. */
  add(jobs: readonly Buffer[], collectors: readonly CollectorInfoBytes[]): Promise<void>;
  /** JobsInfo of the jobs added, and of how many there are in all. */
  finish(total: number): Uint8Array;
}

/** JobsInfo within `means`, in the making. */
export function jobsInfo(means: Means): JobsAnswer {
  const writer = new Writer();
  return {
    add: (jobs, collectors) =>
      writeEach(writer, jobs, means, (job, nth) => {
        writer.open(RESULTS, job.length);
        writeMessage(writer, JOB_LAYOUT, job, 0, collectors[nth]);
        writer.close();
      }),
    finish(total) {
      if (total > 0) {
        writer.byte(TOTAL_COUNT);
        writer.varint(toInt32(total));
      }
      return writer.written;
    },
  };
}

export interface RowsAnswer {
  /** Errors: LIMIT_EXCEEDED. */
  add(rows: readonly Buffer[]): Promise<void>;
  /** The Struct `{results, total_count}`; without a total there is no `total_count`. */
  finish(total: number | undefined): Uint8Array;
  /** Whether a text or a name in a row was not UTF-8. */
  hasReplaced(): boolean;
}

/** What of a row is a result: the row, or the first value in it. */
export type Result = 'row' | 'value';

function writeRow(writer: Writer, row: Buffer, result: Result): void {
  if (result === 'row') {
    writeValue(writer, row, BSON.object, 0, ROW_DEPTH);
    return;
  }
  const first = new Elements(row, 0);
  writeValue(writer, row, first.next() ? first.type : BSON.null, first.value, ROW_DEPTH);
}

/** Stat's Struct of rows within `means`, in the making. */
export function statStruct(means: Means, result: Result): RowsAnswer {
  const writer = new Writer();
  openEntry(writer, 'results', 0);
  writer.open(TAG.list, 0);
  return {
    add: (rows) =>
      writeEach(writer, rows, means, (row) => {
        writer.open(TAG.item, row.length);
        writeRow(writer, row, result);
        writer.close();
      }),
    finish(total) {
      writer.close();
      closeEntry(writer);
      if (total !== undefined) writeEntry(writer, 'total_count', total);
      return writer.written;
    },
    hasReplaced: () => writer.hasReplaced,
  };
}
