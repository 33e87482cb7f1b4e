// Jest's reporter for changes: ends the run at the first failing test, and records the results so far.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Test, TestCaseResult, TestResult } from '@jest/reporters';

/** The results of a run. */
export interface Report {
  /** The failing test file, and the test in it. */
  readonly failed?: { readonly test: string; readonly title: string };
  /** The milliseconds of each passing file. */
  readonly passed: Readonly<Record<string, number>>;
  /** The file that has begun, and not ended. */
  readonly running?: string;
}

/** The attempts at a test with assertions on times. */
const MAX_ATTEMPTS = 3;
const isTimed = (path: string): boolean => /\btimed\(|retryTimes/.test(readFileSync(path, 'utf8'));

export default class Reporter {
  readonly #passed: Record<string, number> = {};
  readonly #root: string;
  readonly #output: string;
  #running: string | undefined;

  constructor({ rootDir }: { readonly rootDir: string }, { output }: { readonly output: string }) {
    this.#root = rootDir;
    this.#output = output;
    this.#write({ passed: {} });
  }

  onTestFileStart({ path }: Test): void {
    this.#running = this.#source(path);
    this.#write({ passed: this.#passed });
  }

  onTestCaseResult({ path }: Test, { status, fullName, invocations }: TestCaseResult): void {
    if (status === 'failed' && (!isTimed(path) || invocations === MAX_ATTEMPTS)) this.#end(path, fullName);
    this.#write({ passed: this.#passed });
  }

  onTestFileResult({ path }: Test, { testExecError, testResults, perfStats }: TestResult): void {
    const failed = testResults.find(({ status }) => status === 'failed');
    if (failed !== undefined) this.#end(path, failed.fullName);
    if (testExecError !== undefined) this.#end(path, 'the file cannot be run');
    this.#passed[this.#source(path)] = perfStats.end - perfStats.start;
    this.#running = undefined;
    this.#write({ passed: this.#passed });
  }

  #source(path: string): string {
    return relative(`${this.#root}/build`, path).replace(/\.js$/, '.ts');
  }

  #write(report: Report): void {
    const running = this.#running === undefined ? {} : { running: this.#running };
    // The reader polls: it must never see half a report.
    writeFileSync(`${this.#output}.new`, JSON.stringify({ ...running, ...report }));
    renameSync(`${this.#output}.new`, this.#output);
  }

  #end(path: string, title: string): never {
    this.#write({ failed: { test: this.#source(path), title }, passed: this.#passed });
    process.exit(1);
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Reads the report at `path`. */
export function reportIn(path: string): Report {
  const report: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!isObject(report) || !isObject(report['passed'])) return { passed: {} };
  const passed = Object.fromEntries(Object.entries(report['passed']).map(([test, ms]) => [test, Number(ms)]));
  const running = typeof report['running'] === 'string' ? { running: report['running'] } : {};
  const { failed } = report;
  if (!isObject(failed)) return { passed, ...running };
  return { failed: { test: String(failed['test']), title: String(failed['title']) }, passed, ...running };
}
