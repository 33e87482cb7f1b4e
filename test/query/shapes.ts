// Documents of every shape, served for the tests of a file.
import { beforeAll } from '@jest/globals';
import type { Document } from 'mongodb';
import { useService } from '../harness/use-service.js';
import type { Service } from '../harness/service.js';

/** Serves `database` with the sample, the collectors and the jobs of `domain_id`; `jobs` are by job_id. */
export function useDocuments(
  database: string,
  domain_id: string,
  jobs: Readonly<Record<string, Document>>,
  collectors: readonly Document[],
): Service {
  const service = useService(database);
  const documents = Object.entries(jobs).map(([job_id, job]) => ({ job_id, domain_id, ...job }));
  beforeAll(() => service.insert(documents, collectors));
  return service;
}
