// Jest's sequencer under --randomize: the files in an order that the seed draws, as jest does with the tests of a file.
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
    // What a run has shown does not change the order of the next.
  }
}
