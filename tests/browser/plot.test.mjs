// Plots as a person sees them: JupyterLab draws the chart, a tooltip tells what a point is, a saved
// notebook has a picture for who has no script, and nothing is asked of anybody else.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import {
  holds,
  idle,
  launch,
  newPage,
  openNotebook,
  outputs,
  run,
  screenshot,
  text
} from './page.mjs';
import { plainServer } from './plain.mjs';

const VEGA = 'application/vnd.vegalite.v5+json';
const DIGITS = "IMPORT DATABASE IF NOT EXISTS digits FROM 'digits.milvus'; USE digits";

let browser;
let host;
let page;
const complaints = [];

before(async () => {
  host = await plainServer();
  browser = await launch();
  page = await newPage(browser);
  page.on('pageerror', error => complaints.push(String(error)));
  await openNotebook(page, undefined, host.url);
});

after(async () => {
  await browser?.close();
  await host?.off();
});

/** The drawing of a cell, once it is there. */
const drawing = at =>
  page.locator('.jp-CodeCell').nth(at).locator('.jp-RenderedVegaCommon5 canvas');

test('the digits are drawn, and those nearest to one are marked', async () => {
  const [, said] = await run(page, [
    DIGITS,
    'PLOT digits.vector COLOR BY label LABEL picture NEAR ID(0)'
  ]);
  assert.match(said, /^scatter of [\d,]+ points of digits\.vector: 2 of 64 dimensions keep \d+ %/m);
  assert.match(said, /the query is a star, 10 hits have a ring: 0, /);
  await drawing(1).waitFor();
  const [, cell] = await outputs(page);
  const [{ data }] = cell.outputs;
  assert.equal(data['text/html'], undefined, 'JupyterLab would show it and not the chart');
  assert.match(data['image/svg+xml'], /^<svg xmlns/);
  const size = JSON.stringify(data[VEGA]).length + data['image/svg+xml'].length;
  assert.equal(size < 200_000, true, `${size} bytes`);
  await screenshot(page, 'plot-digits');
});

test('a tooltip tells what a point is, with its picture', async () => {
  const box = await drawing(1).boundingBox();
  // wherever points are, one is met on the way through them
  const tooltip = page.locator('#vg-tooltip-element.visible');
  await holds(async () => {
    for (let step = 10; step < 90 && (await tooltip.count()) === 0; step++) {
      const at = step / 100;
      await page.mouse.move(box.x + box.width * 0.45, box.y + box.height * at);
    }
    const told = await tooltip.innerText({ timeout: 1_000 });
    assert.match(told, /id:?\s+\d+\s+label:?\s+\d/);
    assert.equal(told.includes('undefined'), false, told);
  });
  const picture = tooltip.locator('img');
  await holds(async () => assert.equal(await picture.evaluate(image => image.naturalWidth), 96));
  await screenshot(page, 'plot-tooltip');
  await page.mouse.move(0, 0);
});

test('what a SELECT gives is bars, a line, a histogram or points', async () => {
  const cells = [
    DIGITS,
    'PLOT AS BAR SELECT label, COUNT(*) FROM digits GROUP BY label ORDER BY label',
    'PLOT SELECT label, COUNT(*) FROM digits GROUP BY label ORDER BY label',
    'PLOT SELECT id FROM digits',
    'PLOT SELECT id, distance FROM digits ORDER BY vector <-> ID(3) LIMIT 50'
  ];
  const said = await run(page, cells);
  for (const [at, word] of ['bars', 'line', 'histogram', 'scatter'].entries()) {
    assert.match(said[at + 1], new RegExp(`^${word} of `));
    await drawing(at + 1).waitFor();
    await drawing(at + 1).scrollIntoViewIfNeeded();
    await screenshot(page, `plot-${word}`);
  }
});

test('a plot is readable in the dark', async () => {
  await page.evaluate(() =>
    window.jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' })
  );
  await page.waitForFunction(() => document.body.dataset.jpThemeLight === 'false');
  await run(page, [DIGITS, 'PLOT digits.vector COLOR BY label NEAR ID(0)']);
  await drawing(1).waitFor();
  await holds(async () => {
    const [red, green, blue, alpha] = await drawing(1).evaluate(canvas => [
      ...canvas.getContext('2d').getImageData(2, 2, 1, 1).data
    ]);
    assert.equal(alpha, 255, 'it is drawn');
    const dark = Math.max(red, green, blue);
    assert.equal(dark < 80, true, `a background of ${dark}`);
  });
  await screenshot(page, 'plot-dark');
  await page.evaluate(() =>
    window.jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Light' })
  );
});

test('nothing was asked of anybody else, and nothing has failed', async () => {
  await idle(page);
  assert.deepEqual(page.outside, []);
  assert.deepEqual(complaints, []);
  assert.equal((await outputs(page)).map(text).join('').includes('error'), false);
});
