/**
 * Stored jobs and rows, as the bytes that MongoDB sends, to the bytes of JobInfo, JobsInfo and stat's Struct
 * (docs/architecture.md «Answers are bytes»).
 */
import { appError } from '../errors.js';
import { BSON, Elements } from '../wire/bson.js';
import { TAG } from '../wire/struct.js';
import { writeValue } from '../wire/values.js';
import { Writer } from '../wire/writer.js';
import { layoutOf, toInt32, writeMessage } from './message.js';
import type { Layout, Referred } from './message.js';
import { COLLECTOR_INFO, JOB_INFO } from './schema.js';

/** Where rows lie in the Struct that stat answers: below the Struct and the list of results. */
const ROW_DEPTH = 2;

/** Tags of the fields of JobsInfo. */
const RESULTS = 10;
const TOTAL_COUNT = 16;

/** Bytes for what is beside the rows. */
const SMALL = 64;

const JOB_LAYOUT = layoutOf(JOB_INFO);
const COLLECTOR_LAYOUT = layoutOf(COLLECTOR_INFO);

/** Bytes of an answer for a byte of what is stored, at most as a rule: memory that is not written to costs little. */
const GROWTH = 2;

function messageOf(layout: Layout, document: Buffer, referred?: Referred): Uint8Array {
  const writer = new Writer(document.length * GROWTH);
  writeMessage(writer, layout, document, 0, referred);
  return writer.written;
}

/** JobInfo of a stored job. */
export const jobInfo = (job: Buffer, collectors: Referred): Uint8Array =>
  messageOf(JOB_LAYOUT, job, collectors);

/** CollectorInfo of a stored collector; it may be kept, and so holds no more memory than its own. */
export const collectorInfo = (collector: Buffer): Uint8Array =>
  Uint8Array.from(messageOf(COLLECTOR_LAYOUT, collector));

/** An answer in the making, a writer for each batch. */
interface Pieces {
  /** Errors: LIMIT_EXCEEDED beyond the bytes that an answer may have. */
  add(documents: readonly Buffer[], write: (writer: Writer, document: Buffer) => void): void;
  readonly all: readonly Writer[];
  /** Bytes so far. */
  size(): number;
}

const sizeOf = (documents: readonly Buffer[]): number =>
  documents.reduce((size, document) => size + document.length, 0);

function pieces(maxBytes: number): Pieces {
  const all: Writer[] = [];
  let before = 0;
  return {
    all,
    size: () => before,
    add(documents, write) {
      const writer = new Writer(sizeOf(documents) * GROWTH);
      for (const document of documents) {
        write(writer, document);
        if (before + writer.length <= maxBytes) continue;
        const limit = 'bytes of an answer; ask for less by page.limit';
        throw appError('LIMIT_EXCEEDED', { limit, max: String(maxBytes) }, 'query.page.limit');
      }
      all.push(writer);
      before += writer.length;
    },
  };
}

/** All that was written; one writer's is not copied. */
function joined(writers: readonly Writer[]): Uint8Array {
  const [first, ...others] = writers.map(({ written }) => written);
  return first !== undefined && others.length === 0
    ? first
    : Buffer.concat(writers.map(({ written }) => written));
}

export interface JobsAnswer {
  /** Errors: LIMIT_EXCEEDED. */
  add(jobs: readonly Buffer[], collectors: Referred): void;
  /** JobsInfo of the jobs added, and of the total, by default as many as they are. */
  finish(total: number | undefined): Uint8Array;
}

/** JobsInfo of at most `maxBytes`, in the making. */
export function jobsInfo(maxBytes: number): JobsAnswer {
  const { all, add } = pieces(maxBytes);
  let count = 0;
  return {
    add(jobs, collectors) {
      count += jobs.length;
      add(jobs, (writer, job) => {
        writer.open(RESULTS, job.length);
        writeMessage(writer, JOB_LAYOUT, job, 0, collectors);
        writer.close();
      });
    },
    finish(total = count) {
      const last = all.at(-1) ?? new Writer(SMALL);
      if (total > 0) {
        last.byte(TOTAL_COUNT);
        last.varint(toInt32(total));
      }
      return joined(all.length === 0 ? [last] : all);
    },
  };
}

export interface RowsAnswer {
  /** Errors: LIMIT_EXCEEDED. */
  add(rows: readonly Buffer[]): void;
  /** The Struct `{results, total_count}`; without a total there is no `total_count`. */
  finish(total: number | undefined): Uint8Array;
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

/** The beginning of an entry of a Struct that is called `key`, up to its value. */
function openEntry(writer: Writer, key: string): void {
  writer.open(TAG.item, key.length);
  writer.byte(TAG.key);
  writer.text(key);
  writer.open(TAG.value, 0);
}

/** What stands before the rows: the entry of the results, its value, its list. */
function head(rows: number): Writer {
  const writer = new Writer(SMALL);
  openEntry(writer, 'results');
  writer.open(TAG.list, rows);
  for (let level = 0; level < 3; level++) writer.close(rows);
  return writer;
}

function totalCount(total: number): Writer {
  const writer = new Writer(SMALL);
  openEntry(writer, 'total_count');
  writer.byte(TAG.number);
  writer.double(total);
  for (let level = 0; level < 2; level++) writer.close();
  return writer;
}

/** Stat's Struct of rows of at most `maxBytes`, in the making. */
export function statStruct(maxBytes: number, result: Result): RowsAnswer {
  const { all, add, size } = pieces(maxBytes);
  return {
    add(rows) {
      add(rows, (writer, row) => {
        writer.open(TAG.item, row.length);
        writeRow(writer, row, result);
        writer.close();
      });
    },
    finish: (total) => joined([head(size()), ...all, ...(total === undefined ? [] : [totalCount(total)])]),
  };
}
