/** The log: JSON lines on a pipe, readable on a terminal, without secrets (docs/operations.md «Log»). */
import { setTimeout as pause } from 'node:timers/promises';
import { BSON, MongoServerError } from 'mongodb';
import { pino } from 'pino';
import type { DestinationStream, Logger, LoggerOptions } from 'pino';
import type { Config } from '../config/config.js';
import { AppError } from '../errors.js';

export type Log = Logger;

/** Characters of a text that comes from elsewhere. */
const MAX_TEXT = 256;

/** Errors within errors that are told. */
const MAX_CAUSES = 3;

const HIDDEN = '[redacted]';

/** What a line must not have, wherever it stands: passwords in URIs, tokens, and the values of what is called a secret. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/(\b[a-z][a-z+.-]*:\/\/)[^\s/@"']+@/gi, `$1${HIDDEN}@`],
  [/\beyJ[\w-]+(?:\.[\w-]*){1,4}/g, HIDDEN],
  [/\bBearer [^\s"']+/gi, `Bearer ${HIDDEN}`],
  [
    // A name in quotes has a value in quotes: a line stays JSON.
    /((?:token|authorization|password|passwd|secret\w*|credentials?|api_?key\w*|private_?key)(?:\\*["']\s*[:=]\s*\\*["']|\s*[:=]\s*\\*["']?))(?!\[redacted)[^\s"'\\,;&)}]+/gi,
    `$1${HIDDEN}`,
  ],
  [/\bsecret-[\w-]+/gi, HIDDEN],
];

const cut = (text: string): string => (text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`);

/** Where an error came from, without its message, which stands in the first lines of a stack. */
const framesOf = ({ stack = '' }: Error): readonly string[] =>
  stack.split('\n').flatMap((line) => (/^\s+at /.test(line) ? [line.trim()] : []));

/** Errors whose message may quote a command, with the filter of whoever called. */
const quotesCommand = (error: Error): boolean =>
  error instanceof MongoServerError || error instanceof BSON.BSONError;

const ofType = (value: unknown, type: 'number' | 'string'): boolean => typeof value === type;

/** The code of an error, and MongoDB's name for it. */
function codesOf(error: Error): object {
  const code: unknown = 'code' in error ? error.code : undefined;
  const name: unknown = 'codeName' in error ? error.codeName : undefined;
  return {
    ...(ofType(code, 'number') || ofType(code, 'string') ? { code } : {}),
    ...(ofType(name, 'string') ? { code_name: name } : {}),
  };
}

/** An error, and nothing of what a library hangs on it: commands, documents, addresses with passwords. */
function told(error: unknown, isVerbose: boolean, depth = 0): unknown {
  if (!(error instanceof Error)) return cut(String(error));
  const { cause } = error;
  return {
    type: error.name,
    ...(isVerbose || !quotesCommand(error) ? { message: cut(error.message) } : {}),
    ...codesOf(error),
    at: framesOf(error),
    ...(cause !== undefined && depth < MAX_CAUSES ? { cause: told(cause, isVerbose, depth + 1) } : {}),
  };
}

/** `line` without its secrets. */
export const withoutSecrets = (line: string): string =>
  SECRETS.reduce((text, [secret, instead]) => text.replace(secret, instead), line);

/** pino-pretty comes with the development dependencies; an installation without it logs JSON on a terminal too. */
async function readable(): Promise<DestinationStream | undefined> {
  try {
    const { default: pretty } = await import('pino-pretty');
    return pretty({ ignore: 'pid,hostname', singleLine: true });
  } catch {
    return undefined;
  }
}

/** Levels at which lines may hold what callers sent. */
const VERBOSE: ReadonlySet<string> = new Set(['trace', 'debug'] satisfies Config['logLevel'][]);

/** How lines are written; `error` is one of the table, `err` one of a library or a fault. */
export function logOptions(level: Config['logLevel']): LoggerOptions {
  const isVerbose = VERBOSE.has(level);
  const textOf = ({ message, logged }: AppError): string => (isVerbose ? message : logged);
  return {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: {
      err: (error: unknown) => told(error, isVerbose),
      error: (error: unknown) => (error instanceof AppError ? textOf(error) : error),
    },
    hooks: { streamWrite: withoutSecrets },
  };
}

export async function createLog(level: Config['logLevel'], terminal: boolean): Promise<Log> {
  const stream = terminal ? await readable() : undefined;
  return stream === undefined ? pino(logOptions(level)) : pino(logOptions(level), stream);
}

/** Milliseconds that a flush may take. */
const FLUSH_TIMEOUT_MS = 200;

/** Waits for lines on their way, as far as there is time: a line at level fatal is written before those that wait. */
export async function flushLog(log: Log): Promise<void> {
  const flushed = new Promise<void>((resolve) => {
    log.flush(() => {
      resolve();
    });
  });
  await Promise.race([flushed, pause(FLUSH_TIMEOUT_MS)]);
}
