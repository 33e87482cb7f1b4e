// A service and its client for the tests of one difference from 1.11.
import { beforeAll } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import type { Db, Document } from 'mongodb';
import type { Outcome, RpcName } from '../harness/client.js';
import { useService } from '../harness/use-service.js';

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
  const service = useService(`difference-${difference}`);
  const own = (documents: readonly Document[]) => documents.map((each) => ({ domain_id: OWN, ...each }));
  beforeAll(() => service.insert(own(jobs), own(collectors)));
  return { ask: service.call, list: service.list, stat: service.stat, db: () => service.db };
}
