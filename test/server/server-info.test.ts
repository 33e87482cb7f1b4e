// spaceone.api.core.v1.ServerInfo: its answer, and a request that is not empty.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, credentials, status } from '@grpc/grpc-js';
import { VersionInfo } from '../../src/gen/spaceone/api/core/v1/server_info.js';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';

let service: Service;
let client: Client;

beforeAll(async () => {
  service = await startService('server_info');
  client = new Client(service.address, credentials.createInsecure());
});

afterAll(async () => {
  client.close();
  await service.stop();
});

/** What get_version answers to `bytes`, or what it fails with. */
const getVersion = (bytes: Buffer): Promise<unknown> =>
  new Promise((resolve) => {
    client.makeUnaryRequest(
      '/spaceone.api.core.v1.ServerInfo/get_version',
      (request: Buffer) => request,
      (answer) => VersionInfo.decode(answer),
      bytes,
      (error, answer) => {
        resolve(error === null ? answer : [status[error.code], error.details]);
      },
    );
  });

test('get_version answers a version', async () => {
  expect(await getVersion(Buffer.alloc(0))).toEqual({ version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
});

test('a field that Empty does not have is refused by its number', async () => {
  expect(await getVersion(Buffer.of(0x08, 0x01))).toEqual([
    'INVALID_ARGUMENT',
    expect.stringContaining('Empty has no field 1; the client may be of another line of spaceone-api'),
  ]);
});
