/** The keys of conditions that readers are offered: of a job, of its errors and of its collector (docs/explorer.md). */
import { fieldNames } from '../query/schema.js';
import { COLLECTOR_SHOWN, JOB_SCHEMA } from './schema.js';

export const CONDITION_KEYS: readonly string[] = [
  ...fieldNames(JOB_SCHEMA),
  'errors.error_code',
  'errors.message',
  ...COLLECTOR_SHOWN.map((name) => `collector.${name}`),
];
