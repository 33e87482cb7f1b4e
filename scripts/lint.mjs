// npm run lint: format, types and style, the .proto files of the contract, the layers and their table. Each check runs even when one
// before it fails.
import { spawnSync } from 'node:child_process';
import { prepare, root } from './setup.mjs';

const checks = [
  ['node_modules/prettier/bin/prettier.cjs', '--check', '.'],
  ['node_modules/eslint/bin/eslint.js', '.'],
  ['node_modules/@bufbuild/buf/bin/buf', 'lint'],
  ['scripts/layers.mjs'],
  ['scripts/architecture.mjs', '--check'],
];

await prepare();
const failed = checks.filter(([script, ...args]) => {
  process.stdout.write(`\n${[script, ...args].join(' ')}\n`);
  return spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' }).status !== 0;
});
process.exitCode = failed.length === 0 ? 0 : 1;
