/** Chooses the window to begin with, shown while the date of the newest job is requested; the last week if it is refused. */
import { useEffect } from 'preact/hooks';
import { statNewestJob } from '../api/newest-jobs.js';
import { Answered } from '../components/answered.js';
import { RequestInspector } from '../components/request-inspector.js';
import { useAnswer } from '../state/answer.js';
import { firstWindow } from '../state/time-range.js';
import type { ViewContext } from '../state/view-context.js';

export function FirstWindow({
  context: { route, now, zone, settings, replace },
}: {
  readonly context: ViewContext;
}) {
  const answer = useAnswer(statNewestJob(route.domain));
  const { value, error } = answer;
  const isRefused = error?.isTransient === false;
  const window = isRefused ? '7d' : value && firstWindow(value.results[0]?.created_at ?? '', now, zone);
  useEffect(() => {
    if (window !== undefined) replace({ window });
  }, [window]);
  return (
    <>
      <Answered answer={{ ...answer, isWaiting: error === undefined }}>{() => undefined}</Answered>
      <RequestInspector answers={[answer]} settings={settings} />
    </>
  );
}
