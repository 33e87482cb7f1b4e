/** What the translation makes: filters, expressions and pipelines as MongoDB takes them. */

export type MongoFilter = Readonly<Record<string, unknown>>;
export type MongoExpression = string | number | null | Readonly<Record<string, unknown>>;
export type MongoStage = Readonly<Record<string, unknown>>;
export type MongoSort = ReadonlyMap<string, 1 | -1>;
