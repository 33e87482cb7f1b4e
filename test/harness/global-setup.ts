// Starts one embedded mongod for the whole run, with the sample to copy from; without it the run fails.
import type { Embedded } from '../../src/embedded/embedded.js';
import { startSampleMongod } from './sample.js';

let embedded: Embedded | undefined;

export default async function setup(): Promise<void> {
  embedded = await startSampleMongod((message) => process.stderr.write(`${message}\n`));
  process.env['TEST_MONGODB_URI'] = embedded.uri;
}

export const stopEmbedded = async (): Promise<void> => embedded?.stop();
