/** Explains the reads of a call that asks for it, each after the read itself (docs/monitor.md «Explain»). */
import { BSON } from 'mongodb';
import type { Document, ReadPreferenceLike } from 'mongodb';
import type { Deadline } from '../limits/abort.js';
import type { Batches, Executor } from './executor.js';
import { commentOf } from './operation.js';
import type { Plan } from './plan.js';
import { shownCommand } from './shown-command.js';

export interface ExplainingExecutor extends Executor {
  /** `command` is the read of `open` as a command; a stream without one is not explained. */
  stream(
    deadline: Deadline,
    open: Parameters<Executor['stream']>[1],
    command?: Document,
    readPreference?: ReadPreferenceLike,
  ): Batches;
}

/** The part of the remaining time for an explanation: the answer needs the rest. */
const TIME_SHARE = 0.5;

/** The size of a command to explain: the reply repeats it. */
const MAX_COMMAND_BYTES = 65_536;

const VERBOSITIES = ['executionStats', 'queryPlanner'] as const;

/** Explains reads where the deadline of a call takes explanations; `readPlan` takes MongoDB's reply. */
export function withExplanations(
  executor: Executor,
  readPlan: (reply: Document) => Plan,
): ExplainingExecutor {
  /** Asks for the plan and what it did, or in lack of time for the plan alone; nothing after a failure. */
  async function ask(command: Document, deadline: Deadline, readPreference?: ReadPreferenceLike) {
    const { signal, traceparent } = deadline;
    const remaining = (): number => Math.ceil(deadline.remaining() * TIME_SHARE);
    for (const verbosity of VERBOSITIES)
      try {
        const reply = await executor.run({ signal, remaining, traceparent }, (options, db) => {
          const { session, maxTimeMS, collation } = options;
          const explain = { ...command, collation };
          const limited = { explain, verbosity, maxTimeMS, ...commentOf(deadline) };
          return db.command(limited, {
            session,
            signal: options.signal,
            ...(readPreference === undefined ? {} : { readPreference }),
          });
        });
        return readPlan(reply);
      } catch {
        // The read itself has its answer.
        if (signal.aborted) return {};
      }
    return {};
  }

  async function explained(command: Document, deadline: Deadline, readPreference?: ReadPreferenceLike) {
    const isSmall = BSON.calculateObjectSize(command) <= MAX_COMMAND_BYTES;
    const plan = isSmall ? await ask(command, deadline, readPreference) : {};
    return { ...shownCommand(command), ...plan };
  }

  return {
    ...executor,
    async firstBatch(deadline, command, readPreference) {
      const explain = deadline.explain?.begin();
      const batch = await executor.firstBatch(deadline, command, readPreference);
      explain?.(await explained(command, deadline, readPreference));
      return batch;
    },
    stream(deadline, open, command, readPreference) {
      const explain = command === undefined ? undefined : deadline.explain?.begin();
      if (explain === undefined || command === undefined) return executor.stream(deadline, open);
      return (async function* () {
        yield* executor.stream(deadline, open);
        explain(await explained(command, deadline, readPreference));
      })();
    },
  };
}
