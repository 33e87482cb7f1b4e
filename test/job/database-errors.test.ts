// What the driver throws when a connection has ended under it: its own errors, and those of the socket that it lets through.
import { expect, test } from '@jest/globals';
import { MongoNetworkError, MongoServerError } from 'mongodb';
import type { AppError } from '../../src/errors.js';
import { fromDatabase } from '../../src/job/database-errors.js';

const ofSocket = (code: string): Error => Object.assign(new Error('mongodb://secret'), { code });

const translated = (error: unknown): unknown =>
  fromDatabase(error, new AbortController().signal, () => undefined);

test.each([
  ...['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END'].map(
    (code) => [code, ofSocket(code)] as const,
  ),
  ['a network error', new MongoNetworkError('mongodb://secret')] as const,
  ['not primary', new MongoServerError({ message: 'mongodb://secret', code: 10107 })] as const,
])('%s is UNAVAILABLE, and its text stays here', (_, error) => {
  expect(translated(error)).toMatchObject({
    code: 'ERROR_UNAVAILABLE',
    message: expect.not.stringContaining('secret'),
  } satisfies Partial<Record<keyof AppError, unknown>>);
});

test.each([
  ['a TypeError', new TypeError('a fault of our own')],
  ['an error of another kind of code', ofSocket('ERR_INVALID_ARG_TYPE')],
])('%s stays what it is', (_, error) => {
  expect(translated(error)).toBe(error);
});
