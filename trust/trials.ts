/** The trials by name, in the order in which they run. */
import { cancellation } from './cancellation.js';
import { failover } from './failover.js';
import { fuzz } from './fuzz.js';
import { hostile } from './hostile.js';
import { limits } from './limits.js';
import { outage } from './outage.js';
import { rows } from './rows.js';
import { soak } from './soak.js';
import { termination } from './termination.js';
import type { Trial } from './trial.js';

export const TRIALS: Readonly<Record<string, Trial>> = {
  failover,
  outage,
  termination,
  cancellation,
  rows,
  limits,
  fuzz,
  hostile,
  soak,
};
