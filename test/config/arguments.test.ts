// Command-line arguments: their output, and the rejection of unknown ones.
import { describe, expect, test } from '@jest/globals';
import { help, printedConfig, readArguments } from '../../src/config/arguments.js';
import { ConfigError } from '../../src/config/config.js';

describe('the arguments', () => {
  test.each([
    [[], undefined],
    [['--help'], '--help'],
    [['--version'], '--version'],
    [['--print-config'], '--print-config'],
    [['--version', '--help'], '--version'],
  ])('%j select %j', (args, expected) => {
    expect(readArguments(args)).toBe(expected);
  });

  test.each([
    [['--port', '1'], /^--port is not an argument: .*; did you mean GRPC_PORT, HTTP_PORT or ADMIN_PORT\?$/],
    [['--grpc-port=1'], /^--grpc-port is not an argument: .*; did you mean GRPC_PORT\?$/],
    [
      ['--mongodb-uri=mongodb://me:secret@h/'],
      /^--mongodb-uri is not an argument: .*; did you mean MONGODB_URI\?$/,
    ],
    [['-h'], /^-h is not an argument: .*--help/],
    [['--Help'], /^--Help is not an argument/],
    [['--help=1'], /^--help is not an argument/],
    [['--help', 'serve'], /^serve is not an argument: settings are environment variables/],
    [['mongodb://me:secret@h/'], /^mongodb:\/\/me:\[redacted\]@h\/ is not an argument/],
    [['mongodb://me:sec=secret@h/'], /^mongodb:\/\/me:\[redacted\]@h\/ is not an argument/],
    [[''], /^ is not an argument/],
  ])('%j are rejected with a hint', (args, expected) => {
    expect(() => readArguments(args)).toThrow(expected);
    expect(() => readArguments(args)).not.toThrow('sec');
  });
});

/** Returns the printed line of `name` with runs of blanks collapsed. */
const lineOf = (name: string, environment: Readonly<Record<string, string>>): string | undefined =>
  printedConfig(environment)
    .split('\n')
    .find((line) => line.startsWith(`${name}=`))
    ?.replaceAll(/ +/g, ' ');

describe('the printed configuration', () => {
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
  ])('shows %s for %j with its source', (name, environment, expected) => {
    expect(lineOf(name, environment)).toBe(expected);
  });

  test.each([
    ['mongodb://me:se-cret@h:1,h:2/jobs?replicaSet=a', 'mongodb://me:[redacted]@h:1,h:2/jobs?replicaSet=a'],
    ['mongodb+srv://me:se-cret@h/', 'mongodb+srv://me:[redacted]@h/'],
    ['mongodb://me@h/', 'mongodb://me@h/'],
    ['mongodb://me:@h/', 'mongodb://me:[redacted]@h/'],
    ['mongodb://h/', 'mongodb://h/'],
    ['mongodb://me:se-cret@se-cret@h/', 'mongodb://me:[redacted]@h/'],
    ['mongodb://me:se-cret?x@h/', 'mongodb://me:[redacted]@h/'],
    ['mongodb://me@corp.example:se-cret@h:1/jobs', 'mongodb://me@corp.example:[redacted]@h:1/jobs'],
    ['mongodb://m?e:se-cret@h/', 'mongodb://m?e:[redacted]@h/'],
    [
      'mongodb://h/?tlsCertificateKeyFilePassword=se-cret&tls=true',
      'mongodb://h/?tlsCertificateKeyFilePassword=[redacted]&tls=true',
    ],
    ['mongodb://h/?proxyPassword=se-cret', 'mongodb://h/?proxyPassword=[redacted]'],
    ['mongodb://h/?passphrase=se-cret&key=se-cret', 'mongodb://h/?passphrase=[redacted]&key=[redacted]'],
    [
      'mongodb://h/?authMechanismProperties=AWS_SESSION_TOKEN:se-cret',
      'mongodb://h/?authMechanismProperties=[redacted]',
    ],
  ])('shows %s without its secrets', (uri, expected) => {
    expect(lineOf('MONGODB_URI', { MONGODB_URI: uri })).toBe(`MONGODB_URI=${expected} # environment`);
  });

  test('is not printed if a setting is invalid', () => {
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
