/** The arguments of the program, and their output (docs/settings.md «Arguments»). */
import { ConfigError, readConfig } from './config.js';
import type { Effective, Environment } from './config.js';
import { REDACTED } from '../errors.js';
import { VERSION } from '../version.js';
import { intendedSetting } from './near-misses.js';

const ARGUMENTS = {
  '--help': 'print this',
  '--version': 'print the version',
  '--print-config': 'print the effective settings, without secrets, and where each comes from',
} as const;

export type Argument = keyof typeof ARGUMENTS;

const isArgument = (text: string): text is Argument => Object.hasOwn(ARGUMENTS, text);

const USAGE = `settings are environment variables (docs/settings.md), arguments are ${Object.keys(ARGUMENTS).join(', ')}`;

/** Redacts the password of a URI, and options with credentials. A user may hold characters that a URI has to encode. */
const withoutPassword = (uri: string): string =>
  uri
    .replace(/^([^:]+:\/\/)([^:]*)(:.*)?@/s, (_, scheme: string, user: string, password?: string) =>
      password === undefined ? `${scheme}${user}@` : `${scheme}${user}:${REDACTED}@`,
    )
    .replaceAll(/([?&](?:\w*pass\w*|authMechanismProperties|auth|key|pfx)=)[^&]*/gi, `$1${REDACTED}`);

/** Returns the first argument; undefined without any. Errors: ConfigError with the unknown argument. */
export function readArguments(given: readonly string[]): Argument | undefined {
  const unknown = given.find((text) => !isArgument(text));
  if (unknown !== undefined) {
    const [name = ''] = withoutPassword(unknown).split('=', 1);
    const meant = name.startsWith('-') ? intendedSetting(name.replace(/^-+/, '')) : undefined;
    throw new ConfigError(
      `${name} is not an argument: ${USAGE}${meant === undefined ? '' : `; did you mean ${meant}?`}`,
    );
  }
  return given.find(isArgument);
}

/** Layout of the two columns: the gap between them, and the maximum width of the first. */
const GAP = 2;
const MAX_WIDTH = 40;

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.min(MAX_WIDTH, Math.max(...rows.map(([left]) => left.length)));
  return rows.map(([left, right]) => `${left.padEnd(width)}${' '.repeat(GAP)}${right}\n`).join('');
}

function settings(environment: Environment): readonly Effective[] {
  const all: Effective[] = [];
  readConfig(environment, (setting) => all.push(setting));
  return all;
}

/** The effective settings, for `--print-config`. Errors: ConfigError. */
export const printedConfig = (environment: Environment): string =>
  columns(
    settings(environment).map(({ name, text, source }) => [
      `${name}=${name === 'MONGODB_URI' ? withoutPassword(text ?? '') : (text ?? '')}`,
      text === undefined ? '# not set' : `# ${source}`,
    ]),
  );

/** The arguments and the settings, for `--help`. */
export const help = (): string =>
  [
    'usage: npm start [-- <argument>]\n       node build/src/main.js [<argument>]\n\narguments:\n',
    columns(Object.entries(ARGUMENTS).map(([name, what]) => [`  ${name}`, what])),
    '\nsettings, environment variables with their defaults (docs/settings.md):\n',
    columns(settings({}).map(({ name, text }) => [`  ${name}`, text ?? 'not set'])),
  ].join('');

/** The output of `argument`. Errors: ConfigError. */
export function outputOf(argument: Argument, environment: Environment): string {
  switch (argument) {
    case '--help':
      return help();
    case '--version':
      return `${VERSION}\n`;
    case '--print-config':
      return printedConfig(environment);
  }
}
