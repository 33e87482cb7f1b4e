// npm start: set up, then serve in this very process, so that signals and the exit code are the service's own.
import { prepare } from './setup.mjs';

await prepare();
await import('../build/src/main.js');
