// An event loop that is late: which calls are refused at once, and what is answered all the same.
import { afterEach, describe, expect, test } from '@jest/globals';
import { credentials } from '@grpc/grpc-js';
import {
  HealthCheckResponse_ServingStatus as Serving,
  HealthClient,
} from '../../src/gen/grpc/health/v1/health.js';
import { grpcDoor } from '../../src/server/grpc.js';
import { servingState } from '../../src/server/health.js';
import { judging, watchLoad } from '../../src/server/load.js';
import { adminDoor } from '../../src/server/web.js';
import { chained, clock, IN_TIME, incoming, now } from '../support/chained.js';
import { jsonClient } from '../support/client.js';
import { keptLog } from '../support/log.js';
import { until } from '../support/until.js';

const [FINE, SOME, LATE] = [5, 300, 600];
const CALM = Array.from({ length: 50 }, () => FINE);

describe('a loop is strained', () => {
  test.each<readonly [string, readonly number[], boolean]>([
    ['not while it is in time', [FINE, FINE, FINE, FINE], false],
    ['not by one long hold', [FINE, 20 * LATE, FINE], false],
    ['not by holds between which it is in time', [LATE, LATE, FINE, LATE, LATE, FINE, LATE, LATE], false],
    ['not by being somewhat late', [SOME, SOME, SOME, SOME, SOME], false],
    ['when it is late for long in a row', [FINE, LATE, LATE, LATE], true],
    ['when it is very late twice in a row', [FINE, 2 * LATE, 2 * LATE], true],
    ['not when it is late for less than that', [FINE, LATE, LATE, SOME], false],
    ['still, when it is somewhat late afterwards', [LATE, LATE, LATE, SOME, SOME], true],
    ['still, shortly after it is in time again', [LATE, LATE, LATE, FINE, FINE], true],
    [
      'still, when it is late from time to time',
      [LATE, LATE, LATE, ...CALM.slice(1), SOME, ...CALM.slice(1)],
      true,
    ],
    ['not any more, when it has been in time for long', [LATE, LATE, LATE, ...CALM], false],
    ['not at once again', [LATE, LATE, LATE, ...CALM, LATE, LATE], false],
  ])('%s', (_, samples, due) => {
    const judge = judging();
    expect(samples.map(judge).at(-1)).toBe(due);
  });

  test('by work that holds it again and again, and refuses calls while it is late', async () => {
    const told: string[] = [];
    const load = watchLoad(clock, { warn: (message) => told.push(message) });
    const hold = (): boolean => {
      const end = clock() + LATE + 150;
      while (clock() < end);
      return load.overloaded();
    };
    const refused: boolean[] = [];
    for (let nth = 0; nth < 5; nth++) {
      refused.push(hold());
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(told).toEqual(['overloaded: new calls may be refused']);
    expect([refused[0], refused[4]]).toEqual([false, true]);
    await until('calls are taken again', () => !load.overloaded(), 2000);
    await load.stop();
  });
});

const RPC_NAMES = ['get', 'list', 'stat', 'delete'] as const;
const OVERLOADED = { lateness: () => LATE, overloaded: () => true };

describe('while it is', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });

  async function served(load = OVERLOADED) {
    let begun = 0;
    const { calls } = chained(() => Promise.resolve(new Uint8Array(++begun)), { load });
    const state = servingState();
    state.set(true);
    const where = { state, host: '127.0.0.1', port: 0, version: 'test' };
    const door = await grpcDoor({ ...where, chain: calls, now, clock, maxConnections: 100, log: keptLog() });
    closing.push(() => door.close(0));
    return { door, state, calls, begun: () => begun };
  }

  test.each(RPC_NAMES)('%s is refused before it is begun, and may be tried again', async (rpc) => {
    const { door, begun } = await served();
    const client = jsonClient(door.address);
    closing.push(client.close);
    const outcome = await client.call(rpc, { domain_id: 'domain-a' }, { deadline: Date.now() + 5000 });
    expect(outcome).toMatchObject({ error: { status: 'RESOURCE_EXHAUSTED', code: 'ERROR_LIMIT_EXCEEDED' } });
    expect(JSON.stringify(outcome)).toContain('google.rpc.RetryInfo');
    expect(begun()).toBe(0);
  });

  test('rows are refused before they are begun', async () => {
    const { calls, begun } = await served();
    const { pieces } = calls.stream(incoming('list', Infinity), 'ndjson');
    await expect(pieces.next()).rejects.toHaveProperty('code', 'ERROR_LIMIT_EXCEEDED');
    expect(begun()).toBe(0);
  });

  test('health is answered', async () => {
    const { door, state } = await served();
    const client = new HealthClient(door.address, credentials.createInsecure());
    closing.push(() => {
      client.close();
    });
    const status = await new Promise((resolve) => {
      client.check({ service: '' }, (error, response) => {
        resolve(error === null ? Serving[response.status] : error);
      });
    });
    expect(status).toBe('SERVING');
    const admin = await adminDoor(state, { host: '127.0.0.1', port: 0, log: keptLog() });
    closing.push(() => admin.close(0));
    const pages = ['/livez', '/readyz'].map((path) => fetch(`http://${admin.address}${path}`));
    expect((await Promise.all(pages)).map((page) => page.status)).toEqual([200, 200]);
  });
});

test.each<readonly [string, number, number, string]>([
  ['less time than it may have waited', 300, 200, 'ERROR_REQUEST_TIMEOUT'],
  ['more', 300, 2000, 'none'],
])('a call that has %s is or is not begun', async (_, lateness, time, due) => {
  let begun = 0;
  const load = { ...IN_TIME, lateness: () => lateness };
  const { calls } = chained(() => Promise.resolve(new Uint8Array(++begun)), { load });
  const code = await calls.unary(incoming('get', clock() + time)).then(
    () => 'none',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );
  expect([code, begun]).toEqual([due, Number(due === 'none')]);
});
