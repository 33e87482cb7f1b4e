// A resilience scenario: an attack or a fault against the service, and the assertions on its behaviour (docs/resilience.md «Scenarios»).
import type { LogLine } from '../harness/program.js';

export interface Assertion {
  readonly name: string;
  /** The measured value, with its unit. */
  readonly actual: string;
  readonly expected: string;
  readonly holds: boolean;
}

/** The options of a run. */
export interface ScenarioOptions {
  /** Seeds every random choice: the same seed repeats the scenario. */
  readonly seed: number;
  /** A smaller form, for every change; the full size is for the published results. */
  readonly short: boolean;
  /** The duration of a scenario without an end of its own; undefined: its default. */
  readonly lasting: number | undefined;
  /** Prints a line below the name of the scenario. */
  note(line: string): void;
}

export type Scenario = (options: ScenarioOptions) => Promise<readonly Assertion[]>;

/** Asserts a count. */
export const exactly = (name: string, actual: number, expected: number): Assertion => ({
  name,
  actual: String(actual),
  expected: String(expected),
  holds: actual === expected,
});

/** Asserts that none of `items` meets `is`. */
export const none = <T>(name: string, items: readonly T[], is: (item: T) => boolean): Assertion =>
  exactly(name, items.filter(is).length, 0);

const measured = (value: number, unit: string): string =>
  `${value.toFixed(Number.isInteger(value) ? 0 : 2)} ${unit}`;

/** Asserts a maximum. */
export const atMost = (name: string, actual: number, max: number, unit: string): Assertion => ({
  name,
  actual: measured(actual, unit),
  expected: `≤ ${max} ${unit}`,
  holds: actual <= max,
});

/** Asserts a minimum. */
export const atLeast = (name: string, actual: number, min: number, unit: string): Assertion => ({
  name,
  actual: measured(actual, unit),
  expected: `≥ ${min} ${unit}`,
  holds: actual >= min,
});

const MAX_DELAY_MS = 100;
/** The same in the short form, on a machine shared with others. */
const MAX_DELAY_SHORT_MS = 600;

/** Asserts the longest delay of the event loop of the service. */
export const longestDelay = (delayMs: number, { short }: ScenarioOptions): Assertion =>
  atMost('longest delay of the event loop', delayMs, short ? MAX_DELAY_SHORT_MS : MAX_DELAY_MS, 'ms');

/** Log lines from this level on report a fault. */
const ERROR_LEVEL = 50;

/** Asserts that the log reports no fault. */
export const noFaults = (log: readonly LogLine[], context = ''): Assertion =>
  none(
    `${context === '' ? '' : `${context}: `}log lines from level ${ERROR_LEVEL} on`,
    log,
    ({ level }) => Number(level) >= ERROR_LEVEL,
  );

/** Asserts that the process has neither exited nor been restarted. */
export const sameProcess = (program: { isRunning(): boolean }): Assertion =>
  exactly('the same process', Number(program.isRunning()), 1);
