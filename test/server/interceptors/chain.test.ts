// The chain of interceptors: its order, and how a call ends in it, as a unary call and as an export.
import { describe, expect, test } from '@jest/globals';
import { anonymous } from '../../../src/auth/anonymous.js';
import { AppError, appError, notServing } from '../../../src/errors.js';
import { createCallContext } from '../../../src/server/call-context.js';
import type { Answer, CallContext, Interceptor } from '../../../src/server/call-context.js';
import { chain } from '../../../src/server/interceptors/chain.js';
import { errors } from '../../../src/server/interceptors/errors.js';
import { follow } from '../../../src/server/interceptors/follow.js';
import { chained, incoming, IN_TIME } from '../../harness/chained.js';

const REFUSED = { domain_id: 'domain-a' };
const codeOf = (error: unknown): unknown => (error instanceof AppError ? error.code : error);
const codeOfCall = (answer: Promise<unknown>): Promise<unknown> => answer.then(() => 'none', codeOf);

test('interceptors run from the first of the list to the last', async () => {
  const seen: string[] = [];
  const named =
    (name: string): Interceptor =>
    (next) =>
    (call) => {
      seen.push(name);
      return next(call);
    };
  const handle = chain([named('outer'), named('inner')], () => {
    seen.push('handler');
    return Promise.resolve(new Uint8Array());
  });
  await handle(createCallContext(incoming('get', Infinity)));
  expect(seen).toEqual(['outer', 'inner', 'handler']);
});

test('the scope of a call that passed no authentication refuses every request', async () => {
  const { scope } = createCallContext(incoming('get', Infinity));
  expect(await codeOfCall(scope(REFUSED))).toBe('ERROR_PERMISSION_DENIED');
});

describe('a call is refused', () => {
  const overloaded = { ...IN_TIME, admits: () => false };
  const nobody = () => Promise.reject(appError('AUTHENTICATE_FAILURE', { message: 'no' }));
  const unready = () => 'unreachable' as const;
  const unreadable = Uint8Array.from([0xff]);

  test.each([
    ['for its deadline before overload', -1, { load: overloaded, authenticate: nobody, unready }, 'TIMEOUT'],
    ['for overload before its caller', 1, { load: overloaded, authenticate: nobody, unready }, 'LIMIT'],
    ['for its caller before readiness', 1, { authenticate: nobody, unready }, 'AUTHENTICATE'],
    ['for readiness before its request', 1, { authenticate: anonymous, unready }, 'UNAVAILABLE'],
    ['for its request before the rpc', 1, { authenticate: anonymous }, 'INVALID_PARAMETER'],
  ])('%s', async (_, left, options, expected) => {
    let begun = 0;
    const { calls, lines } = chained(() => Promise.resolve(new Uint8Array(++begun)), options);
    const call = { ...incoming('list', performance.now() + 5000 * left), request: unreadable };
    const code = expect.stringContaining(expected);
    expect(await codeOfCall(calls.unary(call))).toEqual(code);
    expect(await codeOfCall(calls.stream(call, 'csv').chunks.next())).toEqual(code);
    expect(begun).toBe(0);
    expect(lines).toHaveLength(2);
  });

  test('before its caller once all calls have been ended, for the reason of their end', async () => {
    const { calls } = chained(() => Promise.resolve(new Uint8Array()), { authenticate: nobody });
    calls.abortAll(notServing('stopping'));
    const call = incoming('list', Infinity);
    expect(await codeOfCall(calls.unary(call))).toBe('ERROR_UNAVAILABLE');
    expect(await codeOfCall(calls.stream(call, 'csv').chunks.next())).toBe('ERROR_UNAVAILABLE');
  });
});

describe('an export', () => {
  const chunks = [1, 2, 3].map((length) => new Uint8Array(length));

  async function readAll(answer: AsyncGenerator<Uint8Array, void>): Promise<readonly Uint8Array[]> {
    const taken: Uint8Array[] = [];
    for await (const chunk of answer) taken.push(chunk);
    return taken;
  }

  async function* some(): AsyncGenerator<Uint8Array, void> {
    await Promise.resolve();
    yield* chunks;
  }

  async function* failing(): AsyncGenerator<Uint8Array, void> {
    yield* chunks.slice(1);
    await Promise.resolve();
    throw new TypeError('a fault');
  }

  function followed(work: () => AsyncGenerator<Uint8Array, void>) {
    const ends: unknown[] = [];
    const call = createCallContext(incoming('list', Infinity), 'ndjson');
    const watch: Interceptor = (next) => (context) =>
      follow(context, () => next(context), {
        succeeded: (bytes) => void ends.push(bytes),
        failed(error) {
          ends.push(codeOf(error));
          return error;
        },
      });
    const handle = (context: CallContext) => chain([watch, errors], () => Promise.resolve(work()))(context);
    return { call, ends, answer: handle(call) };
  }

  test('ends after its last chunk, with the sum of their bytes', async () => {
    const { answer, ends } = followed(some);
    const taken = await readAll(await answer);
    expect([taken, ends]).toEqual([chunks, [6]]);
  });

  test('that fails half-way ends once, with an error that a client can read', async () => {
    const { answer, ends } = followed(failing);
    const code = await codeOfCall(readAll(await answer));
    expect([code, ends]).toEqual(['ERROR_UNKNOWN', ['ERROR_UNKNOWN']]);
  });

  test.each<readonly [string, (call: CallContext) => void, string]>([
    ['by its client', () => undefined, 'ERROR_REQUEST_CANCELLED'],
    ['at its deadline', ({ abort }) => abort(appError('REQUEST_TIMEOUT', {})), 'ERROR_REQUEST_TIMEOUT'],
  ])('that is left %s ends once, with that reason', async (_, leave, expected) => {
    const { answer, ends, call } = followed(some);
    const reading = await answer;
    await reading.next();
    leave(call);
    await reading.return();
    expect(ends).toEqual([expected]);
  });
});

test('a fault is INTERNAL with the request id, and the cause of that error', async () => {
  const fault = new TypeError('a fault');
  const failing = (): Promise<Answer> => Promise.reject(fault);
  const handled = chain([errors], failing)(createCallContext(incoming('get', Infinity)));
  await expect(handled).rejects.toMatchObject({
    message: 'ERROR_UNKNOWN: Internal error. (request_id = a-request)',
    cause: fault,
  });
});
