// What else searches vectors in a browser, one after the other in Chromium on the same vectors,
// each beside the quickest way of ours that finds as much.

import { SCALE, median, ms, s, times } from './host.mjs';

const ROUNDS = 7;
const ROWS = 10_000 * SCALE;
const WIDTH = 128;
const QUERIES = 100;
const EFS = [10, 16, 24, 32, 40, 48, 64, 96, 128, 200, 400];
/** Where a peer has a setting, it is the first with this recall. */
const RECALL = 0.98;

const PEERS = [
  ['hnswlib', 'hnswlib-wasm 0.8.2'],
  ['edgevec', 'edgevec 0.9.0'],
  ['voy', 'voy-search 0.6.3'],
  ['ferrovec', 'ferrovec 0.4.0'],
  ['pgliteExact', 'pglite and pgvector, exact'],
  ['pgliteGraph', 'pglite and pgvector, HNSW'],
  ['sqliteVec', 'sqlite-vec 0.1.7, exact']
];

export async function run(host) {
  const name = `${ROWS}x${WIDTH}q${QUERIES}`;
  await host.native('data', { name, rows: ROWS, width: WIDTH, queries: QUERIES });
  for (const [peer, title] of PEERS) {
    const page = await host.page();
    const what = `${ROWS.toLocaleString('en')} x ${WIDTH}, a search for 10, beside ${title}`;
    try {
      const found = await page.evaluate(compare, [name, WIDTH, peer, EFS, RECALL, ROUNDS]);
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
async function compare([name, width, peer, efs, least, count]) {
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
  // of ours, the graph at the first ef that finds as much, or the scan where none does
  const graph = new e.Table('graph', width, { type: 'HNSW', M: 16, efConstruction: 200 });
  const scan = new e.Table('scan', width, { type: 'FLAT' });
  const inserted = scan.fill(base);
  const build = graph.fill(base) + e.build();
  const search = ef => graph.search(queries, { params: { ef } });
  const { setting, recall: reached } = e.reach(efs, found, ef => e.recall(truth, search(ef)));
  const isGraph = reached >= found;
  const mine = isGraph ? search(setting) : scan.search(queries);
  const ours = isGraph
    ? { way: `HNSW, ef ${setting}`, recall: reached, build }
    : { way: 'a scan', recall: e.recall(truth, mine), build: inserted };
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
