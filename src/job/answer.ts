/**
 * Stored documents to the bytes of JobInfo, JobsInfo and stat's Struct (docs/architecture.md «Answers are bytes»).
 * Any value may stand in any place: what does not fit its field is shown as the field's default.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { DBRef, Long } from 'mongodb';
import { appError } from '../errors.js';
import { encodeItem, encodeWithList, isoDate, Struct, textOf } from '../wire/struct.js';
import { JOB_INFO } from './schema.js';
import type { Shape, ShownField } from './schema.js';
import { isDocument } from './stored.js';
import type { StoredDocument } from './stored.js';

const MAX_INT32 = 2 ** 31 - 1;

/** Where rows lie in the Struct that stat answers: below the Struct and the list of results. */
const ROW_DEPTH = 2;

const delimited = (number: number): number => (number << 3) | WireType.LengthDelimited;
const varint = (number: number): number => (number << 3) | WireType.Varint;

/** Whether `stored` is a document with something in it; an empty one is shown like a missing one. */
const isFilled = (stored: unknown): stored is StoredDocument =>
  stored instanceof DBRef || (isDocument(stored) && Object.keys(stored).length > 0);

function int32Of(stored: unknown): number {
  const number = stored instanceof Long ? stored.toNumber() : stored;
  if (typeof number !== 'number' || Number.isNaN(number)) return 0;
  return Math.trunc(Math.min(Math.max(number, -MAX_INT32 - 1), MAX_INT32));
}

function writeText(writer: BinaryWriter, number: number, text: string): void {
  if (text !== '') writer.uint32(delimited(number)).string(text);
}

function writeInt32(writer: BinaryWriter, number: number, value: number): void {
  if (value !== 0) writer.uint32(varint(number)).int32(value);
}

function writeNested(
  writer: BinaryWriter,
  number: number,
  fields: readonly ShownField[],
  stored: StoredDocument,
): void {
  writer.uint32(delimited(number)).fork();
  writeMessage(writer, fields, stored);
  writer.join();
}

function enumNumber(names: Readonly<Record<string, string | number>>, stored: unknown): number {
  const number = typeof stored === 'string' && Object.hasOwn(names, stored) ? names[stored] : 0;
  return typeof number === 'number' ? number : 0;
}

function writeField(writer: BinaryWriter, number: number, as: Shape, stored: unknown): void {
  switch (as) {
    case 'text':
      writeText(writer, number, textOf(stored));
      return;
    case 'date':
      writeText(writer, number, stored instanceof Date ? isoDate(stored) : textOf(stored));
      return;
    case 'number':
      writeInt32(writer, number, int32Of(stored));
      return;
    case 'bool':
      if (stored === true) writer.uint32(varint(number)).bool(true);
      return;
    case 'struct':
      if (isFilled(stored)) Struct.encode(stored, writer.uint32(delimited(number)).fork()).join();
      return;
    default:
      writeComposed(writer, number, as, stored);
  }
}

function writeComposed(
  writer: BinaryWriter,
  number: number,
  as: Exclude<Shape, string>,
  stored: unknown,
): void {
  if ('names' in as) writeInt32(writer, number, enumNumber(as.names, stored));
  else if ('message' in as) {
    if (isFilled(stored)) writeNested(writer, number, as.message, stored);
  } else if (Array.isArray(stored)) {
    for (const each of stored.filter(isDocument)) writeNested(writer, number, as.messages, each);
  }
}

function writeMessage(writer: BinaryWriter, fields: readonly ShownField[], stored: StoredDocument): void {
  for (const field of fields) {
    const value = stored[field.stored];
    if (value !== undefined) writeField(writer, field.number, field.as, value);
  }
}

/** JobInfo of a job, in which `collector` is the document of its collector, or nothing. */
export function jobInfo(job: StoredDocument): Uint8Array {
  const writer = new BinaryWriter();
  writeMessage(writer, JOB_INFO, job);
  return writer.finish();
}

/** An answer in the making, of which `add` takes one more job or row. Errors: LIMIT_EXCEEDED beyond `maxBytes`. */
export interface Answer {
  add(stored: StoredDocument): void;
  finish(total: number | undefined): Uint8Array;
}

function answer(
  maxBytes: number,
  encode: (stored: StoredDocument) => Uint8Array,
  assemble: (items: readonly Uint8Array[], total: number | undefined) => Uint8Array,
): Answer {
  const items: Uint8Array[] = [];
  let size = 0;
  return {
    add(stored) {
      const item = encode(stored);
      items.push(item);
      size += item.length;
      if (size > maxBytes) {
        const limit = 'bytes of an answer; ask for less by page.limit';
        throw appError('LIMIT_EXCEEDED', { limit, max: String(maxBytes) }, 'query.page.limit');
      }
    },
    finish: (total) => assemble(items, total),
  };
}

/** JobsInfo of the jobs added, each with its collector's document in `collector`. */
export const jobsInfo = (maxBytes: number): Answer =>
  answer(
    maxBytes,
    (job) => new BinaryWriter().uint32(delimited(1)).bytes(jobInfo(job)).finish(),
    (jobs, total = jobs.length) => Buffer.concat([...jobs, totalCount(total)]),
  );

const totalCount = (total: number): Uint8Array => {
  const writer = new BinaryWriter();
  writeInt32(writer, 2, int32Of(total));
  return writer.finish();
};

/** The Struct `{results, total_count}` of the values that `valueOf` finds in the rows added. */
export const statStruct = (maxBytes: number, valueOf: (row: StoredDocument) => unknown): Answer =>
  answer(
    maxBytes,
    (row) => encodeItem(valueOf(row), ROW_DEPTH),
    (rows, total) => encodeWithList('results', rows, total === undefined ? {} : { total_count: total }),
  );
