/** The command `npm run indexes`: makes the missing indexes on MONGODB_URI's database, and says what it did. */
import { MongoClient } from 'mongodb';
import { readConfig } from './config.js';
import { clientOptions } from './job/database.js';
import { makeIndexes } from './job/indexes.js';

async function run(): Promise<string> {
  const { mongodbUri, mongodbDatabase } = readConfig(process.env);
  if (mongodbUri === undefined)
    throw new Error('MONGODB_URI is needed: an embedded mongod gets its indexes by itself');
  const client = new MongoClient(mongodbUri, clientOptions(mongodbUri));
  try {
    const made = await makeIndexes(client.db(mongodbDatabase));
    return made.length === 0 ? 'every index is there' : `made ${made.join(', ')}`;
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
