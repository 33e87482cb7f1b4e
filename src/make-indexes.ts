/** The command `npm run indexes`: creates the missing indexes in the database of MONGODB_URI, and prints their names. */
import { MongoClient } from 'mongodb';
import { readConfig } from './config/config.js';
import { makeIndexes } from './job/collections.js';
import { readConnectionOptions } from './mongo/connect.js';
import { clientOptions } from './mongo/client-options.js';
import { createDiagnostician } from './mongo/diagnosis/diagnose.js';
import { createHeartbeatLog } from './mongo/diagnosis/heartbeats.js';
import { isUnauthorized } from './mongo/rights.js';

const monotonicNow = (): number => performance.now();

async function run(): Promise<string> {
  const { mongodbUri, mongodbDatabase } = readConfig(process.env);
  if (mongodbUri === undefined)
    throw new Error('MONGODB_URI is needed: an embedded mongod gets its indexes by itself');
  const options = await readConnectionOptions(mongodbUri);
  const client = new MongoClient(mongodbUri, clientOptions(mongodbUri));
  const heartbeats = createHeartbeatLog(monotonicNow);
  heartbeats.observe(client);
  try {
    const made = await makeIndexes(client.db(mongodbDatabase));
    return made.length === 0 ? 'every index is there' : `made ${made.join(', ')}`;
  } catch (error) {
    if (isUnauthorized(error) && options.credentials !== undefined)
      throw new Error(
        `the user ${options.credentials.username} may not list or make indexes on ${mongodbDatabase}.job; grant it listIndexes and createIndex (docs/deploy.md «Database»)`,
        { cause: error },
      );
    const subject = { ...options, database: mongodbDatabase };
    const { text } = createDiagnostician(subject, heartbeats.latest, monotonicNow).diagnose(error);
    throw new Error(text, { cause: error });
  } finally {
    await client.close();
  }
}

try {
  process.stdout.write(`${await run()}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
