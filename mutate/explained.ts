/** Changes that no test can notice, or need not, each with its reason. They are not made, and one that has become impossible is a failure. */
import type { Change } from './changes.js';

export interface Explained {
  readonly file: string;
  /** The innermost declaration that it lies in. */
  readonly within: string;
  readonly from: string;
  /** undefined: whatever replaces it. */
  readonly to?: string;
  readonly why: string;
}

export const EXPLAINED: readonly Explained[] = [
  {
    file: 'src/auth/roles.ts',
    within: 'keyOf',
    from: "= ''",
    why: 'Whoever asks gives a text; without one a question would be asked once more, and answered the same.',
  },
  {
    file: 'src/job/answer.ts',
    within: 'sizeOf',
    from: '0',
    why: 'It estimates what an answer takes; one byte more is as good an estimate.',
  },
];

export const explains = ({ file, within, from, to }: Explained, change: Change): boolean =>
  file === change.file &&
  (change.within === within || change.within.endsWith(` › ${within}`)) &&
  from === change.from &&
  (to === undefined || to === change.to);
