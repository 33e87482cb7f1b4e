// npm run lint: format, types and taste, the contract's .proto files, and the layers. Each check runs even when one
// before it fails.
import { spawnSync } from 'node:child_process';
import { prepare, root } from './setup.mjs';

const checks = [
  ['node_modules/prettier/bin/prettier.cjs', '--check', '.'],
  ['node_modules/eslint/bin/eslint.js', '.'],
  ['node_modules/@bufbuild/buf/bin/buf', 'lint'],
  ['scripts/layers.mjs'],
];

await prepare();
const failed = checks.filter(([script, ...args]) => {
  process.stdout.write(`\n${[script, ...args].join(' ')}\n`);
  return spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' }).status !== 0;
});
process.exitCode = failed.length === 0 ? 0 : 1;
