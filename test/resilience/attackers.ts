// Hostile clients, in a process of their own: each kind repeats its attack until a stop message (docs/resilience.md «Scenarios»).
import { setMaxListeners } from 'node:events';
import { constants } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { setTimeout as pause } from 'node:timers/promises';
import { junk } from './mutations.js';
import { encodeRequest } from '../harness/encoder.js';
import { framed } from '../harness/frames.js';
import { routeOf } from '../harness/http-client.js';
import { pathOf } from '../harness/messages.js';
import { random } from '../harness/random.js';
import type { Random } from '../harness/random.js';
import { openSession, openStream } from '../harness/raw-grpc.js';
import { dial } from '../harness/tcp.js';

/** The arguments: the addresses of both listeners, the domain with large lists, and the seed. */
const [, , grpc = '', http = '', domain = '', seed = '0'] = process.argv;

// Many attacks wait for the same signal.
setMaxListeners(0);

const stop = new AbortController();
process.on('message', () => {
  stop.abort();
});
process.on('disconnect', () => process.exit());

const counts = new Map<string, number>();
const count = (what: string): void => {
  counts.set(what, (counts.get(what) ?? 0) + 1);
};

const ALL_JOBS = framed(encodeRequest('list', { domain_id: domain }));
const ONE_JOB = framed(encodeRequest('get', { domain_id: domain, job_id: 'job-0' }));

const session = (): ClientHttp2Session => openSession(grpc, { maxOutstandingPings: 1000 });

const stream = (of: ClientHttp2Session, headers: Readonly<Record<string, string>> = {}): ClientHttp2Stream =>
  openStream(of, pathOf('list'), headers);

/** Keeps a session while it is usable, and then opens another. */
function reusedSession(): () => ClientHttp2Session {
  let current: ClientHttp2Session | undefined;
  return () => {
    if (current === undefined || current.closed || current.destroyed) current = session();
    return current;
  };
}

type Attack = (next: Random) => Promise<void>;

/** Resets streams right after their start. */
function rapidReset(): Attack {
  const current = reusedSession();
  return async () => {
    for (let streams = 0; streams < 50; streams++) {
      stream(current()).close(constants.NGHTTP2_CANCEL);
      count('streams reset');
    }
    await pause(20);
  };
}

function pingFlood(): Attack {
  const current = reusedSession();
  return async () => {
    for (let pings = 0; pings < 50; pings++) {
      current().ping(() => undefined);
      count('pings');
    }
    await pause(20);
  };
}

function settingsFlood(): Attack {
  const current = reusedSession();
  return async () => {
    for (let frames = 0; frames < 10; frames++) {
      current().settings({ initialWindowSize: 65_535 + frames });
      count('settings');
    }
    await pause(50);
  };
}

/** Requests answers of megabytes and never reads them. */
const slowReader = (): Attack => async () => {
  const opened = session();
  stream(opened).end(ALL_JOBS);
  count('answers never read');
  await pause(3000, undefined, { signal: stop.signal }).catch(() => undefined);
  opened.destroy();
};

/** Opens a thousand requests on one connection and never sends their bodies. */
const halfOpen = (): Attack => async () => {
  const opened = session();
  for (let streams = 0; streams < 1000; streams++) {
    stream(opened);
    count('requests without a body');
  }
  await pause(5000, undefined, { signal: stop.signal }).catch(() => undefined);
  opened.destroy();
};

const junkSocket = (): Attack => async (next) => {
  const opened = dial(next() < 0.5 ? grpc : http);
  opened.write(junk(next));
  count('sockets with junk');
  await pause(50);
  opened.destroy();
};

const silentSocket = (): Attack => async () => {
  const opened = [dial(grpc), dial(http)];
  count('sockets with nothing');
  await pause(2000, undefined, { signal: stop.signal }).catch(() => undefined);
  for (const each of opened) each.destroy();
};

/** Sends a request in frames of one byte. */
function oneByteFrames(): Attack {
  const current = reusedSession();
  return async () => {
    const opened = stream(current());
    opened.resume();
    for (const byte of ONE_JOB) {
      opened.write(Buffer.of(byte));
      count('frames of one byte');
      await pause(1);
    }
    opened.end();
  };
}

/** Sends headers one byte at a time. */
const slowloris = (): Attack => async () => {
  const opened = dial(http);
  opened.write(`POST ${routeOf('list')} HTTP/1.1\r\nhost: localhost\r\n`);
  count('endless headers');
  for (let bytes = 0; bytes < 50 && !stop.signal.aborted; bytes++) {
    opened.write('x');
    await pause(100);
  }
  opened.destroy();
};

const hugeHeaders = (): Attack => async () => {
  const opened = session();
  stream(opened, { token: 't'.repeat(48_000) }).end(ONE_JOB);
  count('headers of 48 KB');
  await pause(50);
  opened.destroy();
};

const churn = (): Attack => async () => {
  const opened = session();
  stream(opened).end(ONE_JOB);
  count('connections made and dropped');
  await pause(10);
  opened.destroy();
};

/** The number of concurrent attacks of each kind. */
const ATTACKS: readonly (readonly [number, () => Attack])[] = [
  [2, rapidReset],
  [2, pingFlood],
  [2, settingsFlood],
  [16, slowReader],
  [2, halfOpen],
  [4, junkSocket],
  [20, silentSocket],
  [4, oneByteFrames],
  [20, slowloris],
  [2, hugeHeaders],
  [2, churn],
];

async function repeat(attack: Attack, next: Random): Promise<void> {
  while (!stop.signal.aborted) await attack(next);
}

let nth = Number(seed);
const all = ATTACKS.flatMap(([times, begin]) =>
  Array.from({ length: times }, () => repeat(begin(), random(nth++))),
);
await Promise.all(all);
process.send?.([...counts].map(([what, times]) => `${times} ${what}`).join(', '));
process.disconnect();
