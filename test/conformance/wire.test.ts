// Requests as they lie on the wire, through every transport that takes their form, each case a test of its own.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { jsonClient } from '../harness/client.js';
import type { JsonClient, Outcome, RpcName } from '../harness/client.js';
import { encodeFields } from '../harness/encoder.js';
import type { WireField } from '../harness/encoder.js';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';
import { sendBy, TRANSPORTS } from '../harness/transports.js';
import type { Transport } from '../harness/transports.js';
import { errorOf, fits } from './cases.js';
import type { Expectation } from './cases.js';

interface WireCase {
  readonly name: string;
  readonly rpc: RpcName;
  /** Protobuf. */
  readonly wire?: readonly WireField[];
  /** JSON, as text or as hex digits. */
  readonly text?: string;
  readonly text_hex?: string;
  /** What fails. */
  readonly expect?: Expectation;
  /** The same in JSON, whose answer is due, and its total. */
  readonly as?: JsonObject;
  readonly total?: number;
}

const DIRECTORY = join(process.cwd(), 'test/conformance/wire');
const FILES: readonly (readonly [string, readonly WireCase[]])[] = readdirSync(DIRECTORY).map(
  (file) => [file.replace('.json', ''), JSON.parse(readFileSync(join(DIRECTORY, file), 'utf8'))] as const,
);
const CASES = FILES.flatMap(([file, cases]) =>
  cases.map((each) => ({ ...each, name: `${file}: ${each.name}` })),
);

let service: Service;
let client: JsonClient;

beforeAll(async () => {
  service = await startService('conformance_wire');
  client = jsonClient(service.address);
});

afterAll(async () => {
  client.close();
  await service.stop();
});

type Send = (rpc: RpcName, request: Uint8Array) => Promise<Outcome>;

const over = (codec: Transport['codec']): readonly (readonly [string, Send])[] =>
  Object.entries(TRANSPORTS)
    .filter(([, transport]) => transport.codec === codec)
    .map(([name, transport]) => [name, (rpc, request) => sendBy(transport, service.http, rpc, request)]);

/** What is due of a case whose meaning JSON can show. */
async function answerDue({ rpc, as = {}, total }: WireCase): Promise<Outcome> {
  const outcome = await client.call(rpc, as);
  expect(outcome).toMatchObject({ response: total === undefined ? {} : { total_count: total } });
  return outcome;
}

async function check(each: WireCase, outcome: Outcome): Promise<void> {
  if (each.expect?.error === undefined) {
    expect(outcome).toEqual(await answerDue(each));
    return;
  }
  const error = errorOf(outcome);
  expect(error !== undefined && fits(error, each.expect.error) ? each.expect.error : outcome).toEqual(
    each.expect.error,
  );
}

describe.each<readonly [string, Send]>([
  ['gRPC', (rpc, request) => client.send(rpc, request)],
  ...over('protobuf'),
])('%s', (_, send) => {
  test.each(CASES.filter(({ wire }) => wire !== undefined))('$name', async (each) => {
    await check(each, await send(each.rpc, encodeFields(each.wire ?? [])));
  });
});

describe.each(over('JSON'))('%s', (_, send) => {
  test.each(CASES.filter(({ wire }) => wire === undefined))('$name', async (each) => {
    const body = Buffer.concat([Buffer.from(each.text ?? ''), Buffer.from(each.text_hex ?? '', 'hex')]);
    await check(each, await send(each.rpc, body));
  });
});

test('none of it was a fault of the service', () => {
  expect(service.faults).toEqual([]);
});
