// What a line of the log has of secrets and of what libraries hang on their errors.
import { expect, test } from '@jest/globals';
import { MongoServerError } from 'mongodb';
import { pino } from 'pino';
import { logOptions, withoutSecrets } from '../src/log.js';

const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJkaWQiOiJkb21haW4tMSJ9.c2lnbmF0dXJl';

test.each([
  [
    'a password in a URI',
    'mongodb://job:p%40ss@db-1:27017,db-2/?tls=true',
    'mongodb://[redacted]@db-1:27017,db-2/?tls=true',
  ],
  [
    'one in an SRV URI',
    'at mongodb+srv://job:pass@db.example.org/',
    'at mongodb+srv://[redacted]@db.example.org/',
  ],
  ['one in capitals', 'MONGODB://job:pass@db-1/', 'MONGODB://[redacted]@db-1/'],
  ['two in a line', 'a://b:c@d, e://f:g@h', 'a://[redacted]@d, e://[redacted]@h'],
  ['two tokens', `${TOKEN} and ${TOKEN}`, '[redacted] and [redacted]'],
  ['a header in capitals', 'BEARER abc.def', 'Bearer [redacted]'],
  ['a field in capitals', 'PASSWORD=hunter2; Api_Key=k-1', 'PASSWORD=[redacted]; Api_Key=[redacted]'],
  ['the ids of two secrets', 'SECRET-1 secret-2', '[redacted] [redacted]'],
  ['a URI without one', 'mongodb://db-1:27017/', 'mongodb://db-1:27017/'],
  ['a token', `verify ${TOKEN} failed`, 'verify [redacted] failed'],
  ['a token without signature', 'eyJhbGciOiJub25lIn0.eyJkaWQiOiJkIn0.', '[redacted]'],
  ['a header', 'authorization: Bearer abc.def', 'authorization: [redacted] [redacted]'],
  ['another header', 'with Bearer abc.def', 'with Bearer [redacted]'],
  ['a field of a line', '{"password":"hunter2","n":1}', '{"password":"[redacted]","n":1}'],
  [
    'a field of an object within a text',
    String.raw`{"msg":"{\"api_key\": \"k-1\"}"}`,
    String.raw`{"msg":"{\"api_key\": \"[redacted]\"}"}`,
  ],
  ['a field that is no text', '{"token":12}', '{"token":12}'],
  ['a setting', 'secret_key=abc&x=1', 'secret_key=[redacted]&x=1'],
  ['the id of a secret', 'key = secret-0a1b2c3d4e5f', 'key = [redacted]'],
  ['what only sounds like it', '{"msg":"the tokens of a domain"}', '{"msg":"the tokens of a domain"}'],
])('%s', (_, line, due) => {
  expect(withoutSecrets(line)).toBe(due);
});

/** The line that `write` leaves. */
function lineOf(write: (log: pino.Logger) => void): unknown {
  const lines: string[] = [];
  write(pino(logOptions('info'), { write: (line) => lines.push(line) }));
  expect(lines).toHaveLength(1);
  return JSON.parse(String(lines[0]));
}

test('an error is told by name, message, code and place, and nothing that hangs on it', () => {
  const error = new MongoServerError({
    errmsg: `failed for ${'x'.repeat(1000)}`,
    code: 96,
    filter: { name: 'planted' },
  });
  const line = lineOf((log) => log.error({ err: new Error('outer', { cause: error }) }, 'it failed'));
  expect(line).toMatchObject({
    err: { type: 'Error', message: 'outer', cause: { type: 'MongoServerError', code: 96 } },
  });
  expect(JSON.stringify(line)).not.toContain('planted');
  expect(JSON.stringify(line)).not.toContain('x'.repeat(257));
});

test('what breaks lines stays within its line', () => {
  const line = lineOf((log) => log.info({ error: 'one\ntwo\u2028three' }, 'call'));
  expect(line).toMatchObject({ error: 'one\ntwo\u2028three' });
});
