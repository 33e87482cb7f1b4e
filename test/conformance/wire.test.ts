// Runs every case of raw bytes as its own test over every transport for its format.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { jsonClient } from '../harness/client.js';
import type { JsonClient, Outcome, RpcName } from '../harness/client.js';
import { BYTES, TEXT } from '../harness/raw-transports.js';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';
import { errorOf, matchesError } from './cases.js';
import type { Expectation } from './cases.js';

/** A field by its number, or bytes as hex digits. */
type WireField = string | readonly [number: number, content: WireContent];
type WireContent = string | number | { readonly double: number } | readonly WireField[];

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

const isFields = (content: WireContent): content is readonly WireField[] => Array.isArray(content);

function writeField(writer: BinaryWriter, field: WireField): void {
  if (typeof field === 'string') {
    writer.raw(Buffer.from(field.replaceAll(' ', ''), 'hex'));
    return;
  }
  const [number, content] = field;
  if (typeof content === 'number') writer.tag(number, WireType.Varint).int32(content);
  else if (typeof content === 'string') writer.tag(number, WireType.LengthDelimited).string(content);
  else if (isFields(content)) writer.tag(number, WireType.LengthDelimited).bytes(bytesOf(content));
  else writer.tag(number, WireType.Bit64).double(content.double);
}

function bytesOf(fields: readonly WireField[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const field of fields) writeField(writer, field);
  return writer.finish();
}

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

const sendersOver = (transports: typeof BYTES): readonly (readonly [string, Send])[] =>
  Object.entries(transports).map(([name, send]) => [
    name,
    (rpc, request) => send(service.http, rpc, request),
  ]);

/** Calls the equivalent JSON request and returns its response. */
async function expectedOutcome({ rpc, as = {}, total }: WireCase): Promise<Outcome> {
  const outcome = await client.call(rpc, as);
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
  ['gRPC', (rpc, request) => client.send(rpc, request)],
  ...sendersOver(BYTES),
])('%s', (_, send) => {
  test.each(CASES.filter(({ wire }) => wire !== undefined))('$name', async (each) => {
    await expectOutcome(each, await send(each.rpc, bytesOf(each.wire ?? [])));
  });
});

describe.each(sendersOver(TEXT))('%s', (_, send) => {
  test.each(CASES.filter(({ wire }) => wire === undefined))('$name', async (each) => {
    const body = Buffer.concat([Buffer.from(each.text ?? ''), Buffer.from(each.text_hex ?? '', 'hex')]);
    await expectOutcome(each, await send(each.rpc, body));
  });
});

test('no case caused an internal error', () => {
  expect(service.faults).toEqual([]);
});
