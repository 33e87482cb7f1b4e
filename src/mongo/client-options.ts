/** How this service connects to MongoDB, and takes leave of it (docs/operations.md «Database»). */
import { setTimeout as pause } from 'node:timers/promises';
import type { MongoClient, MongoClientOptions, MongoCredentials, MongoOptions } from 'mongodb';

const SERVER_SELECTION_TIMEOUT_MS = 5000;

/** A connection that is not used for so long is opened anew: what lies between may have forgotten it without a word. */
const MAX_IDLE_MS = 60_000;
/** Milliseconds that closing has: the driver takes leave of a database that may not be there any more. */
const CLOSE_TIMEOUT_MS = 500;

/** The purpose of connections: stats may be slow and many; control probes the database and kills operations. */
export type Purpose = 'reads' | 'stats' | 'control';

/**
 * Options of the clients of each purpose. More stats at once would only keep the database from everything else: further
 * ones wait. Control has connections apart from those that calls wait for.
 */
export const PURPOSE_OPTIONS: Readonly<Record<Purpose, MongoClientOptions>> = {
  reads: {},
  stats: { maxPoolSize: 20 },
  control: { maxPoolSize: 4, minPoolSize: 1 },
};

/**
 * Options beside those of `uri`. A stored document never makes a call fail: text that is not UTF-8 is replaced, and
 * regular expressions stay BSON's, since not each of MongoDB's is one of JavaScript's.
 */
export function clientOptions(uri: string): MongoClientOptions {
  const unless = (name: string, own: MongoClientOptions): MongoClientOptions =>
    new RegExp(`[?&]${name}=`, 'i').test(uri) ? {} : own;
  return {
    appName: 'inventory-job',
    enableUtf8Validation: false,
    bsonRegExp: true,
    maxConnecting: 4,
    ...unless('serverSelectionTimeoutMS', { serverSelectionTimeoutMS: SERVER_SELECTION_TIMEOUT_MS }),
    ...unless('maxIdleTimeMS', { maxIdleTimeMS: MAX_IDLE_MS }),
  };
}

/** What a URI says of where its hosts are listed, and what else the DNS may say there. */
const OF_DNS = /^(?:srv.*|tls|ssl|authSource)$/i;

/** What a client has found out by its URI, and the DNS. */
type Found = Partial<Pick<MongoOptions, 'tls'>> & { readonly credentials?: Pick<MongoCredentials, 'source'> };

/** The URI of the one server at `address`, otherwise as `uri`. */
export function directUri(uri: string, address: string, { tls, credentials }: Found): string {
  const [, user = '', path = '', query = ''] =
    /^mongodb(?:\+srv)?:\/\/([^@/?]*@)?[^/?]*([^?]*)\??(.*)$/.exec(uri) ?? [];
  const parameters = new URLSearchParams(query);
  for (const name of [...parameters.keys()].filter((each) => OF_DNS.test(each))) parameters.delete(name);
  parameters.set('directConnection', 'true');
  if (tls === true) parameters.set('tls', 'true');
  if (credentials !== undefined) parameters.set('authSource', credentials.source);
  return `mongodb://${user}${address}${path === '' ? '/' : path}?${parameters.toString()}`;
}

/** Closes `client`, or leaves it to close when it can. */
export async function closeClient(client: MongoClient): Promise<void> {
  const over = new AbortController();
  // What fails here is the taking leave; the connections are closed all the same.
  const left = client.close().catch(() => undefined);
  await Promise.race([
    left,
    pause(CLOSE_TIMEOUT_MS, undefined, { signal: over.signal }).catch(() => undefined),
  ]);
  over.abort();
}
