// Every kind of call through every transport, beside misbehaving clients and writers: each answer matches the data at some
// moment, and afterwards all resources are released (docs/resilience.md «Scenarios»).
import { setTimeout as pause } from 'node:timers/promises';
import type { JsonObject } from '@bufbuild/protobuf';
import type { Db, MongoClient } from 'mongodb';
import type { History } from './history.js';
import {
  createJobsHistory,
  DOOMED,
  exportOf,
  fillStorm,
  pageOfTwoReads,
  questionOf,
  write,
} from './storm-data.js';
import { openTransports } from './all-transports.js';
import type { AllTransports } from './all-transports.js';
import { runUnrulyClients } from './unruly-clients.js';
import type { Call } from './unruly-clients.js';
import { statusOf } from '../harness/client.js';
import { routeOf } from '../harness/http-client.js';
import { parseObject } from '../harness/json.js';
import { startDatabase } from '../harness/mongod.js';
import type { Database } from '../harness/mongod.js';
import { below, drawn, pick } from '../harness/random.js';
import type { Random } from '../harness/random.js';
import { insertSlowJob, slowStat } from '../harness/slow.js';
import { until } from '../harness/until.js';
import { atLeast, atMost, exactly, sameProcess } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { APP_NAME, startProbedSystem, tally } from './system-under-test.js';
import type { ProbedSystem, Vitals } from './system-under-test.js';

const DEFAULT_DURATION_MS = 600_000;
const SHORT_DURATION_MS = 35_000;
/** Clients that wait for their answers, with one call at a time. */
const CLIENTS = 8;
const UNRULY = 6;
const CONNECTIONS = 12;
/** The minimum rate of checked answers, on a machine shared with others. */
const MIN_CHECKED_PER_SECOND = 3;
const TIMEOUT_MS = 20_000;
/** The share of calls cancelled by their clients, and the maximum time to the cancellation. */
const CANCELLED_SHARE = 0.15;
const MAX_CANCELLED_AFTER_MS = 100;
/** The maximum time until calls have released everything, and a pause for commands that kill others, which have 2 s. */
const RELEASE_TIMEOUT_MS = 15_000;
const QUIET_MS = 3000;

/** The jobs of an export beyond all buffers between the database and its client. */
const LARGE = 'domain-large0000000';
const LARGE_JOBS = 30_000;
const DOOMED_JOBS = 3000;
const doomedId = (nth: number): string => `doomed-${nth}`;

async function fill(history: History, db: Db): Promise<void> {
  await fillStorm({ history, db });
  await insertSlowJob(db);
  const large = Array.from({ length: LARGE_JOBS }, (_, nth) => ({
    job_id: `large-${nth}`,
    domain_id: LARGE,
    created_at: new Date(nth),
    errors: [{ error_code: 'E', message: 'x'.repeat(500) }],
  }));
  const doomed = Array.from({ length: DOOMED_JOBS }, (_, nth) => ({
    job_id: doomedId(nth),
    domain_id: DOOMED,
  }));
  await db.collection('job').insertMany([...large, ...doomed]);
}

/** The observations of the storm. */
interface Observations {
  /** The status of each call. */
  readonly statuses: string[];
  /** Answers that match the data at no moment. */
  readonly unexplained: string[];
  /** Jobs deleted by a call with OK. */
  readonly deleted: Set<string>;
  checked: number;
}

interface Storm {
  readonly history: History;
  readonly transports: AllTransports;
  readonly seen: Observations;
}

function record({ unexplained }: Observations, what: string, reason: string | undefined): void {
  if (reason !== undefined) unexplained.push(`${what}: ${reason}`);
}

const optionsOf = (next: Random) => ({
  timeoutMs: TIMEOUT_MS,
  ...(next() < CANCELLED_SHARE
    ? { signal: AbortSignal.timeout(1 + below(next, MAX_CANCELLED_AFTER_MS)) }
    : {}),
});

/** Asks a question, and checks the answer. */
async function ask({ history, transports, seen }: Storm, next: Random): Promise<void> {
  const question = questionOf(history, next);
  const transport = pick(next, transports.all);
  const from = performance.now();
  const outcome = await transport.call(question.rpc, question.request, optionsOf(next));
  const between = { from, to: performance.now() };
  const status = statusOf(outcome);
  seen.statuses.push(status);
  const what = `${question.name} by ${transport.name} ${JSON.stringify(question.request)}`;
  if ('response' in outcome) record(seen, what, question.check(outcome.response, between));
  if (status === 'NOT_FOUND') record(seen, what, question.checkMissing?.(between) ?? undefined);
  if (status === 'OK' || status === 'NOT_FOUND') seen.checked += 1;
}

/** Parses a CSV of two columns without commas in cells. */
function rowsOfCsv(text: string): readonly JsonObject[] {
  const [head = '', ...lines] = text.trimEnd().split('\r\n');
  const names = head.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, at) => [names[at] ?? '', cell])));
}

const FORMATS = [
  {
    accept: 'application/x-ndjson',
    rows: (text: string) => text.split('\n').filter(Boolean).map(parseObject),
  },
  { accept: 'text/csv', rows: rowsOfCsv },
] as const;

/** Exports a list, and checks it. */
async function exportList({ history, transports, seen }: Storm, next: Random): Promise<void> {
  const { request, check } = exportOf(history, next);
  const { accept, rows } = pick(next, FORMATS);
  const from = performance.now();
  const answer = await transports.post(routeOf('list'), JSON.stringify(request), {
    ...optionsOf(next),
    headers: { accept },
  });
  const between = { from, to: performance.now() };
  seen.statuses.push(answer.status);
  if (answer.status !== 'OK') return;
  seen.checked += 1;
  record(seen, `${accept} ${JSON.stringify(request)}`, check(rows(answer.bytes.toString()), between));
}

/** Deletes a job once; after a cancellation, it may be deleted or not. */
async function remove({ transports, seen }: Storm, next: Random, nth: number): Promise<void> {
  const request = { domain_id: DOOMED, job_id: doomedId(nth) };
  const status = statusOf(await pick(next, transports.all).call('delete', request, optionsOf(next)));
  seen.statuses.push(status);
  if (status === 'OK') seen.deleted.add(request.job_id);
}

/** Draws a call for misbehaving clients: slow ones, and ones with long answers. */
function heavyOf(history: History, next: Random): Call {
  const kind = next();
  const question = questionOf(history, next);
  if (kind < 0.15) return ['stat', slowStat(4, `rows${below(next, 50)}`)];
  if (kind < 0.35) return ['list', { domain_id: LARGE }];
  if (kind < 0.45) {
    const pages = {
      group: { keys: [{ key: 'job_id', name: 'id' }], fields: [{ name: 'n', operator: 'count' }] },
    };
    return [
      'stat',
      { domain_id: LARGE, query: { aggregate: [pages], page: { limit: 20_000 + below(next, 50) } } },
    ];
  }
  return [question.rpc, question.request];
}

async function calling(
  storm: Storm,
  next: Random,
  doomed: () => number,
  stopped: AbortSignal,
): Promise<void> {
  while (!stopped.aborted) {
    const kind = next();
    if (kind < 0.8) await ask(storm, next);
    else if (kind < 0.92) await exportList(storm, next);
    else await remove(storm, next, doomed());
  }
}

/** The open operations, cursors and connections of the service, seen from the database. */
async function onDatabase(client: MongoClient) {
  const of = (options: object, match: object) =>
    client
      .db('admin')
      .aggregate([{ $currentOp: options }, { $match: { appName: APP_NAME, ...match } }])
      .toArray();
  const calls = { ns: { $in: ['inventory.job', 'inventory.collector'] } };
  return {
    operations: (await of({}, { active: true, ...calls })).length,
    cursors: (await of({ idleCursors: true }, { type: 'idleCursor' })).length,
    connections: (await of({ idleConnections: true }, {})).filter(({ client: peer }) => peer !== undefined)
      .length,
  };
}

/** The signals of current pings and kill commands; leaks of calls would amount to thousands. */
const MAX_MORE_SIGNALS = 50;

/** Measurements of live objects: pings come and go, and Node releases some objects only after a collection. */
const MEASUREMENTS = 5;

/** Measures the resources of calls in the process, each at its minimum. */
async function measureResources(system: ProbedSystem, client: MongoClient) {
  const measurements: Vitals[] = [];
  while (measurements.length < MEASUREMENTS) {
    measurements.push(await system.vitals('counted'));
    await pause(300);
  }
  const least = (kind: Kind): number =>
    Math.min(...measurements.map((measurement) => measurement[kind] ?? NaN));
  const vitals = {
    usage: Math.max(...measurements.map(({ usage }) => usage)),
    signals: least('signals'),
    sessions: least('sessions'),
    timers: least('timers'),
    listeners: least('listeners'),
  };
  const database = await onDatabase(client);
  return { vitals, database, descriptors: system.descriptors() - database.connections };
}

type Kind = 'signals' | 'sessions' | 'timers' | 'listeners';
type Resources = Awaited<ReturnType<typeof measureResources>>;

function allReleased(before: Resources, after: Resources): readonly Assertion[] {
  const more = (kind: Kind): number => Math.max(0, after.vitals[kind] - before.vitals[kind]);
  return [
    exactly('scheduler slots, waiters and bytes not released', after.vitals.usage, 0),
    exactly('operations on the database', after.database.operations, 0),
    exactly('cursors on the database', after.database.cursors, 0),
    exactly('sessions of the driver in use', after.vitals.sessions, 0),
    atMost(
      'more descriptors than before',
      Math.max(0, after.descriptors - before.descriptors),
      4,
      'descriptors',
    ),
    exactly('more listeners on the process than before', more('listeners'), 0),
    atMost('more timers than before', more('timers'), 4, 'timers'),
    atMost('more live signals than before', more('signals'), MAX_MORE_SIGNALS, 'signals'),
  ];
}

/** The log lines of internal errors, in calls and beside them. */
const faultsIn = (system: ProbedSystem): readonly string[] =>
  system.program.lines().filter((line) => line.includes('"status":"INTERNAL"') || /"level":[56]0/.test(line));

/** Checks pages of two reads repeatedly beside the writers, and counts the unexplained ones. */
async function checkPagesOfTwoReads(history: History, db: Db, stopped: AbortSignal): Promise<number> {
  let found = 0;
  while (!stopped.aborted) {
    if ((await pageOfTwoReads(history, db)) !== undefined) found += 1;
    await pause(20);
  }
  return found;
}

async function runStorm(
  storm: Storm,
  database: Database,
  system: ProbedSystem,
  { seed }: ScenarioOptions,
  stopped: AbortSignal,
): Promise<readonly [number, number]> {
  const { history } = storm;
  let doomed = 0;
  const nextDoomed = (): number => doomed++ % DOOMED_JOBS;
  const clients = Array.from({ length: CLIENTS }, (_, nth) =>
    calling(storm, drawn(seed, 10 + nth), nextDoomed, stopped),
  );
  const [made, found] = await Promise.all([
    runUnrulyClients(system, drawn(seed, 1), (next) => heavyOf(history, next), UNRULY, stopped),
    checkPagesOfTwoReads(history, database.db, stopped),
    write({ history, db: database.db }, drawn(seed, 2), stopped),
    ...clients,
  ]);
  return [made, found];
}

export async function storm(all: ScenarioOptions): Promise<readonly Assertion[]> {
  const { seed, short, lasting = DEFAULT_DURATION_MS, note } = all;
  const history = createJobsHistory();
  await using database = await startDatabase();
  await fill(history, database.db);
  await using system = await startProbedSystem(database.uri);
  const seen: Observations = { statuses: [], unexplained: [], deleted: new Set(), checked: 0 };
  const opened = openTransports(system, CONNECTIONS);
  const first: Storm = { history, transports: opened, seen };
  for (let nth = 0; nth < 60; nth++) await ask(first, drawn(seed, 100 + nth));
  opened.close();
  await pause(500);
  const before = await measureResources(system, database.client);
  const transports = openTransports(system, CONNECTIONS);
  const time = short ? SHORT_DURATION_MS : lasting;
  const stopped = AbortSignal.timeout(time);
  const [made, found] = await runStorm({ history, transports, seen }, database, system, all, stopped);
  transports.close();
  const isIdle = async (): Promise<boolean> => {
    const { usage } = await system.vitals('as it is');
    return usage === 0;
  };
  await until('everything is released', isIdle, RELEASE_TIMEOUT_MS).catch(() => undefined);
  await pause(QUIET_MS);
  const after = await measureResources(system, database.client);
  const left = await database.db
    .collection('job')
    .countDocuments({ domain_id: DOOMED, job_id: { $in: [...seen.deleted] } });
  note(
    `${seen.statuses.length} calls of waiting clients: ${tally(seen.statuses)}; ${made} of misbehaving clients`,
  );
  for (const reason of seen.unexplained.slice(0, 10)) note(`unexplained: ${reason}`);
  for (const line of faultsIn(system).slice(0, 5)) note(`fault: ${line.slice(0, 400)}`);
  note(`resources before: ${JSON.stringify(before)}; after: ${JSON.stringify(after)}`);
  return [
    atLeast('checked answers', seen.checked, (time / 1000) * MIN_CHECKED_PER_SECOND, 'answers'),
    exactly('answers that match the data at no moment', seen.unexplained.length, 0),
    atLeast('pages of two reads that match the data at no moment', found, 1, 'pages'),
    exactly('deleted jobs still stored', left, 0),
    exactly('internal errors in the log', faultsIn(system).length, 0),
    sameProcess(system.program),
    ...allReleased(before, after),
  ];
}
