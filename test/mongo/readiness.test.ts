// Connections kept ready: which ones are used, and that all others are closed.
import { setImmediate as later } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { createReadyConnections } from '../../src/mongo/readiness.js';
import type { Probeable } from '../../src/mongo/readiness.js';
import { until } from '../harness/until.js';

/** Beyond the interval between two spare connections. */
const SPARE_STEP_MS = 10_000;
const STUCK = 'stuck';
type Probe = 'answers' | 'fails' | typeof STUCK;

const failing = (): Promise<never> => Promise.reject(new Error('no answer'));
/** Waits for the end of the probe. */
const stuck = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const end = () => {
      reject(new Error('ended'));
    };
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
const PROBES: Readonly<Record<Probe, (signal: AbortSignal) => Promise<void>>> = {
  answers: () => Promise.resolve(),
  fails: failing,
  [STUCK]: stuck,
};

interface Opened extends Probeable {
  readonly nth: number;
}

/** Connections that answer by `answer`, by their number and that of their probe, and the numbers of the closed ones and the gone. */
function createWorld(answer: (nth: number, probe: number) => Probe) {
  const closed: number[] = [];
  const gone: number[] = [];
  const probed = new Set<number>();
  let opened = 0;
  let now = 0;
  const open = (): Opened => {
    const nth = opened++;
    let probes = 0;
    return {
      nth,
      probe(signal) {
        probed.add(nth);
        return PROBES[answer(nth, probes++)](signal);
      },
      close() {
        closed.push(nth);
        return later().then(() => void gone.push(nth));
      },
    };
  };
  const ready = createReadyConnections(open, () => (now += SPARE_STEP_MS));
  /** The results of the next probes, until one is as wanted. */
  const results: string[] = [];
  const watched = (isEnough: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      ready.watch((failure) => {
        results.push(failure === undefined ? 'answered' : 'failed');
        if (isEnough()) resolve();
      });
    });
  return { ready, closed, gone, probed, results, watched };
}

interface Row {
  readonly what: string;
  readonly answer: (nth: number, probe: number) => Probe;
  readonly results: readonly string[];
  readonly current: number;
  readonly closed: readonly number[];
}

const ROWS: readonly Row[] = [
  {
    what: 'connections that answer stay, and no other is opened',
    answer: () => 'answers',
    results: ['answered'],
    current: 0,
    closed: [],
  },
  {
    what: 'connections that answer at the second attempt stay',
    answer: (_, probe) => (probe === 0 ? 'fails' : 'answers'),
    results: ['answered'],
    current: 0,
    closed: [],
  },
  {
    what: 'a spare that answers instead is used, and the former is closed',
    answer: (nth) => (nth === 0 ? 'fails' : 'answers'),
    results: ['failed', 'answered'],
    current: 1,
    closed: [0],
  },
  {
    what: 'a spare that answers while the former is silent is used, and the former is closed',
    answer: (nth, probe) => (nth > 0 ? 'answers' : probe < 2 ? 'fails' : STUCK),
    results: ['failed', 'answered'],
    current: 1,
    closed: [0],
  },
  {
    what: 'connections that answer again are used still, and the spare is closed',
    answer: (nth, probe) => (nth === 0 && probe < 2 ? 'fails' : 'answers'),
    results: ['failed', 'answered'],
    current: 0,
    closed: [1],
  },
  {
    what: 'the second spare answers first: the former and the other spare are closed',
    answer: (nth) => (nth < 2 ? 'fails' : 'answers'),
    results: ['failed', 'failed', 'answered'],
    current: 2,
    closed: [0, 1],
  },
  {
    what: 'of more than four spares, the oldest is closed',
    answer: (nth, probe) => (nth === 5 && probe === 0 ? 'answers' : 'fails'),
    results: [...Array<string>(5).fill('failed'), 'answered'],
    current: 5,
    closed: [1, 0, 2, 3, 4],
  },
];

test.each(ROWS)('$what', async ({ answer, results, current, closed }) => {
  const world = createWorld(answer);
  await world.watched(() => world.results.at(-1) === 'answered');
  expect(world.results).toEqual(results);
  expect(world.ready.current().nth).toBe(current);
  expect(world.closed).toEqual(closed);
  await world.ready.stop();
  expect(world.closed).toEqual([...closed, current]);
  expect(world.gone).toEqual([...closed, current]);
});

test('a stop ends a probe, and closes the connections in use and the spares', async () => {
  const world = createWorld((nth) => (nth < 2 ? 'fails' : STUCK));
  await world.watched(() => world.results.length === 2);
  await until('the silent spare is probed', () => world.probed.has(2), 5000);
  await world.ready.stop();
  expect(world.results).toEqual(['failed', 'failed']);
  expect(world.closed).toEqual([0, 1, 2]);
});

test('connections that are not watched are closed by a stop', async () => {
  const { ready, closed } = createWorld(() => 'answers');
  await ready.stop();
  expect(closed).toEqual([0]);
});
