// npm run trust: set up, then try what the service can bear (docs/operations.md «Trials»). Arguments go to the trials.
import { prepare } from './setup.mjs';

await prepare();
await import('../build/trust/main.js');
