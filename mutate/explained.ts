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
    file: 'src/job/batches.ts',
    within: 'sizeOf',
    from: '0',
    why: 'It estimates the size of an answer and of data to send back; one byte more is as good.',
  },
  {
    file: 'src/server/http/request.ts',
    within: 'withRoom',
    from: '<=',
    to: '<',
    why: 'A body that fills its buffer is copied into a larger one; the bytes are the same.',
  },
  {
    file: 'src/job/transcoder.ts',
    within: 'WRITE › date › date',
    from: 'type === BSON.date',
    to: 'false',
    why: 'The writer of other values makes the same text of a date, only slower.',
  },
  {
    file: 'src/server/http/comments.ts',
    within: 'commentsIn',
    from: 'if (found !== undefined) return found;',
    why: 'The comments of a file are read again, with the same result.',
  },
  {
    file: 'src/main.ts',
    within: 'serve',
    from: 'await failStart(log, error, app.close)',
    why: 'Nothing follows in this function, and the failed start exits the process itself.',
  },
  {
    file: 'src/regex/characters.ts',
    within: 'CLASS_CODES',
    from: "= ''",
    why: 'The parser always hands on the text found.',
  },
];

export const explains = ({ file, within, from, to }: Explained, change: Change): boolean =>
  file === change.file &&
  (change.within === within || change.within.endsWith(` › ${within}`)) &&
  from === change.from &&
  (to === undefined || to === change.to);
