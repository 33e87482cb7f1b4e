/** Traces the commands of calls to the database by the events of its driver (docs/monitor.md «Traces»). */
import type {
  CommandFailedEvent,
  CommandStartedEvent,
  CommandSucceededEvent,
  Document,
  MongoClient,
} from 'mongodb';
import { MongoServerError } from 'mongodb';
import { summarize } from './query-summary.js';
import { isSampled } from './trace-context.js';
import { serverAttributes } from './tracer.js';
import type { Attributes, Span, Tracer } from './tracer.js';

/** Names of fields for summaries; others may be of a caller. */
export interface TracedCommandsOptions {
  readonly fields: ReadonlySet<string>;
}

/** A command with the context of its call as comment. */
interface Traced {
  readonly event: CommandStartedEvent;
  /** The command itself, or the one that it explains. */
  readonly operation: Document;
  readonly collection: string;
  readonly traceparent: string;
}

/** undefined: a command of no call, or one in an unsampled trace. */
function tracedIn(event: CommandStartedEvent): Traced | undefined {
  const { command, commandName } = event;
  const traceparent: unknown = command['comment'];
  if (typeof traceparent !== 'string' || !isSampled(traceparent)) return undefined;
  const { explain: operation = command }: { readonly explain?: Document } = command;
  const [name = commandName] = Object.keys(operation);
  const named: unknown = commandName === 'getMore' ? command['collection'] : operation[name];
  return { event, operation, collection: String(named), traceparent };
}

function attributesOf({ event, operation, collection }: Traced, fields: ReadonlySet<string>): Attributes {
  const { commandName, databaseName, address } = event;
  return {
    'db.system.name': 'mongodb',
    'db.namespace': databaseName,
    'db.collection.name': collection,
    'db.operation.name': commandName,
    'db.query.summary': summarize(commandName, collection, operation, fields),
    ...serverAttributes(address),
  };
}

/** The attributes of a failure: MongoDB's code, or the class of the driver's error. */
function failureAttributes({ failure }: CommandFailedEvent): Attributes {
  if (!(failure instanceof MongoServerError)) return { 'error.type': failure.name };
  const code = String(failure.code);
  return { 'db.response.status_code': code, 'error.type': code };
}

/** Creates the observer of all clients. A command has a span below the one that its comment names. */
export function traceCommands(
  tracer: Tracer,
  { fields }: TracedCommandsOptions,
): (client: MongoClient) => void {
  const running = new Map<number, Span>();

  function begin(traced: Traced): void {
    const { event, collection, traceparent } = traced;
    const name = `${event.commandName} ${collection}`;
    running.set(
      event.requestId,
      tracer.begin('client', name, { traceparent }, () => attributesOf(traced, fields)),
    );
  }

  function end(requestId: number, attributes: () => Attributes, isError: boolean): void {
    const span = running.get(requestId);
    if (span === undefined) return;
    running.delete(requestId);
    span.end(attributes(), isError);
  }

  return (client) => {
    client.on('commandStarted', (event: CommandStartedEvent) => {
      const traced = tracedIn(event);
      if (traced !== undefined) begin(traced);
    });
    client.on('commandSucceeded', ({ requestId }: CommandSucceededEvent) => {
      end(requestId, () => ({}), false);
    });
    client.on('commandFailed', (event: CommandFailedEvent) => {
      end(event.requestId, () => failureAttributes(event), true);
    });
  };
}
