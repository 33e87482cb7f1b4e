/**
 * Describes the job and the collector as data: stored fields with their types and aliases, and the fields of answers with
 * their numbers (docs/architecture.md «The job as data»).
 */
import { CollectorInfo_State, JobInfo_Status } from '../gen/spaceone/api/inventory/v1/collector.js';
import { createProjection } from '../query/compile/projection.js';
import type { Below, ComputedField, FieldType, ResourceSchema } from '../query/schema.js';
import { secondsBetween } from './duration.js';

/** The kind of protobuf field for a stored value. */
export type FieldKind =
  | 'text'
  | 'number'
  | 'bool'
  | 'date'
  | 'struct'
  | { readonly names: Readonly<Record<string, string | number>> }
  | { readonly message: readonly ShownField[] }
  | { readonly messages: readonly ShownField[] }
  /** A reference, shown as a message of the referred document. */
  | { readonly referred: readonly ShownField[] };

/** A field of a message: its number, its stored name and its kind. */
export interface ShownField {
  readonly number: number;
  readonly stored: string;
  readonly as: FieldKind;
}

const ERROR_INFO: readonly ShownField[] = [
  { number: 1, stored: 'error_code', as: 'text' },
  { number: 2, stored: 'message', as: 'text' },
  { number: 3, stored: 'additional', as: 'struct' },
];

const PLUGIN_INFO: readonly ShownField[] = [
  { number: 1, stored: 'plugin_id', as: 'text' },
  { number: 2, stored: 'version', as: 'text' },
];

export const COLLECTOR_INFO: readonly ShownField[] = [
  { number: 1, stored: 'collector_id', as: 'text' },
  { number: 2, stored: 'name', as: 'text' },
  { number: 3, stored: 'state', as: { names: CollectorInfo_State } },
  { number: 4, stored: 'plugin_info', as: { message: PLUGIN_INFO } },
  { number: 11, stored: 'provider', as: 'text' },
  { number: 12, stored: 'capability', as: 'struct' },
  { number: 20, stored: 'is_public', as: 'bool' },
  { number: 21, stored: 'project_id', as: 'text' },
];

/** JobInfo. */
export const JOB_INFO: readonly ShownField[] = [
  { number: 1, stored: 'job_id', as: 'text' },
  { number: 2, stored: 'status', as: { names: JobInfo_Status } },
  { number: 3, stored: 'filters', as: 'struct' },
  { number: 4, stored: 'total_tasks', as: 'number' },
  { number: 5, stored: 'remained_tasks', as: 'number' },
  { number: 6, stored: 'errors', as: { messages: ERROR_INFO } },
  { number: 11, stored: 'collector', as: { referred: COLLECTOR_INFO } },
  { number: 12, stored: 'project_id', as: 'text' },
  { number: 13, stored: 'domain_id', as: 'text' },
  { number: 21, stored: 'created_at', as: 'date' },
  { number: 22, stored: 'updated_at', as: 'date' },
  { number: 23, stored: 'finished_at', as: 'date' },
];

const FIELDS: ReadonlyMap<string, FieldType> = new Map([
  ['job_id', 'text'],
  ['status', 'text'],
  ['filters', 'any'],
  ['total_tasks', 'number'],
  ['remained_tasks', 'number'],
  ['errors', 'array'],
  ['collector', 'reference'],
  ['collector_id', 'text'],
  ['project_id', 'text'],
  ['projects', 'array'],
  ['domain_id', 'text'],
  ['created_at', 'date'],
  ['updated_at', 'date'],
  ['finished_at', 'date'],
  ['mark_error', 'number'],
]);

const COMPUTED: ReadonlyMap<string, ComputedField> = new Map([
  ['duration', secondsBetween('created_at', 'finished_at')],
]);

const BELOW: ReadonlyMap<string, Below> = new Map<string, Below>([
  ...[...FIELDS.keys(), ...COMPUTED.keys()].map((name) => [name, 'nothing'] as const),
  ['filters', 'anything'],
  ['collector', 'whole'],
  [
    'errors',
    new Map<string, Below>([
      ['error_code', 'nothing'],
      ['message', 'nothing'],
      ['additional', 'anything'],
    ]),
  ],
]);

export const JOB_SCHEMA: Required<ResourceSchema> = {
  name: 'job',
  id: 'job_id',
  owner: { tenant: 'domain_id', projects: 'projects' },
  defaultSort: 'created_at',
  fields: FIELDS,
  computed: COMPUTED,
  aliases: new Map([
    ['user_projects', 'projects'],
    ['filter', 'filters'],
    ['collector_info', 'collector'],
  ]),
  hidden: new Set(['user_projects']),
  below: BELOW,
  defaultProjection: JOB_INFO.map(({ stored }) => stored),
  minimal: ['job_id', 'status', 'created_at', 'finished_at'],
  reference: {
    field: 'collector',
    dates: new Set(['created_at', 'last_collected_at']),
    aliases: new Map([['plugin_id', 'plugin_info.plugin_id']]),
  },
};

/** Projects to the fields of jobs to show. */
export const jobProjection = createProjection(JOB_SCHEMA);

/** The paths of a collector shown in answers. */
export const COLLECTOR_SHOWN: readonly string[] = COLLECTOR_INFO.flatMap(({ stored, as }) =>
  typeof as === 'object' && 'message' in as
    ? as.message.map((inner) => `${stored}.${inner.stored}`)
    : [stored],
);

/** The indexes on `job` for the most frequent queries of clients; further ones are up to the writers. */
export const INDEXES = [
  { domain_id: 1, created_at: -1, job_id: -1 },
  { domain_id: 1, status: 1, created_at: -1, job_id: -1 },
  { domain_id: 1, collector_id: 1, created_at: -1, job_id: -1 },
] as const;
