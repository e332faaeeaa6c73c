// What axe finds serious or critical in the site's own pages and in what the kernel shows, in light
// and in dark, on a desk and on a phone. JupyterLab's own parts are JupyterLab's.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { findings } from './axe.mjs';
import { holds, launch, newContext, openNotebook, pageOf, run } from './page.mjs';
import { plainServer, SITE } from './plain.mjs';

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const CELLS = [
  `CREATE TABLE seen (id BIGINT PRIMARY KEY, title VARCHAR(100) NULL, meta JSON, v VECTOR(2));
   INSERT INTO seen VALUES (1, 'Emma', '{"a": 1}', [0.9, 0.1]), (2, NULL, '{}', [0.8, 0.2])`,
  'SELECT * FROM seen ORDER BY v <-> [1, 0] LIMIT 2',
  'SELECT title, COUNT(*) FROM seen GROUP BY title',
  'SELECT * FROM sen',
  'SELECT * FORM seen',
  'HELP metric',
  "IMPORT DATABASE IF NOT EXISTS digits FROM 'digits.milvus'; USE digits",
  'SELECT id, picture, vector FROM digits LIMIT 3',
  'EXPLAIN SELECT id FROM digits LIMIT 3'
];

let browser;
let host;

before(async () => {
  host = await plainServer();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await host?.off();
});

for (const colorScheme of ['light', 'dark']) {
  test(`the front page, ${colorScheme}`, async () => {
    for (const options of [{ viewport: { width: 1280, height: 800 } }, PHONE]) {
      const page = await pageOf(await newContext(browser, { ...options, colorScheme }));
      await page.goto(`${host.url}/index.html`);
      await holds(async () => assert.deepEqual(await findings(page), []));
      await page.context().close();
    }
  });

  test(`every page of the reference and the one on networks, ${colorScheme}`, async () => {
    const names = readdirSync(`${SITE}reference`).filter(name => name.endsWith('.html'));
    assert.ok(names.length > 30);
    const page = await pageOf(await newContext(browser, { colorScheme }));
    for (const path of [...names.map(name => `reference/${name}`), 'deploy/index.html']) {
      await page.goto(`${host.url}/${path}`);
      await holds(async () => assert.deepEqual(await findings(page), [], path));
    }
    await page.context().close();
  });

  test(`the reference on a phone, and what a search finds, ${colorScheme}`, async () => {
    const page = await pageOf(await newContext(browser, { ...PHONE, colorScheme }));
    await page.goto(`${host.url}/reference/schema.html`);
    await holds(async () => assert.deepEqual(await findings(page), []));
    await page.locator('header input').fill('hybrid');
    await page.locator('.results a').first().waitFor();
    await page.keyboard.press('ArrowDown');
    await holds(async () => assert.deepEqual(await findings(page), []));
    await page.context().close();
  });

  test(`tables, notes, status lines and errors in a notebook, ${colorScheme}`, async () => {
    const page = await pageOf(await newContext(browser));
    await openNotebook(page, undefined, host.url);
    const theme = colorScheme === 'dark' ? 'JupyterLab Dark' : 'JupyterLab Light';
    await page.evaluate(
      theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme }),
      theme
    );
    const isLight = String(colorScheme === 'light');
    await page.waitForSelector(`body[data-jp-theme-light="${isLight}"]`, { state: 'attached' });
    await run(page, CELLS);
    // a notebook draws what is in view
    const shown = page.locator('.jp-CodeCell');
    for (let at = 0; at < CELLS.length; at++) {
      await page.evaluate(at => window.notebook().content.scrollToItem(at, 'start'), at);
      await shown.first().waitFor();
      await holds(async () =>
        assert.deepEqual(
          await findings(page, ['.jp-OutputArea-output'], ['.jp-OutputPrompt']),
          [],
          CELLS[at]
        )
      );
    }
    await page.context().close();
  });
}
