/** The program: reads the settings, starts the service, and ends it on SIGTERM and SIGINT (docs/operations.md «Start and stop»). */
import { channel } from 'node:diagnostics_channel';
import { setTimeout as pause } from 'node:timers/promises';
import type { App } from './app.js';
import { help, printedConfig, readArguments } from './config/arguments.js';
import type { Argument } from './config/arguments.js';
import { ConfigError, readConfig } from './config/config.js';
import type { Config } from './config/config.js';
import { refuseHeld } from './embedded/claim.js';
import { createLog } from './telemetry/log.js';
import type { Log } from './telemetry/log.js';
import { nearMisses } from './config/near-misses.js';
import { VERSION } from './version.js';

/** A second signal ends at once, but for the twin that a terminal and npm both send on one Ctrl-C. */
const TWIN_MS = 1000;
/** Calls sent before the signal have so long to arrive. */
const ARRIVING_MS = 50;

const MIN_NODE = 20;
/** The exit codes of a start that cannot be, and of one that was asked for wrongly. */
const FAILED = 1;
const MISUSED = 2;

const CLOCK = { now: () => Date.now(), monotonicNow: () => performance.now() };

/** Answers whether a signal has come. */
function stopOnSignals(log: Log, app: App): () => boolean {
  let stopping = 0;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping > 0) {
      if (performance.now() - stopping > TWIN_MS) process.exit(FAILED);
      return;
    }
    stopping = performance.now();
    void pause(ARRIVING_MS).then(async () => {
      log.info({ signal }, 'stopping');
      await app.close();
      log.info('stopped');
      process.exit(0);
    });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  return () => stopping > 0;
}

/** An uncaught exception is a fault of this program: it is logged, running calls end as on a signal, and another process begins. */
function stopOnFaults(log: Log, app: App): void {
  const stop = (error: unknown): void => {
    log.fatal({ err: error }, 'a fault that nobody has caught: stopping');
    void app.close().then(() => process.exit(FAILED));
  };
  process.once('uncaughtException', stop);
  process.once('unhandledRejection', stop);
}

/** Ends with `code` and what a person has to know. */
function endWith(code: number, message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function argumentOrExit(): Argument | undefined {
  try {
    return readArguments(process.argv.slice(2));
  } catch (error) {
    return endWith(MISUSED, messageOf(error));
  }
}

/** Answers the result of `read`, or ends where the settings are wrong. */
function settingsOrExit<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return endWith(FAILED, [error.message, ...nearMisses(process.env)].join('\n'));
  }
}

function print(argument: Argument): void {
  switch (argument) {
    case '--help':
      process.stdout.write(help());
      return;
    case '--version':
      process.stdout.write(`${VERSION}\n`);
      return;
    case '--print-config':
      process.stdout.write(settingsOrExit(() => printedConfig(process.env)));
      for (const line of nearMisses(process.env)) process.stderr.write(`${line}\n`);
  }
}

/** A command that can be pasted: on a pipe the log is JSON, in which quotes are escaped. */
const hintOn = (log: Log, terminal: boolean) => (command: string) => {
  if (terminal) log.info(`try: ${command}`);
  else process.stderr.write(`${command}\n`);
};

/** Milliseconds for lines on their way: the last of a process is written before those that wait. */
const FLUSHING_MS = 200;

/** A failed start is one line; where it failed, the log says at its level debug. */
async function failed(log: Log, error: unknown): Promise<void> {
  log.debug({ err: error }, 'the start failed');
  const flushed = new Promise<void>((resolve) => {
    log.flush(() => {
      resolve();
    });
  });
  await Promise.race([flushed, pause(FLUSHING_MS)]);
  log.fatal(messageOf(error));
}

async function serve(config: Config): Promise<void> {
  const terminal = process.stdout.isTTY;
  const log = await createLog(config.logLevel, terminal);
  if (config.mongodbUri === undefined) {
    await refuseHeld(config.embeddedDataDir).catch(async (error: unknown) => {
      await failed(log, error);
      process.exit(FAILED);
    });
  }
  // Loaded here, so that what is wrong with the settings is said at once.
  const { createApp } = await import('./app.js');
  const notices = nearMisses(process.env);
  const app = createApp(config, { clock: CLOCK, log, notices, hint: hintOn(log, terminal) });
  // For tools that are loaded beside the program and look into it; nobody else listens.
  channel('inventory-job.app').publish(app);
  const stopped = stopOnSignals(log, app);
  stopOnFaults(log, app);
  try {
    await app.start();
  } catch (error) {
    // What is stopped while it starts fails, and has not failed.
    if (stopped()) return;
    await failed(log, error);
    await app.close();
    process.exit(FAILED);
  }
}

const [major = ''] = process.versions.node.split('.');
if (Number(major) < MIN_NODE)
  endWith(
    FAILED,
    `Node ${MIN_NODE} or newer is needed, and this is ${process.versions.node}; install it from https://nodejs.org`,
  );
const argument = argumentOrExit();
if (argument === undefined) await serve(settingsOrExit(() => readConfig(process.env)));
else print(argument);
