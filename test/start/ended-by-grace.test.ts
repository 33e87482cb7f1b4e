// Calls that outlast the grace period: probes are answered meanwhile, and the calls are told and logged as ended by the stop.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { jsonClient } from '../harness/client.js';
import { post, routeOf } from '../harness/http-client.js';
import { startProgram } from '../harness/program.js';
import type { Program } from '../harness/program.js';
import { mongodbUri } from '../harness/service.js';
import { insertSlowJob, noneRunning, runningSoon, slowStat } from '../harness/slow.js';
import { until } from '../harness/until.js';

const DATABASE = 'ended-by-grace';
const TEXT = 'Service is unavailable, retry later. (reason = the service is stopping)';
const GRACE_MS = 2000;
/** The most that an operation outlives its call. */
const OUTLIVING_MS = 250;

let mongo: MongoClient;
let program: Program;

beforeAll(async () => {
  mongo = new MongoClient(mongodbUri());
  await insertSlowJob(mongo.db(DATABASE));
});
afterEach(() => program.kill());
afterAll(async () => {
  await mongo.db(DATABASE).dropDatabase();
  await mongo.close();
});

test('calls that outlast the grace period are told and logged that the service stops, as probes are, and leave no operation', async () => {
  const settings = { MONGODB_URI: mongodbUri(), MONGODB_DATABASE: DATABASE };
  program = startProgram({ ...settings, SHUTDOWN_GRACE: `${GRACE_MS}ms` });
  const { grpc, http, admin } = await program.addresses();
  const client = jsonClient(grpc);
  const overGrpc = client.call('stat', slowStat(4, 'grpc'));
  const overHttp = post(http, routeOf('stat'), JSON.stringify(slowStat(4, 'http')));
  await runningSoon(mongo, DATABASE, 2);
  program.signal('SIGTERM');
  const probed = async () => (await fetch(`http://${admin}/readyz`)).text();
  await until('probes tell of the stop', async () => /^not serving: stopping/.test(await probed()), GRACE_MS);
  expect(await program.ended).toEqual({ code: 0, signal: null });
  await noneRunning(mongo, DATABASE, OUTLIVING_MS);
  expect(await overGrpc).toMatchObject({ error: { status: 'UNAVAILABLE', text: TEXT } });
  expect(await overHttp).toMatchObject({ status: 503 });
  const ends = program.log.filter(({ msg }) => msg === 'call');
  const stopped = { rpc: 'stat', status: 'UNAVAILABLE', error: `ERROR_UNAVAILABLE: ${TEXT}` };
  expect(ends.map(({ transport }) => transport).toSorted()).toEqual(['grpc', 'json']);
  expect(ends).toMatchObject([stopped, stopped]);
  client.close();
});
