// Tables in the notebook: sorted, filtered and gone through by a person, copied and kept as files,
// with pictures of their values, and still there when the notebook is opened again.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
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

const ROWS = 100_000;
const MIME_TYPE = 'application/vnd.milvus.table.v1+json';
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAAAAADhZOFXAAAAFUlEQVR4nGP4DwUMDAwM' +
  'TAxQQDEDAFWoA/0qGtgRAAAAAElFTkSuQmCC';

let browser;
let host;
let page;
const errors = [];

before(async () => {
  host = await plainServer();
  browser = await launch();
  page = await newPage(browser);
  page.on('pageerror', error => errors.push(error.message));
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await openNotebook(page, undefined, host.url);
  await page.evaluate(async rows => {
    const lines = ['id,word,price,v'];
    for (let id = 0; id < rows; id++) {
      lines.push(`${id},word ${id % 1000},${(id % 997) / 8},"[${id % 7}, 1, 2, ${id % 11}]"`);
    }
    await window.jupyterapp.serviceManager.contents.save('many.csv', {
      type: 'file',
      format: 'text',
      content: lines.join('\n')
    });
  }, ROWS);
  const made = await run(page, [
    'CREATE TABLE many (id BIGINT PRIMARY KEY, word VARCHAR(20), price DOUBLE, v VECTOR(4))',
    "COPY many FROM 'many.csv'"
  ]);
  assert.match(made[1], /^copied 100,000 rows/m);
});

after(async () => {
  await browser?.close();
  await host?.off();
});

const table = () => page.locator('.milvus-table').last();
const cells = async (column, of = table()) =>
  (await of.locator(`tbody tr:not(.milvus-spacer) td:nth-child(${column})`).allInnerTexts()).map(
    text => text.trim()
  );
const theme = name =>
  page.evaluate(
    name => window.jupyterapp.commands.execute('apputils:change-theme', { theme: name }),
    name
  );
const download = async name => {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    table().getByRole('button', { name, exact: true }).click()
  ]);
  return readFile(await file.path(), 'utf8');
};

test('100,000 rows are gone through, sorted and filtered by a window of them', async () => {
  const [shown] = await run(page, [`SELECT id, word, price, v FROM many LIMIT ${ROWS}`]);
  assert.match(shown, /^100,000 rows/m);
  const scroll = table().locator('.milvus-scroll');
  await table().getByText('100,000 rows').waitFor();
  await holds(async () =>
    assert.equal(await table().locator('table').getAttribute('aria-rowcount'), String(ROWS + 1))
  );
  assert.ok((await table().locator('tbody tr').count()) < 100);
  await screenshot(page, 'table-many');
  // to the end, which the kernel has
  await scroll.evaluate(node => (node.scrollTop = node.scrollHeight));
  await table().getByRole('cell', { name: String(ROWS - 1), exact: true }).waitFor();
  assert.ok((await table().locator('tbody tr').count()) < 100);
  await holds(async () => assert.equal((await cells(1)).at(-1), String(ROWS - 1)));
  // and to a place in the middle: each row is where its number says
  await scroll.evaluate(node => (node.scrollTop = node.scrollHeight / 2));
  await page.waitForFunction(() => {
    const first = document.querySelector('.milvus-table tbody tr:nth-child(2) td');
    return Math.abs(Number(first?.textContent) - 50_000) < 200 && first.textContent !== '';
  });
  await holds(async () => {
    const middle = (await cells(1)).map(Number);
    assert.ok(middle.length > 10 && middle[0] > 0, String(middle));
    assert.deepEqual(
      middle,
      middle.map((_, at) => middle[0] + at)
    );
  });
  // the head stays
  await holds(async () => {
    const [head, box] = await Promise.all([
      table().locator('thead th').first().boundingBox(),
      scroll.boundingBox()
    ]);
    assert.ok(head.y - box.y < 3, JSON.stringify([head, box]));
  });

  const price = table().getByRole('columnheader', { name: 'price' });
  await price.getByRole('button').press('Enter');
  await page.waitForSelector('.milvus-table th[aria-sort="ascending"]');
  await holds(async () => assert.deepEqual((await cells(3)).slice(0, 3), ['0', '0', '0']));
  await holds(async () => assert.deepEqual((await cells(1)).slice(0, 3), ['0', '997', '1994']));
  await price.getByRole('button').click();
  await page.waitForSelector('.milvus-table th[aria-sort="descending"]');
  await holds(async () => assert.deepEqual((await cells(3)).slice(0, 2), ['124.5', '124.5']));
  await table().getByRole('searchbox').fill('WORD 77');
  await table().getByText('1,100 rows found').waitFor();
  await holds(async () => {
    const words = await cells(2);
    assert.ok(words.length > 10 && words.every(word => word.startsWith('word 77')), String(words));
  });
  const csv = await download('CSV');
  assert.equal(csv.trim().split('\n').length, 1_101);
  assert.match(csv, /^id,word,price,v\n\d+,word 77\d?,[\d.]+,"\[/);
  await table().getByRole('searchbox').fill('no such word');
  await table().getByText('0 rows found').waitFor();
  await table().getByRole('searchbox').fill('');
  await table().getByText('100,000 rows').waitFor();
});

test('all rows are copied and kept as files', async () => {
  await run(page, ['SELECT id, word, v FROM many LIMIT 20000']);
  await table().getByText('20,000 rows').waitFor();
  const json = JSON.parse(await download('JSON'));
  assert.equal(json.length, 20_000);
  assert.deepEqual(json[19_999], { id: 19_999, word: 'word 999', v: [0, 1, 2, 1] });
  await table().getByRole('button', { name: 'Copy' }).click();
  await table().getByText('copied 20,000 rows').waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied.trim().split('\n').length, 20_001);
  assert.ok(copied.startsWith('id,word,v\n0,word 0,"[0,1,2,0]"\n'), copied.slice(0, 60));
});

test('a few rows are a plain table, and what is in a cell unfolds', async () => {
  const evil = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';
  await run(page, [
    'CREATE TABLE few (id BIGINT PRIMARY KEY, t VARCHAR(1000), meta JSON, ' +
      'p VECTOR(64), v VECTOR(8), ' +
      "INDEX (v) USING FLAT WITH (metric_type = 'L2'))",
    `INSERT INTO few VALUES (1, '${evil}', ` +
      `'{"a": {"b": [1, 2]}, "${evil.replaceAll('"', '')}": 1}', ` +
      `[${Array.from({ length: 64 }, (_, at) => at % 9)}], [1, 5, 2, 4, 3, 9, 1, 0]), ` +
      `(2, 'data:image/png;base64,${PNG}', '[]', ` +
      `[${Array.from({ length: 64 }, (_, at) => at)}], [1, 2, 3, 4, 5, 6, 7, 8])`,
    "SET image_field = 'p 8x8'",
    'SELECT id, t, meta, p, v FROM few',
    'SELECT id, distance FROM few ORDER BY v <-> [1, 2, 3, 4, 5, 6, 7, 7] LIMIT 2'
  ]);
  const shown = page.locator('.milvus-table').nth(0);
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  await holds(async () => assert.equal(await shown.getAttribute('class'), 'milvus-table'));
  const tools = page.locator('.milvus-table-tools').nth(0);
  await page.mouse.move(0, 0);
  await holds(async () =>
    assert.equal(await tools.evaluate(node => getComputedStyle(node).opacity), '0')
  );
  await holds(async () =>
    assert.deepEqual(
      await shown.locator('thead th').evaluateAll(heads => heads.map(head => head.scope)),
      Array(5).fill('col')
    )
  );
  await holds(async () =>
    assert.equal(await shown.locator('caption').innerText(), 'result: id, t, meta, p, v')
  );
  // pictures: of a URL, and of numbers
  await holds(async () => assert.equal(await shown.locator('img').count(), 1));
  await holds(async () =>
    assert.match(await shown.locator('img').getAttribute('alt'), /^a picture of 8 x 8 pixels$/)
  );
  await holds(async () => assert.equal(await shown.locator('canvas').count(), 2));
  // a line of numbers, by the keyboard, and of a whole column
  const vector = shown.locator('tbody tr').first().locator('td').nth(4).getByRole('button');
  await holds(async () => assert.equal(await vector.innerText(), '[1, 5, … 8 values]'));
  await vector.press('Enter');
  const line = shown.getByRole('img', { name: '8 values from 0 to 9' });
  await line.waitFor();
  await holds(async () =>
    assert.equal((await line.locator('polyline').getAttribute('points')).split(' ').length, 8)
  );
  await shown.locator('thead').getByRole('button', { name: 'v', exact: true }).click();
  await holds(async () => assert.equal(await shown.locator('svg').count(), 2));
  // JSON, a level at a time
  await shown.getByRole('button', { name: '{"a":{"b"' }).click();
  await holds(async () =>
    assert.equal(await shown.locator('.milvus-json .milvus-leaf').count(), 1)
  );
  await shown.getByText('a: {1 key}').click();
  await shown.getByText('b: [2 items]').click();
  await shown.getByText('1: 2', { exact: true }).waitFor();
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  // by the keyboard too, which stays where it is
  const json = shown.locator('tbody tr').first().locator('td').nth(2);
  await json.locator('summary').first().click();
  await json.getByRole('button').press('Enter');
  await json.locator('details').first().waitFor();
  await holds(async () => assert.ok(await json.locator('summary').first().evaluate(isFocused)));
  await page.keyboard.press('Enter');
  await json.locator('details').first().waitFor({ state: 'detached' });
  await holds(async () => assert.ok(await json.getByRole('button').evaluate(isFocused)));
  // the closest first, with a bar as long as it is far
  const bars = page.locator('.milvus-distance');
  await holds(async () => assert.equal(await bars.count(), 2));
  await holds(async () => {
    const shares = await bars.evaluateAll(all =>
      all.map(bar => bar.style.getPropertyValue('--milvus-share'))
    );
    assert.equal(shares[1], '100.0%');
    assert.ok(parseFloat(shares[0]) < 10, shares[0]);
  });
  await page.locator('.milvus-tables').first().hover();
  await screenshot(page, 'table-few');
  await theme('JupyterLab Dark');
  await page.waitForSelector('[data-jp-theme-light="false"]', { state: 'attached' });
  await screenshot(page, 'table-few-dark');
  // a few rows are sorted and filtered too
  await shown.getByRole('columnheader', { name: 'id' }).getByRole('button').click();
  await shown.getByRole('columnheader', { name: 'id' }).getByRole('button').click();
  await holds(async () => assert.deepEqual(await cells(1, shown), ['2', '1']));
  await run(page, [`SELECT id, word, price, v FROM many LIMIT ${ROWS}`]);
  await table().getByText('100,000 rows').waitFor();
  await table().locator('thead').getByRole('button', { name: 'v', exact: true }).click();
  await table().locator('svg').first().waitFor();
  await screenshot(page, 'table-many-dark');
  await theme('JupyterLab Light');
});

const isFocused = node => node === document.activeElement;

/** Shows a result that no kernel gave, as a notebook that was made elsewhere has it. */
const shows = result =>
  page.evaluate(
    ([type, result]) => {
      const { activeCell } = window.notebook().content;
      activeCell.model.outputs.clear();
      activeCell.model.outputs.add({
        output_type: 'display_data',
        data: { [type]: result },
        metadata: {}
      });
    },
    [MIME_TYPE, result]
  );

test('a very long list is a line and a picture', async () => {
  await run(page, ['']);
  const list = Array.from({ length: 200_000 }, (_, at) => at % 1000);
  const columns = ['json', 'vector', 'vector'].map((type, at) => ({ name: `c${at}`, type }));
  columns[2].image = '400x500';
  const tables = [{ columns, rows: [[list, list, list]], total: 1, groups: [] }];
  await shows({ notices: [], status: '', tables });
  await table().locator('canvas').waitFor();
  await table().getByRole('cell').first().getByRole('button').press('Enter');
  await table().getByRole('img', { name: '200,000 values from 0 to 999' }).first().waitFor();
  assert.deepEqual(errors, []);
});

test('help is whole, and what is cut says how to see more', async () => {
  const [help, cut] = await run(page, ['help', 'SELECT id FROM many']);
  assert.doesNotMatch(help, /are shown/);
  const lines = page.locator('.milvus-table').first().locator('td');
  await lines.first().waitFor();
  await holds(async () => {
    const clipped = await lines.evaluateAll(
      all => all.filter(cell => cell.scrollWidth > cell.clientWidth).length
    );
    assert.equal(clipped, 0, 'its lines are whole');
  });
  assert.match(cut, /… 50 of 100,000 rows are shown: SET display_limit = 100000 shows all/);
  await table().getByText(/… 1,000 of 100,000 rows are read: a LIMIT reads more/).waitFor();
});

test('a saved notebook holds a part, which is there when it is opened again', async () => {
  await run(page, [
    'CREATE TABLE wide (id BIGINT PRIMARY KEY, word VARCHAR(200), v VECTOR(128))',
    `INSERT INTO wide VALUES ${Array.from(
      { length: 400 },
      (_, id) => `(${id}, 'word ${id}', [${Array.from({ length: 128 }, (_, at) => (id + at) / 7)}])`
    ).join(', ')}`,
    'SELECT * FROM wide LIMIT 400',
    `SELECT id, word, price FROM many LIMIT ${ROWS}`
  ]);
  const shown = (await outputs(page)).slice(2).map(cell => cell.outputs);
  for (const output of shown) {
    const bytes = Buffer.byteLength(JSON.stringify(output, null, 1));
    assert.ok(bytes < 200_000 && bytes > 50_000, `${bytes} bytes`);
  }
  const held = shown[1][0].data[MIME_TYPE].tables[0].rows.length;
  assert.ok(held > 1_000, `${held} rows`);
  await page.evaluate(() => window.jupyterapp.commands.execute('docmanager:save'));
  await page.reload();
  await idle(page);
  const rest = `… ${held.toLocaleString('en')} of 100,000 rows are in this notebook: run the cell`;
  await table().getByText(rest).waitFor();
  await table().getByRole('columnheader', { name: 'id' }).getByRole('button').click();
  await table().getByRole('columnheader', { name: 'id' }).getByRole('button').click();
  await page.waitForSelector('.milvus-table th[aria-sort="descending"]');
  await holds(async () => assert.equal((await cells(1))[0], String(held - 1)));
  await table().getByRole('searchbox').fill('word 999');
  // of each thousand one
  const found = Math.floor(held / 1000);
  await table().getByText(`${found} ${found === 1 ? 'row' : 'rows'} found`).waitFor();
  assert.deepEqual(errors, []);
});

test('a kernel that computes holds no table of another', async () => {
  const added = page.waitForEvent('worker', worker => /milvus\.worker/.test(worker.url()));
  await page.evaluate(async () => {
    const { sessions } = window.jupyterapp.serviceManager;
    window.other = await sessions.startNew({
      path: 'other.ipynb',
      name: 'other',
      type: 'notebook',
      kernel: { name: 'milvus' }
    });
    await window.other.kernel.info;
  });
  const busy = await added;
  // the one that has the rows comes second
  await page.evaluate(() => window.notebook().sessionContext.session.kernel.restart());
  await idle(page);
  await run(page, ['SELECT id, word FROM many LIMIT 20000']);
  await table().getByText('20,000 rows').waitFor();
  const end = Date.now() + 20_000;
  const computed = busy.evaluate(end => {
    while (Date.now() < end);
  }, end);
  await table()
    .locator('.milvus-scroll')
    .evaluate(node => (node.scrollTop = node.scrollHeight));
  await table().getByRole('cell', { name: '19999', exact: true }).waitFor();
  assert.ok(Date.now() < end, 'it had to wait');
  await page.evaluate(() => window.other.shutdown());
  await computed.catch(() => undefined);
});

test('a file is whole or is not made, and why is said', async () => {
  await run(page, ['SELECT id, word FROM many LIMIT 20000']);
  await table().getByText('20,000 rows').waitFor();
  const made = [];
  page.on('download', file => made.push(file));
  await page.evaluate(() => window.notebook().sessionContext.session.kernel.restart());
  await idle(page);
  await table().getByRole('button', { name: 'CSV', exact: true }).click();
  await table().getByText('this was not done: the kernel was started again').waitFor();
  await table().getByText(/of 20,000 rows are in this notebook: run the cell/).waitFor();
  assert.equal(made.length, 0);
  // as where a page came over plain http
  await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
  await table().getByRole('button', { name: 'Copy' }).click();
  await table().getByText('this was not done: a browser lets pages copy over https').waitFor();
  assert.deepEqual(errors, []);
});

test('a setting asks for more', async () => {
  await run(page, ["SET table_size = '4MB'", `SELECT id, word, price FROM many LIMIT 30000`]);
  const cell = (await outputs(page))[1];
  assert.match(text(cell), /^30,000 rows/m);
  assert.equal(cell.outputs[0].data[MIME_TYPE].tables[0].rows.length, 30_000);
});
