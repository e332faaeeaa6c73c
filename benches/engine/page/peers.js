// The peers in the page: each takes vectors and gives how long it took to take them, and a search
// that tells the keys 0, 1, 2 … of the nearest.

import { rowsOf, timed } from './engine.js';

const since = begin => (performance.now() - begin) / 1000;

export async function hnswlib({ base, width, m = 16, ef = 200 }) {
  const { loadHnswlib } = await import('/peers/hnswlib-wasm/dist/hnswlib.js');
  const library = await loadHnswlib();
  const index = new library.HierarchicalNSW('l2', width, '');
  const rows = rowsOf(base, width);
  const seconds = timed(() => {
    index.initIndex(rows.length, m, ef, 1);
    for (let first = 0; first < rows.length; first += 1_000) {
      const part = rows.slice(first, first + 1_000);
      index.addPoints(part, part.map((_, number) => first + number), false);
    }
  });
  return {
    seconds,
    reach: ef => index.setEfSearch(ef),
    search: query => index.searchKnn(query, 10, undefined).neighbors
  };
}

export async function edgevec({ base, width }) {
  const { default: init, EdgeVec, EdgeVecConfig } = await import('/peers/edgevec/edgevec.js');
  await init();
  const config = new EdgeVecConfig(width);
  config.metric = 'l2';
  const index = new EdgeVec(config);
  const rows = rowsOf(base, width);
  let keys;
  const seconds = timed(() => (keys = rows.map(row => index.insert(row))));
  const first = keys[0];
  return { seconds, search: query => index.search(query, 10).map(({ id }) => id - first) };
}

export async function voy({ base, width }) {
  const glue = await import('/peers/voy-search/voy_search_bg.js');
  const file = fetch('/peers/voy-search/voy_search_bg.wasm');
  const { instance } = await WebAssembly.instantiateStreaming(file, { './voy_search_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  const embeddings = rowsOf(base, width).map((row, number) => ({
    id: String(number),
    title: '',
    url: '',
    embeddings: Array.from(row)
  }));
  let index;
  const seconds = timed(() => (index = new glue.Voy({ embeddings })));
  const keysOf = ({ neighbors }) => neighbors.map(({ id }) => Number(id));
  return { seconds, search: query => keysOf(index.search(query, 10)) };
}

export async function ferrovec({ base, width, m = 16, ef = 200 }) {
  const { default: init, FerrovecCore } = await import('/ferrovec/ferrovec.js');
  await init();
  const rows = rowsOf(base, width);
  let index;
  // how far a search goes is said before anything is there
  const made = reach =>
    timed(() => {
      index?.free();
      index = FerrovecCore.withConfig(width, m, ef, reach, 'l2', 1);
      rows.forEach((row, key) => index.insert(String(key), row));
    });
  const seconds = made(10);
  return {
    seconds,
    reach: made,
    search: query => index.search(query, 10).map(({ id }) => Number(id))
  };
}

const text = vector => `[${vector.join(',')}]`;

async function pglite({ base, width }) {
  const { PGlite } = await import('/peers/@electric-sql/pglite/dist/index.js');
  const { vector } = await import('/peers/@electric-sql/pglite-pgvector/dist/index.js');
  const database = await PGlite.create({ extensions: { vector } });
  await database.exec(`CREATE EXTENSION vector; CREATE TABLE t (id int, v vector(${width}))`);
  const begin = performance.now();
  const rows = rowsOf(base, width);
  for (let first = 0; first < rows.length; first += 500) {
    const part = rows.slice(first, first + 500);
    const values = part.map((row, number) => `(${first + number}, '${text(row)}')`);
    await database.exec(`INSERT INTO t VALUES ${values.join(',')}`);
  }
  return {
    database,
    begin,
    search: async query => {
      const asked = 'SELECT id FROM t ORDER BY v <-> $1 LIMIT 10';
      return (await database.query(asked, [text(query)])).rows.map(({ id }) => id);
    }
  };
}

export async function pgliteExact(data) {
  const { begin, search } = await pglite(data);
  return { seconds: since(begin), search };
}

export async function pgliteGraph(data) {
  const { database, begin, search } = await pglite(data);
  await database.exec(`
    SET maintenance_work_mem = '512MB';
    CREATE INDEX ON t USING hnsw (v vector_l2_ops) WITH (m = 16, ef_construction = 200)`);
  const seconds = since(begin);
  return { seconds, reach: ef => database.exec(`SET hnsw.ef_search = ${ef}`), search };
}

export async function sqliteVec({ base, width }) {
  const { default: init } = await import('/peers/sqlite-vec-wasm-demo/sqlite3.mjs');
  const sqlite = await init();
  const database = new sqlite.oo1.DB(':memory:');
  database.exec(`CREATE VIRTUAL TABLE t USING vec0(v float[${width}])`);
  const insert = database.prepare('INSERT INTO t (rowid, v) VALUES (?, ?)');
  const bytes = row => new Uint8Array(row.buffer, row.byteOffset, row.byteLength);
  const seconds = timed(() => {
    database.exec('BEGIN');
    rowsOf(base, width).forEach((row, key) => insert.bind(1, key).bind(2, bytes(row)).stepReset());
    database.exec('COMMIT');
  });
  const asked = database.prepare('SELECT rowid FROM t WHERE v MATCH ? AND k = 10');
  return {
    seconds,
    search: query => {
      const keys = [];
      asked.bind(1, bytes(query));
      while (asked.step()) {
        keys.push(asked.get(0));
      }
      asked.reset();
      return keys;
    }
  };
}
