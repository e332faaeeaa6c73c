// Completion as one types: what the list shows, in which order, and when it opens by itself.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { holds, launch, newPage, openNotebook, run, setCells } from './page.mjs';
import { plainServer } from './plain.mjs';

let browser;
let host;
let page;

before(async () => {
  host = await plainServer();
  browser = await launch();
  page = await newPage(browser);
  await openNotebook(page, undefined, host.url);
  await run(page, [
    'milvus://memory/typing; CREATE TABLE books (id BIGINT PRIMARY KEY, title VARCHAR(100), ' +
      'v VECTOR(2)); CREATE TABLE authors (id BIGINT PRIMARY KEY, v VECTOR(2))'
  ]);
});

after(async () => {
  await browser?.close();
  await host?.off();
});

const list = () => page.locator('.jp-Completer:visible .jp-Completer-match');

/** Types into an empty cell; `more` is typed when the list for what is before it is there. */
async function type(text) {
  await setCells(page, ['']);
  await page.locator('.jp-Cell .cm-content').first().click();
  await page.keyboard.type(text, { delay: 20 });
}

/** Waits until the list begins with these. */
const begins = (...names) =>
  holds(async () =>
    assert.deepEqual((await list().allTextContents()).slice(0, names.length), names)
  );

/** Nothing is listed: what would open it has been answered by then, and drawn. */
async function nothing() {
  await page.evaluate(() =>
    window.notebook().sessionContext.session.kernel.requestComplete({ code: 'a', cursor_pos: 1 })
  );
  await page.waitForTimeout(500);
  // what was listed before the last key goes when it can
  await holds(async () => assert.equal(await list().count(), 0));
}

test('the list has the order of the kernel, and no words of the cell', async () => {
  await type('c');
  await begins('create');
  await page.keyboard.press('Escape');
  await type('insert ');
  await page.keyboard.press('Tab');
  await holds(async () => assert.deepEqual(await list().allTextContents(), ['into']));
});

test('what is typed further leaves what begins with it before what has its letters', async () => {
  await type('select * from books where t');
  await page.locator('.jp-Completer:visible').getByText('title', { exact: true }).waitFor();
  await begins('title');
  await page.keyboard.type('i', { delay: 20 });
  await page.waitForFunction(
    () => document.querySelector('.jp-Completer .jp-Completer-match')?.textContent === 'title'
  );
  await page.keyboard.press('Enter');
  await holds(async () =>
    assert.equal(
      await page.evaluate(() => window.notebook().content.widgets[0].model.sharedModel.source),
      'select * from books where title'
    )
  );
});

test('the list opens by itself where a name follows, and not where nothing has to', async () => {
  await type('select * from ');
  await begins('authors', 'books');
  await page.keyboard.press('Escape');
  await type('select * from books b where b.');
  await begins('id', 'title', 'v');
  await page.keyboard.press('Escape');
  await type('select * from books ');
  await nothing();
  await type("insert into books values (1, 'a letter from ");
  await nothing();
});
