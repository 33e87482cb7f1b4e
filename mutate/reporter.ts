/** Jest's reporter for changes: ends the run with the first test that fails, and writes down what was seen until then. */
import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Test, TestCaseResult, TestResult } from '@jest/reporters';

/** What a run has shown. */
export interface Report {
  /** The test file that failed, and the test in it. */
  readonly failed?: { readonly test: string; readonly title: string };
  /** The milliseconds of the files that passed, by file. */
  readonly passed: Readonly<Record<string, number>>;
}

/** A test of a figure of time may be tried again. */
const TRIES = 3;
const isTimed = (path: string): boolean => /\btimed\(|retryTimes/.test(readFileSync(path, 'utf8'));

export default class Reporter {
  readonly #passed: Record<string, number> = {};
  readonly #root: string;
  readonly #output: string;

  constructor({ rootDir }: { readonly rootDir: string }, { output }: { readonly output: string }) {
    this.#root = rootDir;
    this.#output = output;
    this.#write({ passed: {} });
  }

  onTestCaseResult({ path }: Test, { status, fullName, invocations }: TestCaseResult): void {
    if (status === 'failed' && (!isTimed(path) || invocations === TRIES)) this.#end(path, fullName);
    this.#write({ passed: this.#passed });
  }

  onTestFileResult({ path }: Test, { testExecError, testResults, perfStats }: TestResult): void {
    const failed = testResults.find(({ status }) => status === 'failed');
    if (failed !== undefined) this.#end(path, failed.fullName);
    if (testExecError !== undefined) this.#end(path, 'it cannot be run');
    this.#passed[this.#source(path)] = perfStats.end - perfStats.start;
    this.#write({ passed: this.#passed });
  }

  #source(path: string): string {
    return relative(`${this.#root}/build`, path).replace(/\.js$/, '.ts');
  }

  #write(report: Report): void {
    writeFileSync(this.#output, JSON.stringify(report));
  }

  #end(path: string, title: string): never {
    this.#write({ failed: { test: this.#source(path), title }, passed: this.#passed });
    process.exit(1);
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** The report that was written to `path`. */
export function reportIn(path: string): Report {
  const report: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!isObject(report) || !isObject(report['passed'])) return { passed: {} };
  const passed = Object.fromEntries(Object.entries(report['passed']).map(([test, ms]) => [test, Number(ms)]));
  const { failed } = report;
  if (!isObject(failed)) return { passed };
  return { failed: { test: String(failed['test']), title: String(failed['title']) }, passed };
}
