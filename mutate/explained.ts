// Changes without an observable effect, each with its reason. They are not made, and one that has become impossible fails the run.
import type { Change } from './changes.js';

export interface Explained {
  readonly file: string;
  /** The innermost enclosing declaration. */
  readonly within: string;
  readonly from: string;
  /** undefined: any replacement. */
  readonly to?: string;
  readonly why: string;
}

export const EXPLAINED: readonly Explained[] = [
  {
    file: 'src/auth/roles.ts',
    within: 'keyOf',
    from: "= ''",
    why: 'Callers always give a text; without one, the same question is asked again, with the same answer.',
  },
  {
    file: 'src/job/answer.ts',
    within: 'sizeOf',
    from: '0',
    why: 'It estimates the size of an answer; one byte more is as good.',
  },
];

export const explains = ({ file, within, from, to }: Explained, change: Change): boolean =>
  file === change.file &&
  (change.within === within || change.within.endsWith(` › ${within}`)) &&
  from === change.from &&
  (to === undefined || to === change.to);
