// Domains made from a seed for the explorer, each with its known truth: one in operation with faults of each kind, one of 200 collectors with odd names, one with a single job, one without any.
import { ObjectId } from 'mongodb';
import type { Document } from 'mongodb';
import { random, randomHex } from './random.js';
import type { Random } from './random.js';

const SEED = 20_261_128;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The time of the page: half past nine in the morning, in UTC. */
export const MADE_NOW = Date.UTC(2026, 10, 26, 9, 30);
/** The last night of that time: from yesterday 18:00 to today 09:00, in UTC. */
export const MADE_NIGHT = { from: Date.UTC(2026, 10, 25, 18), to: Date.UTC(2026, 10, 26, 9) };

export interface MadeDomain {
  readonly domain: string;
  readonly jobs: readonly Document[];
  readonly collectors: readonly Document[];
}

interface Run {
  readonly status: string;
  readonly errors?: readonly { readonly code: string; readonly message: string }[];
  /** Minutes; undefined for an unfinished run. */
  readonly minutes?: number | undefined;
}

const SUCCESS: Run = { status: 'SUCCESS', minutes: 12 };

const failing = (code: string, message: string, times = 1): Run => ({
  status: 'ERROR',
  minutes: 3,
  errors: Array.from({ length: times }, () => ({ code, message })),
});

/** A night hour of a run: 0 at 18:00; undefined outside of the last night. */
const nightHour = (created: number): number | undefined =>
  created >= MADE_NIGHT.from && created < MADE_NIGHT.to
    ? Math.floor((created - MADE_NIGHT.from) / HOUR_MS)
    : undefined;

const atNight = (created: number, hours: readonly number[]): boolean =>
  hours.includes(nightHour(created) ?? -1);

/** The message of a failed authentication; the last of its lines is seen on opening alone. */
const AUTH_MESSAGE = [
  'AWS was not able to validate the provided access credentials',
  ...Array.from({ length: 40 }, (_, line) => `  at line ${line}`),
  'the end of the message',
].join('\n');

interface Plan {
  readonly name: string;
  readonly provider: string;
  /** The run that is created at a time, on day 0 to 21 of the domain; SUCCESS in its place. */
  run?(created: number, day: number): Run | undefined;
}

/** The collectors of `ops`: four that failed last night, one the worst for weeks, one slower every day, one with stuck jobs. */
const PLANS: readonly Plan[] = [
  {
    name: 'AWS IAM',
    provider: 'aws',
    run: (created) =>
      atNight(created, [2, 3, 4, 5, 6, 7, 8]) ? failing('AuthFailure', AUTH_MESSAGE, 3) : undefined,
  },
  {
    name: 'AWS EC2',
    provider: 'aws',
    run: (created) => (atNight(created, [5, 6]) ? { status: 'TIMEOUT', minutes: 55 } : undefined),
  },
  {
    name: 'Azure VMs',
    provider: 'azure',
    run: (created) => (atNight(created, [9]) ? failing('Throttled', 'Too many requests', 2) : undefined),
  },
  {
    name: 'GCP Storage',
    provider: 'google_cloud',
    run: (created) => (atNight(created, [11]) ? failing('', 'It broke without a code') : undefined),
  },
  {
    name: 'Legacy CMDB',
    provider: 'on_premise',
    run: (created) =>
      new Date(created).getUTCHours() % 4 === 0
        ? undefined
        : failing('ERROR_CONNECTION', 'cmdb.internal refused the connection'),
  },
  {
    name: 'Kubernetes clusters',
    provider: 'kubernetes',
    run: (_, day) => ({ status: 'SUCCESS', minutes: 10 + 2 * day }),
  },
  { name: 'Oracle databases', provider: 'on_premise' },
  {
    name: 'AWS CloudWatch',
    provider: 'aws',
    run: (_, day) => (day % 3 === 1 ? undefined : { status: 'SUCCESS', minutes: 9 }),
  },
  { name: 'AWS S3', provider: 'aws' },
  { name: 'Azure Storage', provider: 'azure' },
  { name: 'GCP Compute', provider: 'google_cloud' },
  { name: 'VMware', provider: 'on_premise' },
];

const OPS_DAYS = 21;
/** The ages of the stuck jobs of «Oracle databases» in days. */
const STUCK_DAYS = [40, 30, 20, 10, 5, 2];
/** The age of the late job of «VMware», whose runs take 12 minutes. */
const LATE_MINUTES = 240;

const collectorOf = (domain: string, name: string, provider: string, next: Random) => ({
  _id: ObjectId.createFromHexString(randomHex(next, 24)),
  collector_id: `collector-${randomHex(next, 12)}`,
  domain_id: domain,
  name,
  provider,
  state: 'ENABLED',
  plugin_info: { plugin_id: `plugin-${provider}-inven-collector`, version: '1.4.2' },
});

const jobOf = (
  { _id, collector_id, domain_id }: ReturnType<typeof collectorOf>,
  created: number,
  { status, errors = [], minutes }: Run,
  next: Random,
) => ({
  _id: ObjectId.createFromHexString(randomHex(next, 24)),
  job_id: `job-${randomHex(next, 12)}`,
  status,
  filters: {},
  errors: errors.map(({ code, message }) => ({ error_code: code, message, additional: {} })),
  collector: _id,
  collector_id,
  domain_id,
  project_id: null,
  projects: [],
  total_tasks: 4,
  remained_tasks: status === 'SUCCESS' ? 0 : 2,
  created_at: new Date(created),
  updated_at: new Date(created),
  finished_at: minutes === undefined ? null : new Date(created + minutes * MINUTE_MS),
  mark_error: 0,
});

/** A domain in operation: each of 12 collectors runs every hour for 21 days up to the last full hour. */
export function makeOps(domain = 'ops'): MadeDomain {
  const next = random(SEED);
  const last = Math.floor(MADE_NOW / HOUR_MS) - 1;
  const hours = Array.from({ length: OPS_DAYS * 24 }, (_, index) => (last - index) * HOUR_MS);
  const made = PLANS.map((plan) => ({
    plan,
    collector: collectorOf(domain, plan.name, plan.provider, next),
  }));
  const jobs = made.flatMap(({ plan, collector }) => {
    const runs = hours.map((created) => {
      const day = OPS_DAYS - Math.ceil((MADE_NOW - created) / DAY_MS);
      return jobOf(collector, created, plan.run?.(created, day) ?? SUCCESS, next);
    });
    const unfinished = (minutes: number) =>
      jobOf(collector, MADE_NOW - minutes * MINUTE_MS, { status: 'IN_PROGRESS' }, next);
    if (plan.name === 'Oracle databases')
      return [...runs, ...STUCK_DAYS.map((days) => unfinished(days * 24 * 60))];
    return plan.name === 'VMware' ? [...runs, unfinished(LATE_MINUTES), unfinished(4)] : runs;
  });
  return { domain, jobs, collectors: made.map(({ collector }) => collector) };
}

/** Names as users and machines give them. */
const ODD_NAMES: readonly string[] = [
  '',
  '<b onmouseover=alert(1)>bold</b>',
  'مجمّع البيانات',
  '컬렉터 🚀 数据',
  'a'.repeat(300),
  '  blank before and behind  ',
  'twice',
  'twice',
];

/** 200 collectors of three jobs each; the worst of them has two, and both failed. */
export function makeMany(domain = 'many'): MadeDomain {
  const next = random(SEED + 1);
  const collectors = Array.from({ length: 200 }, (_, index) =>
    collectorOf(domain, ODD_NAMES[index] ?? `Collector ${index}`, 'aws', next),
  );
  const jobs = collectors.flatMap((collector, index) => {
    const isWorst = index === 137;
    const run = isWorst ? failing('ERROR_WORST', 'nothing works') : SUCCESS;
    return Array.from({ length: isWorst ? 2 : 3 }, (_, nth) =>
      jobOf(collector, MADE_NOW - (nth + 1) * HOUR_MS, run, next),
    );
  });
  return { domain, jobs, collectors };
}

/** A domain of collectors with `count` jobs. */
export function makeFew(domain: string, count: number): MadeDomain {
  const next = random(SEED + 2 + count);
  const collector = collectorOf(domain, 'The only one', 'aws', next);
  const jobs = Array.from({ length: count }, (_, nth) =>
    jobOf(collector, MADE_NOW - (nth + 1) * HOUR_MS, SUCCESS, next),
  );
  return { domain, jobs, collectors: [collector] };
}
