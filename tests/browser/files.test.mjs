// Files of rows as a reader has them: parquet and arrow by a module that nobody else loads, and a
// file that is dropped on the notebook.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import {
  holds,
  idle,
  launch,
  newPage,
  openNotebook,
  outputs,
  run,
  setCells,
  text
} from './page.mjs';
import { plainServer } from './plain.mjs';

let browser;
let host;
let page;

before(async () => {
  host = await plainServer();
  browser = await launch();
  page = await newPage(browser);
  await openNotebook(page, undefined, host.url);
});

after(async () => {
  await browser?.close();
  await host?.off();
});

const put = (name, bytes) =>
  page.evaluate(
    ([name, content]) =>
      window.jupyterapp.serviceManager.contents.save(name, {
        type: 'file',
        format: 'base64',
        content
      }),
    [name, Buffer.from(bytes).toString('base64')]
  );

const get = async name => {
  const content = await page.evaluate(async name => {
    const { contents } = window.jupyterapp.serviceManager;
    const options = { content: true, format: 'base64', type: 'file' };
    return (await contents.get(name, options)).content;
  }, name);
  return Buffer.from(content, 'base64');
};

const file = name => readFileSync(new URL(`../files/${name}`, import.meta.url));

const TABLE = 'CREATE TABLE books (id BIGINT PRIMARY KEY, title VARCHAR(20), v VECTOR(2))';

/** What the last of these cells shows. */
async function last(cells) {
  await run(page, cells);
  const shown = await outputs(page);
  return text(shown[shown.length - 1]);
}

test('parquet and arrow are read and written, by a module that is loaded then', async () => {
  const columns = () => host.asked.filter(path => /columns/.test(path));
  assert.match(await last([`${TABLE}; INSERT INTO books VALUES (1, 'Emma', [0.5, 1])`]), /1 row/);
  assert.deepEqual(columns(), []);
  await put('books.parquet', file('books.parquet'));
  const shown = await last(["CREATE TABLE b FROM 'books.parquet' DRY RUN"]);
  assert.match(shown, /title +VARCHAR\(65535\) +Nada/);
  assert.match(shown, /v +VECTOR\(2\)/);
  assert.equal(columns().filter(path => path.endsWith('.wasm')).length, 1);
  for (const name of ['t.parquet', 't.arrow', 't.parquet.gz']) {
    const away = `COPY books TO '${name}'; DELETE FROM books WHERE id = 1`;
    assert.match(await last([`${away}; COPY books FROM '${name}'`]), /copied 1 row from/);
    assert.match(await last(['SELECT * FROM books']), /1 +Emma +\[0\.5, 1\]/);
  }
  assert.equal((await get('t.parquet')).subarray(0, 4).toString(), 'PAR1');
  assert.equal((await get('t.arrow')).subarray(0, 6).toString(), 'ARROW1');
  await put('wrong.parquet', file('books.csv'));
  assert.match(await last(["COPY books FROM 'wrong.parquet'"]), /neither parquet nor arrow/);
});

test('a gzip of several members is told, and one of one member is read', async () => {
  const rows = 'id,title,v\n21,A,"[1, 2]"\n';
  await put('one.csv.gz', gzipSync(rows));
  assert.match(await last(["COPY books FROM 'one.csv.gz'"]), /copied 1 row/);
  await put('two.csv.gz', Buffer.concat([gzipSync(rows), gzipSync('22,B,"[1, 2]"\n')]));
  assert.match(await last(["COPY books FROM 'two.csv.gz'"]), /several gzips in one|copied 2 rows/);
  await put('cut.csv.gz', gzipSync(rows).subarray(0, 30));
  assert.match(await last(["COPY books FROM 'cut.csv.gz'"]), /is no gzip, or is cut off/);
});

/** Drops a file on a cell, as a person does; whether the notebook took it. */
async function drop(name, bytes, at) {
  await page.locator('.jp-Cell').nth(at).waitFor();
  return page.evaluate(
    ([name, bytes, at]) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([Uint8Array.from(bytes)], name));
      const cell = document.querySelectorAll('.jp-Cell')[at];
      const event = kind =>
        new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer });
      const target = cell.querySelector('.cm-content') ?? cell;
      return !target.dispatchEvent(event('dragover')) && !target.dispatchEvent(event('drop'));
    },
    [name, [...bytes], at]
  );
}

const sources = () =>
  page.evaluate(() => window.notebook().content.widgets.map(cell => cell.model.sharedModel.source));

test('a file that is dropped on a cell is kept, and a cell below shows its table', async () => {
  await setCells(page, ['SELECT 1', 'SELECT 2']);
  assert.equal(await drop('My books.csv', file('books.csv'), 0), true);
  await page.waitForFunction(() => window.notebook().content.widgets.length === 3);
  await holds(async () =>
    assert.deepEqual(await sources(), [
      'SELECT 1',
      "CREATE TABLE My_books FROM 'My books.csv' DRY RUN;",
      'SELECT 2'
    ])
  );
  assert.deepEqual(await get('My books.csv'), file('books.csv'));
  // the cell runs as it stands
  await page.evaluate(() => window.jupyterapp.commands.execute('notebook:run-cell'));
  await idle(page);
  const shown = (await outputs(page)).map(text).join('\n');
  assert.match(shown, /nothing was written/);
  // the same name again overwrites nothing
  await drop('My books.csv', Buffer.from('id\n7\n'), 2);
  await page.waitForFunction(() => window.notebook().content.widgets.length === 4);
  await holds(async () =>
    assert.equal((await sources())[3], "CREATE TABLE My_books_1 FROM 'My books-1.csv' DRY RUN;")
  );
  assert.deepEqual(await get('My books.csv'), file('books.csv'));
});

test('what is dropped on a console is left to others', async () => {
  const other = await newPage(browser);
  const errors = [];
  other.on('pageerror', error => errors.push(error.message));
  await other.goto(`${host.url}/repl/index.html?kernel=milvus&code=SELECT%201&execute=1`);
  await other.locator('.jp-CodeConsole-content table').waitFor();
  await other.locator('.jp-CodeConsole-promptCell .cm-content').waitFor();
  const taken = await other.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['id\n7\n'], 'books.csv'));
    const target = document.querySelector('.jp-CodeConsole-promptCell .cm-content');
    let isLeft = false;
    document.addEventListener('drop', () => (isLeft = true), { once: true });
    target.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer }));
    return !isLeft;
  });
  assert.equal(taken, false);
  await other.waitForTimeout(300);
  assert.deepEqual(errors, []);
  await other.context().close();
});

test('the names of files are completed', async () => {
  await page.evaluate(() =>
    window.jupyterapp.serviceManager.contents.save('shelf', { type: 'directory' })
  );
  await put('shelf/novels.csv', 'id,title\n1,Emma\n');
  const complete = async code => {
    const ask = () =>
      page.evaluate(async code => {
        const { kernel } = window.notebook().sessionContext.session;
        return (await kernel.requestComplete({ code, cursor_pos: code.length })).content;
      }, code);
    // what was not listed in time is there at the next key
    let found;
    await holds(async () => {
      found = await ask();
      assert.ok(found.matches.length > 0, code);
    });
    return code.slice(0, found.cursor_start) + found.matches[0];
  };
  assert.equal(await complete("COPY books FROM 'sh"), "COPY books FROM 'shelf/");
  assert.equal(
    await complete("CREATE TABLE n FROM 'shelf/n"),
    "CREATE TABLE n FROM 'shelf/novels.csv"
  );
});

test('a notebook that is moved reads the files of its new folder', async () => {
  await page.evaluate(async () => {
    const { contents } = window.jupyterapp.serviceManager;
    await contents.save('moved', { type: 'directory' });
    const { path } = window.notebook().context;
    await contents.rename(path, `moved/${path}`);
  });
  await put('moved/only-here.csv', 'id,title\n1,Emma\n2,Faust\n');
  assert.match(
    await last(["CREATE TABLE moved FROM 'only-here.csv' DRY RUN"]),
    /2 rows|moved/
  );
});

test('what is no file of rows is left to others', async () => {
  await setCells(page, ['SELECT 1']);
  await page.evaluate(() => {
    window.dropped = 0;
    document.addEventListener('drop', () => (window.dropped += 1), { once: true });
  });
  await drop('picture.png', Buffer.from([1, 2, 3]), 0);
  await holds(async () => assert.equal(await page.evaluate(() => window.dropped), 1));
  await page.waitForTimeout(500);
  assert.equal((await sources()).filter(source => source.includes('png')).length, 0);
});
