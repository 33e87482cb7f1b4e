/** The log: JSON lines on a pipe, readable on a terminal, without secrets (docs/operations.md «Log»). */
import { pino } from 'pino';
import type { DestinationStream, Logger, LoggerOptions } from 'pino';
import type { Config } from './config.js';

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

/** An error, and nothing of what a library hangs on it: commands, documents, addresses with passwords. */
function told(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return cut(String(error));
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    type: error.name,
    message: cut(error.message),
    ...(typeof code === 'number' || typeof code === 'string' ? { code } : {}),
    at: framesOf(error),
    ...(error.cause !== undefined && depth < MAX_CAUSES ? { cause: told(error.cause, depth + 1) } : {}),
  };
}

/** `line` without its secrets. */
export const withoutSecrets = (line: string): string =>
  SECRETS.reduce((text, [secret, instead]) => text.replace(secret, instead), line);

/** pino-pretty comes with the development dependencies; an installation without it logs JSON on a terminal too. */
async function readable(): Promise<DestinationStream | undefined> {
  try {
    const { default: pretty } = await import('pino-pretty');
    return pretty({ ignore: 'pid,hostname' });
  } catch {
    return undefined;
  }
}

/** How lines are written. */
export const logOptions = (level: Config['logLevel']): LoggerOptions => ({
  level,
  base: null,
  timestamp: pino.stdTimeFunctions.isoTime,
  serializers: { err: (error: unknown) => told(error) },
  hooks: { streamWrite: withoutSecrets },
});

export async function makeLog(level: Config['logLevel'], terminal: boolean): Promise<Log> {
  const stream = terminal ? await readable() : undefined;
  return stream === undefined ? pino(logOptions(level)) : pino(logOptions(level), stream);
}
