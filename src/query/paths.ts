/** Paths in documents: names joined by dots, some of them indexes of lists. */

/** True for a segment that MongoDB takes for an index of a list; no list is longer than the greatest. */
export const isIndex = (segment: string): boolean => /^(?:0|[1-9]\d{0,8})$/.test(segment);

/** A path cut in two at a dot. */
interface Split {
  readonly head: string;
  readonly rest: string;
}

/** Cuts `path` at each of its dots, the shortest head first. */
export function splits(path: string): readonly Split[] {
  const segments = path.split('.');
  return segments.slice(1).map((_, i) => ({
    head: segments.slice(0, i + 1).join('.'),
    rest: segments.slice(i + 1).join('.'),
  }));
}

/** Cuts `path` at its first dot; without a dot the rest is empty. */
export function splitFirst(path: string): Split {
  const dot = path.indexOf('.');
  return dot < 0 ? { head: path, rest: '' } : { head: path.slice(0, dot), rest: path.slice(dot + 1) };
}

export const firstSegment = (path: string): string => splitFirst(path).head;

/** Cuts `path` before its first index: a projection would take it for a name. */
export function beforeIndexes(path: string): string {
  const segments = path.split('.');
  const index = segments.findIndex((segment, i) => i > 0 && isIndex(segment));
  return segments.slice(0, index < 0 ? segments.length : index).join('.');
}

/** Leaves the indexes out of `path`: a projection shows all elements of a list. */
export const withoutIndexes = (path: string): string =>
  path
    .split('.')
    .filter((segment, i) => i === 0 || !isIndex(segment))
    .join('.');
