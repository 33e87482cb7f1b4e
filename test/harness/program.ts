// Starts the built program as a child process: its settings, addresses, log, signals and exit.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { askChild, endChild, isRunning } from './child.js';
import { OUTPUTS } from './output.js';
import type { Output } from './output.js';
import { until } from './until.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const START_TIMEOUT_MS = 20_000;
/** Long enough for the log lines right after `serving`. */
const START_POLL_MS = 50;

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
  /** The log so far. Errors: a line is not a JSON object. */
  readonly log: readonly LogLine[];
  /** The lines of the log as text. */
  lines(): readonly string[];
  /** Everything written to stderr so far. */
  stderr(): string;
  /** Waits for the log line `serving`. Errors: the program exits or needs too long; the error carries its output. */
  ready(): Promise<LogLine>;
  addresses(): Promise<Addresses>;
  signal(name: NodeJS.Signals): void;
  /** Reads the log no further, like a collector that stalls. */
  stopReading(): void;
  isRunning(): boolean;
  readonly ended: Promise<Ended>;
  /** Kills the program, unless it has exited. */
  kill(): Promise<void>;
  /** Sends a message over the IPC channel and returns the answer; needs a preloaded module on the other side. */
  ask(message: string): Promise<unknown>;
}

/** The environment of the program: the minimum to run, free ports, and `settings`. */
const environment = (settings: Settings): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: process.env['HOME'],
  MONGOD_BINARY: process.env['MONGOD_BINARY'],
  GRPC_PORT: '0',
  HTTP_PORT: '0',
  ADMIN_PORT: '0',
  ...settings,
});

export interface Start {
  /** The limit on open files and sockets; by default that of this process. */
  readonly descriptors?: number;
  readonly args?: readonly string[];
  /** Another main module than that of this build. */
  readonly main?: string;
  /** The log goes to a pipe, as in a container, or to a file, where this process may be too busy to read. */
  readonly output?: keyof typeof OUTPUTS;
  /** The interval of the checks for `serving`; shorter where the start itself is measured. */
  readonly startPollMs?: number;
  /** The URL of a module to load first, with an IPC channel to this process. */
  readonly preload?: string;
}

function spawnProgram(settings: Settings, start: Start, out: Output, errors: Output) {
  const { descriptors, args = [], main = MAIN, preload } = start;
  const imports = preload === undefined ? [] : ['--import', preload];
  const command = [process.execPath, ...imports, main, ...args];
  const [file = '', ...rest] =
    descriptors === undefined
      ? command
      : ['/bin/sh', '-c', `ulimit -n ${descriptors} && exec "$0" "$@"`, ...command];
  const child = spawn(file, rest, {
    env: environment(settings),
    stdio: ['ignore', out.stdio, errors.stdio, ...(preload === undefined ? [] : ['ipc' as const])],
  });
  out.attach(child.stdout);
  errors.attach(child.stderr);
  return child;
}

function parseLine(line: string): LogLine {
  const parsed: unknown = JSON.parse(line);
  if (typeof parsed !== 'object' || parsed === null) throw new Error(`not a log line: ${line}`);
  return { ...parsed };
}

/** Splits an output into its complete lines, and parses each once. */
function createLog(output: Output) {
  const lines: string[] = [];
  const parsed: LogLine[] = [];
  let read = 0;
  const complete = (): readonly string[] => {
    const text = output.text();
    const end = text.lastIndexOf('\n') + 1;
    lines.push(...text.slice(read, end).split('\n').filter(Boolean));
    read = end;
    return lines;
  };
  return {
    lines: complete,
    parsed(): readonly LogLine[] {
      for (const line of complete().slice(parsed.length)) parsed.push(parseLine(line));
      return parsed;
    },
  };
}

/** Starts the program with `settings`. */
export function startProgram(settings: Settings, start: Start = {}): Program {
  const create = OUTPUTS[start.output ?? 'pipe'];
  const [out, errors] = [create(), create()];
  const child = spawnProgram(settings, start, out, errors);
  const log = createLog(out);
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => {
      resolve({ code, signal });
    });
  });
  const serving = (): LogLine | undefined => log.parsed().find(({ msg }) => msg === 'serving');
  const ready = async (): Promise<LogLine> => {
    const isOver = (): boolean => serving() !== undefined || !isRunning(child);
    const pollMs = start.startPollMs ?? START_POLL_MS;
    await until('the program serves', isOver, START_TIMEOUT_MS, pollMs).catch(() => undefined);
    const line = serving();
    if (line !== undefined) return line;
    throw new Error(`the program does not serve: ${(errors.text() + out.text()).slice(0, 1000)}`);
  };
  return {
    pid: child.pid ?? 0,
    get log() {
      return log.parsed();
    },
    lines: log.lines,
    stderr: errors.text,
    ready,
    async addresses() {
      const { grpc, http, admin } = await ready();
      return { grpc: String(grpc), http: String(http), admin: String(admin) };
    },
    signal: (name) => child.kill(name),
    stopReading: () => child.stdout?.pause(),
    isRunning: () => isRunning(child),
    ended,
    async kill() {
      await endChild(child, 'SIGKILL');
      await ended;
    },
    ask: (message) => askChild(child, message),
  };
}
