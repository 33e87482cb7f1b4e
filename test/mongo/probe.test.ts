// The probe of clients beside control: it reads by them when nothing else shows that calls get a connection.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import type { MongoClientOptions } from 'mongodb';
import { createProbe } from '../../src/mongo/probe.js';
import { mongodbUri } from '../harness/service.js';
import { startTcpProxy } from '../harness/tcp.js';
import type { TcpProxy } from '../harness/tcp.js';
import { until } from '../harness/until.js';

const EVENT_MS = 10_000;
const COLLECTIONS = ['job', 'collector'];

/** The state of the network before a working client. */
type Network = 'open' | 'without new connections' | 'silent';

let network: Network;
let proxy: TcpProxy;
let control: MongoClient;
let clients: MongoClient[];

beforeEach(async () => {
  network = 'open';
  proxy = await startTcpProxy(new URL(mongodbUri()).host, ({ client, server }) => {
    if (network === 'without new connections') client.destroy();
    return (chunk, to) => {
      const isLost = network === 'silent' && to === server;
      if (!isLost) to.write(chunk);
    };
  });
  control = new MongoClient(mongodbUri());
  clients = [control];
});
afterEach(async () => {
  await proxy[Symbol.asyncDispose]();
  await Promise.all(clients.map((client) => client.close()));
});

/** A working client that has been probed, with counts of its connections. */
async function openWorking(options: MongoClientOptions) {
  const client = new MongoClient(`mongodb://${proxy.address}/?directConnection=true`, {
    ...{ monitorCommands: true, serverSelectionTimeoutMS: 2000 },
    ...options,
  });
  clients.push(client);
  const counts = { open: 0, used: 0, commands: 0 };
  client.on('connectionReady', () => counts.open++);
  client.on('connectionClosed', () => counts.open--);
  client.on('connectionCheckedOut', () => counts.used++);
  client.on('connectionCheckedIn', () => counts.used--);
  client.on('commandStarted', () => counts.commands++);
  const db = client.db('probed');
  const closed = new AbortController().signal;
  const probed = { control: control.db('probed'), working: [db], collections: COLLECTIONS, closed };
  const probeOnce = createProbe(probed);
  const probe = (): Promise<void> => probeOnce(AbortSignal.timeout(EVENT_MS));
  await probe();
  // The connections given to the first probe show nothing about the time after the second.
  await probe();
  return { db, counts, probe };
}

test('a client without connections fails the probe where it gets no new one', async () => {
  const { counts, probe } = await openWorking({ maxIdleTimeMS: 50 });
  await until('idle connections are closed', () => counts.open === 0, EVENT_MS);
  network = 'without new connections';
  await expect(probe()).rejects.toThrow('the database cannot be read');
});

test('a client without connections gets new ones by the probe', async () => {
  const { counts, probe } = await openWorking({ maxIdleTimeMS: 50 });
  await until('idle connections are closed', () => counts.open === 0, EVENT_MS);
  const before = counts.commands;
  await probe();
  expect(counts.commands - before).toBe(COLLECTIONS.length);
});

test('a client with an idle connection is not read by', async () => {
  const { counts, probe } = await openWorking({});
  const before = counts.commands;
  await probe();
  await probe();
  expect(counts.commands).toBe(before);
});

test('a client whose connections are all at work is not waited for', async () => {
  const { db, counts, probe } = await openWorking({ maxPoolSize: 2 });
  network = 'silent';
  const work = COLLECTIONS.map((name) => db.collection(name).findOne());
  const ended = Promise.allSettled(work);
  await until('all connections are at work', () => counts.used === 2, EVENT_MS);
  await probe();
  await expect(probe()).resolves.toBeUndefined();
  await proxy[Symbol.asyncDispose]();
  await ended;
});
