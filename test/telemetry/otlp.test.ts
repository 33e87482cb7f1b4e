// An export by OTLP that has no whole answer in time: it is given up and logged, and the next one counts again.
import { expect, test } from '@jest/globals';
import { observed } from '../../src/telemetry/otlp.js';
import { createRecordedLog } from '../harness/log.js';

interface Result {
  readonly code: number;
}

test('a late export is given up once, and a later one is delivered', async () => {
  const log = createRecordedLog();
  let answer: ((result: Result) => void) | undefined;
  const exporter = observed<string>(
    {
      export: (_, done) => void (answer = done),
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    },
    { down: 'not delivered', up: 'delivered again' },
    { log, monotonicNow: () => 0 },
    20,
  );
  const results: number[] = [];
  const sent = (data: string) =>
    new Promise<void>((resolve) => {
      exporter.export(data, ({ code }) => {
        results.push(code);
        resolve();
      });
    });
  await sent('late');
  answer?.({ code: 0 });
  const next = sent('next');
  answer?.({ code: 0 });
  await next;
  expect(results).toEqual([1, 0]);
  expect(log.entries.map(({ message }) => message)).toEqual(['not delivered', 'delivered again']);
});
