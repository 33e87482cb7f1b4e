// Arguments: their output, and the refusal of any other.
import { describe, expect, test } from '@jest/globals';
import { help, printedConfig, readArguments } from '../../src/config/arguments.js';
import { ConfigError } from '../../src/config/config.js';

describe('arguments', () => {
  test.each([
    [[], undefined],
    [['--help'], '--help'],
    [['--version'], '--version'],
    [['--print-config'], '--print-config'],
    [['--version', '--help'], '--version'],
  ])('%j', (given, due) => {
    expect(readArguments(given)).toBe(due);
  });

  test.each([
    [['--port', '1'], /^--port is no argument: .*; GRPC_PORT, HTTP_PORT or ADMIN_PORT may be meant$/],
    [['--grpc-port=1'], /^--grpc-port is no argument: .*; GRPC_PORT may be meant$/],
    [
      ['--mongodb-uri=mongodb://me:secret@h/'],
      /^--mongodb-uri is no argument: .*; MONGODB_URI may be meant$/,
    ],
    [['-h'], /^-h is no argument: .*--help/],
    [['--Help'], /^--Help is no argument/],
    [['--help=1'], /^--help is no argument/],
    [['--help', 'serve'], /^serve is no argument: settings are environment variables/],
    [[''], /^ is no argument/],
  ])('%j is none', (given, due) => {
    expect(() => readArguments(given)).toThrow(due);
    expect(() => readArguments(given)).not.toThrow('secret');
  });
});

/** The line of `name`, its blanks as one. */
const lineOf = (name: string, environment: Readonly<Record<string, string>>): string | undefined =>
  printedConfig(environment)
    .split('\n')
    .find((line) => line.startsWith(`${name}=`))
    ?.replaceAll(/ +/g, ' ');

describe('the effective settings', () => {
  test.each([
    ['GRPC_PORT', {}, 'GRPC_PORT=50051 # default'],
    ['GRPC_PORT', { GRPC_PORT: '0' }, 'GRPC_PORT=0 # environment'],
    ['GRPC_PORT', { GRPC_PORT: '' }, 'GRPC_PORT=50051 # default'],
    ['MONGODB_DATABASE', {}, 'MONGODB_DATABASE=inventory # default'],
    ['MONGODB_DATABASE', { MONGODB_URI: 'mongodb://h/jobs' }, 'MONGODB_DATABASE=jobs # MONGODB_URI'],
    ['MONGODB_DATABASE', { MONGODB_URI: 'mongodb://h/?a=/b' }, 'MONGODB_DATABASE=inventory # default'],
    ['MONGODB_DATABASE', { MONGODB_DATABASE: 'jobs' }, 'MONGODB_DATABASE=jobs # environment'],
    ['MONGODB_URI', {}, 'MONGODB_URI= # not set'],
    ['MAX_TIMEOUT', { MAX_TIMEOUT: '5m' }, 'MAX_TIMEOUT=5m # environment'],
    ['CORS_ORIGINS', {}, 'CORS_ORIGINS= # default'],
  ])('%s of %j', (name, environment, due) => {
    expect(lineOf(name, environment)).toBe(due);
  });

  test.each([
    ['mongodb://me:se-cret@h:1,h:2/jobs?replicaSet=a', 'mongodb://me:[redacted]@h:1,h:2/jobs?replicaSet=a'],
    ['mongodb+srv://me:se-cret@h/', 'mongodb+srv://me:[redacted]@h/'],
    ['mongodb://me@h/', 'mongodb://me@h/'],
    ['mongodb://me:@h/', 'mongodb://me:[redacted]@h/'],
    ['mongodb://h/', 'mongodb://h/'],
    ['mongodb://me:se-cret@se-cret@h/', 'mongodb://me:[redacted]@h/'],
    ['mongodb://me:se-cret?x@h/', 'mongodb://me:[redacted]@h/'],
    [
      'mongodb://h/?tlsCertificateKeyFilePassword=se-cret&tls=true',
      'mongodb://h/?tlsCertificateKeyFilePassword=[redacted]&tls=true',
    ],
    ['mongodb://h/?proxyPassword=se-cret', 'mongodb://h/?proxyPassword=[redacted]'],
    [
      'mongodb://h/?authMechanismProperties=AWS_SESSION_TOKEN:se-cret',
      'mongodb://h/?authMechanismProperties=[redacted]',
    ],
  ])('%s has no secret', (uri, due) => {
    expect(lineOf('MONGODB_URI', { MONGODB_URI: uri })).toBe(`MONGODB_URI=${due} # environment`);
  });

  test('are not printed where some are wrong', () => {
    expect(() => printedConfig({ GRPC_PORT: 'x' })).toThrow(ConfigError);
  });
});

test('the help names every setting with its default', () => {
  const lines = help()
    .split('\n')
    .map((line) => line.trim().replaceAll(/ +/g, ' '));
  expect(lines).toEqual(
    expect.arrayContaining(['GRPC_PORT 50051', 'MONGODB_URI not set', 'MAX_RESPONSE_BYTES 64MiB']),
  );
});
