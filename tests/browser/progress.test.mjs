// What takes its time shows how far it is: one display that moves and that the result takes the
// place of, and an interrupt that ends it at once and says what is done.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import {
  command,
  holds,
  idle,
  launch,
  newPage,
  openNotebook,
  outputs,
  run,
  screenshot,
  setCells,
  text
} from './page.mjs';
import { plainServer } from './plain.mjs';

// they take more than a second on a machine that does nothing else
const ROWS = 1_200_000;
const TABLE = 'CREATE TABLE big (id BIGINT PRIMARY KEY, word VARCHAR(20), v VECTOR(8))';

let browser;
let host;
let page;

before(async () => {
  host = await plainServer();
  browser = await launch();
  page = await newPage(browser);
  await openNotebook(page, undefined, host.url);
  await page.evaluate(async rows => {
    const lines = ['id,word,v'];
    for (let id = 0; id < rows; id++) {
      lines.push(`${id},word ${id % 100},"[${id % 7}, 1, 2, 3, 4, 5, 6, ${id % 11}]"`);
    }
    await window.jupyterapp.serviceManager.contents.save('big.csv', {
      type: 'file',
      format: 'text',
      content: lines.join('\n')
    });
  }, ROWS);
});

after(async () => {
  await browser?.close();
  await host?.off();
});

/** Runs the last cell without waiting for its end. */
const begin = async (cells, at) => {
  await setCells(page, cells);
  await page.evaluate(at => (window.notebook().content.activeCellIndex = at), at);
  return command(page, 'notebook:run-cell').catch(() => undefined);
};

test('a copy shows a bar, which its result takes the place of', async () => {
  await run(page, [TABLE]);
  const running = begin(["COPY big FROM 'big.csv'"], 0);
  const bar = page.locator('.milvus-progress progress');
  await bar.waitFor();
  const seen = await page.locator('.milvus-progress').innerText().then(text => text.trim());
  assert.match(seen, /^copying big\.csv: [\d,]+ rows/);
  await screenshot(page, 'progress');
  await page.waitForFunction(
    before => {
      const shown = document.querySelector('.milvus-progress')?.innerText.trim();
      return shown === undefined || shown !== before;
    },
    seen
  );
  await running;
  await idle(page);
  const [cell] = await outputs(page);
  assert.equal(cell.outputs.length, 1, 'the bar is no output of its own');
  assert.match(text(cell), /^copied 1,200,000 rows from big\.csv into big/m);
  await holds(async () => assert.equal(await bar.count(), 0));
});

test('grouping what is read shows how far the reading is', async () => {
  // an expression that the engine does not group by
  const running = begin(['SELECT upper(word), count(*) FROM big GROUP BY upper(word) LIMIT 3'], 0);
  await page.getByText(/reading big: /).waitFor();
  const seen = await page.locator('.milvus-progress').innerText().then(text => text.trim());
  assert.match(seen, /^reading big: [\d,]+ rows/);
  await running;
  await idle(page);
  const [cell] = await outputs(page);
  assert.equal(cell.outputs.length, 1);
  assert.match(text(cell), /grouped in the kernel, which read 1,200,000 rows/);
});

test('an interrupt ends a copy, whose bar ends as a line', async () => {
  await run(page, ['DROP TABLE big', TABLE]);
  const running = begin(["COPY big FROM 'big.csv'"], 0);
  await page.waitForFunction(() =>
    / rows\/s, \d+ s left/.test(document.querySelector('.milvus-progress')?.innerText ?? '')
  );
  const took = await page.evaluate(async () => {
    const { kernel } = window.notebook().sessionContext.session;
    const started = performance.now();
    const ended = new Promise(resolve =>
      kernel.statusChanged.connect((_, status) => status === 'idle' && resolve())
    );
    await kernel.interrupt();
    await ended;
    return performance.now() - started;
  });
  console.log(`interrupted in ${took.toFixed(0)} ms`);
  await running;
  await idle(page);
  const [cell] = await outputs(page);
  assert.equal(cell.outputs.length, 2, 'a line, and the error');
  const [line, error] = cell.outputs;
  assert.match(line.data['text/plain'], /^copying big\.csv: ([\d,]+) rows$/);
  assert.doesNotMatch(line.data['text/html'], /<progress/);
  assert.equal(error.ename, 'Interrupted');
  const said = error.traceback.join('\n');
  const rows = Number(/([\d,]+) rows are in, up to row/.exec(said)[1].replaceAll(',', ''));
  assert.ok(rows > 0 && rows < ROWS, said);
  const [count] = await run(page, ['SELECT count(*) FROM big']);
  const counted = Number(/\d+/.exec(count.split('\n').find(line => /^\s*\d+/.test(line)))[0]);
  // a request that was under way may be in as well
  assert.ok(counted >= rows, `${counted} rows of ${rows}`);
});
