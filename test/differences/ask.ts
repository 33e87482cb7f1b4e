// A service and its client for the tests of one difference from 1.11.
import { afterAll, beforeAll } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import type { Db, Document } from 'mongodb';
import { jsonClient } from '../harness/client.js';
import type { JsonClient, Outcome, RpcName } from '../harness/client.js';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';

export { idsOf, rowsOf, totalOf } from '../query/request.js';

export const SAMPLE = 'domain-3f1c9a7b2e40';
export const EDGES = 'domain-ed6e0000d0d0';
/** The domain of documents inserted by a test. */
export const OWN = 'domain-own';

export interface SampleService {
  ask(rpc: RpcName, request: JsonObject): Promise<Outcome>;
  list(domain_id: string, query: JsonObject): Promise<Outcome>;
  stat(domain_id: string, query: JsonObject): Promise<Outcome>;
  db(): Db;
}

/** Serves the sample together with `jobs` and `collectors`, in a database named after `difference`. */
export function useSampleService(
  difference: string,
  jobs: readonly Document[] = [],
  collectors: readonly Document[] = [],
): SampleService {
  let service: Service | undefined;
  let client: JsonClient | undefined;
  const started = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error('the service has not been started');
    return part;
  };

  beforeAll(async () => {
    service = await startService(`difference-${difference}`);
    client = jsonClient(service.address);
    await Promise.all([
      ...jobs.map((job) => service?.db.collection('job').insertOne({ domain_id: OWN, ...job })),
      ...collectors.map((each) => service?.db.collection('collector').insertOne({ domain_id: OWN, ...each })),
    ]);
  });

  afterAll(async () => {
    client?.close();
    await service?.stop();
  });

  const ask: SampleService['ask'] = (rpc, request) => started(client).call(rpc, request);
  return {
    ask,
    list: (domain_id, query) => ask('list', { domain_id, query }),
    stat: (domain_id, query) => ask('stat', { domain_id, query }),
    db: () => started(service).db,
  };
}
