/** The job explorer on a domain of 200,000 jobs: how long each view takes in a real browser, what it asks, and that nobody waits behind it (docs/explorer.md). */
import { performance } from 'node:perf_hooks';
import { load } from '../../bench/data.js';
import { startBrowser } from '../harness/browser.js';
import { explore } from '../harness/explorer.js';
import type { Explored } from '../harness/explorer.js';
import { startDatabase } from '../harness/mongod.js';
import { atMost, exactly, longestDelay } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { startProbedSystem } from './system-under-test.js';
import type { ProbedSystem } from './system-under-test.js';

const JOBS = 200_000;

/** Milliseconds that a view may take, and the same where the machine may be shared with others. */
const WHOLE = 1000;
const WHOLE_SHARED = 4000;
/** Milliseconds until something is painted. */
const PAINTED = 300;
const PAINTED_SHARED = 1500;

/** How often each view is looked at; the shortest time is its own, and not the machine's. */
const TIMES = 3;

interface View {
  readonly name: string;
  /** The part of the address after #, of a domain. */
  readonly place: string;
  /** The calls that it makes. */
  readonly calls: number;
}

/** The views, most of them on all jobs at once. */
const viewsOf = (domain: string, job: string): readonly View[] => [
  { name: 'the overview as it begins', place: `overview?domain=${domain}`, calls: 6 },
  { name: 'the overview of all time', place: `overview?domain=${domain}&window=all`, calls: 5 },
  { name: 'the errors of all time', place: `overview?domain=${domain}&window=all&status=ERROR`, calls: 5 },
  { name: 'a page of all jobs', place: `jobs?domain=${domain}&window=all`, calls: 2 },
  { name: 'the last page', place: `jobs?domain=${domain}&window=all&start=${JOBS - 19}`, calls: 2 },
  {
    name: 'jobs of a provider',
    place: `jobs?domain=${domain}&window=all&filter=[["collector.provider","eq","aws"]]`,
    calls: 2,
  },
  { name: 'the newest of each collector', place: `jobs?domain=${domain}&window=all&newest=yes`, calls: 3 },
  { name: 'a job', place: `job?domain=${domain}&job=${job}`, calls: 3 },
  { name: 'jobs a day by status', place: `statistics?domain=${domain}&window=all`, calls: 1 },
];

interface Looked {
  readonly view: View;
  /** Milliseconds until all of it was there. */
  readonly whole: number;
  readonly held: number;
  readonly calls: number;
}

async function looked(explored: Explored, view: View, system: ProbedSystem): Promise<Looked> {
  // From another page, so that this one is made from its beginning.
  await explored.page.goto('about:blank');
  await system.vitals('as it is');
  explored.calls.length = 0;
  const begun = performance.now();
  await explored.go(`#/${view.place}`);
  const whole = performance.now() - begun;
  const { maxDelayMs: held } = await system.vitals('as it is');
  return { view, whole, held, calls: explored.calls.length };
}

const PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime";

export async function explorer(terms: ScenarioOptions): Promise<readonly Assertion[]> {
  const { short, note } = terms;
  await using database = await startDatabase();
  const { domain, jobIds } = await load(database.db, [JOBS]);
  await using system = await startProbedSystem(database.uri);
  const browser = await startBrowser();
  const explored = await explore(browser, `http://${system.addresses.http}`, '');
  const paints: number[] = [];
  const best: Looked[] = [];
  for (const view of viewsOf(domain, jobIds[0] ?? '')) {
    const times: Looked[] = [];
    for (let nth = 0; nth < TIMES; nth++) {
      times.push(await looked(explored, view, system));
      paints.push(await explored.page.evaluate(PAINT));
    }
    const [first] = times.toSorted((one, other) => one.whole - other.whole);
    if (first !== undefined) best.push({ ...first, held: Math.min(...times.map(({ held }) => held)) });
  }
  await browser.close();
  for (const { view, whole, held, calls } of best)
    note(`${whole.toFixed(0)} ms, ${calls} calls, event loop held ${held.toFixed(0)} ms: ${view.name}`);
  return [
    atMost(
      'the longest that a view took',
      Math.max(...best.map(({ whole }) => whole)),
      short ? WHOLE_SHARED : WHOLE,
      'ms',
    ),
    exactly(
      'views that made other calls than they should',
      best.filter(({ view, calls }) => view.calls !== calls).length,
      0,
    ),
    longestDelay(Math.max(...best.map(({ held }) => held)), terms),
    atMost('first paint', Math.min(...paints), short ? PAINTED_SHARED : PAINTED, 'ms'),
    exactly('errors on the console, and requests to elsewhere', explored.faults.length, 0),
  ];
}
