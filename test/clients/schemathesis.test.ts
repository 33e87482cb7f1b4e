// Schemathesis generates valid and invalid requests from the OpenAPI description and checks the responses.
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { INSTALL_TIMEOUT_MS, pythonWith } from '../harness/python.js';
import { useService } from '../harness/use-service.js';

const REQUIREMENTS = join(process.cwd(), 'test/clients/schemathesis/requirements.txt');

/** Bounds of a run: cases per operation, and duration. */
const CASES_PER_OPERATION = 100;
const MAX_SECONDS = 30;
const SEED = 20_261_125;

/**
 * Checks beyond the description: a request of the right types may be invalid (an unknown key, a bad expression), and
 * proto3 JSON also accepts null for any field.
 */
const EXCLUDED_CHECKS = ['positive_data_acceptance', 'negative_data_rejection'];

const ARGUMENTS = [
  ...[
    '--max-examples',
    String(CASES_PER_OPERATION),
    '--max-time',
    String(MAX_SECONDS),
    '--seed',
    String(SEED),
  ],
  ...['--continue-on-failure', '--no-color', '--exclude-checks', EXCLUDED_CHECKS.join()],
];

const service = useService('schemathesis');
let program: string;

beforeAll(() => {
  program = join(dirname(pythonWith('schemathesis', REQUIREMENTS)), 'st');
}, INSTALL_TIMEOUT_MS + 60_000);

/** Runs Schemathesis and returns its output; it passes if it finds no failure. */
function runSchemathesis(): Promise<{ readonly passed: boolean; readonly report: string }> {
  return new Promise((resolve) => {
    const args = ['run', `http://${service.http}/openapi.json`, ...ARGUMENTS];
    // It writes files into its working directory.
    const options = { cwd: dirname(program), timeout: 3000 * MAX_SECONDS, maxBuffer: 2 ** 26 };
    execFile(program, args, options, (error, stdout, stderr) => {
      resolve({ passed: error === null, report: `${stdout}${stderr}` });
    });
  });
}

test(
  `Schemathesis finds no failure in ${MAX_SECONDS} s`,
  async () => {
    const { passed, report } = await runSchemathesis();
    expect({ passed, report }).toEqual({ passed: true, report: expect.stringContaining('Tested: 4') });
    expect(Number(/(\d+) generated/.exec(report)?.[1])).toBeGreaterThan(200);
    expect(service.faults).toEqual([]);
  },
  4000 * MAX_SECONDS,
);
