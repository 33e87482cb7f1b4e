// npm run build: what is missing or stale, and no more.
import { prepare } from './setup.mjs';

await prepare();
