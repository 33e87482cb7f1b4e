/** The settings by which the queries of a call are read. */
import type { TimeSlicer } from '../limits/yield.js';
import type { ReadSettings } from '../query/read-settings.js';
import { createWorkBudget } from '../query/work-budget.js';
import type { Call } from './call.js';
import { JOB_SCHEMA } from './schema.js';

export interface Reading {
  /** Yields to the event loop after a long read. */
  readonly timeSlicer: TimeSlicer;
  /** The settings for the query of one call; `equal` are its conditions by fields of their own. */
  settings(call: Call, equal: ReadSettings['equal']): ReadSettings;
}

/** Reads queries with at most `maxPageSize` jobs a page; 0: any number. */
export const createReading = (timeSlicer: TimeSlicer, maxPageSize: number): Reading => ({
  timeSlicer,
  settings: ({ now }, equal) => ({ schema: JOB_SCHEMA, now, work: createWorkBudget(), maxPageSize, equal }),
});
