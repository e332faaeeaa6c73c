// An exact search, of one query and of sixteen, beside faiss and beside reading the memory once;
// codes of eight bits with a rerank beside our own scan.

import { SCALE, median, ms, s, times } from './host.mjs';

const ROUNDS = 9;
const ROWS = 100_000 * SCALE;

export async function run(host) {
  for (const [width, bar] of [
    [128, 1.15],
    [768, 0.85]
  ]) {
    await compare(host, width, bar);
  }
}

async function compare(host, width, bar) {
  const name = `${ROWS}x${width}`;
  await host.native('data', { name, rows: ROWS, width, queries: 32 });
  await host.native('faiss', { name, width });
  const page = await host.page();
  const made = await page.evaluate(
    async ([name, width]) => {
      const e = await import('/page/engine.js');
      const { base, queries, truth } = await e.data(name, width);
      const scan = new e.Table('scan', width, { type: 'FLAT' });
      const codes = new e.Table('codes', width, { type: 'AUTOINDEX' });
      scan.fill(base);
      codes.fill(base);
      const built = e.build();
      const batches = [queries.slice(0, 16), queries.slice(16)];
      const one = scan.search(queries);
      const sixteen = scan.search(batches);
      const coded = codes.search(queries);
      [one, coded].forEach(search => e.warm(search, queries.length));
      e.warm(sixteen, 2);
      const reader = await WebAssembly.instantiateStreaming(fetch('/data/read.wasm'));
      const { memory, read } = reader.instance.exports;
      memory.grow(Math.ceil(base.byteLength / 65_536));
      const block = new Float32Array(memory.buffer, 65_536, base.length);
      block.set(base);
      window.round = () => ({
        read: e.round(() => read(65_536, 65_536 + block.byteLength), queries.length),
        one: e.round(one, queries.length),
        sixteen: e.round(sixteen, 2) / 16,
        codes: e.round(coded, queries.length)
      });
      return { built, scan: e.recall(truth, one), codes: e.recall(truth, coded) };
    },
    [name, width]
  );
  const rounds = [];
  for (let number = 0; number < ROUNDS; number++) {
    const one = await host.native('faiss_round', { batch: 1 });
    const sixteen = await host.native('faiss_round', { batch: 16 });
    const ours = await page.evaluate(() => window.round());
    rounds.push({ ...ours, faiss: one, faiss16: sixteen });
  }
  await page.context().close();
  const of = key => median(rounds.map(round => round[key]));
  const share = (a, b) => times(median(rounds.map(round => round[a] / round[b])));
  const size = `${ROWS.toLocaleString('en')} x ${width}`;
  host.row(
    `exact search of ${size} for 10, recall ${made.scan.toFixed(3)}`,
    ms(of('one')),
    `faiss FlatL2, one native thread: ${ms(of('faiss'))}; we take ${share('one', 'faiss')} of it`,
    `${bar}`
  );
  host.row(
    'the same beside reading the memory once',
    ms(of('one')),
    `in wasm: ${ms(of('read'))}, ${share('read', 'one')} of ours`,
    '0.85'
  );
  host.row(
    `16 queries at once, ${size}, each`,
    ms(of('sixteen')),
    `one at a time: ${share('one', 'sixteen')} times as long; faiss: ${ms(of('faiss16'))}`,
    '1.8 times'
  );
  host.row(
    `AUTOINDEX (8 bits and rerank), ${size}, recall ${made.codes.toFixed(4)}, ` +
      `built in ${s(made.built)}`,
    ms(of('codes')),
    `our scan: ${share('one', 'codes')} times as long`,
    width === 768 ? '2.4 times at 0.999' : ''
  );
}
