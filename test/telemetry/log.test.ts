// What a line of the log has of secrets and of what libraries hang on their errors.
import { expect, test } from '@jest/globals';
import { BSON, MongoNetworkError, MongoServerError } from 'mongodb';
import { pino } from 'pino';
import { appError } from '../../src/errors.js';
import { logOptions, withoutSecrets } from '../../src/telemetry/log.js';

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

type Level = Parameters<typeof logOptions>[0];

/** The line that `write` leaves. */
function lineOf(write: (log: pino.Logger) => void, level: Level = 'info'): unknown {
  const lines: string[] = [];
  write(pino(logOptions(level), { write: (line) => lines.push(line) }));
  expect(lines).toHaveLength(1);
  return JSON.parse(String(lines[0]));
}

const REFUSED = `not authorized to execute command { find: "job", filter: { name: "planted" } }`;
const refusedByServer = new MongoServerError({
  errmsg: REFUSED,
  code: 13,
  codeName: 'Unauthorized',
  filter: { name: 'planted' },
});

test('an error is told by name, message, code and place, and nothing that hangs on it', () => {
  const outer = new Error(`failed for ${'x'.repeat(1000)}`, { cause: refusedByServer });
  const line = lineOf((log) => log.error({ err: outer }, 'it failed'));
  expect(line).toMatchObject({
    err: {
      type: 'Error',
      message: expect.stringMatching(/^failed for x+…$/),
      cause: { type: 'MongoServerError', code: 13, code_name: 'Unauthorized' },
    },
  });
  expect(JSON.stringify(line)).not.toContain('x'.repeat(257));
});

test.each<[string, Error]>([
  ['MongoDB', refusedByServer],
  ['its BSON', new BSON.BSONError('key planted must not contain')],
])('what %s says, which may quote a filter, is logged at debug and trace only', (_, err) => {
  const levels: readonly Level[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
  const having = levels.filter((level) =>
    JSON.stringify(lineOf((log) => log.fatal({ err }, 'it failed'), level)).includes('planted'),
  );
  expect(having).toEqual(['trace', 'debug']);
});

test('what the driver says of its connections is logged', () => {
  const err = new MongoNetworkError('connect ECONNREFUSED 127.0.0.1:27017');
  const line = lineOf((log) => log.warn({ err }, 'it failed'));
  expect(line).toMatchObject({ err: { message: 'connect ECONNREFUSED 127.0.0.1:27017' } });
});

test.each([
  ['may hold what was sent', appError('NOT_FOUND', { job_id: 'planted' }), 'ERROR_NOT_FOUND'],
  [
    'is the own',
    appError('LIMIT_EXCEEDED', { limit: 'stages of query.aggregate', max: '100' }),
    'ERROR_LIMIT_EXCEEDED: Limit exceeded. (limit = stages of query.aggregate, max = 100)',
  ],
])('an error of the table whose text %s', (_, error, logged) => {
  expect(lineOf((log) => log.info({ error }, 'call'))).toMatchObject({ error: logged });
  expect(lineOf((log) => log.info({ error }, 'call'), 'debug')).toMatchObject({ error: error.message });
});

test('what breaks lines stays within its line', () => {
  const line = lineOf((log) => log.info({ error: 'one\ntwo\u2028three' }, 'call'));
  expect(line).toMatchObject({ error: 'one\ntwo\u2028three' });
});
