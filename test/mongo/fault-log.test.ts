// Errors of operations in the log: equal ones once a minute.
import { expect, test } from '@jest/globals';
import { MongoRuntimeError, MongoServerError } from 'mongodb';
import { createFaultLog } from '../../src/mongo/fault-log.js';

const UNAUTHORIZED = new MongoServerError({ code: 13, codeName: 'Unauthorized', errmsg: 'not authorized' });
const OTHER_CODE = new MongoServerError({ code: 9, errmsg: 'another' });
const OF_DRIVER = new MongoRuntimeError('a fault');

/** The errors logged of `reported`, each with its time in seconds. */
function loggedOf(reported: readonly (readonly [number, unknown])[]): readonly unknown[] {
  const logged: unknown[] = [];
  let now = 0;
  const report = createFaultLog(
    (error) => logged.push(error),
    () => now,
  );
  for (const [seconds, error] of reported) {
    now = seconds * 1000;
    report(error);
  }
  return logged;
}

test.each<readonly [string, readonly (readonly [number, unknown])[], readonly unknown[]]>([
  [
    'once within a minute',
    [
      [0, UNAUTHORIZED],
      [1, UNAUTHORIZED],
      [59, UNAUTHORIZED],
    ],
    [UNAUTHORIZED],
  ],
  [
    'again after a minute',
    [
      [0, UNAUTHORIZED],
      [30, UNAUTHORIZED],
      [60, UNAUTHORIZED],
      [61, UNAUTHORIZED],
    ],
    [UNAUTHORIZED, UNAUTHORIZED],
  ],
  [
    'beside another code and another class',
    [
      [0, UNAUTHORIZED],
      [1, OTHER_CODE],
      [2, OF_DRIVER],
      [3, UNAUTHORIZED],
      [4, OTHER_CODE],
    ],
    [UNAUTHORIZED, OTHER_CODE, OF_DRIVER],
  ],
  [
    'each, whatever it is',
    [
      [0, 'text'],
      [1, undefined],
      [2, OF_DRIVER],
    ],
    ['text', OF_DRIVER],
  ],
])('an error is logged %s', (_, reported, expected) => {
  expect(loggedOf(reported)).toEqual(expected);
});
