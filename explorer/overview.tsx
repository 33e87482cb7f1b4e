/** The overview of a domain: how many jobs ended how, when, by whose collector, and why (docs/explorer.md «Overview»). */
import { useAnswer } from './answer.js';
import type { Answer } from './answer.js';
import { buckets, byStatus, cells, failureRate, lengths, rates, series } from './breakdown.js';
import type { Rate } from './breakdown.js';
import { Bar, Chart } from './chart.js';
import { FilterBar, statusTitle, StatusTabs, withCondition } from './filters.js';
import type { ViewContext } from './filters.js';
import { bucketName, count, dateTime, duration, share, tick } from './format.js';
import { listAt, numberAt, textAt } from './json.js';
import type { Json } from './json.js';
import { Answered, RequestInspector, Failure, statusClass, statusName, withOthers } from './parts.js';
import { hashOf } from './route.js';
import { collectors, durations, errorCodes, page, timeline } from './requests.js';
import { JobRows } from './table.js';
import { violationsOf } from './violations.js';
import { between, BUCKETS, withBefore } from './time-range.js';

type Cells = ReturnType<typeof cells>;

/** What is shown of a kind before the reader asks for all of it. */
const SHOWN = 8;
const NEWEST_ROWS = 10;

function Trend({ now, before }: { readonly now: Cells; readonly before: Cells }) {
  const [rate, was] = [failureRate(now), failureRate(before)];
  if (rate === undefined) return <p class="none">No job has ended in this window.</p>;
  const worse = was !== undefined && rate > was;
  return (
    <p class="trend">
      <strong class={rate > 0 ? 'bad' : 'good'}>{share(rate)}</strong> of the jobs that ended failed or timed
      out
      {was !== undefined && (
        <>
          ;{' '}
          <span class={worse ? 'bad' : 'good'}>
            {rate === was ? 'the same as' : worse ? 'worse than' : 'better than'}
          </span>{' '}
          in the time before ({share(was)})
        </>
      )}
      .
    </p>
  );
}

function Timeline({ rows, context }: { readonly rows: Cells; readonly context: ViewContext }) {
  const { route, timeRange, now, go } = context;
  const { unit } = timeRange;
  const starts = buckets(timeRange, rows, now);
  const shown = withOthers(byStatus(rows)).filter((status) => ['', status].includes(route.status));
  const { length } = BUCKETS[unit];
  return (
    <Chart
      label={`${statusTitle(route)} by ${unit}, created from ${bucketName(starts[0] ?? now, unit)} on; arrow keys read it, with shift they choose a window`}
      columns={starts.map((start) => bucketName(start, unit))}
      ticks={starts.map((start) => tick(start, unit))}
      series={shown.map((status) => ({
        name: statusName(status),
        color: statusClass(status),
        values: series(rows, starts, status),
      }))}
      onSelect={(first, last) => {
        const [from, to] = [starts[first], starts[last]];
        if (from !== undefined && to !== undefined) go({ window: between(from, to + length), start: 1 });
      }}
    />
  );
}

function RateRow({
  rate: { key, name, jobs, succeeded, median },
  longest,
  onPick,
}: {
  readonly rate: Rate;
  readonly longest: number;
  onPick(key: string): void;
}) {
  return (
    <tr>
      <th scope="row">
        <button type="button" class="link" onClick={() => onPick(key)} disabled={key === ''}>
          {name || 'none'}
        </button>
      </th>
      <td class="number">{count(jobs)}</td>
      <td class="measure">
        {succeeded !== undefined && <Bar share={succeeded} color="is-success" />}
        <span>{succeeded === undefined ? '–' : share(succeeded)}</span>
      </td>
      <td class="measure">
        {median !== undefined && <Bar share={median / longest} />}
        <span>{median === undefined ? '–' : duration(median)}</span>
      </td>
    </tr>
  );
}

function Rates({
  title,
  rows,
  onPick,
}: {
  readonly title: string;
  readonly rows: readonly Rate[];
  onPick(key: string): void;
}) {
  if (rows.length === 0) return <p class="none">No jobs.</p>;
  const longest = Math.max(1, ...rows.map(({ median }) => median ?? 0));
  const table = (of: readonly Rate[]) => (
    <table class="rates">
      <thead>
        <tr>
          <th scope="col">{title}</th>
          <th scope="col" class="number">
            Jobs
          </th>
          <th scope="col">Success</th>
          <th scope="col">Median duration</th>
        </tr>
      </thead>
      <tbody>
        {of.map((rate) => (
          <RateRow key={rate.key} rate={rate} longest={longest} onPick={onPick} />
        ))}
      </tbody>
    </table>
  );
  return (
    <>
      {table(rows.slice(0, SHOWN))}
      {rows.length > SHOWN && (
        <details>
          <summary>{count(rows.length - SHOWN)} more</summary>
          {table(rows.slice(SHOWN))}
        </details>
      )}
    </>
  );
}

function ErrorCodes({
  answer,
  context: { route, go },
}: {
  readonly answer: Json;
  readonly context: ViewContext;
}) {
  const rows = listAt(answer, 'results');
  if (rows.length === 0) return <p class="none">No errors.</p>;
  const peak = Math.max(1, ...rows.map((row) => numberAt(row, 'errors')));
  return (
    <ol class="codes">
      {rows.map((row) => {
        const code = textAt(row, 'code');
        return (
          <li key={code}>
            <button
              type="button"
              class="link"
              onClick={() => go(withCondition(route, 'errors.error_code', code))}
            >
              {code || 'without a code'}
            </button>
            <span class="measure">
              <Bar share={numberAt(row, 'errors') / peak} color="is-error" />
              <span>{count(numberAt(row, 'errors'))}</span>
            </span>
            <span class="message" title={textAt(row, 'message')}>
              {textAt(row, 'message')}
            </span>
            <span class="when">last {dateTime(textAt(row, 'newest'))}</span>
          </li>
        );
      })}
    </ol>
  );
}

function CollectorTable({
  whose,
  took,
  context: { route, go },
}: {
  readonly whose: Answer;
  readonly took: Answer;
  readonly context: ViewContext;
}) {
  const lasting = lengths(took.value);
  return (
    <section aria-labelledby="collectors">
      <h2 id="collectors">Collectors and providers</h2>
      <Answered answer={whose}>
        {(answer) => (
          <>
            <Rates
              title="Collector"
              rows={rates(answer, lasting, 'collector_id', 'name')}
              onPick={(key) => go(withCondition(route, 'collector_id', key))}
            />
            <Rates
              title="Provider"
              rows={rates(answer, lasting, 'provider', 'provider')}
              onPick={(key) => go(withCondition(route, 'collector.provider', key))}
            />
          </>
        )}
      </Answered>
      {whose.error === undefined && took.error !== undefined && <Failure error={took.error} />}
    </section>
  );
}

function Newest({ answer, context }: { readonly answer: Answer; readonly context: ViewContext }) {
  const { route } = context;
  return (
    <section aria-labelledby="newest">
      <h2 id="newest">The newest {statusTitle(route)}</h2>
      <Answered answer={answer}>
        {(value) => (
          <>
            <JobRows jobs={listAt(value, 'results')} context={context} />
            {numberAt(value, 'total_count') > NEWEST_ROWS && (
              <p>
                <a href={hashOf({ ...route, view: 'jobs' })}>All {count(numberAt(value, 'total_count'))}</a>
              </p>
            )}
          </>
        )}
      </Answered>
    </section>
  );
}

export function Overview({ context }: { readonly context: ViewContext }) {
  const { route, timeRange, now, settings, go } = context;
  const { unit } = timeRange;
  const times = useAnswer(timeline(route, withBefore(timeRange, now)), now);
  const whose = useAnswer(collectors(route, timeRange), now);
  const took = useAnswer(durations(route, timeRange), now);
  const codes = useAnswer(errorCodes(route, timeRange), now);
  const newest = useAnswer(page({ ...route, start: 1, limit: NEWEST_ROWS }, timeRange), now);
  const answers = [times, whose, took, codes, newest];
  const all = times.value === undefined ? [] : cells(times.value, unit);
  const isBefore = ({ start }: { readonly start: number }): boolean => start < (timeRange.from ?? -Infinity);
  const [rows, before] = [all.filter((cell) => !isBefore(cell)), all.filter(isBefore)];
  return (
    <>
      <FilterBar context={context} violations={violationsOf(answers)} />
      <StatusTabs route={route} go={go} counts={times.value === undefined ? undefined : byStatus(rows)} />
      <section aria-labelledby="timeline">
        <h2 id="timeline">Jobs by {unit}</h2>
        <Answered answer={times}>
          {() => (
            <>
              <Trend now={rows} before={before} />
              <Timeline rows={rows} context={context} />
            </>
          )}
        </Answered>
      </section>
      <div class="columns">
        <section aria-labelledby="errors">
          <h2 id="errors">Why jobs fail</h2>
          <Answered answer={codes}>{(answer) => <ErrorCodes answer={answer} context={context} />}</Answered>
        </section>
        <CollectorTable whose={whose} took={took} context={context} />
      </div>
      <Newest answer={newest} context={context} />
      <RequestInspector answers={answers} settings={settings} />
    </>
  );
}
