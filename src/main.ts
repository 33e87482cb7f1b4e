/** The program: reads the settings, starts the service, and ends it on a signal (docs/deploy.md «Start and stop»). */
import { channel } from 'node:diagnostics_channel';
import { outputOf, readArguments } from './config/arguments.js';
import { ConfigError, readConfig } from './config/config.js';
import type { Config } from './config/config.js';
import { nearMisses } from './config/near-misses.js';
import { checkUnclaimed } from './embedded/claim.js';
import { messageOf } from './errors.js';
import { closeOnFaults, closeOnSignals, exit, EXIT_FAILED } from './start/termination.js';
import { createLog } from './telemetry/log.js';
import type { Log } from './telemetry/log.js';

const MIN_NODE = 20;
const EXIT_MISUSED = 2;

const CLOCK = { now: () => Date.now(), monotonicNow: () => performance.now() };

function exitWith(code: number, message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

/** Returns the result of `read`, or exits with its complaints about arguments or settings. */
function readOrExit<T>(code: number, read: () => T, notices: readonly string[] = []): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return exitWith(code, [error.message, ...notices].join('\n'));
  }
}

/** Shows a command ready to paste; it bypasses a JSON log, with its escaped quotes. */
const hintOn = (log: Log, isTerminal: boolean) => (command: string) => {
  if (isTerminal) log.info(`try: ${command}`);
  else process.stderr.write(`${command}\n`);
};

/** Exits with one line for a person; the stack is in the log at level debug. */
async function failStart(log: Log, error: unknown, close = () => Promise.resolve()): Promise<never> {
  log.debug({ err: error }, 'the start failed');
  log.fatal(messageOf(error));
  await close();
  return exit(log, EXIT_FAILED);
}

async function serve(config: Config, notices: readonly string[]): Promise<void> {
  const isTerminal = process.stdout.isTTY;
  const log = await createLog(config.logLevel, isTerminal);
  if (config.mongodbUri === undefined)
    await checkUnclaimed(config.embeddedDataDir).catch((error: unknown) => failStart(log, error));
  // Loaded late, so that complaints about the settings come at once.
  const { createApp } = await import('./app.js');
  const app = createApp(config, { clock: CLOCK, log, notices, hint: hintOn(log, isTerminal) });
  // For tools loaded beside the program; there are no other subscribers.
  channel('inventory-job.app').publish(app);
  const termination = { log, close: app.close, monotonicNow: CLOCK.monotonicNow };
  const isClosing = closeOnSignals(termination);
  closeOnFaults(termination);
  await app.start().catch(async (error: unknown) => {
    // A start interrupted by a signal has not failed.
    if (!isClosing()) await failStart(log, error, app.close);
  });
}

const [major = ''] = process.versions.node.split('.');
if (Number(major) < MIN_NODE)
  exitWith(
    EXIT_FAILED,
    `Node ${MIN_NODE} or newer is needed, and this is ${process.versions.node}; install it from https://nodejs.org`,
  );
const notices = nearMisses(process.env);
const argument = readOrExit(EXIT_MISUSED, () => readArguments(process.argv.slice(2)));
if (argument === undefined) {
  await serve(
    readOrExit(EXIT_FAILED, () => readConfig(process.env), notices),
    notices,
  );
} else {
  process.stdout.write(readOrExit(EXIT_FAILED, () => outputOf(argument, process.env), notices));
  if (argument === '--print-config') for (const notice of notices) process.stderr.write(`${notice}\n`);
}
