// Log lines hold no secrets and no extra properties of library errors.
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
    'a password in an SRV URI',
    'at mongodb+srv://job:pass@db.example.org/',
    'at mongodb+srv://[redacted]@db.example.org/',
  ],
  ['a password in an upper-case URI', 'MONGODB://job:pass@db-1/', 'MONGODB://[redacted]@db-1/'],
  ['two passwords in a line', 'a://b:c@d, e://f:g@h', 'a://[redacted]@d, e://[redacted]@h'],
  ['two tokens', `${TOKEN} and ${TOKEN}`, '[redacted] and [redacted]'],
  ['an upper-case header', 'BEARER abc.def', 'Bearer [redacted]'],
  ['an upper-case field', 'PASSWORD=hunter2; Api_Key=k-1', 'PASSWORD=[redacted]; Api_Key=[redacted]'],
  ['the ids of two secrets', 'SECRET-1 secret-2', '[redacted] [redacted]'],
  ['a URI without a password', 'mongodb://db-1:27017/', 'mongodb://db-1:27017/'],
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
  ['a field of type number', '{"token":12}', '{"token":12}'],
  ['a setting', 'secret_key=abc&x=1', 'secret_key=[redacted]&x=1'],
  ['the id of a secret', 'key = secret-0a1b2c3d4e5f', 'key = [redacted]'],
  ['a text about tokens', '{"msg":"the tokens of a domain"}', '{"msg":"the tokens of a domain"}'],
])('%s is redacted to the expected text', (_, line, expected) => {
  expect(withoutSecrets(line)).toBe(expected);
});

type Level = Parameters<typeof logOptions>[0];

/** Returns the one line logged by `write`. */
function lineOf(write: (log: pino.Logger) => void, level: Level = 'info'): unknown {
  const lines: string[] = [];
  write(pino(logOptions(level), { write: (line) => lines.push(line) }));
  expect(lines).toHaveLength(1);
  return JSON.parse(String(lines[0]));
}

test('a line has its level, its time and its message, and names neither process nor host', () => {
  const line = lineOf((log) => log.info('started'));
  expect(line).toEqual({ level: 30, time: expect.any(String), msg: 'started' });
});

const REFUSED = `not authorized to execute command { find: "job", filter: { name: "planted" } }`;
const serverError = new MongoServerError({
  errmsg: REFUSED,
  code: 13,
  codeName: 'Unauthorized',
  filter: { name: 'planted' },
});

test('an error is logged by type, message and code, without its other properties', () => {
  const outer = new Error(`failed for ${'x'.repeat(1000)}`, { cause: serverError });
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

test('of a circle of causes the error and its first three causes are logged', () => {
  const [one, other] = [new Error('one'), new Error('other')];
  one.cause = other;
  other.cause = one;
  const line = lineOf((log) => log.error({ err: one }, 'it failed'));
  expect(line).toMatchObject({ err: { cause: { cause: { cause: { message: 'other' } } } } });
  expect(JSON.stringify(line).match(/"message"/g)).toHaveLength(4);
});

test.each<[string, Error]>([
  ['MongoDB', serverError],
  ['BSON', new BSON.BSONError('key planted must not contain')],
])('a message of %s may quote a filter and is logged at debug and trace only', (_, err) => {
  const levels: readonly Level[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
  const levelsWithText = levels.filter((level) =>
    JSON.stringify(lineOf((log) => log.fatal({ err }, 'it failed'), level)).includes('planted'),
  );
  expect(levelsWithText).toEqual(['trace', 'debug']);
});

test('a connection error of the driver is logged with its message', () => {
  const err = new MongoNetworkError('connect ECONNREFUSED 127.0.0.1:27017');
  const line = lineOf((log) => log.warn({ err }, 'it failed'));
  expect(line).toMatchObject({ err: { message: 'connect ECONNREFUSED 127.0.0.1:27017' } });
});

test.each([
  [
    'may quote the request is logged by its code',
    appError('NOT_FOUND', { job_id: 'planted' }),
    'ERROR_NOT_FOUND',
  ],
  [
    'quotes nothing is logged in full',
    appError('LIMIT_EXCEEDED', { limit: 'stages of query.aggregate', max: '100' }),
    'ERROR_LIMIT_EXCEEDED: Limit exceeded. (limit = stages of query.aggregate, max = 100)',
  ],
])('an AppError with a text that %s', (_, error, logged) => {
  expect(lineOf((log) => log.info({ error }, 'call'))).toMatchObject({ error: logged });
  expect(lineOf((log) => log.info({ error }, 'call'), 'debug')).toMatchObject({ error: error.message });
});

test('line breaks within a text stay within the log line', () => {
  const line = lineOf((log) => log.info({ error: 'one\ntwo\u2028three' }, 'call'));
  expect(line).toMatchObject({ error: 'one\ntwo\u2028three' });
});
