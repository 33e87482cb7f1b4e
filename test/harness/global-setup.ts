// Starts one embedded mongod for the whole run; without it the run fails.
import { startEmbedded, type Embedded } from '../../src/embedded/embedded.js';

let embedded: Embedded | undefined;

export default async function setup(): Promise<void> {
  embedded = await startEmbedded({
    dataDir: undefined,
    binary: process.env.MONGOD_BINARY,
    log: (message) => process.stderr.write(`${message}\n`),
  });
  process.env.TEST_MONGODB_URI = embedded.uri;
}

export const stopEmbedded = async (): Promise<void> => embedded?.stop();
