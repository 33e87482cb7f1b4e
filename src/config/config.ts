/** The environment as one frozen Config; every complaint is reported at once (docs/settings.md). */
import { contradictions } from './contradictions.js';
import type { Environment } from './contradictions.js';
import { wrongForPackages } from './otel.js';
import { complaintOf } from './reader.js';
import type { Reader } from './reader.js';
import { databaseInUri, settings } from './settings.js';
import type { Config } from './settings.js';

export type { Config, Environment };

/** All complaints about the settings or the arguments, a line each. */
export class ConfigError extends Error {}

/** The origin of a setting. */
type Source = 'environment' | 'MONGODB_URI' | 'default';

/** A setting as it is effective. */
export interface Effective {
  readonly name: string;
  /** As written in the environment; undefined if unset and without a default. */
  readonly text: string | undefined;
  readonly source: Source;
}

/** Reads the settings from `environment`, and calls `onSetting` for each. Errors: ConfigError with every complaint, each naming its variable. */
export function readConfig(
  environment: Environment,
  onSetting: (setting: Effective) => void = () => undefined,
): Config {
  const complaints: string[] = [];
  const wrong = new Set<string>();
  const ofUri = databaseInUri(environment['MONGODB_URI'] ?? '');

  function read<T>(name: string, reader: Reader<T>, otherwise: string): T;
  function read<T>(name: string, reader: Reader<T>): T | undefined;
  function read<T>(name: string, reader: Reader<T>, otherwise?: string): T | undefined {
    const own = environment[name] ?? '';
    const text = own === '' ? otherwise : own;
    const inUri = name === 'MONGODB_DATABASE' && ofUri !== undefined;
    onSetting({ name, text, source: own !== '' ? 'environment' : inUri ? 'MONGODB_URI' : 'default' });
    try {
      return text === undefined ? undefined : reader(text);
    } catch (error) {
      complaints.push(complaintOf(name, error));
      wrong.add(name);
      return otherwise === undefined || own === '' ? undefined : reader(otherwise);
    }
  }

  const config = settings(read, ofUri);
  complaints.push(...wrongForPackages(environment));
  complaints.push(...contradictions(config, environment, wrong));
  if (complaints.length > 0) throw new ConfigError(complaints.join('\n'));
  return Object.freeze(config);
}
