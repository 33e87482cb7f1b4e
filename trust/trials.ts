/** The trials by name, in the order in which they run. */
import type { Trial } from './trial.js';

export const TRIALS: Readonly<Record<string, Trial>> = {};
