/** Statistics to start from. */
import { FIELDS } from '../../api/fields.js';
import type { Stage } from '../../api/stat.js';
import { dateFormat } from '../../state/time-range.js';

const JOBS = { name: 'jobs', operator: 'count' };
const STATUS = { key: FIELDS.status, name: 'status' };
const LARGEST_FIRST: Stage = { sort: { keys: [{ key: 'jobs', desc: true }] } };

const TIMEOUTS = {
  name: 'timeouts',
  operator: 'count',
  conditions: [{ key: FIELDS.status, operator: 'eq', value: 'TIMEOUT' }],
};
const ERRORS = {
  name: 'errors',
  operator: 'count',
  conditions: [{ key: FIELDS.status, operator: 'eq', value: 'ERROR' }],
};
const dayOf = (zone: string) => ({
  key: FIELDS.created,
  name: 'day',
  date_format: dateFormat('day', zone),
});
const TASKS_LEFT = { name: 'tasks_left', operator: 'sum', key: FIELDS.remainedTasks };

/** Days are those of the zone. */
export const examples = (zone: string): Readonly<Record<string, readonly Stage[]>> => ({
  'Jobs a day by status': [
    {
      group: {
        keys: [dayOf(zone), STATUS],
        fields: [JOBS],
      },
    },
    { sort: { keys: [{ key: 'day' }, { key: 'status' }] } },
  ],
  'Errors a day by collector': [
    {
      group: {
        keys: [dayOf(zone), { key: FIELDS.collectorName, name: 'collector' }],
        fields: [ERRORS],
      },
    },
    { sort: { keys: [{ key: 'day' }, { key: 'collector' }] } },
  ],
  'Slowest collectors': [
    {
      group: {
        keys: [{ key: FIELDS.collectorName, name: 'collector' }],
        fields: [
          { name: 'p95_seconds', operator: 'p95', key: FIELDS.duration },
          { name: 'median_seconds', operator: 'median', key: FIELDS.duration },
        ],
      },
    },
    { sort: { keys: [{ key: 'p95_seconds', desc: true }] } },
    { limit: 20 },
  ],
  'Timeouts by collector': [
    {
      group: {
        keys: [{ key: FIELDS.collectorName, name: 'collector' }],
        fields: [TIMEOUTS, TASKS_LEFT, JOBS],
      },
    },
    {
      sort: {
        keys: [
          { key: 'timeouts', desc: true },
          { key: 'tasks_left', desc: true },
        ],
      },
    },
    { limit: 10 },
  ],
  'Errors by code': [
    { unwind: { path: FIELDS.errors } },
    { group: { keys: [{ key: FIELDS.errorCode, name: 'code' }], fields: [{ ...JOBS, name: 'errors' }] } },
    { sort: { keys: [{ key: 'errors', desc: true }] } },
    { limit: 20 },
  ],
  'Jobs by provider': [
    { group: { keys: [{ key: FIELDS.provider, name: 'provider' }], fields: [JOBS] } },
    LARGEST_FIRST,
  ],
});
