// Starts that fail, one at a time: each says its line in time (docs/troubleshooting.md).
import { startDatabase } from '../harness/mongod.js';
import { random, shuffled } from '../harness/random.js';
import { meetStart, STARTS } from '../harness/start-outcomes.js';
import { makeWorld } from '../harness/start-world.js';
import { atMost } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';

/** The maximum time to a line, and the same in the short form, on a machine shared with others. */
const MAX_LINE_MS = 3000;
const MAX_LINE_SHORT_MS = 8000;
/** The same for starts that wait for another holder of their data. */
const MAX_LATE_LINE_MS = 35_000;

const SHORT_STARTS = 20;
const SHOWN = 5;

interface Met {
  readonly symptom: string;
  readonly isLate: boolean;
  readonly lineMs: number;
}

async function meetEach(starts: typeof STARTS): Promise<readonly Met[]> {
  await using database = await startDatabase();
  const cleanups: (() => unknown)[] = [];
  const met: Met[] = [];
  try {
    const world = await makeWorld(cleanups, new URL(database.uri).host);
    for (const start of starts) {
      const { lineMs } = await meetStart(start, world, cleanups);
      met.push({ symptom: start.symptom, isLate: start.within !== undefined, lineMs });
    }
    return met;
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup();
  }
}

const longest = (met: readonly Met[]): number => Math.max(0, ...met.map(({ lineMs }) => lineMs));

export async function starts({ short, seed, note }: ScenarioOptions): Promise<readonly Assertion[]> {
  const met = await meetEach(short ? shuffled(STARTS, random(seed)).slice(0, SHORT_STARTS) : STARTS);
  for (const { symptom, lineMs } of met.toSorted((one, other) => other.lineMs - one.lineMs).slice(0, SHOWN))
    note(`${lineMs.toFixed(0)} ms: ${symptom}`);
  return [
    atMost(
      `longest time to a line, of ${met.length} starts`,
      longest(met.filter(({ isLate }) => !isLate)),
      short ? MAX_LINE_SHORT_MS : MAX_LINE_MS,
      'ms',
    ),
    atMost(
      'the same where another process holds the data or the port',
      longest(met.filter(({ isLate }) => isLate)),
      MAX_LATE_LINE_MS,
      'ms',
    ),
  ];
}
