// What the page loads of the extension before anyone has asked for a kernel.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { launch, newPage } from './page.mjs';
import { plainServer, SITE } from './plain.mjs';

/** Bytes gzipped, of all parts of the page together; what comes on demand is not in it. */
const BUDGET = 60_000;

test('the page loads little of the extension at its start, and no kernel', async () => {
  const site = await plainServer();
  const browser = await launch();
  const page = await newPage(browser);
  await page.goto(`${site.url}/lab/index.html`);
  await page.waitForFunction(() => window.jupyterapp);
  await page.evaluate(() => window.jupyterapp.restored);
  const ours = [...new Set(site.asked)].filter(path =>
    path.startsWith('/extensions/jupyterlite-milvus-kernel/')
  );
  assert.ok(ours.some(path => basename(path).startsWith('remoteEntry.')), ours.join(' '));
  assert.deepEqual(ours.filter(path => path.endsWith('.wasm')), []);
  const sizes = ours.map(path => gzipSync(readFileSync(join(SITE, path))).length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const listed = ours.map((path, at) => `${basename(path)} ${sizes[at]}`).join(', ');
  assert.ok(total <= BUDGET, `${total} bytes of ${BUDGET}: ${listed}`);
  console.log(`# at the page's start: ${total} bytes gzipped of ${BUDGET}: ${listed}`);
  await browser.close();
  await site.off();
});
