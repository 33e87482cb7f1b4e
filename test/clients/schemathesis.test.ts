// Schemathesis makes requests of the OpenAPI description, right and wrong ones, and judges what the service answers.
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { INSTALL_TIMEOUT_MS, pythonWith } from '../harness/python.js';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';

const REQUIREMENTS = join(process.cwd(), 'test/clients/schemathesis/requirements.txt');

/** Bounds of a run: cases for each operation, and seconds. */
const CASES = 100;
const SECONDS = 30;
const SEED = 20_261_125;

/**
 * What the description cannot tell: that a request of the right types asks for something wrong (an unknown key, a bad
 * expression), and that proto3 JSON also takes null for any field.
 */
const UNTOLD = ['positive_data_acceptance', 'negative_data_rejection'];

const ARGUMENTS = [
  ...['--max-examples', String(CASES), '--max-time', String(SECONDS), '--seed', String(SEED)],
  ...['--continue-on-failure', '--no-color', '--exclude-checks', UNTOLD.join()],
];

let service: Service;
let program: string;

beforeAll(async () => {
  program = join(dirname(pythonWith('schemathesis', REQUIREMENTS)), 'st');
  service = await startService('schemathesis');
}, INSTALL_TIMEOUT_MS + 60_000);
afterAll(() => service.stop());

/** Runs Schemathesis; the outcome is what it printed, and whether it found nothing. */
function fuzz(): Promise<{ readonly passed: boolean; readonly report: string }> {
  return new Promise((resolve) => {
    const args = ['run', `http://${service.http}/openapi.json`, ...ARGUMENTS];
    // It keeps notes where it runs.
    const options = { cwd: dirname(program), timeout: 3000 * SECONDS, maxBuffer: 2 ** 26 };
    execFile(program, args, options, (error, stdout, stderr) => {
      resolve({ passed: error === null, report: `${stdout}${stderr}` });
    });
  });
}

test(
  `finds nothing in ${SECONDS} s`,
  async () => {
    const { passed, report } = await fuzz();
    expect({ passed, report }).toEqual({ passed: true, report: expect.stringContaining('Tested: 4') });
    expect(Number(/(\d+) generated/.exec(report)?.[1])).toBeGreaterThan(200);
    expect(service.faults).toEqual([]);
  },
  4000 * SECONDS,
);
