// npm run bench: set up, then measure (docs/performance.md). Arguments go to the benchmark.
import { prepare } from './setup.mjs';

await prepare();
await import('../build/bench/main.js');
