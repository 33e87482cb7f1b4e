/** The options of an app, and the context handed to each step of its start (docs/architecture.md «Composition»). */
import type { MongoClient, MongoClientOptions } from 'mongodb';
import type { Authenticate } from '../auth/caller.js';
import type { Clock } from '../clock.js';
import type { Config } from '../config/config.js';
import type { Schedulers } from '../limits/fair-scheduler.js';
import type { Load } from '../limits/load-shedding.js';
import type { MeasuredMemoryBudget } from '../limits/memory-budget.js';
import type { Purpose } from '../mongo/client-options.js';
import type { Tls } from '../server/tls.js';
import type { Log } from '../telemetry/log.js';
import type { Metrics } from '../telemetry/metrics/registry.js';

/** Where the service listens: `host:port`, or `off`. */
export interface Addresses {
  readonly grpc: string;
  readonly http: string;
  readonly admin: string;
}

/** Parts in place of those made from the settings; for tests and measurements. */
export interface Replaced {
  readonly authenticate?: Authenticate;
  readonly tls?: Tls;
  readonly memory?: MeasuredMemoryBudget;
  readonly metrics?: Metrics;
  /** Domains offered by the explorer. */
  readonly domains?: readonly string[];
  /** Further options of each client of the database. */
  readonly mongo?: MongoClientOptions;
  /** Milliseconds for a client to read its answer. */
  readonly answerTimeoutMs?: number;
  /** The delay of the event loop, where others share it. */
  readonly load?: Load;
}

export interface AppOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly replaced?: Replaced;
  /** Lines about the settings, logged after the first line. */
  readonly notices?: readonly string[];
  /** Shows a command for a shell; logged by default. */
  readonly hint?: (command: string) => void;
  /** Called with each new client of the database. */
  readonly observeClient?: (client: MongoClient, purpose: Purpose) => void;
}

/** Cleanups of the steps of a start, in the order of the steps. */
export type Cleanups = (() => Promise<void>)[];

/** The context of a step: settings, options, and the resources shared by all calls. */
export interface Context extends AppOptions {
  readonly config: Config;
  readonly hint: (command: string) => void;
  readonly schedulers: Schedulers;
  readonly memory: MeasuredMemoryBudget;
  readonly metrics: Metrics;
  readonly cleanups: Cleanups;
}

/** Runs the cleanups, the last one first, each even after a failure of another. */
export async function runCleanups(cleanups: Cleanups, log: Log): Promise<void> {
  for (const cleanup of cleanups.splice(0).toReversed()) {
    await cleanup().catch((error: unknown) => {
      log.error({ err: error }, 'cleanup failed');
    });
  }
}
