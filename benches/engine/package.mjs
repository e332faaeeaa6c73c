// The engine as a page uses it, by its npm package in a worker: its size, ready, a call over the
// port, vectors inserted, kept, and opened again.

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

import { SCALE, median, ms } from './host.mjs';

const ROWS = 100_000 * SCALE;
const WIDTH = 128;
const PACKAGE = new URL('../../engine/js/dist/', import.meta.url);

export async function run(host) {
  const name = `${ROWS}x${WIDTH}`;
  await host.native('data', { name, rows: ROWS, width: WIDTH, queries: 32 });
  const kilobytes = file =>
    gzipSync(readFileSync(new URL(file, PACKAGE)), { level: 9 }).length / 1000;
  const [wasm, worker] = ['milvus_engine_bg.wasm', 'milvus-engine.worker.js'].map(kilobytes);
  host.row(
    "the engine's module and its worker, gzipped",
    `${wasm.toFixed(0)} kB and ${worker.toFixed(0)} kB`,
    '',
    '300 kB'
  );
  const page = await host.page();
  const readies = [];
  for (let visit = 0; visit < 9; visit++) {
    await page.reload();
    readies.push(await page.evaluate(ready));
  }
  // the first visits fill the cache, the module's code last
  host.row(
    "ready after it is first needed, from the browser's cache",
    ms(median(readies.slice(3))),
    `on the first visit: ${ms(readies[0])}`,
    '60 ms'
  );
  const [over, within] = await page.evaluate(port);
  host.row(
    'a call over the port',
    ms(over),
    `in process: ${ms(within)}; over it: ${ms(over - within)}`,
    '0.3 ms over it'
  );
  const memory = await page.evaluate(filled, ['milvus://memory', name, WIDTH]);
  const kept = await page.evaluate(filled, ['milvus://local/bench', name, WIDTH]);
  const opened = [];
  for (let number = 0; number < 3; number++) {
    await page.reload();
    opened.push(await page.evaluate(reopened, [name, WIDTH]));
  }
  await page.context().close();
  const rate = seconds => `${Math.round(ROWS / seconds / 1000)},000 rows a second`;
  const size = `${ROWS.toLocaleString('en')} x ${WIDTH}`;
  host.row(`${size} inserted over the port, in memory`, rate(memory), '', '500,000');
  host.row("the same kept in the browser's files", rate(kept), '', '150,000');
  host.row('the same opened again, to the first answer', ms(median(opened)), '', '500 ms');
}

// what follows runs in the page

async function ready() {
  const begin = performance.now();
  const { open } = await import('/package/index.js');
  const engine = await open({ store: 'milvus://memory' });
  await engine.call('GetVersion', new Uint8Array());
  const took = performance.now() - begin;
  engine.close();
  return took;
}

async function port() {
  const { open } = await import('/package/index.js');
  const within = await import('/page/engine.js');
  const engine = await open({ store: 'milvus://memory' });
  const nothing = new Uint8Array();
  const rounds = [];
  for (let round = 0; round < 9; round++) {
    const begin = performance.now();
    for (let number = 0; number < 500; number++) {
      await engine.call('GetVersion', nothing);
    }
    const over = (performance.now() - begin) / 500;
    rounds.push([over, within.round(() => within.call('GetVersion', nothing), 500)]);
  }
  engine.close();
  const middle = side => rounds.map(of => of[side]).sort((a, b) => a - b)[4];
  return [middle(0), middle(1)];
}

/** Seconds that the inserts take, each acknowledged before the next. */
async function filled([store, name, width]) {
  const { open } = await import('/package/index.js');
  const m = await import('/page/messages.js');
  const { Table, data } = await import('/page/engine.js');
  const { base } = await data(name, width);
  const inserts = new Table('t', width, { type: 'FLAT' }).inserts(base);
  const engine = await open({ store });
  const fields = [
    m.field('id', m.TYPES.long, {}, m.KEY),
    m.field('n', m.TYPES.int),
    m.field('v', m.TYPES.vector, { dim: String(width) })
  ];
  m.acknowledged(await engine.call('CreateCollection', m.createCollection('t', fields)));
  const index = { index_type: 'FLAT', metric_type: 'L2' };
  m.acknowledged(await engine.call('CreateIndex', m.createIndex('t', 'v', index)));
  m.acknowledged(await engine.call('LoadCollection', m.load('t')));
  const begin = performance.now();
  for (const insert of inserts) {
    m.checked(await engine.call('Insert', insert));
  }
  const seconds = (performance.now() - begin) / 1000;
  // what is done between requests is done
  await new Promise(resolve => setTimeout(resolve, 3_000));
  engine.close();
  return seconds;
}

/** Milliseconds from the page's first line to what a search found. */
async function reopened([name, width]) {
  const m = await import('/page/messages.js');
  const { data } = await import('/page/engine.js');
  const { queries, truth } = await data(name, width);
  const search = m.search('t', 'v', [queries[0]]);
  const begin = performance.now();
  const { open } = await import('/package/index.js');
  const engine = await open({ store: 'milvus://local/bench' });
  const keys = m.found(await engine.call('Search', search));
  const took = performance.now() - begin;
  engine.close();
  if (keys[0] !== truth[0][0]) {
    throw new Error(`opened again, the nearest is ${keys[0]} and not ${truth[0][0]}`);
  }
  return took;
}
