// The driver alone, in a process of its own: runs workloads on request over IPC, and answers with their times.
import { MongoClient } from 'mongodb';
import { drive } from './drive.js';
import { driverOn, WORKLOADS } from './workloads.js';
import type { Sample } from './workloads.js';

export interface Setup {
  readonly uri: string;
  readonly database: string;
  readonly raw: boolean;
  readonly sample: Sample;
}

interface Order {
  readonly workload: string;
  readonly inFlight: number;
  readonly ms: number;
}

async function begin({ uri, database, raw, sample }: Setup): Promise<void> {
  const client = await new MongoClient(uri).connect();
  const driver = driverOn(client.db(database), raw);
  let nth = 0;
  process.on('message', ({ workload, inFlight, ms }: Order) => {
    const found = WORKLOADS.find(({ name }) => name === workload);
    if (found === undefined) throw new Error(`no workload ${workload}`);
    const run = drive(() => found.baseline(driver, sample, nth++), inFlight, ms);
    void run.then((driven) => process.send?.(driven));
  });
  process.send?.('ready');
}

process.once('message', (setup: Setup) => {
  void begin(setup);
});
