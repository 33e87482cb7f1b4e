/** How this service connects to MongoDB (docs/operations.md «Database»). */
import type { MongoClientOptions } from 'mongodb';

const SELECTION_TIMEOUT = 5000;

/** Connections for pings and for ending operations, apart from those that the calls wait for. */
export const CONTROL: MongoClientOptions = { maxPoolSize: 4, minPoolSize: 1 };

/** Connections for stats: more at once would only keep the database from everything else. Further ones wait. */
export const STATS: MongoClientOptions = { maxPoolSize: 20 };

/**
 * Options beside those of `uri`. A stored document never makes a call fail: text that is not UTF-8 is replaced, and
 * regular expressions stay BSON's, since not each of MongoDB's is one of JavaScript's.
 */
export function clientOptions(uri: string): MongoClientOptions {
  const patience = /[?&]serverSelectionTimeoutMS=/i.test(uri)
    ? {}
    : { serverSelectionTimeoutMS: SELECTION_TIMEOUT };
  return {
    appName: 'inventory-job',
    enableUtf8Validation: false,
    bsonRegExp: true,
    maxConnecting: 4,
    ...patience,
  };
}
