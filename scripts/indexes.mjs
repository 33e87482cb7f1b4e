// npm run indexes: set up, then make the indexes that the service's orders need.
import { prepare } from './setup.mjs';

await prepare();
await import('../build/src/make-indexes.js');
