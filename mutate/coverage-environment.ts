// Jest's environment for the baseline: records which parts of src each test file executes.
import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import type { Profiler } from 'node:inspector';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EnvironmentContext, JestEnvironmentConfig } from '@jest/environment';
import { TestEnvironment } from 'jest-environment-node';

/** The executed intervals of a script: start, end, start, end, in ascending order of offsets. */
export type Intervals = readonly number[];

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

/** Nested ranges, the outer ones first. */
const byNesting = (one: Range, other: Range): number =>
  one.startOffset - other.startOffset || other.endOffset - one.endOffset;

/** Flattens nested ranges to the intervals with a count; an inner range overrides the outer ones. */
export function executed(ranges: readonly Range[]): Intervals {
  const intervals: number[] = [];
  const open: Range[] = [];
  let position = 0;
  const advance = (to: number): void => {
    const top = open.at(-1);
    if (top !== undefined && top.count > 0 && to > position) {
      if (intervals.at(-1) === position) intervals[intervals.length - 1] = to;
      else intervals.push(position, to);
    }
    position = Math.max(position, to);
  };
  const closeUntil = (offset: number): void => {
    for (let top = open.at(-1); top !== undefined && top.endOffset <= offset; top = open.at(-1)) {
      advance(top.endOffset);
      open.pop();
    }
  };
  for (const range of ranges.toSorted(byNesting)) {
    closeUntil(range.startOffset);
    advance(range.startOffset);
    open.push(range);
  }
  closeUntil(Infinity);
  return intervals;
}

const pathOf = (url: string): string => (url.startsWith('file:') ? fileURLToPath(url) : url);

export default class CoverageEnvironment extends TestEnvironment {
  readonly #session = new Session();
  readonly #root: string;
  readonly #test: string;
  readonly #output: string;

  constructor(config: JestEnvironmentConfig, context: EnvironmentContext) {
    super(config, context);
    this.#root = join(config.projectConfig.rootDir, 'build');
    this.#test = relative(this.#root, context.testPath).replace(/\.js$/, '.ts');
    this.#output = join(config.projectConfig.rootDir, 'coverage', `${this.#test}.json`);
  }

  override async setup(): Promise<void> {
    await super.setup();
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  override async teardown(): Promise<void> {
    this.#session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error === null) this.#write(result);
    });
    this.#session.disconnect();
    await super.teardown();
  }

  /** Writes the intervals of each script of src; a module evaluated twice has the list of each evaluation. */
  #write(scripts: readonly Profiler.ScriptCoverage[]): void {
    const found = new Map<string, Intervals[]>();
    for (const { url, functions } of scripts) {
      const file = relative(this.#root, pathOf(url)).replace(/\.js$/, '.ts');
      if (!file.startsWith('src/')) continue;
      const intervals = executed(functions.flatMap(({ ranges }) => ranges));
      // Modules of earlier test files may still be in memory.
      if (intervals.length > 0) found.set(file, [...(found.get(file) ?? []), intervals]);
    }
    mkdirSync(dirname(this.#output), { recursive: true });
    writeFileSync(this.#output, JSON.stringify(Object.fromEntries(found)));
  }
}
