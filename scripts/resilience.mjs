// npm run resilience: set up, then run attacks and faults against the service (docs/resilience.md «Scenarios»). Arguments go to the scenarios.
import { prepare } from './setup.mjs';

await prepare();
await import('../build/test/resilience/main.js');
