/** The tree of an expression: its nodes, their size with repeats unrolled, and branches joined by a common beginning. */
import type { CharacterSet } from './alphabet.js';

export type Node =
  | { readonly kind: 'character'; readonly set: CharacterSet; readonly offset: number }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Node[] }
  | Repeat;

export interface Repeat {
  readonly kind: 'repeat';
  readonly body: Node;
  /** The nodes of the body. */
  readonly bodySize: number;
  readonly min: number;
  readonly max: number;
  readonly isLazy: boolean;
  /** Gives no character back. */
  readonly isPossessive: boolean;
  readonly from: number;
  readonly to: number;
}

/** A repeat is unrolled up to this many nodes; one of a single character up to fewer, since a loop serves as well. */
const MAX_UNROLLED = 120;
const MAX_CHARACTERS_UNROLLED = 40;

export const NOTHING: Node = { kind: 'all', parts: [] };

export const copiesOf = ({ min, max }: Repeat): number => (max === Infinity ? Math.max(min, 1) : max);

/** True for an unrolled repeat: its body as often as it may come, one after another. */
export const isUnrolled = (node: Repeat): boolean =>
  copiesOf(node) * node.bodySize <= (node.bodySize === 1 ? MAX_CHARACTERS_UNROLLED : MAX_UNROLLED);

/** Counts the nodes of `node`, repeats unrolled. */
export function sizeOf(node: Node): number {
  if (node.kind === 'character') return 1;
  if (node.kind !== 'repeat') return node.parts.reduce((size, part) => size + sizeOf(part), 1);
  return isUnrolled(node) ? Math.max(copiesOf(node) * node.bodySize, node.bodySize) : node.bodySize;
}

/** Makes a loop over one set possessive; other atomic groups count as if they gave characters back. */
export const possessive = (node: Node): Node =>
  node.kind === 'repeat' && node.body.kind === 'character' && !node.isLazy
    ? { ...node, isPossessive: true }
    : node;

const all = (parts: readonly Node[]): Node =>
  parts.length === 1 ? (parts[0] ?? NOTHING) : { kind: 'all', parts };

/** Any of `branches`; a common beginning stands once, or lists of words would make too many pairs. */
export function any(branches: readonly (readonly Node[])[]): Node {
  const groups = new Map<unknown, (readonly Node[])[]>();
  for (const branch of branches) {
    const key = branch[0]?.kind === 'character' ? branch[0].set : branch;
    groups.set(key, [...(groups.get(key) ?? []), branch]);
  }
  const parts = [...groups.values()].map((group) => {
    const [[first = NOTHING, ...rest] = [], ...others] = group;
    return all(others.length === 0 ? [first, ...rest] : [first, any(group.map((branch) => branch.slice(1)))]);
  });
  return parts.length === 1 ? (parts[0] ?? NOTHING) : { kind: 'any', parts };
}
