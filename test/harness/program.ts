// The real program as a child process: its settings, what it logs, and how it ends.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { until } from './until.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
/** Milliseconds from the start of the program until it serves. */
const STARTING = 15_000;

export type LogLine = Readonly<Record<string, unknown>>;
export type Settings = Readonly<Record<string, string>>;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Addresses {
  readonly grpc: string;
  readonly http: string;
  readonly admin: string;
}

export interface Program {
  readonly pid: number;
  /** The lines of its log so far; a line that is no JSON object fails the run. */
  readonly log: readonly LogLine[];
  /** What it wrote to stderr so far. */
  stderr(): string;
  /** The line that says where it serves, once it is there. */
  ready(): Promise<LogLine>;
  addresses(): Promise<Addresses>;
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
  /** Ends it at once, if it has not ended. */
  kill(): Promise<void>;
}

/** Of the environment only what programs need to run; any free port, and nothing for what `settings` leaves out. */
const environment = (settings: Settings): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: process.env['HOME'],
  MONGOD_BINARY: process.env['MONGOD_BINARY'],
  GRPC_PORT: '0',
  HTTP_PORT: '0',
  ADMIN_PORT: '0',
  ...settings,
});

function logLine(parsed: unknown): LogLine {
  if (typeof parsed !== 'object' || parsed === null) throw new Error(`no line of a log: ${String(parsed)}`);
  return { ...parsed };
}

export interface Start {
  /** Files and sockets that it may open; by default as many as this process. */
  readonly descriptors?: number;
  readonly args?: readonly string[];
  /** Its main module, where it is another than that of this build. */
  readonly main?: string;
}

/** Starts the program with `settings`. */
export function startProgram(
  settings: Settings,
  { descriptors, args = [], main = MAIN }: Start = {},
): Program {
  const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors} && `;
  const child = spawn('/bin/sh', ['-c', `${limit}exec "$0" "$@"`, process.execPath, main, ...args], {
    env: environment(settings),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: LogLine[] = [];
  let complaints = '';
  createInterface({ input: child.stdout }).on('line', (line) => {
    log.push(logLine(JSON.parse(line)));
  });
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => {
      resolve({ code, signal });
    });
  });
  const serving = (): LogLine | undefined => log.find(({ msg }) => msg === 'serving');
  const ready = async (): Promise<LogLine> => {
    await until('the program serves', () => serving() !== undefined, STARTING);
    return serving() ?? {};
  };
  return {
    pid: child.pid ?? 0,
    log,
    stderr: () => complaints,
    ready,
    async addresses() {
      const { grpc, http, admin } = await ready();
      return { grpc: String(grpc), http: String(http), admin: String(admin) };
    },
    signal: (name) => child.kill(name),
    ended,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
