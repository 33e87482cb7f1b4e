// The driver alone, in a process of its own: runs what it is told to over IPC, and answers how long that took.
import { MongoClient } from 'mongodb';
import { drive } from './drive.js';
import { floorOn, WORKLOADS } from './workloads.js';
import type { Subject } from './workloads.js';

export interface Setup {
  readonly uri: string;
  readonly database: string;
  readonly raw: boolean;
  readonly subject: Subject;
}

export interface Order {
  readonly workload: string;
  readonly inFlight: number;
  readonly ms: number;
}

async function begin({ uri, database, raw, subject }: Setup): Promise<void> {
  const client = await new MongoClient(uri).connect();
  const floor = floorOn(client.db(database), raw);
  let nth = 0;
  process.on('message', ({ workload, inFlight, ms }: Order) => {
    const found = WORKLOADS.find(({ name }) => name === workload);
    if (found === undefined) throw new Error(`no workload ${workload}`);
    const run = drive(() => found.floor(floor, subject, nth++), inFlight, ms);
    void run.then((driven) => process.send?.(driven));
  });
  process.send?.('ready');
}

process.once('message', (setup: Setup) => {
  void begin(setup);
});
