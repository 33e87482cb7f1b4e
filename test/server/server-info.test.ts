// spaceone.api.core.v1.ServerInfo: the version, and a request with an unknown field.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, credentials, status } from '@grpc/grpc-js';
import { VersionInfo } from '../../src/gen/spaceone/api/core/v1/server_info.js';
import { useService } from '../harness/use-service.js';

const service = useService('server_info');
let client: Client;

beforeAll(() => {
  client = new Client(service.address, credentials.createInsecure());
});
afterAll(() => {
  client.close();
});

/** Returns the response of get_version to `bytes`, or its status and details on failure. */
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

test('get_version returns a version', async () => {
  expect(await getVersion(Buffer.alloc(0))).toEqual({ version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
});

test('a field unknown to Empty is rejected by its number', async () => {
  expect(await getVersion(Buffer.of(0x08, 0x01))).toEqual([
    'INVALID_ARGUMENT',
    expect.stringContaining('Empty has no field 1; the client may be of another line of spaceone-api'),
  ]);
});
