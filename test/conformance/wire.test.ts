// Runs every case of raw bytes as its own test over every transport for its format.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '@bufbuild/protobuf';
import { describe, expect, test } from '@jest/globals';
import type { Outcome, RpcName } from '../harness/client.js';
import { encodeFields } from '../harness/encoder.js';
import type { WireField } from '../harness/encoder.js';
import { useService } from '../harness/use-service.js';
import { sendBy, TRANSPORTS } from '../harness/transports.js';
import type { Transport } from '../harness/transports.js';
import { errorOf, matchesError } from './cases.js';
import type { Expectation } from './cases.js';

interface WireCase {
  readonly name: string;
  readonly rpc: RpcName;
  /** Protobuf fields. */
  readonly wire?: readonly WireField[];
  /** JSON, as text or as hex digits. */
  readonly text?: string;
  readonly text_hex?: string;
  /** The expected error. */
  readonly expect?: Expectation;
  /** An equivalent JSON request with the expected response, and its total. */
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

const service = useService('conformance_wire');

type Send = (rpc: RpcName, request: Uint8Array) => Promise<Outcome>;

const sendersOver = (codec: Transport['codec']): readonly (readonly [string, Send])[] =>
  Object.entries(TRANSPORTS)
    .filter(([, transport]) => transport.codec === codec)
    .map(([name, transport]) => [name, (rpc, request) => sendBy(transport, service.http, rpc, request)]);

/** Calls the equivalent JSON request and returns its response. */
async function expectedOutcome({ rpc, as = {}, total }: WireCase): Promise<Outcome> {
  const outcome = await service.call(rpc, as);
  expect(outcome).toMatchObject({ response: total === undefined ? {} : { total_count: total } });
  return outcome;
}

async function expectOutcome(each: WireCase, outcome: Outcome): Promise<void> {
  if (each.expect?.error === undefined) {
    expect(outcome).toEqual(await expectedOutcome(each));
    return;
  }
  const error = errorOf(outcome);
  expect(error !== undefined && matchesError(error, each.expect.error) ? each.expect.error : outcome).toEqual(
    each.expect.error,
  );
}

describe.each<readonly [string, Send]>([
  ['gRPC', (rpc, request) => service.send(rpc, request)],
  ...sendersOver('protobuf'),
])('%s', (_, send) => {
  test.each(CASES.filter(({ wire }) => wire !== undefined))('$name', async (each) => {
    await expectOutcome(each, await send(each.rpc, encodeFields(each.wire ?? [])));
  });
});

describe.each(sendersOver('JSON'))('%s', (_, send) => {
  test.each(CASES.filter(({ wire }) => wire === undefined))('$name', async (each) => {
    const body = Buffer.concat([Buffer.from(each.text ?? ''), Buffer.from(each.text_hex ?? '', 'hex')]);
    await expectOutcome(each, await send(each.rpc, body));
  });
});

test('no case caused an internal error', () => {
  expect(service.faults).toEqual([]);
});
