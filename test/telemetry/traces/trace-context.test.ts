// The trace context of the W3C as callers send it: well formed, of later versions, and malformed.
import { expect, test } from '@jest/globals';
import {
  flagsOf,
  isSampled,
  readTraceContext,
  spanIdOf,
  traceIdOf,
} from '../../../src/telemetry/traces/trace-context.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const PARENT = `00-${TRACE}-${SPAN}-01`;

const read = (headers: Readonly<Record<string, string>>) => readTraceContext((name) => headers[name]);

test.each<readonly [string, string, string | undefined]>([
  ['a sampled one', PARENT, PARENT],
  ['one without a sample', `00-${TRACE}-${SPAN}-00`, `00-${TRACE}-${SPAN}-00`],
  ['one of a later version', `cc-${TRACE}-${SPAN}-01-more`, PARENT],
  ['further parts in the version without any', `${PARENT}-more`, undefined],
  ['the version that is none', `ff-${TRACE}-${SPAN}-01`, undefined],
  ['no trace', `00-${'0'.repeat(32)}-${SPAN}-01`, undefined],
  ['no span', `00-${TRACE}-${'0'.repeat(16)}-01`, undefined],
  ['upper case', PARENT.toUpperCase(), undefined],
  ['a short trace', `00-${TRACE.slice(1)}-${SPAN}-01`, undefined],
  ['a line break', `${PARENT}\n`, undefined],
  ['nothing', '', undefined],
])('traceparent as %s is read as expected', (_, traceparent, expected) => {
  expect(read({ traceparent })?.traceparent).toBe(expected);
});

const TRACED = Array.from({ length: 32 }, (_, nth) => `a${nth}=1`).join();

test.each<readonly [string, string, string | undefined]>([
  ['members of two systems', 'a=1,b@c=2', 'a=1,b@c=2'],
  ['blanks and an empty member', 'a=1 2, ,c=3 ', 'a=1 2, ,c=3 '],
  ['32 members', TRACED, TRACED],
  ['33 members', `${TRACED},z=1`, undefined],
  ['513 characters', `a=${'1'.repeat(254)},b=${'1'.repeat(254)}`, undefined],
  ['a member without a key', '=,', undefined],
  ['a member without a value', 'a=1,b= ', undefined],
  ['a key in capitals', 'A=1', undefined],
  ['empty members alone', ', ,', undefined],
  ['characters that no header may have', 'a=\u00e9', undefined],
  ['nothing', '', undefined],
])('tracestate with %s is read as expected', (_, tracestate, expected) => {
  expect(read({ traceparent: PARENT, tracestate })).toEqual({ traceparent: PARENT, tracestate: expected });
});

test('tracestate is nothing without traceparent', () => {
  expect(read({ tracestate: 'a=1' })).toBeUndefined();
});

test('the parts of a context are found', () => {
  expect([traceIdOf(PARENT), spanIdOf(PARENT), flagsOf(PARENT)]).toEqual([TRACE, SPAN, 1]);
  expect(['00', '01', '02', '03'].map((flags) => isSampled(`00-${TRACE}-${SPAN}-${flags}`))).toEqual([
    false,
    true,
    false,
    true,
  ]);
});
