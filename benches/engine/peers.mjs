// What else searches vectors in a browser, one after the other in Chromium on the same vectors,
// each beside our graph at the first ef that finds as much, or beside our scan if it is exact.

import { SCALE, median, ms, s, times } from './host.mjs';

const ROUNDS = 7;
const ROWS = 10_000 * SCALE;
const WIDTH = 128;
const QUERIES = 100;
const EFS = [10, 16, 24, 32, 40, 48, 64, 96, 128, 200, 400];
/** Where a peer has a setting, it is the first with this recall. */
const RECALL = 0.98;

const PEERS = [
  ['hnswlib', 'hnswlib-wasm 0.8.2', 'HNSW'],
  ['edgevec', 'edgevec 0.9.0', 'HNSW'],
  ['voy', 'voy-search 0.6.3', 'exact'],
  ['ferrovec', 'ferrovec 0.4.0', 'HNSW'],
  ['pgliteExact', 'pglite 0.5.14 and pgvector', 'exact'],
  ['pgliteGraph', 'pglite 0.5.14 and pgvector', 'HNSW'],
  ['sqliteVec', 'sqlite-vec 0.1.7', 'exact']
];

export async function run(host) {
  const name = `${ROWS}x${WIDTH}q${QUERIES}`;
  await host.native('data', { name, rows: ROWS, width: WIDTH, queries: QUERIES });
  for (const [peer, title, way] of PEERS) {
    const page = await host.page();
    const rows = ROWS.toLocaleString('en');
    const what = `${rows} x ${WIDTH}, a search for 10, beside ${title}, ${way}`;
    try {
      const found = await page.evaluate(compare, [name, WIDTH, peer, way, EFS, RECALL, ROUNDS]);
      const share = times(median(found.rounds.map(([ours, theirs]) => ours / theirs)));
      const at = side => median(found.rounds.map(of => of[side]));
      const { ours, theirs } = found;
      host.row(
        what,
        `${ms(at(0))} by ${ours.way}, recall ${ours.recall.toFixed(3)}, built in ${s(ours.build)}`,
        `${ms(at(1))}, recall ${theirs.recall.toFixed(3)}, built in ${s(theirs.build)}; ` +
          `we take ${share} of its time, ${times(ours.build / theirs.build)} to build`,
        'below 1'
      );
    } catch (error) {
      host.row(what, '', `did not run: ${String(error).split('\n')[0]}`, 'below 1');
    }
    await page.context().close();
  }
}

/** In the page. */
async function compare([name, width, peer, way, efs, least, count]) {
  const e = await import('/page/engine.js');
  const peers = await import('/page/peers.js');
  const { base, queries, truth } = await e.data(name, width);
  const other = await peers[peer]({ base, width });
  const recall = async () => {
    let hits = 0;
    for (const [number, nearest] of truth.entries()) {
      const keys = new Set((await other.search(queries[number])).map(Number));
      hits += nearest.filter(key => keys.has(key)).length;
    }
    return hits / (10 * truth.length);
  };
  let found = 0;
  for (const ef of other.reach ? efs : [0]) {
    await other.reach?.(ef);
    found = await recall();
    if (found >= least) {
      break;
    }
  }
  const theirs = { build: other.seconds, recall: found };
  const graph = { type: 'HNSW', M: 16, efConstruction: 200 };
  const table = new e.Table('t', width, way === 'exact' ? { type: 'FLAT' } : graph);
  const build = table.fill(base) + e.build();
  const search = ef => table.search(queries, { params: { ef } });
  const reached = e.reach(way === 'exact' ? [10] : efs, found, ef => e.recall(truth, search(ef)));
  const mine = search(reached.setting);
  const said = way === 'exact' ? 'a scan' : `HNSW, ef ${reached.setting}`;
  const ours = { way: said, recall: reached.recall, build };
  e.warm(mine, queries.length);
  const rounds = [];
  for (let number = 0; number < count; number++) {
    const begin = performance.now();
    for (const query of queries) {
      const keys = other.search(query);
      // what answers at once is not made to wait for a turn
      if (keys instanceof Promise) {
        await keys;
      }
    }
    const took = (performance.now() - begin) / queries.length;
    rounds.push([e.round(mine, queries.length), took]);
  }
  return { ours, theirs, rounds };
}
