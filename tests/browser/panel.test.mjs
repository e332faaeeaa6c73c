// The side panel, the settings, the status bar and the palette in JupyterLab, with the engine of
// the tab: what a person sees there, by mouse, by keyboard alone and in Chinese.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import {
  command,
  holds,
  idle,
  launch,
  newContext,
  outputs,
  pageOf,
  run,
  screenshot,
  setCells,
  text,
  until
} from './page.mjs';
import { plainServer } from './plain.mjs';

const EXTENSION = new URL('../../jupyterlite/', import.meta.url);
const require = createRequire(new URL('package.json', EXTENSION));
const SETTINGS = 'jupyterlite-milvus-kernel:kernel';

let site;
let browser;

before(async () => {
  site = await plainServer();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await site?.off();
});

/** JupyterLab with a notebook of this kernel, in a site whose owner has set that. */
async function lab(overrides = {}) {
  const context = await newContext(browser, {
    viewport: { width: 1300, height: 900 }
  });
  const page = await pageOf(context);
  page.errors = [];
  page.on('pageerror', error => page.errors.push(String(error)));
  await page.route('**/lab/jupyter-lite.json', async route => {
    const answer = await route.fetch();
    const config = await answer.json();
    config['jupyter-config-data'].settingsOverrides = overrides;
    await route.fulfill({ response: answer, json: config });
  });
  await page.goto(`${site.url}/lab/index.html?path=tour.ipynb`);
  await idle(page);
  return page;
}

const BOOKS =
  'CREATE TABLE books (id BIGINT PRIMARY KEY, title VARCHAR(100), v VECTOR(2), ' +
  "INDEX (v) WITH (metric_type = 'L2'))";

async function open(page) {
  await command(page, 'milvus:open-panel');
  await page.locator('.milvus-tree:visible').waitFor();
}

/** The node of the tree with this name. */
const node = (page, name) =>
  page.locator('.milvus-node').filter({ has: page.locator(`.milvus-name:text-is("${name}")`) });

const names = page => page.locator('.milvus-node .milvus-name').allTextContents();

/** Chooses of the menu of a node. */
async function choose(page, name, item) {
  await node(page, name).click({ button: 'right' });
  await page.locator('.lm-Menu-itemLabel').getByText(item, { exact: true }).click();
}

/** The outputs of the last cell with that source, once it has run. */
async function lastCell(page, source) {
  // before it has, the kernel may be idle
  await page.waitForFunction(source => {
    const cells = [...window.notebook().content.model.cells];
    const cell = cells.filter(cell => cell.sharedModel.getSource() === source).at(-1);
    return typeof cell?.executionCount === 'number';
  }, source);
  await idle(page);
  return page.evaluate(source => {
    const cells = [...window.notebook().content.model.cells];
    const cell = cells.filter(cell => cell.sharedModel.getSource() === source).at(-1);
    return JSON.stringify(cell.outputs.toJSON());
  }, source);
}

async function axe(page, selector) {
  await page.addScriptTag({ path: require.resolve('axe-core/axe.min.js') });
  const { violations } = await page.evaluate(selector => window.axe.run(selector), selector);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

test('what a site has set holds before the first cell, and a cell wins', async () => {
  const page = await lab({
    [SETTINGS]: {
      defaultConnection: 'milvus://memory/preset',
      displayLimit: 20,
      precision: '3',
      timeout: 20.5
    }
  });
  const [first, second] = await run(page, ['SHOW TABLES; SHOW SETTINGS', 'SHOW SETTINGS']);
  assert.match(first, /no connection was named: connected to milvus:\/\/memory\/preset, /);
  for (const line of [
    /display_limit +20 /,
    /precision +3 /,
    /timeout +20\.5 /,
    /default_connection +milvus:\/\/memory\/preset /
  ]) {
    assert.match(first, line);
    assert.match(second, line);
  }
  const [, wins] = await run(page, ['SET display_limit = 9', 'SHOW SETTINGS']);
  assert.match(wins, /display_limit +9 /);

  // a change goes to the kernels that run, and leaves alone what it does not change
  await page.evaluate(() =>
    window.jupyterapp.commands.execute('settingeditor:open', { query: 'Milvus' })
  );
  const field = name => page.locator(`input[id$="kernel_${name}"]`);
  await field('timeout').fill('33');
  await until(
    page,
    id =>
      window.jupyterapp.serviceManager.settings
        .fetch(id)
        .then(({ raw }) => raw.includes('33')),
    SETTINGS
  );
  // the page hears of it a moment after it is kept
  let changed;
  await holds(async () => {
    [changed] = await run(page, ['SHOW SETTINGS']);
    assert.match(changed, /timeout +33 /);
  });
  assert.match(changed, /display_limit +9 /);

  // a password is not kept
  await page.evaluate(() =>
    window.jupyterapp.commands.execute('settingeditor:open', { query: 'Milvus' })
  );
  await field('defaultConnection').fill('milvus://root:Geheim7@127.0.0.1:19530');
  await page.locator('.validationErrors').getByText('must match pattern').waitFor();
  const { raw } = await page.evaluate(
    id => window.jupyterapp.serviceManager.settings.fetch(id),
    SETTINGS
  );
  assert.doesNotMatch(raw, /Geheim7/);
  assert.deepEqual(page.errors, []);
  await page.context().close();
});

test('the status bar follows the notebook', async () => {
  const page = await lab();
  const status = page.locator('.milvus-statusbar button');
  await status.getByText('Milvus: not connected', { exact: true }).waitFor();
  await holds(async () =>
    assert.match(await status.getAttribute('title'), /goes to milvus:\/\/local$/)
  );
  await run(page, ['milvus://memory/status; CREATE DATABASE library']);
  await status.getByText('milvus://memory/status · default', { exact: true }).waitFor();
  await run(page, ['USE library']);
  await status.getByText('milvus://memory/status · library', { exact: true }).waitFor();
  await run(page, ["CONNECT 'milvus://memory/other' AS 'second'"]);
  await status.getByText('milvus://memory/other · default', { exact: true }).waitFor();
  await status.click();
  await node(page, 'second').waitFor();
  await holds(async () =>
    assert.equal(await node(page, 'second').getAttribute('aria-current'), 'true')
  );
  await holds(async () =>
    assert.equal(await node(page, 'default').first().getAttribute('aria-current'), null)
  );
  assert.deepEqual(page.errors, []);
  await page.context().close();
});

test('the panel shows what is there, inserts names and runs statements', async () => {
  const page = await lab();
  await open(page);
  // nothing is asked before a cell or a person connects
  await node(page, 'milvus://local').waitFor();
  await holds(async () => assert.deepEqual(await names(page), ['Connections', 'milvus://local']));
  await run(page, [
    'milvus://memory/panel; CREATE DATABASE library; CREATE TABLE `order` ' +
      '(id BIGINT PRIMARY KEY, v VECTOR(2))'
  ]);
  await node(page, 'order').waitFor();
  await run(page, [
    `${BOOKS}; INSERT INTO books VALUES (1, 'Emma', [1, 0]), (2, 'Faust', [0, 1]); ` +
      'CREATE PARTITION old ON books; LOAD TABLE books'
  ]);
  // by itself, after the cell
  await node(page, 'books').waitFor();
  await node(page, 'books').getByText('loaded · 2 rows').waitFor();
  await node(page, 'order').getByText('not loaded · 0 rows').waitFor();
  await node(page, 'books').locator('.milvus-twisty').click();
  await node(page, 'title').getByText('VARCHAR(100)').waitFor();
  await node(page, 'id').getByText('BIGINT · primary key').waitFor();
  await node(page, 'v').getByText('VECTOR(2) · AUTOINDEX · L2').waitFor();
  await node(page, 'Partitions').click();
  await node(page, 'old').waitFor();
  await node(page, 'Indexes').click();
  await page.locator('.milvus-mod-index').getByText('L2').waitFor();
  await node(page, 'library').click();
  await page.locator('.milvus-node').getByText('nothing here yet').waitFor();

  // a name goes to the cursor, in quotes where it needs them
  await run(page, ['']);
  const source = () =>
    page.evaluate(() => window.notebook().content.activeCell.model.sharedModel.getSource());
  await page.evaluate(() =>
    window.notebook().content.activeCell.model.sharedModel.setSource('SELECT  FROM ')
  );
  // not by a key, which would go to the list of completions while it is open
  const cursor = column =>
    page.evaluate(column => {
      const { editor } = window.notebook().content.activeCell;
      editor.setCursorPosition({ line: 0, column });
    }, column);
  await cursor('SELECT '.length);
  await node(page, 'title').click();
  await page.waitForFunction(() =>
    window.notebook().content.activeCell.model.sharedModel.getSource().includes('title')
  );
  await cursor('SELECT title FROM '.length);
  await node(page, 'order').click();
  await page.waitForFunction(() =>
    window
      .notebook()
      .content.activeCell.model.sharedModel.getSource()
      .endsWith('`')
  );
  await holds(async () => assert.equal(await source(), 'SELECT title FROM `order`'));

  // what the menu does, it does in a cell
  await choose(page, 'books', 'Sample');
  assert.match(await lastCell(page, 'SELECT * FROM books LIMIT 5'), /Faust/);
  await choose(page, 'books', 'Describe');
  assert.match(await lastCell(page, 'DESCRIBE books'), /VARCHAR\(100\)/);
  await choose(page, 'books', 'Release');
  await lastCell(page, 'RELEASE TABLE books');
  await node(page, 'books').getByText('not loaded').waitFor();
  await choose(page, 'books', 'Load');
  await lastCell(page, 'LOAD TABLE books');
  await choose(page, 'books', 'Export…');
  await page.locator('.jp-Dialog input').fill("it's.csv");
  await page.keyboard.press('Enter');
  assert.match(await lastCell(page, "COPY books TO 'it''s.csv'"), /2 rows/);

  // dropping is asked twice
  const dialog = page.locator('.jp-Dialog');
  await choose(page, 'order', 'Drop…');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await choose(page, 'order', 'Drop…');
  await dialog.getByRole('button', { name: 'Drop' }).click();
  await dialog.locator('input').fill('books');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await page.waitForTimeout(500);
  assert.ok((await names(page)).includes('order'));
  await choose(page, 'order', 'Drop…');
  await dialog.getByRole('button', { name: 'Drop' }).click();
  await dialog.locator('input').fill('order');
  await page.keyboard.press('Enter');
  await lastCell(page, 'DROP TABLE default.default.`order`');
  await node(page, 'order').waitFor({ state: 'detached' });

  // in both themes
  await page.locator('.milvus-filter').blur();
  await holds(async () => assert.deepEqual(await axe(page, '.milvus-panel'), []));
  await holds(async () => assert.deepEqual(await axe(page, '.milvus-statusbar'), []));
  await screenshot(page, 'panel-light');
  await page.evaluate(() =>
    window.jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' })
  );
  await page.waitForFunction(() => document.body.dataset.jpThemeLight === 'false');
  await holds(async () => assert.deepEqual(await axe(page, '.milvus-panel'), []));
  await holds(async () => assert.deepEqual(await axe(page, '.milvus-statusbar'), []));
  await screenshot(page, 'panel-dark');
  assert.deepEqual(page.errors, []);
  assert.deepEqual(page.outside, []);
  await page.context().close();
});

test('a thousand collections, and a filter', async () => {
  const page = await lab();
  const tables = Array.from(
    { length: 1000 },
    (_, at) => `CREATE TABLE t${at} (id BIGINT PRIMARY KEY, v VECTOR(2))`
  );
  await run(page, ['milvus://memory/many', tables.join('; ')]);
  await open(page);
  await node(page, 't999').waitFor({ state: 'attached' });
  await holds(async () => assert.equal(await page.locator('.milvus-mod-collection').count(), 1000));
  await page.locator('.milvus-filter').fill('T12');
  await node(page, 't999').waitFor({ state: 'detached' });
  await holds(async () => assert.equal(await page.locator('.milvus-mod-collection').count(), 11));
  await page.locator('.milvus-filter').fill('nowhere');
  await page.locator('.milvus-mod-collection').first().waitFor({ state: 'detached' });
  await page.locator('.milvus-filter').fill('');
  // a collection is asked about when it is opened
  await node(page, 't999').waitFor({ state: 'attached' });
  await page.waitForTimeout(500);
  assert.equal(await node(page, 't999').locator('.milvus-note').count(), 0);
  await node(page, 't7').locator('.milvus-twisty').click();
  await node(page, 't7').getByText('not loaded · 0 rows').waitFor();
  assert.deepEqual(page.errors, []);
  await page.context().close();
});

test('by the keyboard alone', async () => {
  const page = await lab();
  await run(page, [`milvus://memory/keys; ${BOOKS}`]);
  await open(page);
  await node(page, 'books').waitFor();
  await holds(async () =>
    assert.ok(await page.locator('.milvus-filter').evaluate(box => box === document.activeElement))
  );
  const focused = name =>
    holds(async () => {
      const at = () => document.activeElement.querySelector('.milvus-name')?.textContent;
      assert.equal(await page.evaluate(at), name);
    });
  const press = async (...keys) => {
    for (const key of keys) {
      await page.keyboard.press(key);
    }
  };
  await press('ArrowDown');
  await focused('Connections');
  await press('End');
  await focused('Users');
  await press('Home', 'b');
  await focused('books');
  await holds(async () =>
    assert.equal(await node(page, 'books').getAttribute('aria-expanded'), 'false')
  );
  await press('ArrowRight');
  await node(page, 'title').waitFor();
  await holds(async () =>
    assert.equal(await node(page, 'books').getAttribute('aria-expanded'), 'true')
  );
  await focused('books');
  await press('ArrowRight', 'ArrowDown');
  await focused('title');
  await holds(async () => assert.equal(await node(page, 'title').getAttribute('aria-level'), '4'));
  await press('ArrowLeft');
  await focused('books');
  await press('ArrowLeft');
  await node(page, 'title').waitFor({ state: 'detached' });
  await press('ArrowLeft');
  await focused('default');
  await press('ArrowDown', 'Shift+F10');
  await page.locator('.lm-Menu').waitFor();
  await press('ArrowDown', 'ArrowDown', 'Enter');
  await lastCell(page, 'SELECT * FROM books LIMIT 5');
  await holds(async () =>
    assert.equal(await page.locator('.milvus-tree [tabindex="0"]').count(), 1)
  );
  assert.deepEqual(page.errors, []);
  await page.context().close();
});

test('the panel waits for a cell that runs, and says so', async () => {
  // takes a request, and leaves it
  const silent = createServer(() => undefined);
  await new Promise(resolve => silent.listen(0, '127.0.0.1', resolve));
  const page = await lab();
  await run(page, [`milvus://memory/waits; ${BOOKS}`]);
  await page.evaluate(address => {
    const panel = window.notebook();
    panel.content.activeCell.model.sharedModel.setSource(`CONNECT '${address}'`);
    void window.jupyterapp.commands.execute('notebook:run-cell').catch(() => undefined);
  }, `http://127.0.0.1:${silent.address().port}`);
  await open(page);
  await page.locator('.milvus-said').getByText('Waiting for the kernel').waitFor();
  assert.ok(!(await names(page)).includes('books'));
  await command(page, 'milvus:interrupt');
  await node(page, 'books').waitFor();
  await page.waitForFunction(() => document.querySelector('.milvus-said').textContent === '');
  silent.closeAllConnections();
  silent.close();
  assert.deepEqual(page.errors, []);
  await page.context().close();
});

/** Runs statements that stand in no cell. */
const quietly = (page, code) =>
  page.evaluate(async code => {
    const { kernel } = window.notebook().sessionContext.session;
    await kernel.requestExecute({ code }).done;
  }, code);

test('what is dropped is what was shown, whatever ran meanwhile', async () => {
  const page = await lab();
  const dialog = page.locator('.jp-Dialog');
  /** Uses a database, and waits until the tree shows it. */
  const use = async name => {
    await quietly(page, `USE ${name}`);
    const shown = page.locator('.milvus-mod-database[aria-current] .milvus-name');
    await shown.getByText(name, { exact: true }).waitFor();
  };
  await run(page, [
    'milvus://memory/drops; CREATE DATABASE other; ' +
      `USE other; ${BOOKS}; USE default; ${BOOKS}; CREATE PARTITION old ON books`
  ]);
  await open(page);
  await node(page, 'books').waitFor();
  await node(page, 'books').click({ button: 'right' });
  await quietly(page, 'USE other');
  await page.locator('.lm-Menu-itemLabel').getByText('Load', { exact: true }).click();
  await lastCell(page, 'LOAD TABLE default.books');

  await use('other');
  await use('default');
  await node(page, 'books').locator('.milvus-twisty').click();
  await node(page, 'Partitions').click();
  await choose(page, 'old', 'Drop…');
  await dialog.getByText('of books in the database default at milvus://memory/drops').waitFor();
  await dialog.getByRole('button', { name: 'Drop' }).click();
  await dialog.locator('input').fill('old');
  await quietly(page, 'USE other');
  await page.keyboard.press('Enter');
  await lastCell(page, 'DROP PARTITION old ON default.default.books');

  await use('other');
  await use('default');
  await choose(page, 'books', 'Drop…');
  await dialog.getByText('in the database default at milvus://memory/drops').waitFor();
  await dialog.getByRole('button', { name: 'Drop' }).click();
  await dialog.locator('input').fill('books');
  // queued, as by a person who runs all cells
  await page.evaluate(() => {
    window.notebook().sessionContext.session.kernel.requestExecute({ code: 'USE other' });
  });
  await page.keyboard.press('Enter');
  await lastCell(page, 'DROP TABLE default.default.books');
  const [, , here, there] = await run(page, [
    BOOKS.replace('books', 'more'),
    'USE default',
    'SHOW TABLES',
    'SHOW TABLES FROM other'
  ]);
  assert.doesNotMatch(here, /books/);
  assert.match(there, /books/);

  // the same name, and another server
  await run(page, [BOOKS]);
  await use('other');
  await use('default');
  await choose(page, 'books', 'Drop…');
  await dialog.getByRole('button', { name: 'Drop' }).click();
  await dialog.locator('input').fill('books');
  await quietly(page, `CONNECT 'milvus://memory/drops2'; ${BOOKS}`);
  await page.keyboard.press('Enter');
  const said = page.locator('.milvus-said');
  await said.getByText('connected to another server by now').waitFor();
  const [kept] = await run(page, ['SHOW TABLES']);
  assert.match(kept, /books/);
  assert.deepEqual(page.errors, []);
  await page.context().close();
});

test('no password of an address comes into a cell', async () => {
  const page = await lab();
  const dialog = page.locator('.jp-Dialog');
  for (const [typed, shown] of [
    ['milvus://root:Geh@im7@127.0.0.1:1', "'milvus://127.0.0.1:1' USER 'root' PASSWORD PROMPT"],
    ['root:Geheim7@127.0.0.1:1', "'127.0.0.1:1' USER 'root' PASSWORD PROMPT"],
    [
      'https://a%20b:Geh/im7?@127.0.0.1:1/d?secure=true',
      "'https://127.0.0.1:1/d?secure=true' USER 'a b' PASSWORD PROMPT"
    ],
    [
      'milvus+tls://root:Geheim7@127.0.0.1:1',
      "'milvus+tls://127.0.0.1:1' USER 'root' PASSWORD PROMPT"
    ],
    ['http://127.0.0.1:1?token=root:Geheim7@1', "'http://127.0.0.1:1' TOKEN PROMPT"],
    ['http://Geheim7@127.0.0.1:1', "'http://127.0.0.1:1' TOKEN PROMPT"],
    ['milvus://memory/a@b', "'milvus://memory/a@b'"]
  ]) {
    await run(page, ['']);
    await command(page, 'notebook:enter-command-mode');
    void command(page, 'milvus:connect').catch(() => undefined);
    await dialog.getByLabel('Address').fill(typed);
    await dialog.getByRole('button', { name: 'Connect' }).click();
    const source = await page.waitForFunction(() => {
      const { sharedModel } = window.notebook().content.model;
      return sharedModel.cells.map(cell => cell.getSource()).find(source => source !== '');
    });
    const connects = `CONNECT ${shown}`;
    assert.equal(await source.jsonValue(), connects);
    // an address that is none is refused at once
    if (/PROMPT/.test(shown) && !/tls:/.test(shown)) {
      await page.locator('.jp-Stdin-input').fill('typed');
      await page.keyboard.press('Enter');
    }
    await lastCell(page, connects);
  }
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage }));
  assert.doesNotMatch(kept, /Geh|im7/);
  // there is room for it on a phone
  await page.setViewportSize({ width: 360, height: 740 });
  void command(page, 'milvus:connect').catch(() => undefined);
  await holds(async () => {
    const { x, width } = await dialog.getByLabel('Address').boundingBox();
    assert.ok(x > 0 && x + width < 360, `${width} at ${x}`);
  });
  await screenshot(page, 'connect-phone');
  await page.keyboard.press('Escape');
  assert.deepEqual(page.errors, []);
  await page.context().close();
});

test('what cannot be done is said', async () => {
  const page = await lab({ [SETTINGS]: { defaultConnection: 'http://127.0.0.1:1' } });
  await open(page);
  const first = node(page, 'http://127.0.0.1:1');
  await first.click();
  const said = page.locator('.milvus-said');
  await said.getByText('http://127.0.0.1:1').waitFor();
  // until something else is done
  await page.waitForTimeout(500);
  assert.match(await said.textContent(), /127\.0\.0\.1:1/);
  // the menu gives the keys back to the tree
  await first.press('Shift+F10');
  await page.locator('.lm-Menu').waitFor();
  await holds(async () => assert.equal(await said.textContent(), ''));
  await page.keyboard.press('Escape');
  await page.locator('.lm-Menu').waitFor({ state: 'detached' });
  await holds(async () => assert.ok(await first.evaluate(item => item === document.activeElement)));
  // a cell of text does not run
  await run(page, ['']);
  await command(page, 'notebook:change-cell-to-markdown');
  await command(page, 'milvus:help');
  assert.match(await lastCell(page, 'HELP'), /CREATE TABLE/);
  assert.deepEqual(page.errors, []);
  await page.context().close();
});

test('a kernel that ended between two cells is told, and the next cell puts it right', async () => {
  const page = await lab();
  await run(page, [`milvus://memory/ended; ${BOOKS}`]);
  const worker = page.workers().find(worker => /milvus\.worker/.test(worker.url()));
  await worker.evaluate(() => {
    setTimeout(() => {
      throw new Error('it is over');
    });
  });
  await command(page, 'milvus:open-panel');
  const isThere = () =>
    document.querySelector('.milvus-said')?.textContent !== '' ||
    document.querySelector('.milvus-node') !== null;
  await page.waitForFunction(isThere);
  await page.getByRole('button', { name: 'Look Again' }).click();
  await page.waitForFunction(isThere);
  // its notice is a stream
  await setCells(page, ['SHOW TABLES']);
  await command(page, 'notebook:run-cell');
  await idle(page);
  await page.waitForFunction(() => document.querySelector('.milvus-said').textContent === '');
  await node(page, 'Connections').waitFor();
  assert.deepEqual(page.errors.filter(error => !/it is over/.test(error)), []);
  await page.context().close();
});

test('what the site has no more, since it was renewed, is not missed', async context => {
  context.after(() => (site.gone = undefined));
  const page = await lab();
  await run(page, ['milvus://memory/renewed']);
  site.gone = /jupyterlite-milvus-kernel\/static\/.*js$/;
  // the table that a notebook has without an extension
  await run(page, ["SELECT 6 * 7 AS answer, '<img src=x onerror=window.hacked=1>' AS evil"]);
  await page.locator('.milvus-tables td').getByText('42').waitFor();
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  const type = text =>
    page.evaluate(text => {
      const { editor, model } = window.notebook().content.activeCell;
      editor.setCursorPosition({ line: 0, column: model.sharedModel.getSource().length });
      editor.replaceSelection(text);
    }, text);
  await type(' FROM');
  await command(page, 'milvus:open-panel');
  const lost = page.locator('.milvus-panel').getByText('This part of the page could not be loaded');
  await lost.waitFor();
  await screenshot(page, 'panel-lost');
  void command(page, 'milvus:connect').catch(() => undefined);
  await page.locator('.Toastify').getByText('This was not done').waitFor();
  // and when it is there again, it is shown
  site.gone = undefined;
  await command(page, 'filebrowser:activate');
  await command(page, 'milvus:open-panel');
  await node(page, 'Connections').waitFor();
  await lost.waitFor({ state: 'detached' });
  await type(' FROM FROM');
  await page.locator('.cm-lintRange-error').first().waitFor();
  assert.deepEqual(page.errors, []);
  await page.context().close();
});

test('the palette', async () => {
  const page = await lab();
  const choose = async (typed, label) => {
    const input = page.locator('.lm-CommandPalette-input');
    // the command closes what is still open
    while (!(await input.isVisible())) {
      await command(page, 'apputils:activate-command-palette');
      await page.waitForTimeout(300);
    }
    await input.fill(typed);
    const item = page.locator('.lm-CommandPalette-item').filter({ hasText: label }).first();
    await item.click();
  };
  await run(page, ['milvus://memory/palette']);
  await choose('milvus collections', 'Show Collections');
  assert.match(await lastCell(page, 'SHOW TABLES'), /0 rows/);
  await choose('milvus help', 'Help on Statements');
  assert.match(await lastCell(page, 'HELP'), /CREATE TABLE/);
  await choose('milvus connect', 'Connect to Milvus…');
  const dialog = page.locator('.jp-Dialog');
  await dialog.getByLabel('Address').fill('milvus://local/chosen');
  await dialog.getByRole('button', { name: 'Connect' }).click();
  assert.match(await lastCell(page, "CONNECT 'milvus://local/chosen'"), /connected to/);
  // a password that stands in the address goes no further
  await choose('milvus connect', 'Connect to Milvus…');
  await dialog.getByLabel('Address').fill('milvus://root:Geheim7@127.0.0.1:1');
  await dialog.getByRole('button', { name: 'Connect' }).click();
  const prompted = "CONNECT 'milvus://127.0.0.1:1' USER 'root' PASSWORD PROMPT";
  await page.locator('.jp-Stdin-input').waitFor();
  await page.locator('.jp-Stdin-input').fill('typed');
  await page.keyboard.press('Enter');
  assert.match(await lastCell(page, prompted), /Unreachable/);
  await choose('milvus export', 'Export Database to a File…');
  await dialog.locator('input').fill('mine.milvus');
  await page.keyboard.press('Enter');
  assert.match(await lastCell(page, "EXPORT DATABASE TO 'mine.milvus'"), /exported default/);
  // remembered, without the password
  await run(page, ["CONNECT 'milvus://memory/palette'; DISCONNECT"]);
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage }));
  assert.doesNotMatch(kept, /Geheim7|typed/);
  await open(page);
  await node(page, 'milvus://local/chosen').waitFor();
  // what is gone with the page is not remembered, and nothing of another site of the host is
  let connections;
  await holds(async () => {
    connections = await page.evaluate(
      () => localStorage[`${new URL('../', location.href).href} milvus connections`]
    );
    assert.match(connections, /local\/chosen/);
  });
  assert.doesNotMatch(connections, /memory/);
  await choose('milvus new notebook', 'New Milvus Notebook');
  await page.waitForFunction(
    () => window.jupyterapp.shell.currentWidget?.title.label.startsWith('Untitled')
  );
  assert.deepEqual(page.errors, []);
  await page.context().close();
});

test('in Chinese', async () => {
  const page = await lab({ '@jupyterlab/translation-extension:plugin': { locale: 'zh_CN' } });
  await run(page, [`milvus://memory/chinese; ${BOOKS}; LOAD TABLE books`]);
  await open(page);
  await node(page, 'books').getByText('已加载').waitFor();
  await holds(async () =>
    assert.deepEqual((await names(page)).slice(0, 3), ['连接', 'default', '数据库'])
  );
  await holds(async () =>
    assert.equal(await page.locator('.milvus-filter').getAttribute('placeholder'), '按名称筛选')
  );
  await holds(async () =>
    assert.match(
      await page.locator('.milvus-statusbar button').getAttribute('title'),
      /^Milvus：milvus:\/\/memory\/chinese，数据库 default/
    )
  );
  const label = await page.evaluate(() =>
    window.jupyterapp.commands.label('milvus:show-collections')
  );
  assert.equal(label, '显示集合');
  await page.evaluate(() =>
    window.jupyterapp.commands.execute('settingeditor:open', { query: 'Milvus' })
  );
  await page.locator('.jp-SettingsPanel').getByText('默认连接', { exact: true }).waitFor();
  await screenshot(page, 'panel-chinese');
  assert.deepEqual(page.errors, []);
  await page.context().close();
});

test('every text of the page is there in Chinese', () => {
  const folder = new URL('jupyterlite_milvus_kernel/locale/zh_CN/LC_MESSAGES/', EXTENSION);
  const catalogue = JSON.parse(
    readFileSync(new URL('jupyterlite_milvus_kernel.json', folder), 'utf8')
  );
  const said = new Set();
  const sources = new URL('src/', EXTENSION);
  for (const name of readdirSync(sources, { recursive: true })) {
    if (name.endsWith('.ts')) {
      const source = readFileSync(new URL(name, sources), 'utf8');
      for (const [, text] of source.matchAll(/trans\._[_n]\(\s*'((?:[^'\\]|\\.)*)'/g)) {
        said.add(text);
      }
    }
  }
  assert.ok(said.size > 50, 'the texts are found');
  const schema = JSON.parse(readFileSync(new URL('schema/kernel.json', EXTENSION), 'utf8'));
  const described = [schema, ...Object.values(schema.properties)];
  for (const { title, description } of described) {
    said.add(`schema\u0004${title}`).add(`schema\u0004${description}`);
  }
  // the name is the same everywhere
  said.delete('schema\u0004Milvus');
  assert.deepEqual([...said].filter(text => !catalogue[text]?.[0]), []);
  assert.deepEqual(
    Object.keys(catalogue).filter(text => text !== '' && !said.has(text)),
    []
  );
});
