/** All metrics of the service by name (docs/monitor.md «Metrics»). */
import { databaseDefinitions } from './database-definitions.js';
import type { Definitions } from './definition.js';
import { NODE_DEFINITIONS } from './node-definitions.js';
import {
  CALLER_DEFINITIONS,
  indexDefinitions,
  LIMIT_DEFINITIONS,
  WORK_DEFINITIONS,
} from './own-definitions.js';
import { RPC_DEFINITIONS } from './rpc-definitions.js';
import { stateDefinitions } from './state-definitions.js';
import type { Build } from './state-definitions.js';

/** Values of labels that depend on the settings. */
export interface KnownLabels {
  readonly build: Build;
  /** The name of the database. */
  readonly database: string;
  /** The names of the indexes that lists need. */
  readonly indexes: readonly string[];
}

export const metricDefinitions = ({ build, database, indexes }: KnownLabels) => ({
  ...stateDefinitions(build),
  ...RPC_DEFINITIONS,
  ...databaseDefinitions(database),
  ...LIMIT_DEFINITIONS,
  ...WORK_DEFINITIONS,
  ...indexDefinitions(indexes),
  ...CALLER_DEFINITIONS,
  ...NODE_DEFINITIONS,
});

/** The definitions by topic, with placeholders for what depends on the settings; docs/monitor.md shows them. */
export const GROUPS: readonly (readonly [title: string, definitions: Definitions])[] = [
  ['Build and readiness', stateDefinitions({ version: '1.0.0', commit: '…', node: '20.0.0' })],
  ['Calls', RPC_DEFINITIONS],
  ['Database', databaseDefinitions('inventory')],
  ['Limits', LIMIT_DEFINITIONS],
  [
    'Work in the database',
    { ...WORK_DEFINITIONS, ...indexDefinitions(['domain_id_1_created_at_-1_job_id_-1', '…']) },
  ],
  ['Callers and connections', CALLER_DEFINITIONS],
  ['Process', NODE_DEFINITIONS],
];

type All = ReturnType<typeof metricDefinitions>;

type NamesOf<Type extends string> = {
  [Name in keyof All]: All[Name]['type'] extends Type ? Name : never;
}[keyof All];

export type CounterName = NamesOf<'counter'>;
export type GaugeName = NamesOf<'gauge'>;
export type HistogramName = NamesOf<'histogram'>;

/** One value for each label of a metric. */
export type LabelsOf<Name extends keyof All> = {
  readonly [
    Label in keyof All[Name]['labels']
  ]: All[Name]['labels'][Label] extends readonly (infer Value extends string)[] ? Value : never;
};
