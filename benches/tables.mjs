// Rows on screen in Chromium: 10,000 and 100,000 from the key that runs a cell to the frame that
// shows them, beside the reading alone, one row, and plain HTML of the same rows; what the file of
// the notebook then takes; how long a frame takes while they are scrolled.

import {
  idle,
  launch,
  newPage,
  openNotebook,
  outputs,
  run,
  setCells
} from '../tests/browser/page.mjs';
import { plainServer } from '../tests/browser/plain.mjs';

const ROUNDS = 7;
const MOST = 100_000;
const median = numbers => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

const host = await plainServer();
const browser = await launch();
const page = await newPage(browser);
await openNotebook(page, undefined, host.url);
await page.evaluate(async rows => {
  const lines = ['id,word,price,day,v'];
  for (let id = 0; id < rows; id++) {
    lines.push(
      `${id},word ${id % 1000},${(id % 997) / 8},2024-02-${10 + (id % 19)},"[${id % 7}, 1, 2, 3]"`
    );
  }
  await window.jupyterapp.serviceManager.contents.save('many.csv', {
    type: 'file',
    format: 'text',
    content: lines.join('\n')
  });
}, MOST);
await run(page, [
  'CREATE TABLE many (id BIGINT PRIMARY KEY, word VARCHAR(20), price DOUBLE, day VARCHAR(10), ' +
    'v VECTOR(4))',
  "COPY many FROM 'many.csv'"
]);

/** Milliseconds from the key that runs a cell to the frame that shows so many rows. */
const paint = async (code, rows) => {
  await setCells(page, [code]);
  const ms = await page.evaluate(
    text =>
      new Promise((resolve, reject) => {
        const begun = performance.now();
        const observer = new MutationObserver(() => {
          const shown = document.querySelector('.milvus-table tbody td')?.textContent;
          if (shown && document.querySelector('.milvus-count')?.textContent === text) {
            observer.disconnect();
            // behind the next frame
            requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - begun)));
          }
        });
        observer.observe(document.body, { childList: true, subtree: true, characterData: true });
        window.notebook().content.activeCellIndex = 0;
        window.jupyterapp.commands.execute('notebook:run-cell').catch(reject);
      }),
    rows > 1 ? `${rows.toLocaleString('en')} rows` : ''
  );
  await idle(page);
  const [cell] = await outputs(page);
  const timed = cell.outputs[0].data['text/plain'].match(/\(([\d.]+) (ms|s) in/);
  const read = timed ? Number(timed[1]) * (timed[2] === 's' ? 1000 : 1) : 0;
  return { ms, read, saved: JSON.stringify(cell, null, 1).length };
};
const rounds = async (code, rows) => {
  const all = [];
  for (let round = 0; round < ROUNDS; round++) {
    all.push(await paint(code, rows));
  }
  const of = key => median(all.map(one => one[key]));
  return { whole: of('ms'), reading: of('read'), saved: of('saved') };
};

const least = await rounds('SELECT 1 AS n', 1);
console.log(`tables: one row on screen in ${least.whole.toFixed(0)} ms`);
for (const rows of [10_000, MOST]) {
  const { whole, reading, saved } = await rounds(`SELECT * FROM many LIMIT ${rows}`, rows);
  // what the browser itself takes for all of them in a plain table
  const plain = await page.evaluate(rows => {
    const begun = performance.now();
    const body = Array.from(
      { length: rows },
      (_, id) =>
        `<tr><td>${id}</td><td>word ${id % 1000}</td><td>${(id % 997) / 8}</td>` +
        `<td>2024-02-${10 + (id % 19)}</td><td>[${id % 7}, 1, 2, 3]</td></tr>`
    );
    const node = document.createElement('div');
    node.innerHTML = `<table class="dataframe"><tbody>${body.join('')}</tbody></table>`;
    document.body.append(node);
    node.getBoundingClientRect();
    const taken = performance.now() - begun;
    node.remove();
    return taken;
  }, rows);
  const frames = await page.evaluate(async () => {
    const scroll = document.querySelector('.milvus-scroll');
    const taken = [];
    let last = performance.now();
    for (let step = 0; step < 120; step++) {
      scroll.scrollTop += 240;
      const now = await new Promise(requestAnimationFrame);
      taken.push(now - last);
      last = now;
    }
    return taken.slice(5).sort((a, b) => a - b);
  });
  console.log(
    `tables: ${rows.toLocaleString('en')} x 5 on screen in ${whole.toFixed(0)} ms, of which ` +
      `${reading.toFixed(0)} ms are the reading; all of them in a plain table ` +
      `${plain.toFixed(0)} ms beside the reading; ${(saved / 1000).toFixed(0)} kB saved; ` +
      `a frame while scrolling ${median(frames).toFixed(0)} ms, ` +
      `the longest ${frames.at(-1).toFixed(0)} ms`
  );
}
await browser.close();
await host.off();
