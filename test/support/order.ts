// Jest's sequencer: the files in an order that the seed draws where `--randomize` asks for it, as jest does within a file.
import Sequencer from '@jest/test-sequencer';
import { random } from './random.js';

type Options = ConstructorParameters<typeof Sequencer>[0];
type Tests = Parameters<Sequencer['sort']>[0];

export default class Order extends Sequencer {
  readonly #options: Options['globalConfig'];

  constructor(options: Options) {
    super(options);
    this.#options = options.globalConfig;
  }

  override sort(tests: Tests): Tests | Promise<Tests> {
    if (this.#options.randomize !== true) return super.sort(tests);
    const next = random(this.#options.seed);
    const named = tests.toSorted((one, other) => (one.path < other.path ? -1 : 1));
    return named
      .map((test) => ({ test, place: next() }))
      .toSorted((one, other) => one.place - other.place)
      .map(({ test }) => test);
  }
}
