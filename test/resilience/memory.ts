// Clients that leave large answers unread, in a process bounded to 512 MiB: it stays within them and serves others (docs/configure.md «Memory»).
import { readFileSync } from 'node:fs';
import type { Db } from 'mongodb';
import { makeIndexes } from '../../src/job/collections.js';
import { encodeRequest } from '../harness/encoder.js';
import { framed } from '../harness/frames.js';
import { pathOf } from '../harness/messages.js';
import { startDatabase } from '../harness/mongod.js';
import { leaveUnread } from '../harness/raw-grpc.js';
import { atLeast, atMost, sameProcess } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { during, fillSmallDomain, pagesOf, timesOf } from './steady-load.js';
import { startProbedSystem, tally } from './system-under-test.js';

const DOMAIN = 'domain-unread000000';
const JOBS = 1000;
const MESSAGE_BYTES = 8000;
const READERS = 100;
const MAX_MIB = 512;
/** A quarter of the memory, as in a container of that size. */
const SETTINGS = { RESPONSE_MEMORY: `${MAX_MIB / 4}MiB`, NODE_OPTIONS: '--max-old-space-size=256' };

/** Inserts jobs whose list is an answer of 8 MB. */
async function fill(db: Db): Promise<void> {
  const message = 'x'.repeat(MESSAGE_BYTES);
  await db.collection('job').insertMany(
    Array.from({ length: JOBS }, (_, nth) => ({
      job_id: `job-unread-${nth}`,
      domain_id: DOMAIN,
      created_at: new Date(nth * 1000),
      errors: [{ error_code: 'ERROR_LONG', message }],
    })),
  );
  await makeIndexes(db);
  await fillSmallDomain(db);
}

const LIST = framed(encodeRequest('list', { domain_id: DOMAIN }));

/** The peak of the memory of a process. */
function peakMiB(pid: number): number {
  const [, kib = 'NaN'] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}

export async function memory({ short, note }: ScenarioOptions): Promise<readonly Assertion[]> {
  await using database = await startDatabase();
  await fill(database.db);
  await using system = await startProbedSystem(database.uri, SETTINGS);
  const readers = Array.from({ length: READERS }, () =>
    leaveUnread(system.addresses.grpc, pathOf('list'), LIST),
  );
  const pages = await during(short ? 8000 : 60_000, (stopped) => pagesOf(system, stopped, 20));
  const { usage, rssBytes } = await system.vitals('as it is');
  for (const { session } of readers) session.destroy();
  note(
    `beside ${READERS} unread answers: pages ${timesOf(pages)}: ${tally(pages.map(({ status }) => status))}`,
  );
  note(`${(usage / 2 ** 20).toFixed(0)} MiB reserved, ${(rssBytes / 2 ** 20).toFixed(0)} MiB resident`);
  const answered = pages.filter(({ status }) => status === 'OK').length;
  return [
    atLeast('reserved for unread answers', usage / 2 ** 20, MAX_MIB / 8, 'MiB'),
    atMost('peak of the memory of the process', peakMiB(system.program.pid), MAX_MIB, 'MiB'),
    atLeast('pages of an honest client that are answered', (100 * answered) / pages.length, 99, '%'),
    sameProcess(system.program),
  ];
}
