// npm run mutate: set up, then change src one small place at a time and see which test notices (CONTRIBUTING.md «Small
// changes»). Arguments go to the tool.
import { prepare } from './setup.mjs';

await prepare();
await import('../build/mutate/main.js');
