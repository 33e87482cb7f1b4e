/**
 * The JSON form of the contract's messages, derived from the generated types: fields omitted at their default, a oneof
 * as one of its fields, an enum as the name of its value, Struct and Value as JSON.
 */
import type { Json, JsonObject } from './json.js';

/** A oneof of the generated types. */
interface OneOf {
  readonly $case: string;
  readonly value?: unknown;
}

type OneOfNames<M> = { [K in keyof M]: NonNullable<M[K]> extends OneOf ? K : never }[keyof M];
type Cases<M> = NonNullable<M[OneOfNames<M>]> extends infer Case ? Extract<Case, OneOf> : never;

/** `number` and an enum are told apart by their texts: those of an enum are a few. */
type NumberForm<T extends number> = `${number}` extends `${T}` ? number : string;

type Form<T> = unknown extends T
  ? Json
  : T extends string | boolean
    ? T
    : T extends number
      ? NumberForm<T>
      : T extends readonly (infer Item)[]
        ? readonly Form<Item>[]
        : string extends keyof T
          ? JsonObject
          : Message<T>;

/** A message as JSON. */
export type Message<M> = {
  readonly [K in Exclude<keyof M, OneOfNames<M>>]?: Form<NonNullable<M[K]>>;
} & {
  readonly [Case in Cases<M> as Case['$case']]?: Form<Case['value']>;
};
