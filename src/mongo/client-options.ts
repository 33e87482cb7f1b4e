/** Holds the options of the clients, the URI of a single server, and the closing of a client (docs/deploy.md «Database»). */
import type { MongoClient, MongoClientOptions, MongoCredentials, MongoOptions } from 'mongodb';
import { settleWithin } from '../limits/abort.js';

/** The name of this service's operations in the database. */
export const APP_NAME = 'inventory-job';

const SERVER_SELECTION_TIMEOUT_MS = 5000;

/** The idle time after which a connection is replaced: a network device may have dropped it without notice. */
const MAX_IDLE_MS = 60_000;
/** The time to close a client whose database may be unreachable. */
const CLOSE_TIMEOUT_MS = 500;

/** The purposes of connections: stats may be slow and many; control probes the database and kills operations. */
export const PURPOSES = ['reads', 'stats', 'control'] as const;
export type Purpose = (typeof PURPOSES)[number];

/**
 * The options of each purpose. More stats at once would only keep the database from everything else, so further ones wait.
 * Control has connections apart from those that calls wait for.
 */
export const PURPOSE_OPTIONS: Readonly<Record<Purpose, MongoClientOptions>> = {
  reads: {},
  stats: { maxPoolSize: 20 },
  control: { maxPoolSize: 4, minPoolSize: 1 },
};

/** The options of `purpose` beside `minPoolSize` of the URI: MongoDB's driver opens no pool with a minimum over its maximum. */
export function purposeOptions(
  purpose: Purpose,
  { minPoolSize }: Pick<MongoOptions, 'minPoolSize'>,
): MongoClientOptions {
  const own = PURPOSE_OPTIONS[purpose];
  const { maxPoolSize } = own;
  return maxPoolSize === undefined ? own : { minPoolSize: Math.min(minPoolSize, maxPoolSize), ...own };
}

/**
 * The options beside those in `uri`. No stored document makes a call fail: text that is not UTF-8 is replaced, and regular
 * expressions stay in BSON, since some of MongoDB are none in JavaScript.
 */
export function clientOptions(uri: string): MongoClientOptions {
  const unlessInUri = (name: string, options: MongoClientOptions): MongoClientOptions =>
    new RegExp(`[?&]${name}=`, 'i').test(uri) ? {} : options;
  return {
    appName: APP_NAME,
    // The events feed the metrics.
    monitorCommands: true,
    enableUtf8Validation: false,
    bsonRegExp: true,
    maxConnecting: 4,
    ...unlessInUri('serverSelectionTimeoutMS', { serverSelectionTimeoutMS: SERVER_SELECTION_TIMEOUT_MS }),
    ...unlessInUri('maxIdleTimeMS', { maxIdleTimeMS: MAX_IDLE_MS }),
  };
}

/** Parameters about the list of hosts in the DNS, and those that the DNS may set. */
const DNS_PARAMETER = /^(?:srv.*|tls|ssl|authSource)$/i;

/** The options that a client has resolved from its URI and the DNS. */
type ResolvedOptions = Partial<Pick<MongoOptions, 'tls'>> & {
  readonly credentials?: Pick<MongoCredentials, 'source'>;
};

/** Makes the URI of the one server at `address`, otherwise equal to `uri`. */
export function directUri(uri: string, address: string, { tls, credentials }: ResolvedOptions): string {
  const [, user = '', path = '', query = ''] =
    /^mongodb(?:\+srv)?:\/\/([^@/?]*@)?[^/?]*([^?]*)\??(.*)$/.exec(uri) ?? [];
  const parameters = new URLSearchParams(query);
  for (const name of [...parameters.keys()].filter((each) => DNS_PARAMETER.test(each)))
    parameters.delete(name);
  parameters.set('directConnection', 'true');
  if (tls === true) parameters.set('tls', 'true');
  if (credentials !== undefined) parameters.set('authSource', credentials.source);
  return `mongodb://${user}${address}${path === '' ? '/' : path}?${parameters.toString()}`;
}

/** Closes `client`, and after a timeout leaves it to close by itself. */
export function closeClient(client: MongoClient): Promise<void> {
  // Only the leave-taking can fail; the connections are closed anyway.
  const closing = client.close().catch(() => undefined);
  return settleWithin(CLOSE_TIMEOUT_MS, closing);
}
