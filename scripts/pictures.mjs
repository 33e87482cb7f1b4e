// npm run pictures: the explorer on the sample, each view in light, dark, narrow and wide, into build/pictures; those
// that the documentation shows go to docs/pictures too.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare, root } from './setup.mjs';

await prepare();
const { startProgram } = await import('../build/test/harness/program.js');
const { startBrowser } = await import('../build/test/harness/browser.js');
const { explore } = await import('../build/test/harness/explorer.js');

const DOMAIN = 'domain=domain-3f1c9a7b2e40';
const WEEK = 'window=2023-05-14T00:00Z/2023-05-21T00:00Z';
const views = {
  overview: `#/overview?${DOMAIN}&${WEEK}`,
  table: `#/jobs?${DOMAIN}&window=all&status=ERROR&filter=[["collector.provider","in","aws, azure"]]`,
  job: `#/job?${DOMAIN}&job=job-075d447b0ce6`,
  playground: `#/statistics?${DOMAIN}&window=all`,
};
const looks = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  narrow: { colorScheme: 'light', viewport: { width: 360, height: 740 } },
  wide: { colorScheme: 'dark', viewport: { width: 1920, height: 1080 } },
};
const shown = { 'overview-light': 'overview', 'job-dark': 'job' };

const data = mkdtempSync(join(tmpdir(), 'inventory-job-pictures-'));
const pictures = join(root, 'build', 'pictures');
mkdirSync(pictures, { recursive: true });
mkdirSync(join(root, 'docs', 'pictures'), { recursive: true });
const program = startProgram({ EMBEDDED_DATA_DIR: data });
const { http } = await program.addresses();
const browser = await startBrowser();
for (const [look, options] of Object.entries(looks)) {
  for (const [view, hash] of Object.entries(views)) {
    const { page, settled } = await explore(browser, `http://${http}`, hash, options);
    await settled();
    const path = join(pictures, `${view}-${look}.png`);
    await page.screenshot({ path, fullPage: true });
    await page.close();
    const name = shown[`${view}-${look}`];
    if (name !== undefined) cpSync(path, join(root, 'docs', 'pictures', `${name}.png`));
    process.stdout.write(`${path}\n`);
  }
}
await browser.close();
program.signal('SIGTERM');
await program.ended;
rmSync(data, { recursive: true });
