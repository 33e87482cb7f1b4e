// Jest's sequencer under --randomize: shuffles the files by the seed, as jest shuffles the tests of a file.
import { random, shuffled } from './random.js';

interface TestFile {
  readonly path: string;
}

export default class RandomOrder {
  readonly #seed: number;

  constructor({ globalConfig }: { readonly globalConfig: { readonly seed: number } }) {
    this.#seed = globalConfig.seed;
  }

  sort<T extends TestFile>(tests: readonly T[]): readonly T[] {
    const byPath = tests.toSorted((one, other) => (one.path < other.path ? -1 : 1));
    return shuffled(byPath, random(this.#seed));
  }

  allFailedTests<T extends TestFile>(tests: readonly T[]): readonly T[] {
    return tests;
  }

  cacheResults(): void {
    // The results of a run do not change the order of the next.
  }
}
