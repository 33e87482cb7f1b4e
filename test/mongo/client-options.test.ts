// The URI of a single server, made from that of a replica set.
import { expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { directUri } from '../../src/mongo/client-options.js';

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
