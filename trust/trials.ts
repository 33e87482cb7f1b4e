/** The trials by name, in the order in which they run. */
import { cancellation } from './cancellation.js';
import { failover } from './failover.js';
import { outage } from './outage.js';
import { rows } from './rows.js';
import { termination } from './termination.js';
import type { Trial } from './trial.js';

export const TRIALS: Readonly<Record<string, Trial>> = { failover, outage, termination, cancellation, rows };
