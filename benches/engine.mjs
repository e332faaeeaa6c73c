// The engine's figures in Chromium, by its npm package: ready, a call over the port, 100,000
// vectors of 128 numbers inserted, opened again and searched, beside faiss on one thread.

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';

import { launch, newPage } from '../tests/browser/page.mjs';
import { PACKAGE, plainServer } from '../tests/browser/plain.mjs';

const FOLDER = new URL('../.cache/bench/engine/', import.meta.url).pathname;
const DATA = new URL('./engine_data.py', import.meta.url).pathname;

const python = what =>
  execFileSync('.venv/bin/python', [DATA, what, FOLDER], {
    env: { ...process.env, PYTHONPATH: '.cache/bench/faiss' }
  }).toString();

mkdirSync(FOLDER, { recursive: true });
python('write');
readdirSync(PACKAGE).forEach(name => copyFileSync(PACKAGE + name, FOLDER + name));
const server = await plainServer('/', FOLDER);
const browser = await launch();
const page = await newPage(browser);
await page.goto(`${server.url}/index.js`);

/** Milliseconds, and rows a second; what is there already is not inserted. */
const measured = store =>
  page.evaluate(async store => {
    const { open } = await import('/index.js');
    const file = new Uint8Array(await (await fetch('/requests.bin')).arrayBuffer());
    const table = await (await fetch('/requests.json')).json();
    const of = name =>
      table.filter(([kind]) => kind === name).map(([, at, size]) => file.slice(at, at + size));
    const median = times => times.sort((a, b) => a - b)[times.length >> 1];
    const timed = async (count, act) => {
      const times = [];
      for (let number = 0; number < count; number++) {
        const begin = performance.now();
        await act(number);
        times.push(performance.now() - begin);
      }
      return median(times);
    };
    const begin = performance.now();
    const engine = await open({ store });
    await engine.call('GetVersion', new Uint8Array());
    const ready = performance.now() - begin;
    const [one, sixteen] = [of('Search'), of('Search16')[0]];
    // one that is there already is the same one
    await engine.call('CreateCollection', of('CreateCollection')[0]);
    const figures = { ready };
    if (await hasRows()) {
      await engine.call('Search', one[0]);
      figures.opened = performance.now() - begin;
    } else {
      for (const name of ['CreateIndex', 'LoadCollection']) {
        await engine.call(name, of(name)[0]);
      }
      const inserts = of('Insert');
      const first = performance.now();
      for (const insert of inserts) {
        await engine.call('Insert', insert);
      }
      figures.rows = (inserts.length * 1_000_000) / (performance.now() - first);
      // what is done between requests is done
      await new Promise(resolve => setTimeout(resolve, 3_000));
    }
    figures.search = await timed(4 * one.length, number =>
      engine.call('Search', one[number % one.length])
    );
    figures.search16 = (await timed(20, () => engine.call('Search', sixteen))) / 16;
    figures.port = await timed(2_000, () => engine.call('GetVersion', new Uint8Array()));
    engine.close();
    return figures;

    /** Whether the rows are there from a run before. */
    async function hasRows() {
      const named = new Uint8Array([0x1a, 1, 't'.charCodeAt(0)]);
      const reply = await engine.call('GetCollectionStatistics', named);
      return new TextDecoder('latin1').decode(reply).includes('100000');
    }
  }, store);

const memory = await measured('milvus://memory');
const kept = await measured('milvus://local/bench');
const again = await measured('milvus://local/bench');
await browser.close();
await server.off();
const peer = JSON.parse(python('peer'));

const ms = value => `${value.toFixed(value < 1 ? 2 : 1)} ms`;
const rate = value => `${Math.round(value / 1000)},000 rows a second`;
console.log(`engine: ready in ${ms(memory.ready)}, a call over the port ${ms(memory.port)}`);
console.log(`engine: 100,000 x 128 inserted, in memory ${rate(memory.rows)}`);
console.log(`engine: the same kept in the browser's files ${rate(kept.rows)}`);
console.log(`engine: a kept store opened and searched once ${ms(again.opened)}`);
console.log(`engine: a search ${ms(memory.search)} (faiss: ${ms(peer.search)})`);
console.log(`engine: of 16 queries each ${ms(memory.search16)} (faiss: ${ms(peer.search16)})`);
