/**
 * Every kind of call through every transport, with clients that leave in every way, and writers beside them: each answer
 * is explained by some moment of the data, and afterwards all that was taken is given back (docs/operations.md «Trials»).
 */
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
import { unruly } from './unruly-clients.js';
import type { Call } from './unruly-clients.js';
import { statusOf } from '../harness/client.js';
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

const USUAL_MS = 600_000;
const SHORT_MS = 35_000;
/** Clients that wait for their answers, one call at a time each. */
const CLIENTS = 8;
const UNRULY = 6;
const CONNECTIONS = 12;
/** Answers at least, where the machine is shared with others. */
const JUDGED_A_SECOND = 3;
const TIMEOUT_MS = 20_000;
/** The share of calls that their clients give up, and milliseconds after which at most. */
const GIVEN_UP = 0.15;
const GIVEN_UP_AFTER_MS = 100;
/** Milliseconds until all must have been given back, and then until nothing is waited for: commands that end others have 2 s. */
const SETTLING_MS = 15_000;
const QUIET_MS = 3000;

/** Jobs of an export that is longer than all buffers between the database and its client. */
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

/** What the storm has seen. */
interface Seen {
  /** How each call ended, by what it was and how it came. */
  readonly ends: string[];
  /** Answers that no moment explains. */
  readonly unexplained: string[];
  /** Jobs that a call said to be deleted. */
  readonly deleted: Set<string>;
  judged: number;
}

interface Storm {
  readonly history: History;
  readonly transports: AllTransports;
  readonly seen: Seen;
}

function note({ unexplained }: Seen, what: string, reason: string | undefined): void {
  if (reason !== undefined) unexplained.push(`${what}: ${reason}`);
}

const terms = (next: Random) => ({
  timeoutMs: TIMEOUT_MS,
  ...(next() < GIVEN_UP ? { signal: AbortSignal.timeout(1 + below(next, GIVEN_UP_AFTER_MS)) } : {}),
});

/** Asks for what is known, and judges the answer. */
async function ask({ history, transports, seen }: Storm, next: Random): Promise<void> {
  const question = questionOf(history, next);
  const transport = pick(next, transports.all);
  const from = performance.now();
  const outcome = await transport.call(question.rpc, question.request, terms(next));
  const between = { from, to: performance.now() };
  const status = statusOf(outcome);
  seen.ends.push(status);
  const what = `${question.name} by ${transport.name} ${JSON.stringify(question.request)}`;
  if ('response' in outcome) note(seen, what, question.judge(outcome.response, between));
  if (status === 'NOT_FOUND') note(seen, what, question.judgeMissing?.(between) ?? undefined);
  if (status === 'OK' || status === 'NOT_FOUND') seen.judged += 1;
}

/** The rows of a CSV that has two columns, and no cell with a comma in it. */
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

/** Takes all rows of a list, and judges them. */
async function take({ history, transports, seen }: Storm, next: Random): Promise<void> {
  const { request, judge } = exportOf(history, next);
  const { accept, rows } = pick(next, FORMATS);
  const from = performance.now();
  const answer = await transports.post('/inventory/v1/job/list', JSON.stringify(request), {
    ...terms(next),
    headers: { accept },
  });
  const between = { from, to: performance.now() };
  seen.ends.push(answer.status);
  if (answer.status !== 'OK') return;
  seen.judged += 1;
  note(seen, `${accept} ${JSON.stringify(request)}`, judge(rows(answer.bytes.toString()), between));
}

/** Deletes a job, once; given up, it may be gone or not. */
async function remove({ transports, seen }: Storm, next: Random, nth: number): Promise<void> {
  const request = { domain_id: DOOMED, job_id: doomedId(nth) };
  const status = statusOf(await pick(next, transports.all).call('delete', request, terms(next)));
  seen.ends.push(status);
  if (status === 'OK') seen.deleted.add(request.job_id);
}

/** What clients that do not behave ask for: what takes long, and what is long. */
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

async function calling(storm: Storm, next: Random, doomed: () => number, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const kind = next();
    if (kind < 0.8) await ask(storm, next);
    else if (kind < 0.92) await take(storm, next);
    else await remove(storm, next, doomed());
  }
}

/** What the service has open on the database, and the database of it. */
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

/** Signals that pings, and commands that end others, may just have; calls that kept theirs would keep thousands. */
const SIGNALS = 50;

/** Looks at what is alive: the service's own pings come and go, and Node lets go of some only after a collection. */
const LOOKS = 5;

/** What the process holds that comes and goes with calls, each at its least. */
async function heldBy(system: ProbedSystem, client: MongoClient) {
  const looks: Vitals[] = [];
  while (looks.length < LOOKS) {
    looks.push(await system.vitals('counted'));
    await pause(300);
  }
  const least = (kind: Kind): number => Math.min(...looks.map((look) => look[kind] ?? NaN));
  const vitals = {
    usage: Math.max(...looks.map(({ usage }) => usage)),
    signals: least('signals'),
    sessions: least('sessions'),
    timers: least('timers'),
    listeners: least('listeners'),
  };
  const database = await onDatabase(client);
  return { vitals, database, descriptors: system.descriptors() - database.connections };
}

type Kind = 'signals' | 'sessions' | 'timers' | 'listeners';
type Held = Awaited<ReturnType<typeof heldBy>>;

function givenBack(before: Held, after: Held): readonly Assertion[] {
  const more = (kind: Kind): number => Math.max(0, after.vitals[kind] - before.vitals[kind]);
  return [
    exactly('turns, places and bytes that are not given back', after.vitals.usage, 0),
    exactly('operations on the database', after.database.operations, 0),
    exactly('cursors on the database', after.database.cursors, 0),
    exactly('sessions of the driver in use', after.vitals.sessions, 0),
    atMost(
      'descriptors more than before',
      Math.max(0, after.descriptors - before.descriptors),
      4,
      'descriptors',
    ),
    exactly('listeners on the process more than before', more('listeners'), 0),
    atMost('timers more than before', more('timers'), 4, 'timers'),
    atMost('signals alive more than before', more('signals'), SIGNALS, 'signals'),
  ];
}

/** What the log says of calls that failed by a fault of the service, and of faults beside calls. */
const faultsIn = (system: ProbedSystem): readonly string[] =>
  system.program.lines().filter((line) => line.includes('"status":"INTERNAL"') || /"level":[56]0/.test(line));

/** Whether the judge finds out a page of two reads, as often as it is tried beside the writers. */
async function withTwoReads(history: History, db: Db, over: AbortSignal): Promise<number> {
  let found = 0;
  while (!over.aborted) {
    if ((await pageOfTwoReads(history, db)) !== undefined) found += 1;
    await pause(20);
  }
  return found;
}

async function rage(
  storm: Storm,
  database: Database,
  system: ProbedSystem,
  { seed }: ScenarioOptions,
  over: AbortSignal,
): Promise<readonly [number, number]> {
  const { history } = storm;
  let doomed = 0;
  const nextDoomed = (): number => doomed++ % DOOMED_JOBS;
  const clients = Array.from({ length: CLIENTS }, (_, nth) =>
    calling(storm, drawn(seed, 10 + nth), nextDoomed, over),
  );
  const [made, found] = await Promise.all([
    unruly(system, drawn(seed, 1), (next) => heavyOf(history, next), UNRULY, over),
    withTwoReads(history, database.db, over),
    write({ history, db: database.db }, drawn(seed, 2), over),
    ...clients,
  ]);
  return [made, found];
}

export async function storm(all: ScenarioOptions): Promise<readonly Assertion[]> {
  const { seed, short, lasting = USUAL_MS, note } = all;
  const history = createJobsHistory();
  await using database = await startDatabase();
  await fill(history, database.db);
  await using system = await startProbedSystem(database.uri);
  const seen: Seen = { ends: [], unexplained: [], deleted: new Set(), judged: 0 };
  const opened = openTransports(system, CONNECTIONS);
  const first: Storm = { history, transports: opened, seen };
  for (let nth = 0; nth < 60; nth++) await ask(first, drawn(seed, 100 + nth));
  opened.close();
  await pause(500);
  const before = await heldBy(system, database.client);
  const transports = openTransports(system, CONNECTIONS);
  const time = short ? SHORT_MS : lasting;
  const over = AbortSignal.timeout(time);
  const [made, found] = await rage({ history, transports, seen }, database, system, all, over);
  transports.close();
  const isIdle = async (): Promise<boolean> => {
    const { usage } = await system.vitals('as it is');
    return usage === 0;
  };
  await until('all is given back', isIdle, SETTLING_MS).catch(() => undefined);
  await pause(QUIET_MS);
  const after = await heldBy(system, database.client);
  const left = await database.db
    .collection('job')
    .countDocuments({ domain_id: DOOMED, job_id: { $in: [...seen.deleted] } });
  note(
    `${seen.ends.length} calls of clients that wait: ${tally(seen.ends)}; ${made} of clients that do not behave`,
  );
  for (const reason of seen.unexplained.slice(0, 10)) note(`unexplained: ${reason}`);
  for (const line of faultsIn(system).slice(0, 5)) note(`fault: ${line.slice(0, 400)}`);
  note(`held before: ${JSON.stringify(before)}; after: ${JSON.stringify(after)}`);
  return [
    atLeast('answers that were judged', seen.judged, (time / 1000) * JUDGED_A_SECOND, 'answers'),
    exactly('answers that no moment explains', seen.unexplained.length, 0),
    atLeast('pages of two reads that no moment explains', found, 1, 'pages'),
    exactly('deleted jobs that are there', left, 0),
    exactly('calls that ended by a fault, and faults in the log', faultsIn(system).length, 0),
    sameProcess(system.program),
    ...givenBack(before, after),
  ];
}
