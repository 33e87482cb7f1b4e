/** The log: JSON lines on a pipe, readable on a terminal (docs/operations.md «Log»). */
import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import type { Config } from './config.js';

export type Log = Logger;

/** pino-pretty comes with the development dependencies; an installation without it logs JSON on a terminal too. */
async function readable(): Promise<DestinationStream | undefined> {
  try {
    const { default: pretty } = await import('pino-pretty');
    return pretty({ ignore: 'pid,hostname' });
  } catch {
    return undefined;
  }
}

export async function makeLog(level: Config['logLevel'], terminal: boolean): Promise<Log> {
  const stream = terminal ? await readable() : undefined;
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return stream === undefined ? pino(options) : pino(options, stream);
}
