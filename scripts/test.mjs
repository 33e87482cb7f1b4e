// npm test: set up, run jest on what was built, and end with the totals on a line of their own. Arguments go to jest.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { prepare, root } from './setup.mjs';

await prepare();
const results = join(root, 'build', 'test-results.json');
rmSync(results, { force: true });
const args = process.argv.slice(2);
/** The tests of a file come in a random order, and so do the files. */
const order = args.includes('--randomize')
  ? ['--testSequencer', join(root, 'build/test/harness/random-order.js')]
  : [];
const { status } = spawnSync(
  process.execPath,
  [
    ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    ...[join(root, 'node_modules/jest/bin/jest.js'), '--config', join(root, 'jest.config.json')],
    ...['--json', '--outputFile', results, ...order, ...args],
  ],
  { cwd: root, stdio: ['inherit', 'ignore', 'inherit'] },
);
const { passed, failed } = totals();
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = status === 0 && passed > 0 ? 0 : status || 1;

/** No result at all (no mongod, say) is a failure too, and so is a file that could not be run. */
function totals() {
  if (!existsSync(results)) return { passed: 0, failed: 1 };
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(
    readFileSync(results, 'utf8'),
  );
  return { passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites };
}
