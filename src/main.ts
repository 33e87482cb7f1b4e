/** The program: reads the settings, starts the service, and ends it on SIGTERM and SIGINT (docs/operations.md). */
import { channel } from 'node:diagnostics_channel';
import { setTimeout as pause } from 'node:timers/promises';
import { createApp } from './app.js';
import type { App } from './app.js';
import { ConfigError, readConfig } from './config.js';
import type { Config } from './config.js';
import { makeLog } from './log.js';
import type { Log } from './log.js';

/** A second signal ends at once, but for the twin that a terminal and npm both send on one Ctrl-C. */
const TWIN_MS = 1000;
/** Calls sent before the signal have so long to arrive. */
const ARRIVING_MS = 50;

const CLOCK = { now: () => Date.now(), monotonicNow: () => performance.now() };

/** Answers whether a signal has come. */
function stopOnSignals(log: Log, app: App): () => boolean {
  let stopping = 0;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping > 0) {
      if (performance.now() - stopping > TWIN_MS) process.exit(1);
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
    void app.close().then(() => process.exit(1));
  };
  process.once('uncaughtException', stop);
  process.once('unhandledRejection', stop);
}

function settingsOrExit(): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

const config = settingsOrExit();
const log = await makeLog(config.logLevel, process.stdout.isTTY);
const app = createApp(config, { clock: CLOCK, log });
// For tools that are loaded beside the program and look into it; nobody else listens.
channel('inventory-job.app').publish(app);
const stopped = stopOnSignals(log, app);
stopOnFaults(log, app);
try {
  await app.start();
} catch (error) {
  // What is stopped while it starts fails, and has not failed.
  if (!stopped()) {
    log.fatal({ err: error }, 'the service could not start');
    await app.close();
    process.exit(1);
  }
}
