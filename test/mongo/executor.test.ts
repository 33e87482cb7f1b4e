// Reads and deletes after the loss of a connection or a server, and the options of commands that the driver adds only to
// other operations.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import type { CommandStartedEvent, Document } from 'mongodb';
import { freePort } from '../../src/embedded/embedded.js';
import { clientOptions } from '../../src/mongo/client-options.js';
import { killSessionsOn } from '../../src/mongo/session-killer.js';
import type { Deadline } from '../../src/limits/abort.js';
import { createJobStore } from '../../src/job/store.js';
import type { JobStore } from '../../src/job/store.js';
import { JOB_SCHEMA } from '../../src/job/schema.js';
import { confine, confineOne } from '../../src/query/confine.js';
import type { ConfinedFilter } from '../../src/query/confine.js';
import { startReplicaSet } from '../harness/replica-set.js';
import type { ReplicaSet } from '../harness/replica-set.js';
import { mongodbUri } from '../harness/service.js';
import { lastingConnection } from '../harness/lasting-connection.js';
import { startTcpProxy } from '../harness/tcp.js';
import type { TcpProxy } from '../harness/tcp.js';

const DATABASE = 'operation';
const DOMAIN = 'domain-operation';
const FILTER = confine({ all: [], any: [] }, { domainId: DOMAIN }, JOB_SCHEMA);
const patient = (): Deadline => ({ signal: new AbortController().signal, remaining: () => 10_000 });
const PATIENT = patient();

/** The number of further commands on jobs to break the connection of, and of those broken. */
let toBreak = 0;
let broken = 0;

/** Starts a proxy of mongod that breaks connections. */
const startProxy = (port = 0): Promise<TcpProxy> =>
  startTcpProxy(
    new URL(mongodbUri()).host,
    ({ client }) =>
      (chunk, to) => {
        if (toBreak === 0 || to === client || !chunk.includes('domain-operation'))
          return void to.write(chunk);
        toBreak--;
        broken++;
        client.destroy();
      },
    port,
  );

let between: TcpProxy;
let client: MongoClient;
let store: JobStore;
let commands: Document[];
const faults: unknown[] = [];

beforeAll(async () => {
  between = await startProxy();
  const uri = `mongodb://${between.address}/?directConnection=true&readPreference=primaryPreferred&readConcernLevel=majority`;
  client = new MongoClient(uri, { ...clientOptions(uri), monitorCommands: true });
  client.on('commandStarted', ({ command }: CommandStartedEvent) => {
    commands.push(command);
  });
  const db = client.db(DATABASE);
  const options = { report: (fault: unknown) => faults.push(fault), orderedBy: () => new Set<string>() };
  store = createJobStore(
    { reads: lastingConnection(db), stats: lastingConnection(db), kill: killSessionsOn(db) },
    options,
  );
  commands = [];
  await db.collection('job').insertOne({ job_id: 'job-1', domain_id: DOMAIN });
});
beforeEach(() => {
  commands = [];
  broken = 0;
});
afterAll(async () => {
  await client.db(DATABASE).dropDatabase();
  await client.close();
  await between[Symbol.asyncDispose]();
});

/** Jobs of a database of their own. */
const JOBS = Array.from({ length: 100 }, (_, nth) => ({ job_id: `job-${nth}`, domain_id: DOMAIN }));

const filterOf = (jobId: string): ConfinedFilter => confineOne(jobId, { domainId: DOMAIN }, JOB_SCHEMA);

const numberOf = ({ txnNumber }: Document): string => String(txnNumber);

const PLAN = { projection: { _id: 0 }, sort: new Map([['job_id', 1]] as const) };

async function lengthOf(limit: number | undefined): Promise<number> {
  const page = limit === undefined ? undefined : { skip: 0, limit };
  let length = 0;
  for await (const batch of store.findPage(FILTER, { ...PLAN, page }, PATIENT)) length += batch.length;
  return length;
}

const READS: readonly (readonly [string, () => Promise<number>])[] = [
  ['a get', async () => ((await store.one(FILTER.within, {}, PATIENT)) === undefined ? 0 : 1)],
  ['a page', () => lengthOf(10)],
  ['a list', () => lengthOf(undefined)],
  ['a count', () => store.count(FILTER, PATIENT)],
  ['a count of rows', () => store.resultCount(FILTER, [], PATIENT)],
];

test.each(READS)('%s is run again after its connection breaks', async (_, read) => {
  toBreak = 1;
  expect(await read()).toBe(1);
  expect(broken).toBe(1);
});

test.each(READS)('%s is UNAVAILABLE after its connection breaks twice', async (_, read) => {
  toBreak = 2;
  await expect(read()).rejects.toHaveProperty('status', 'UNAVAILABLE');
  expect(broken).toBe(2);
  expect(faults).toEqual([]);
});

test('a read is not run again where the URI has retryReads=false', async () => {
  const uri = `mongodb://${between.address}/?directConnection=true&retryReads=false`;
  const once = new MongoClient(uri, clientOptions(uri));
  const lasting = lastingConnection(once.db(DATABASE));
  const options = { report: (fault: unknown) => faults.push(fault), orderedBy: () => new Set<string>() };
  const { one } = createJobStore(
    { reads: lasting, stats: lasting, kill: killSessionsOn(once.db()) },
    options,
  );
  toBreak = 1;
  await expect(one(FILTER.within, {}, PATIENT)).rejects.toHaveProperty('status', 'UNAVAILABLE');
  expect(broken).toBe(1);
  await once.close();
});

test.each(READS)('%s has the read concern and the read preference of the URI', async (_, read) => {
  await read();
  expect(commands).toHaveLength(1);
  expect(commands[0]).toMatchObject({ readConcern: { level: 'majority' }, maxTimeMS: 10_000 });
  expect(commands[0]).toHaveProperty('$readPreference');
});

test.each([0, 2])(
  'the time in the database ends with a read whose connection breaks %i times',
  async (breaks) => {
    toBreak = breaks;
    const running = new Set<symbol>();
    let begun = 0;
    const begin = () => {
      const part = Symbol('part');
      running.add(part);
      begun += 1;
      return () => void running.delete(part);
    };
    const observed = { ...PATIENT, observer: { begin, results: () => undefined } };
    await Promise.allSettled([store.one(FILTER.within, {}, observed)]);
    expect({ begun, running: running.size, toBreak }).toEqual({ begun: 1, running: 0, toBreak: 0 });
  },
);

test('a delete is sent again after its connection breaks, and deletes once', async () => {
  const db = client.db(DATABASE);
  await db.collection('job').insertOne({ job_id: 'job-2', domain_id: DOMAIN });
  toBreak = 2;
  const filter = filterOf('job-2');
  expect(await store.remove(filter, PATIENT)).toBe(true);
  expect(broken).toBe(2);
  expect(new Set(commands.filter((each) => 'delete' in each).map(numberOf)).size).toBe(1);
});

test('a delete that is aborted while it waits for a server is not sent', async () => {
  const port = await freePort();
  const uri = `mongodb://127.0.0.1:${port}/?directConnection=true&serverSelectionTimeoutMS=15000`;
  const waiting = new MongoClient(uri, { ...clientOptions(uri), monitorCommands: true });
  const sent: Document[] = [];
  waiting.on('commandStarted', ({ command }: CommandStartedEvent) => sent.push(command));
  const lasting = lastingConnection(waiting.db(DATABASE));
  const kill = (): Promise<void> => Promise.resolve();
  const options = { report: () => undefined, orderedBy: () => new Set<string>() };
  const { remove } = createJobStore({ reads: lasting, stats: lasting, kill }, options);
  const short = { signal: AbortSignal.timeout(300), remaining: () => 10_000 };
  await expect(remove(filterOf('job-1'), short)).rejects.toHaveProperty('name', 'TimeoutError');
  await using _later = await startProxy(port);
  await waiting.db(DATABASE).command({ ping: 1 });
  expect(sent.filter((each) => 'delete' in each)).toEqual([]);
  await waiting.close();
});

describe('a primary that steps down', () => {
  const STEP_DOWN = { replSetStepDown: 1, secondaryCatchUpPeriodSecs: 0, force: true };
  let set: ReplicaSet;
  let ofSet: MongoClient;

  beforeAll(async () => {
    set = await startReplicaSet(1, 1000);
    ofSet = new MongoClient(set.uri, clientOptions(set.uri));
    await ofSet.db(DATABASE).collection('job').insertMany(JOBS);
  }, 30_000);
  afterAll(async () => {
    await ofSet.close();
    await set[Symbol.asyncDispose]();
  });

  test('loses no read and no delete', async () => {
    const lasting = lastingConnection(ofSet.db(DATABASE));
    const options = { report: (fault: unknown) => faults.push(fault), orderedBy: () => new Set<string>() };
    const onSet = createJobStore(
      { reads: lasting, stats: lasting, kill: killSessionsOn(lasting().db) },
      options,
    );
    const primary = new MongoClient(`${set.uri}&directConnection=true`);
    const stepping = primary.db('admin').command(STEP_DOWN);
    const rowsOf = async (): Promise<number> => {
      let length = 0;
      for await (const batch of onSet.results(FILTER, [], patient())) length += batch.length;
      return length;
    };
    const work = JOBS.map(async ({ job_id }) => {
      const filter = filterOf(job_id);
      const deadline = patient();
      return [(await onSet.one(filter, {}, deadline)) !== undefined, await onSet.remove(filter, deadline)];
    });
    const rows = Array.from({ length: 20 }, rowsOf);
    expect(new Set((await Promise.all(work)).flat())).toEqual(new Set([true]));
    await Promise.all(rows);
    await stepping;
    await primary.close();
    expect(faults).toEqual([]);
    expect(await ofSet.db(DATABASE).collection('job').countDocuments()).toBe(0);
  }, 30_000);
});
