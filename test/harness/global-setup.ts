// Starts one embedded mongod for the whole run, with the sample to copy from; without it the run fails.
import { join } from 'node:path';
import { startEmbedded, type Embedded } from '../../src/embedded/embedded.js';
import { loadSample } from '../../src/embedded/sample.js';
import { SAMPLE_DATABASE } from './sample.js';

let embedded: Embedded | undefined;

export default async function setup(): Promise<void> {
  embedded = await startEmbedded({
    dataDir: undefined,
    binary: process.env.MONGOD_BINARY,
    log: (message) => process.stderr.write(`${message}\n`),
  });
  await loadSample(embedded.uri, SAMPLE_DATABASE, join(process.cwd(), 'sample'));
  process.env.TEST_MONGODB_URI = embedded.uri;
}

export const stopEmbedded = async (): Promise<void> => embedded?.stop();
