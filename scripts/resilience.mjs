// npm run resilience: set up, then try what the service can bear (docs/operations.md «Trials»). Arguments go to the scenarios.
import { prepare } from './setup.mjs';

await prepare();
await import('../build/test/resilience/main.js');
