/** Chooses the window to begin with, shown while the date of the newest job is requested. */
import { useEffect } from 'preact/hooks';
import { statNewestJob } from '../api/newest-jobs.js';
import { Answered } from '../components/answered.js';
import { RequestInspector } from '../components/request-inspector.js';
import { useAnswer } from '../state/answer.js';
import { ALL, between, DAY_MS, floor, WEEK_MS } from '../state/time-range.js';
import type { ViewContext } from '../state/view-context.js';

/** The last week; if the newest job is older, the week up to it; without a dated job, all time. */
function firstWindow(created: string | undefined, now: number): string {
  const newest = Date.parse(created ?? '');
  if (Number.isNaN(newest)) return ALL;
  if (now - newest < WEEK_MS) return '7d';
  const end = floor(newest, 'day', 'UTC') + DAY_MS;
  return between(end - WEEK_MS, end);
}

export function FirstWindow({
  context: { route, now, settings, replace },
}: {
  readonly context: ViewContext;
}) {
  const answer = useAnswer(statNewestJob(route.domain));
  const window = answer.value && firstWindow(answer.value.results[0]?.created_at, now);
  useEffect(() => {
    if (window !== undefined) replace({ window });
  }, [window]);
  return (
    <>
      <Answered answer={{ ...answer, isWaiting: answer.error === undefined }}>{() => undefined}</Answered>
      <RequestInspector answers={[answer]} settings={settings} />
    </>
  );
}
