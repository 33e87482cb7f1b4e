/** The facts that every view works with. */
import type { Settings } from '../api/settings.js';
import type { Asked } from './answer.js';
import type { Route } from './route.js';
import type { TimeRange } from './time-range.js';

/** Changes parts of the route. */
export type Go = (to: Partial<Route>) => void;

export interface ViewContext extends Asked {
  readonly route: Route;
  /** The window of the route at `now`. */
  readonly timeRange: TimeRange;
  /** The time of the last refresh, in milliseconds since 1970; another one repeats all calls. */
  readonly now: number;
  /** The time of the last refresh that had an answer; undefined without any. */
  readonly asOf: number | undefined;
  /** The IANA name of the time zone of the page. */
  readonly zone: string;
  /** The zone of the reader’s machine, if the database does not know it; '' otherwise. */
  readonly unknownZone: string;
  readonly settings: Settings;
  readonly go: Go;
  /** Changes parts of the route without an entry in the history. */
  readonly replace: Go;
}
