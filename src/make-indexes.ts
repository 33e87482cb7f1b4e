/** The command `npm run indexes`: makes the missing indexes on MONGODB_URI's database, and says what it did. */
import { MongoClient } from 'mongodb';
import { readConfig } from './config.js';
import { clientOptions } from './job/database.js';
import { makeIndexes } from './job/indexes.js';

const { mongodbUri, mongodbDatabase } = readConfig(process.env);
if (mongodbUri === undefined) {
  process.stderr.write('MONGODB_URI is needed: the embedded mongod gets its indexes by itself\n');
  process.exit(1);
}
const client = new MongoClient(mongodbUri, clientOptions(mongodbUri));
try {
  const made = await makeIndexes(client.db(mongodbDatabase));
  process.stdout.write(made.length === 0 ? 'every index is there\n' : `made ${made.join(', ')}\n`);
} finally {
  await client.close();
}
