// Collects garbage, for tests that measure memory or look for objects that should be gone.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const found: unknown = runInNewContext('gc');
type Collector = (options: { readonly type: 'major'; readonly flavor: 'last-resort' }) => void;
const isCollector = (value: unknown): value is Collector => typeof value === 'function';

/** Collects all garbage, again and again until nothing more is freed, and returns the memory to the system. */
export function collectGarbage(): void {
  if (!isCollector(found)) throw new Error('this Node offers no gc');
  found({ type: 'major', flavor: 'last-resort' });
}
