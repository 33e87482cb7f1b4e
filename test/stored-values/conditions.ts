// Conditions on stored values, each with the same in the words of MongoDB or of JavaScript.
import type { JsonValue } from '@bufbuild/protobuf';
import type { Document } from 'mongodb';

export const NOON = '2024-02-29T12:00:00.500Z';

/** Every operator with operands of several types, and the same in MongoDB's words. */
export const CONDITIONS: readonly (readonly [string, JsonValue, (path: string) => Document])[] = [
  ...['text', 1, 7, true, null, NOON, { a: 1 }, {}].flatMap((value): typeof CONDITIONS => [
    ['eq', value, (path) => ({ [path]: { $eq: value } })],
    ['not', value, (path) => ({ $nor: [{ [path]: { $eq: value } }] })],
    ['in', [value, 'x'], (path) => ({ [path]: { $in: [value, 'x'] } })],
    ['not_in', [value, 'x'], (path) => ({ $nor: [{ [path]: { $in: [value, 'x'] } }] })],
  ]),
  ...['text', 1, true].flatMap((value): typeof CONDITIONS =>
    (['lt', 'lte', 'gt', 'gte'] as const).map((name) => [
      name,
      value,
      (path) => ({ [path]: { [`$${name}`]: value } }),
    ]),
  ),
  ...(['lt', 'lte', 'gt', 'gte'] as const).flatMap((name): typeof CONDITIONS => [
    [`datetime_${name}`, NOON, (path) => ({ [path]: { [`$${name}`]: new Date(NOON) } })],
    [`timediff_${name}`, 'now', (path) => ({ [path]: { [`$${name}`]: new Date() } })],
  ]),
  ['exists', true, (path) => ({ [path]: { $exists: true } })],
  ['exists', false, (path) => ({ [path]: { $exists: false } })],
  ['match', { a: 1 }, (path) => ({ [`${path}.a`]: 1 })],
];

/** Operators on text, each with the same expression in JavaScript and its opposite operator. */
export const TEXT_CONDITIONS: readonly (readonly [string, JsonValue, RegExp, string | undefined])[] = [
  ['contain', 'TEX', /tex/iu, 'not_contain'],
  ['contain', '', /^/u, 'not_contain'],
  ['contain', 'É', /é/iu, 'not_contain'],
  ['contain', '\ufffd', /\ufffd/u, 'not_contain'],
  ['contain', 'A\0b', /a\0b/u, 'not_contain'],
  ['contain', '$job', /\$job/u, 'not_contain'],
  ['contain', '/^TEXT/', /\/\^text\//u, 'not_contain'],
  ['contain_in', ['TEX', '\ufffd\ufffd'], /tex|\ufffd\ufffd/iu, 'not_contain_in'],
  ['contain_in', [], /[]/u, 'not_contain_in'],
  ['regex', '^te.t', /^te.t/iu, undefined],
  ['regex', 'TEX', /tex/iu, undefined],
  ['regex', '.', /./u, undefined],
  ['regex', '', /^/u, undefined],
  ['regex', '\ufffd$', /\ufffd$/u, undefined],
  ['regex', '^a/b', /^a\/b/iu, undefined],
  ['regex', '[^\\x00-\\x7f]', /[^\0-\x7f]/u, undefined],
  ['regex', '^.{1,5}t+$', /^.{1,5}t+$/iu, undefined],
  ['regex_in', ['^te.t', '^y', 'TEX'], /^te.t|^y|TEX/iu, undefined],
];
