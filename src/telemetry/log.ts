/** The log: JSON lines on a pipe, readable on a terminal, without secrets (docs/monitor.md «Log»). */
import { BSON, MongoServerError } from 'mongodb';
import { pino } from 'pino';
import type { DestinationStream, Logger, LoggerOptions } from 'pino';
import type { Config } from '../config/config.js';
import { AppError, ForeignError, REDACTED } from '../errors.js';

/** The whole log, of pino. A part of the service declares the methods that it calls, such as OutageLog. */
export type Log = Logger;

/** The limit for texts of foreign origin. */
const MAX_TEXT_CHARACTERS = 256;

/** The depth of logged causes. */
const MAX_CAUSES = 3;

/** Secrets to redact anywhere in a line: passwords in URIs, tokens, and values under the name of a secret. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/(\b[a-z][a-z+.-]*:\/\/)[^\s/@"']+@/gi, `$1${REDACTED}@`],
  [/\beyJ[\w-]+(?:\.[\w-]*){1,4}/g, REDACTED],
  [/\bBearer [^\s"']+/gi, `Bearer ${REDACTED}`],
  [
    // A name in quotes has a value in quotes: a line stays JSON.
    /((?:token|authorization|password|passwd|secret\w*|credentials?|api_?key\w*|private_?key)(?:\\*["']\s*[:=]\s*\\*["']|\s*[:=]\s*\\*["']?))(?!\[redacted)[^\s"'\\,;&)}]+/gi,
    `$1${REDACTED}`,
  ],
  [/\bsecret-[\w-]+/gi, REDACTED],
];

const truncate = (text: string): string =>
  text.length <= MAX_TEXT_CHARACTERS ? text : `${text.slice(0, MAX_TEXT_CHARACTERS)}…`;

/** Returns the frames of a stack, without the message in its first lines. */
const framesOf = ({ stack = '' }: Error): readonly string[] =>
  stack.split('\n').flatMap((line) => (/^\s+at /.test(line) ? [line.trim()] : []));

/** Finds errors with messages that may quote a request: a caller's filter in a command, or a part of its token. */
const quotesRequest = (error: Error): boolean =>
  error instanceof MongoServerError || error instanceof BSON.BSONError || error instanceof ForeignError;

const ofType = (value: unknown, type: 'number' | 'string'): boolean => typeof value === type;

/** Returns the code of an error, and MongoDB's name for it. */
function codesOf(error: Error): object {
  const code: unknown = 'code' in error ? error.code : undefined;
  const name: unknown = 'codeName' in error ? error.codeName : undefined;
  return {
    ...(ofType(code, 'number') || ofType(code, 'string') ? { code } : {}),
    ...(ofType(name, 'string') ? { code_name: name } : {}),
  };
}

/** Serializes an error without the properties added by libraries: commands, documents, addresses with passwords. */
function serializeError(error: unknown, isVerbose: boolean, depth = 0): unknown {
  if (!(error instanceof Error)) return truncate(String(error));
  const { cause } = error;
  return {
    type: error.name,
    ...(isVerbose || !quotesRequest(error) ? { message: truncate(error.message) } : {}),
    ...codesOf(error),
    at: framesOf(error),
    ...(cause !== undefined && depth < MAX_CAUSES
      ? { cause: serializeError(cause, isVerbose, depth + 1) }
      : {}),
  };
}

/** Redacts the secrets in `line`. */
export const withoutSecrets = (line: string): string =>
  SECRETS.reduce((text, [secret, instead]) => text.replace(secret, instead), line);

/** pino-pretty comes with the development dependencies; an installation without it logs JSON on a terminal too. */
async function prettyStream(): Promise<DestinationStream | undefined> {
  try {
    const { default: pretty } = await import('pino-pretty');
    return pretty({ ignore: 'pid,hostname', singleLine: true });
  } catch {
    return undefined;
  }
}

/** Levels with lines that may contain callers' data. */
const VERBOSE_LEVELS: ReadonlySet<string> = new Set(['trace', 'debug'] satisfies Config['logLevel'][]);

/** The options of pino; `error` is an error of the table, `err` one of a library or a fault. */
export function logOptions(level: Config['logLevel']): LoggerOptions {
  const isVerbose = VERBOSE_LEVELS.has(level);
  const textOf = ({ message, logged }: AppError): string => (isVerbose ? message : logged);
  return {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: {
      err: (error: unknown) => serializeError(error, isVerbose),
      error: (error: unknown) => (error instanceof AppError ? textOf(error) : error),
    },
    hooks: { streamWrite: withoutSecrets },
  };
}

/** Bytes of lines waiting for a reader that stalls; further lines are lost. */
const MAX_WAITING_BYTES = 4 * 1024 ** 2;

/** A destination that neither a stalled reader nor a full disk can block, neither at a fatal line nor at the exit. */
interface Output extends DestinationStream {
  /** Calls `done` once all lines are written. */
  flush(done: () => void): void;
}

/** Opens standard output; `resumed` takes the number of lost lines once the waiting ones are written. */
function openOutput(resumed: (lostLines: number) => void): Output {
  let isExiting = false;
  let isFailing = false;
  let lostLines = 0;
  const stream = pino.destination({
    dest: 1,
    sync: false,
    maxLength: MAX_WAITING_BYTES,
    // Without a minimum, a flush would not wait for the lines.
    minLength: 1,
    retryEAGAIN: () => !isExiting,
  });
  // Lines that cannot be written wait for the next one: a full disk, or a closed terminal, is no fault of the program.
  stream.on('error', () => {
    isFailing = true;
  });
  stream.on('write', () => {
    isFailing = false;
  });
  stream.on('drop', () => {
    lostLines++;
  });
  stream.on('drain', () => {
    const lost = lostLines;
    lostLines = 0;
    if (lost > 0) resumed(lost);
  });
  // Before the listener of pino, for which a stalled reader would be a fault.
  process.prependOnceListener('exit', () => {
    isExiting = true;
    try {
      // It would try without end.
      if (!isFailing) stream.flushSync();
    } catch {
      // A stalled reader loses the last lines.
    }
    stream.destroy();
  });
  return {
    write: (line) => stream.write(line),
    flush(done) {
      stream.flush(() => {
        done();
      });
    },
  };
}

export async function createLog(level: Config['logLevel'], terminal: boolean): Promise<Log> {
  const stream = terminal ? await prettyStream() : undefined;
  if (stream !== undefined) return pino(logOptions(level), stream);
  const output = openOutput((lines) => {
    log.warn({ lines }, 'log lines are lost: standard output was not read in time');
  });
  const log = pino(logOptions(level), output);
  return log;
}

/** The time limit of a flush. */
const FLUSH_TIMEOUT_MS = 200;

/** Waits, for a limited time, until buffered lines are written. */
export function flushLog(log: Log): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, FLUSH_TIMEOUT_MS);
    log.flush(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
