/**
 * Writes answers from the bytes of MongoDB: jobs and rows become JobInfo, JobsInfo and the Struct of a stat
 * (docs/architecture.md «Answers are bytes»).
 */
import { overLimit } from '../errors.js';
import { BSON, Elements } from '../wire/bson.js';
import { TAG } from '../wire/struct.js';
import { closeEntry, openEntry, writeEntry, writeValue } from '../wire/values.js';
import { Writer } from '../wire/writer.js';
import { sizeOf } from './batches.js';
import { GROWTH, layoutOf, messageOf, toInt32, writeMessage } from './transcoder.js';
import type { Reservation } from '../limits/memory-budget.js';
import type { CollectorInfoBytes } from './transcoder.js';
import type { TimeSlicer } from '../limits/yield.js';
import { JOB_INFO } from './schema.js';

/** Depth of a row in the Struct of a stat: below the Struct and its list of results. */
const ROW_DEPTH = 2;

/** Tags of the fields of JobsInfo. */
const RESULTS = 10;
const TOTAL_COUNT = 16;

const JOB_LAYOUT = layoutOf(JOB_INFO);

/** JobInfo of a stored job and of CollectorInfo. */
export const jobInfo = (job: Buffer, collector: CollectorInfoBytes): Uint8Array =>
  messageOf(JOB_LAYOUT, job, collector);

/** The limits of every answer. */
export interface AnswerLimits {
  /** Bytes of one answer. */
  readonly maxBytes: number;
  /** Yields to the event loop while a long answer is written. */
  readonly timeSlicer: TimeSlicer;
}

/** Writes each of `documents`. Errors: LIMIT_EXCEEDED. */
async function writeEach(
  writer: Writer,
  documents: readonly Buffer[],
  { maxBytes, timeSlicer }: AnswerLimits,
  memory: Reservation,
  write: (document: Buffer, nth: number) => void,
): Promise<void> {
  const size = sizeOf(documents) * GROWTH;
  memory.grow(size);
  writer.expect(size);
  const slice = timeSlicer();
  for (const [nth, document] of documents.entries()) {
    if (slice.isOver()) await slice.next();
    write(document, nth);
    if (writer.length <= maxBytes) continue;
    throw overLimit('answer_bytes', maxBytes, 'query.page.limit');
  }
}

export interface JobsAnswer {
  /** Adds jobs, each with its CollectorInfo. Errors: LIMIT_EXCEEDED. */
  add(jobs: readonly Buffer[], collectors: readonly CollectorInfoBytes[]): Promise<void>;
  /** JobsInfo of the added jobs with their total. */
  finish(total: number): Uint8Array;
}

/** Writes JobsInfo within `limits`, its bytes counted in `memory`. */
export function createJobsAnswer(limits: AnswerLimits, memory: Reservation): JobsAnswer {
  const writer = new Writer();
  return {
    add: (jobs, collectors) =>
      writeEach(writer, jobs, limits, memory, (job, nth) => {
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

export interface StatAnswer {
  /** Errors: LIMIT_EXCEEDED. */
  add(rows: readonly Buffer[]): Promise<void>;
  /** The Struct `{results, total_count}`; without a total there is no `total_count`. */
  finish(total: number | undefined): Uint8Array;
  /** True if a text or a name in a row was not UTF-8. */
  hasReplaced(): boolean;
}

/** The part of a row that is a result: the whole row, or its first value. */
export type ResultKind = 'row' | 'value';

function writeRow(writer: Writer, row: Buffer, kind: ResultKind): void {
  if (kind === 'row') {
    writeValue(writer, row, BSON.object, 0, ROW_DEPTH);
    return;
  }
  const first = new Elements(row, 0);
  writeValue(writer, row, first.next() ? first.type : BSON.null, first.value, ROW_DEPTH);
}

/** Writes the Struct of a stat within `limits`, its bytes counted in `memory`. */
export function createStatAnswer(limits: AnswerLimits, memory: Reservation, kind: ResultKind): StatAnswer {
  const writer = new Writer();
  openEntry(writer, 'results', 0);
  writer.open(TAG.list, 0);
  return {
    add: (rows) =>
      writeEach(writer, rows, limits, memory, (row) => {
        writer.open(TAG.item, row.length);
        writeRow(writer, row, kind);
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
