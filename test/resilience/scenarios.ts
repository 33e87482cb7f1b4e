// The scenarios by name, in rounds of those that may run side by side.
import { cancellation } from './cancellation.js';
import { counts } from './counts.js';
import { exports } from './exports.js';
import { explorer } from './explorer.js';
import { failover } from './failover.js';
import { fuzz } from './fuzz.js';
import { hostile } from './hostile.js';
import { limits } from './limits.js';
import { memory } from './memory.js';
import { network } from './network.js';
import { outage } from './outage.js';
import { overload } from './overload.js';
import { ranks } from './ranks.js';
import { recovery } from './recovery.js';
import { rows } from './rows.js';
import { soak } from './soak.js';
import { starts } from './starts.js';
import { stepdown } from './stepdown.js';
import { stopping } from './stopping.js';
import { storm } from './storm.js';
import { termination } from './termination.js';
import type { Scenario } from './scenario.js';

type Scenarios = Readonly<Record<string, Scenario>>;

/**
 * Rounds run in sequence; within a round, each group of scenarios runs beside the other groups. The soak takes ten minutes
 * and little of the machine; scenarios with assertions on the times of single calls have the machine to themselves.
 */
export const ROUNDS: readonly (readonly Scenarios[])[] = [
  [
    {
      cancellation,
      rows,
      limits,
      memory,
      counts,
      exports,
      overload,
      hostile,
      explorer,
      storm,
      ranks,
      starts,
    },
  ],
  [{ failover, stepdown, outage, termination, fuzz }, { soak }],
  [{ recovery }, { network, stopping }],
];

export const NAMES: readonly string[] = ROUNDS.flat().flatMap((scenarios) => Object.keys(scenarios));

/** Scenarios with assertions on times, which other load on the machine may break. */
export const TIMED: readonly string[] = [
  'cancellation',
  'counts',
  'explorer',
  'exports',
  'failover',
  'hostile',
  'limits',
  'memory',
  'network',
  'outage',
  'overload',
  'recovery',
  'starts',
  'stepdown',
  'stopping',
  'termination',
];
