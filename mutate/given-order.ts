/** Jest's sequencer for changes: the tests in the order in which they were named. */
interface Test {
  readonly path: string;
}

export default class GivenOrder {
  sort(tests: readonly Test[]): readonly Test[] {
    const order = (process.env['TEST_ORDER'] ?? '').split(',');
    return tests.toSorted((one, other) => order.indexOf(one.path) - order.indexOf(other.path));
  }

  allFailedTests(tests: readonly Test[]): readonly Test[] {
    return tests;
  }

  cacheResults(): void {
    // How long tests took, and how they ended, is of no use here: what they test has changed.
  }
}
