// The span of each request to the identity service: its name, its parent, its context there, and its status.
import { getEventListeners } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { createIdentity } from '../../src/auth/identity.js';
import type { Identity } from '../../src/auth/identity.js';
import { appError } from '../../src/errors.js';
import type { Attributes, Tracer } from '../../src/telemetry/traces/tracer.js';
import type { TraceContext } from '../../src/telemetry/traces/trace-context.js';
import { roleAnswer, startStandIn } from '../harness/identity.js';
import type { Refusal, StandIn } from '../harness/identity.js';
import { createRecordedLog } from '../harness/log.js';
import { until } from '../harness/until.js';

const QUESTION = { token: 'token', verb: 'list', domain_id: 'domain-a', project_id: '' };
const VERIFY = 'spaceone.api.identity.v1.Authorization/verify';
const GET_KEY = 'spaceone.api.identity.v1.Domain/get_public_key';
const PARENT = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
const OWN = { traceparent: `00-${'a'.repeat(32)}-${'c'.repeat(16)}-01` };
const WITH_STATE = { ...OWN, tracestate: 'a=1' };
const ORIGIN = { requestId: 'request-1', trace: PARENT };
const TIMEOUT_MS = 5000;

let identity: StandIn;
let client: Identity;
let refusal: Refusal | 'stall' | undefined;
let context: TraceContext | undefined;
const begun: unknown[] = [];
const ended: (readonly [Attributes, boolean])[] = [];

const tracer: Tracer = {
  begin(kind, name, parent, attributes) {
    begun.push([kind, name, parent, attributes()]);
    return { context, isRecording: true, end: (...how) => void ended.push(how) };
  },
};

beforeAll(async () => {
  identity = await startStandIn({
    key: (domain_id) => refusal ?? { domain_id, public_key: '{}' },
    role: () => refusal ?? roleAnswer('DOMAIN'),
  });
  client = createIdentity(
    { address: `127.0.0.1:${identity.port}`, secure: false },
    { now: () => Date.now(), monotonicNow: () => 0, log: createRecordedLog(), timeoutMs: TIMEOUT_MS, tracer },
  );
});
beforeEach(() => {
  refusal = undefined;
  context = OWN;
  begun.length = 0;
  ended.length = 0;
  identity.metadata.length = 0;
});
afterAll(() => {
  client.close();
  identity.stop();
});

const REQUESTS = [
  [VERIFY, (signal: AbortSignal, origin = {}) => client.role({ ...QUESTION, ...origin }, signal)],
  [
    GET_KEY,
    (signal: AbortSignal, { origin }: { readonly origin?: typeof ORIGIN } = {}) =>
      client.publicKey('domain-a', signal, TIMEOUT_MS, origin),
  ],
] as const;

const { signal: SIGNAL } = new AbortController();

describe.each(REQUESTS)('a request of %s', (rpc, request) => {
  test('is a span of a client below that of its call', async () => {
    await request(SIGNAL, { origin: ORIGIN });
    const server = { 'server.address': '127.0.0.1', 'server.port': identity.port };
    expect(begun).toEqual([
      ['client', rpc, PARENT, { 'rpc.system.name': 'grpc', 'rpc.method': rpc, ...server }],
    ]);
    expect(ended).toEqual([[{ 'rpc.status_code': 'OK' }, false]]);
  });

  test.each([
    ['CANCELLED', status.CANCELLED],
    ['INVALID_ARGUMENT', status.INVALID_ARGUMENT],
    ['NOT_FOUND', status.NOT_FOUND],
    ['PERMISSION_DENIED', status.PERMISSION_DENIED],
    ['UNAUTHENTICATED', status.UNAUTHENTICATED],
    ['INTERNAL', status.INTERNAL],
  ])('with the answer %s ends as an error', async (name, code) => {
    refusal = { code, details: 'ERROR' };
    await expect(request(SIGNAL)).rejects.toThrow();
    expect(ended).toEqual([[{ 'rpc.status_code': name, 'error.type': name }, true]]);
  });

  test.each<readonly [string, TraceContext | undefined, TraceContext | object]>([
    ['its context', OWN, OWN],
    ['its context and state', WITH_STATE, WITH_STATE],
    ['no context, as it has none', undefined, {}],
  ])('hands on the id of its call, and %s', async (_, own, expected) => {
    context = own;
    await request(SIGNAL, { origin: ORIGIN });
    const sent = Object.entries(identity.metadata.at(-1) ?? {});
    const shared = sent.filter(([name]) => /^(?:trace|transaction)/.test(name));
    expect(Object.fromEntries(shared)).toEqual({ transaction_id: 'request-1', ...expected });
  });

  test.each([
    ['has left', new Error('gone'), 'CANCELLED'],
    ['is late', appError('REQUEST_TIMEOUT', {}), 'DEADLINE_EXCEEDED'],
  ])('of a caller who %s meanwhile ends as an error', async (_, reason, name) => {
    refusal = 'stall';
    const caller = new AbortController();
    const waiting = expect(request(caller.signal)).rejects.toThrow(reason.message);
    await until('the request reaches identity', () => identity.metadata.length > 0, 5000);
    caller.abort(reason);
    await waiting;
    expect(ended).toEqual([[{ 'rpc.status_code': name, 'error.type': name }, true]]);
  });

  test('listens to its caller no longer than for an answer', async () => {
    const { signal } = new AbortController();
    await request(signal);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('of a caller who has left is not sent', async () => {
    const caller = new AbortController();
    caller.abort(new Error('gone'));
    await expect(request(caller.signal)).rejects.toThrow('gone');
    expect([begun, ended]).toEqual([[], []]);
  });
});
