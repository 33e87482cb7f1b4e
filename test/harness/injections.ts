// Injection attempts, and the detection of code in a command.
import type { JsonValue } from '@bufbuild/protobuf';

/** Names with a meaning to MongoDB, to JavaScript or to nobody. */
// prettier-ignore
export const NAMES: readonly string[] = [
  '', ' ', '.', 'a..b', 'a.', '0', '\u202e', '\ufeff', 'a\0b', '\0', '$', '$where', '$expr', '$function', '$accumulator',
  '$ne', '$natural', '$meta', '$literal', '$domain_id', '$$ROOT', '$$ROOT.domain_id', '$$REMOVE', '$_id', '$$index',
  'filters.$where', 'filters.$[]', 'errors.$.message', 'filters.a$b', '_id', '_id.x', '__proto__', '__proto__.x',
  'constructor', 'constructor.prototype', 'toString', 'hasOwnProperty', 'then', 'length', '_bsontype', 'toBSON',
  'domain_id', 'collector', 'collector.domain_id', 'collector._id.x', 'collector.provider', 'collector.__proto__',
  'collector._bsontype', '__joined', '__joined.provider', '__none', 'filters', 'errors.0',
  'errors.additional.whose', '%', '%Y', '$%Y', 'function(){return 1}', "'; db.job.drop(); '", '.*', '(', '[', '\\',
  'x'.repeat(3000),
];

/** Values that would be operators, fields or types outside of data. */
// prettier-ignore
export const VALUES: readonly JsonValue[] = [
  '', '$ne', '$domain_id', '$$ROOT', 'a\0b', '__proto__', '.*', null, true, 1e308, {}, { $ne: null }, { $gt: '' },
  { $exists: true }, { $where: '1' }, { $regex: '.*', $options: 'i' }, { $not: { $eq: 1 } }, { $in: [] },
  { $elemMatch: {} }, { $expr: { $eq: ['$domain_id', 'domain-theirs'] } }, { $literal: 1 }, { $accumulator: {} }, { $or: [{}] },
  { $function: { body: 'function(){return true}', args: [], lang: 'js' } }, { $ref: 'job', $id: 'x' },
  { $ref: 'job', $id: 'x', $db: 'y' }, { $oid: '65e000000000000000000001' }, { $date: '2024-03-01' }, { $numberLong: '1' },
  { $binary: { base64: '', subType: '00' } }, { _bsontype: 'ObjectId' }, { _bsontype: 'Code', code: '1' }, { _bsontype: 1 },
  { toBSON: 'x' }, { toString: 1 }, { constructor: { prototype: 1 } }, { length: 5 }, { 'a.b': 1 }, { '': 1 }, { 'a\0': 1 },
  [], [null], [[]], [{ $ne: null }], [[{ $where: '1' }]], ['$domain_id', '$$ROOT'], [{ _bsontype: 'x' }],
  { a: { b: { $ne: [{ $where: 1 }] } } }, { n: { $gte: 0 } }, { whose: { $ne: 'mine' } },
];

/** The operands that MongoDB takes as data; any name is allowed below them. */
const isData = (name: string, value: unknown): boolean =>
  ['$literal', '$in'].includes(name) || (name === '$eq' && !Array.isArray(value));

const CODE = ['$where', '$function', '$accumulator'];

/** The operators in a command, or in a part of one, that run code in MongoDB. */
export function codeIn(part: unknown): string[] {
  const entries =
    part instanceof Map ? [...part] : typeof part === 'object' && part !== null ? Object.entries(part) : [];
  return entries.flatMap(([name, value]: readonly [unknown, unknown]) => {
    const called = String(name);
    return [...CODE.filter((each) => each === called), ...(isData(called, value) ? [] : codeIn(value))];
  });
}
