// Jest's sequencer under --randomize: the files in an order that the seed draws, as jest does with the tests of a file.
import { random } from './random.js';

interface TestFile {
  readonly path: string;
}

export default class RandomOrder {
  readonly #seed: number;

  constructor({ globalConfig }: { readonly globalConfig: { readonly seed: number } }) {
    this.#seed = globalConfig.seed;
  }

  sort<T extends TestFile>(tests: readonly T[]): readonly T[] {
    const next = random(this.#seed);
    return tests
      .toSorted((one, other) => (one.path < other.path ? -1 : 1))
      .map((test) => ({ test, place: next() }))
      .toSorted((one, other) => one.place - other.place)
      .map(({ test }) => test);
  }

  allFailedTests<T extends TestFile>(tests: readonly T[]): readonly T[] {
    return tests;
  }

  cacheResults(): void {
    // What a run has shown does not change the order of the next.
  }
}
