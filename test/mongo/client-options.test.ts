// The URI of a single server, made from that of a replica set; the options of a URI for the pools of each purpose.
import { expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { directUri, purposeOptions } from '../../src/mongo/client-options.js';
import { readConnectionOptions } from '../../src/mongo/connect.js';

const RESOLVED = { tls: true, credentials: { source: 'admin' } };

test.each([
  ['mongodb://a:1,b:2/?replicaSet=rs', {}, 'mongodb://c:3/?replicaSet=rs&directConnection=true'],
  ['mongodb://a,b', {}, 'mongodb://c:3/?directConnection=true'],
  ['mongodb://a/jobs', {}, 'mongodb://c:3/jobs?directConnection=true'],
  [
    'mongodb://me:p%40ss@a,b/jobs?tls=true&maxPoolSize=5',
    RESOLVED,
    'mongodb://me:p%40ss@c:3/jobs?maxPoolSize=5&directConnection=true&tls=true&authSource=admin',
  ],
  [
    'mongodb+srv://me:secret@example.org/?srvMaxHosts=2&w=majority',
    RESOLVED,
    'mongodb://me:secret@c:3/?w=majority&directConnection=true&tls=true&authSource=admin',
  ],
])('the URI %s with %p for one server is %s', (uri, resolved, expected) => {
  expect(directUri(uri, 'c:3', resolved)).toBe(expected);
  expect(() => new MongoClient(expected)).not.toThrow();
});

test.each(['reads', 'stats', 'control'] as const)(
  'a pool of %s is as large as the URI has it at least',
  (purpose) => {
    const uri = 'mongodb://a/?minPoolSize=50';
    const { options } = new MongoClient(uri);
    const { minPoolSize, maxPoolSize } = new MongoClient(uri, purposeOptions(purpose, options)).options;
    expect(minPoolSize).toBeLessThanOrEqual(maxPoolSize);
  },
);

test.each([
  [
    'minPoolSize=9&maxPoolSize=8',
    'minPoolSize is more than maxPoolSize; write a smaller one, or leave it out',
  ],
  [
    'readPreference=secondary&maxStalenessSeconds=89',
    'maxStalenessSeconds is less than 90; write a greater one, or leave it out',
  ],
  [
    'readConcernLevel=foo',
    "readConcernLevel is none of MongoDB's; write local, available, majority, linearizable, snapshot, or leave it out",
  ],
  ['tls=true&session=a&pfx=b', 'pfx cannot be written in a URI; leave it out'],
  [
    'tls=true&ecdhCurve=a&ciphers=b',
    'ciphers has a value that TLS does not take; correct that, or leave it out',
  ],
  // Of several faults, one is named.
  [
    'tls=true&ciphers=a&readConcernLevel=foo&minPoolSize=9&maxPoolSize=8',
    'minPoolSize is more than maxPoolSize; write a smaller one, or leave it out',
  ],
])('a start with %s ends', async (option, line) => {
  await expect(readConnectionOptions(`mongodb://a/?${option}`)).rejects.toThrow(
    `MONGODB_URI cannot be used: ${line}`,
  );
});

test.each([
  'minPoolSize=9&maxPoolSize=0',
  'readPreference=secondary&maxStalenessSeconds=90',
  'readConcernLevel=local',
  'tls=true&ciphers=ECDHE-RSA-AES128-GCM-SHA256&ecdhCurve=P-256',
])('%s is fine', async (option) => {
  await expect(readConnectionOptions(`mongodb://a/?${option}`)).resolves.toBeDefined();
});

test.each(['tlsAllowInvalidHostnames', 'tlsAllowInvalidCertificates', 'tlsInsecure'])(
  'the option %s, of which the driver makes a function, may be in a URI',
  async (option) => {
    const options = await readConnectionOptions(`mongodb://127.0.0.1/?tls=true&${option}=true`);
    expect(options).toHaveProperty('tls', true);
  },
);
