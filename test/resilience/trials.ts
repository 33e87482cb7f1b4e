/** The trials by name, and which of them run beside each other. */
import { cancellation } from './cancellation.js';
import { counts } from './counts.js';
import { exports } from './exports.js';
import { explorer } from './explorer.js';
import { failover } from './failover.js';
import { fuzz } from './fuzz.js';
import { hostile } from './hostile.js';
import { limits } from './limits.js';
import { network } from './network.js';
import { outage } from './outage.js';
import { overload } from './overload.js';
import { recovery } from './recovery.js';
import { rows } from './rows.js';
import { soak } from './soak.js';
import { stepdown } from './stepdown.js';
import { stopping } from './stopping.js';
import { storm } from './storm.js';
import { termination } from './termination.js';
import type { Trial } from './trial.js';

type Trials = Readonly<Record<string, Trial>>;

/**
 * Rounds run one after the other, and in a round each list of trials beside the other lists. The soak takes ten minutes
 * and little of the machine; trials whose figures are times of single calls have the machine to themselves.
 */
export const ROUNDS: readonly (readonly Trials[])[] = [
  [{ cancellation, rows, limits, counts, exports, overload, hostile, explorer, storm }],
  [{ failover, stepdown, outage, termination, fuzz }, { soak }],
  [{ recovery }, { network, stopping }],
];

export const NAMES: readonly string[] = ROUNDS.flat().flatMap((trials) => Object.keys(trials));

/** The trials whose figures are times, which a machine that others use may spoil. */
export const TIMED: readonly string[] = [
  'cancellation',
  'counts',
  'explorer',
  'exports',
  'failover',
  'limits',
  'network',
  'outage',
  'overload',
  'recovery',
  'stepdown',
  'stopping',
  'termination',
];
