// The program without a destination for spans, and with one that never answers.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { callHttp } from '../../harness/http-client.js';
import { startReceiver } from '../../harness/otlp.js';
import type { Receiver } from '../../harness/otlp.js';
import { startProgram } from '../../harness/program.js';
import type { LogLine, Program, Settings } from '../../harness/program.js';
import { startService } from '../../harness/service.js';
import type { Service } from '../../harness/service.js';
import { until } from '../../harness/until.js';

const DATABASE = 'traces_program';
const DOMAIN = 'domain-07d2e9c4a6b1';
const REQUEST = { domain_id: DOMAIN, query: { page: { limit: 2 } } };
const TRACE = 'b'.repeat(32);
const PARENT = { traceparent: `00-${TRACE}-00f067aa0ba902b7-00` };

let service: Service;
const programs: Program[] = [];

beforeAll(async () => {
  service = await startService(DATABASE);
});
afterAll(async () => {
  await Promise.all(programs.map((program) => program.kill()));
  await service.stop();
});

function start(settings: Settings, preload?: string): Program {
  const mongo = { MONGODB_URI: String(process.env['TEST_MONGODB_URI']), MONGODB_DATABASE: DATABASE };
  const program = startProgram({ ...mongo, ...settings }, preload === undefined ? {} : { preload });
  programs.push(program);
  return program;
}

const line = async (log: () => readonly LogLine[], id: string): Promise<LogLine | undefined> => {
  const find = () => log().find((each) => each['request_id'] === id);
  await until('the call is logged', () => find() !== undefined, 5000);
  return find();
};

describe('without an endpoint', () => {
  test('the trace of a caller is in the log line and in the profile of the database', async () => {
    await service.db.command({ profile: 2 });
    await callHttp(service.http, 'list', REQUEST, { 'x-request-id': 'sent-1', ...PARENT });
    await service.db.command({ profile: 0 });
    expect(await line(() => service.log, 'sent-1')).toMatchObject({ trace_id: TRACE });
    const profiled = await service.db
      .collection('system.profile')
      .find({ 'command.find': 'job', 'command.comment': PARENT.traceparent })
      .toArray();
    expect(profiled).not.toEqual([]);
  });

  test('a call without a trace has none in its log line', async () => {
    await callHttp(service.http, 'list', REQUEST, { 'x-request-id': 'sent-2' });
    expect(await line(() => service.log, 'sent-2')).not.toHaveProperty('trace_id');
  });

  test.each<readonly [string, Settings, number]>([
    ['no endpoint', {}, 0],
    [
      'an endpoint, but disabled',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_SDK_DISABLED: 'true' },
      0,
    ],
    ['an endpoint', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }, 1],
  ])('with %s, the packages are loaded as expected', async (_, settings, least) => {
    const program = start(settings, new URL('../../harness/loaded-modules.js', import.meta.url).href);
    const { http } = await program.addresses();
    await callHttp(http, 'list', REQUEST, PARENT);
    const loaded = Number(await program.ask('opentelemetry'));
    expect(Math.min(loaded, 1)).toBe(least);
  });
});

describe('with a receiver that never answers', () => {
  const CALLS = 200;
  let receiver: Receiver;

  beforeAll(async () => {
    receiver = await startReceiver(true);
  });
  afterAll(() => receiver.stop());

  test('calls are answered, one line is logged, and the stop is in time', async () => {
    const program = start({
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_TIMEOUT: '300',
      OTEL_BSP_SCHEDULE_DELAY: '50',
      OTEL_BSP_MAX_QUEUE_SIZE: '64',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '16',
    });
    const { http } = await program.addresses();
    const times: number[] = [];
    for (let nth = 0; nth < CALLS; nth++) {
      const begun = performance.now();
      expect(await callHttp(http, 'list', REQUEST)).toHaveProperty('response');
      times.push(performance.now() - begun);
    }
    const complaints = () => program.log.filter(({ msg }) => String(msg).startsWith('OTEL_EXPORTER'));
    await until('batches are given up', () => receiver.requests() > 3 && complaints().length > 0, 10_000);
    expect(complaints()).toHaveLength(1);
    expect(times.toSorted((one, other) => one - other)[CALLS / 2]).toBeLessThan(100);
    const stopped = performance.now();
    program.signal('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - stopped).toBeLessThan(4000);
  });

  test('the stop waits no longer for it than SHUTDOWN_GRACE', async () => {
    const program = start({
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_TIMEOUT: '30000',
      SHUTDOWN_GRACE: '100ms',
    });
    const { http } = await program.addresses();
    await callHttp(http, 'list', REQUEST);
    const stopped = performance.now();
    program.signal('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - stopped).toBeLessThan(1800);
  });
});
