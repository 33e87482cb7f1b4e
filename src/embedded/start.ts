/** Starts the embedded database: claims its folder, starts mongod and loads the sample (docs/architecture.md «The embedded mongod»). */
import { fileURLToPath } from 'node:url';
import { claimFolder } from './claim.js';
import { loadSample } from './sample.js';

const SAMPLE_DIR = fileURLToPath(new URL('../../../sample', import.meta.url));

/** Stands in for the URI of the embedded mongod until its port is known; the driver reads the same options from both. */
export const EMBEDDED_URI = 'mongodb://127.0.0.1/';

/** The settings of the embedded database. */
export interface EmbeddedConfig {
  readonly embeddedDataDir: string;
  /** undefined: one is looked for. */
  readonly mongodBinary: string | undefined;
  readonly sampleData: boolean;
  /** The database of the sample. */
  readonly mongodbDatabase: string;
}

export interface EmbeddedLog {
  info(message: string): void;
  info(about: object, message: string): void;
}

export interface EmbeddedContext {
  readonly config: EmbeddedConfig;
  readonly log: EmbeddedLog;
  /** Undo the steps at the end. */
  readonly cleanups: (() => Promise<void>)[];
}

/** Loads the launcher of mongod, a part of the development dependencies. Errors: it is not installed. */
async function importLauncher() {
  try {
    return await import('./embedded.js');
  } catch (error) {
    throw new Error(
      'MONGODB_URI is needed: the embedded mongod is not part of this installation; set it to mongodb://host:port/',
      { cause: error },
    );
  }
}

/** Claims the data folder and returns a function that writes the service's addresses into the claim. Errors: another service has it. */
export async function claimDataFolder({
  config,
  cleanups,
}: EmbeddedContext): Promise<(addresses: string) => Promise<void>> {
  await importLauncher();
  const claim = await claimFolder(config.embeddedDataDir);
  cleanups.push(claim.release);
  return claim.announce;
}

/** Starts mongod, loads the sample into an empty database, and returns the URI. */
export async function startEmbeddedDatabase({ config, log, cleanups }: EmbeddedContext): Promise<string> {
  const { embeddedDataDir, mongodBinary, sampleData, mongodbDatabase } = config;
  const { startEmbedded } = await importLauncher();
  const mongod = await startEmbedded({
    dataDir: embeddedDataDir,
    binary: mongodBinary,
    log: (message) => {
      log.info(message);
    },
  });
  cleanups.push(() => mongod.stop());
  if (!sampleData) return mongod.uri;
  const { jobs } = await loadSample(mongod.uri, mongodbDatabase, SAMPLE_DIR);
  if (jobs > 0) log.info({ jobs }, 'sample loaded');
  return mongod.uri;
}
