/** Lets others in between: pieces of long work come one in a round of the event loop, whoever they are of. */

/** Resolves when it is the caller's turn for one piece. */
export type Pace = () => Promise<void>;

export function pacing(): Pace {
  let last = Promise.resolve();
  return () => {
    last = last.then(() => new Promise(setImmediate));
    return last;
  };
}
