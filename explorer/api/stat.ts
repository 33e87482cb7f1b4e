/** A call of `stat`: the stages of its query, and the parser of its rows (docs/query.md «stat»). */
import type { StatisticsAggregate, StatisticsQuery } from '../../src/gen/spaceone/api/core/v1/query.js';
import type { Call } from './call.js';
import type { Message } from './contract.js';
import { FIELDS } from './fields.js';
import { listAt } from './json.js';
import type { Json } from './json.js';
import type { Selection } from './selection.js';

/** The rows of an answer. */
export interface Results<Row> {
  readonly results: readonly Row[];
}

/** The parser of an answer, made from that of a row. */
export const resultsOf =
  <Row>(rowOf: (json: Json) => Row) =>
  (answer: Json): Results<Row> => ({ results: listAt(answer, 'results').map(rowOf) });

/** A stage; it has one of the kinds. */
export type Stage = Message<StatisticsAggregate>;
export type StageKind = keyof Stage;

/** A query of the page, or one with stages as its reader wrote them. */
type StatQuery =
  Message<StatisticsQuery> | (Omit<Message<StatisticsQuery>, 'aggregate'> & { readonly aggregate: Json });

export const stat = <T>(
  title: string,
  { domain }: Pick<Selection, 'domain'>,
  query: StatQuery,
  read: (answer: Json) => T,
): Call<T> => ({ title, rpc: 'stat', request: { domain_id: domain, query }, read });

export const named = (key: string, name: string) => ({ key, name });
export const JOBS = { name: 'jobs', operator: 'count' } as const;
export const NEWEST_FIRST: Stage = { sort: { keys: [{ key: FIELDS.created, desc: true }] } };
