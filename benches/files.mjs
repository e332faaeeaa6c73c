// Many rows in Chromium, each figure beside its peer in one run: a csv of 100 MB read and checked
// beside papaparse and DuckDB, 100,000 x 128 from an npy into a server beside pymilvus, and an
// aggregate over 100,000 rows beside their transfer alone.

import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';

import { host, launch, newPage } from '../tests/browser/page.mjs';

const ROOT = new URL('..', import.meta.url).pathname;
const CACHE = join(ROOT, '.cache/bench');
const TYPES = { '.js': 'text/javascript', '.wasm': 'application/wasm' };

// the peers as modules that a page can load
const { buildSync } = createRequire(join(ROOT, 'jupyterlite/package.json'))('esbuild');
buildSync({
  stdin: {
    contents:
      "export * as duckdb from '@duckdb/duckdb-wasm'; export { default as Papa } from 'papaparse';",
    resolveDir: join(ROOT, 'benches')
  },
  bundle: true,
  format: 'esm',
  logLevel: 'warning',
  outfile: join(CACHE, 'csv-peers.js')
});
const npy = join(CACHE, 'vectors.npy');
const python = (...args) =>
  execFileSync(join(ROOT, '.venv/bin/python'), args, { encoding: 'utf8' }).trim();
python(
  '-c',
  'import numpy, sys; r = numpy.random.default_rng(7); ' +
    'numpy.save(sys.argv[1], r.random((100_000, 128), "float32"))',
  npy
);

const server = createServer((request, response) => {
  const path = new URL(request.url, 'http://x').pathname;
  const [, first] = path.split('/');
  const file = {
    cache: join(CACHE, path.slice(7)),
    engine: join(ROOT, path),
    duckdb: join(ROOT, 'benches/node_modules/@duckdb/duckdb-wasm/dist', path.slice(8))
  };
  const place = file[first] ?? join(ROOT, 'jupyterlite', path);
  if (path === '/' || !existsSync(place)) {
    response.writeHead(path === '/' ? 200 : 404, { 'content-type': 'text/html' });
    response.end('<!doctype html><title>bench</title>');
    return;
  }
  const type = TYPES[extname(place)] ?? 'application/octet-stream';
  response.writeHead(200, { 'content-type': type, 'content-length': statSync(place).size });
  createReadStream(place).pipe(response);
});
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${server.address().port}`;

const browser = await launch();
const page = await newPage(browser);
await page.goto(origin);
const lite = host('LITE_WEB_URL');

/** A kernel in a worker, as the extension starts it. */
await page.evaluate(async () => {
  const { WorkerClient } = await import('/lib/worker-client.js');
  window.startKernel = () => {
    const worker = new WorkerClient(
      () => new Worker('/lib/milvus.worker.js', { type: 'module' }),
      '/wasm/milvus_kernel_bg.wasm',
      () => undefined,
      { read: async () => window.csv },
      undefined
    );
    return async code => {
      const shown = [];
      const show = ({ data }) => shown.push(data['text/plain']);
      const reply = await worker.call('run', [code, false], show);
      if (reply.status !== 'ok') {
        throw new Error(reply.evalue);
      }
      return shown.join('\n');
    };
  };
});

const csv = await page.evaluate(async address => {
  const lines = ['id,title,price,sold,day,note,v\n'];
  const parts = [];
  let bytes = 0;
  let rows = 0;
  while (bytes < 100e6) {
    const id = rows++;
    const line =
      `${id},title number ${id % 1000},${(id % 997) / 8},${id % 2 ? 'true' : 'false'},` +
      `2024-02-${10 + (id % 19)},"a note, which has a comma: ${id % 77}","[${id % 13}, 0.5]"\n`;
    bytes += line.length;
    lines.push(line);
    if (lines.length === 10_000) parts.push(lines.splice(0).join(''));
  }
  parts.push(lines.join(''));
  window.csv = new Blob(parts);
  const timed = async work => {
    const begun = performance.now();
    const count = await work();
    if (count !== rows) throw new Error(`${count} rows of ${rows}`);
    return (performance.now() - begun) / 1000;
  };
  const run = window.startKernel();
  await run(`milvus://${address}`);
  await run(
    'DROP TABLE IF EXISTS csv; CREATE TABLE csv (id BIGINT PRIMARY KEY, title VARCHAR(30), ' +
      'price DOUBLE, sold BOOLEAN, day VARCHAR(10), note VARCHAR(60), v VECTOR(2))'
  );
  const { Papa, duckdb } = await import('/cache/csv-peers.js');
  const worker = new Worker('/duckdb/duckdb-browser-eh.worker.js');
  const db = new duckdb.AsyncDuckDB(new duckdb.VoidLogger(), worker);
  await db.instantiate(`${location.origin}/duckdb/duckdb-eh.wasm`);
  const { BROWSER_FILEREADER } = duckdb.DuckDBDataProtocol;
  const big = new File([window.csv], 'big.csv');
  await db.registerFileHandle('big.csv', big, BROWSER_FILEREADER, true);
  const connection = await db.connect();
  const times = { kernel: [], papaparse: [], duckdb: [] };
  for (let round = 0; round < 3; round++) {
    times.kernel.push(
      await timed(async () => {
        const shown = await run("COPY csv FROM 'big.csv' DRY RUN");
        return Number(/([\d,]+) rows of big.csv fit/.exec(shown)[1].replaceAll(',', ''));
      })
    );
    times.papaparse.push(
      await timed(
        () =>
          new Promise(resolve => {
            let count = 0;
            Papa.parse(new File([window.csv], 'big.csv'), {
              header: true,
              dynamicTyping: true,
              skipEmptyLines: true,
              chunk: ({ data }) => (count += data.length),
              complete: () => resolve(count)
            });
          })
      )
    );
    times.duckdb.push(
      await timed(async () => {
        await connection.query("CREATE OR REPLACE TABLE big AS SELECT * FROM read_csv('big.csv')");
        const counted = await connection.query('SELECT count(*) AS n FROM big');
        return Number(counted.toArray()[0].n);
      })
    );
  }
  await run('DROP TABLE csv');
  const speed = seconds => (bytes / 1e6 / Math.min(...seconds)).toFixed(0);
  return Object.entries(times).map(([name, seconds]) => `${name} ${speed(seconds)} MB/s`);
}, lite);
console.log(`csv of 100 MB, read and checked against a table: ${csv.join(', ')} (best of 3)`);

const copied = await page.evaluate(
  async ([address, origin]) => {
    const run = window.startKernel();
    await run(`milvus://${address}`);
    await run(
      'DROP TABLE IF EXISTS bench; CREATE TABLE bench (id BIGINT PRIMARY KEY, v VECTOR(128))'
    );
    const begun = performance.now();
    await run(`COPY bench (v) FROM '${origin}/cache/vectors.npy'`);
    const took = (performance.now() - begun) / 1000;
    await run('DROP TABLE bench');
    return took;
  },
  [lite, origin]
);
const peer = python(join(ROOT, 'benches/pymilvus_npy.py'), npy);
console.log(
  `npy: 100,000 x 128 copied into Milvus Lite in ${copied.toFixed(1)} s; ` +
    `pymilvus into the same server ${peer}`
);

const aggregate = await page.evaluate(async address => {
  const run = window.startKernel();
  const lines = ['id,g,a,b,c,v\n'];
  for (let id = 0; id < 100_000; id++) {
    lines.push(`${id},${id % 100},${id % 7},${(id % 13) / 4},${id % 1000},"[0, 1]"\n`);
  }
  window.csv = new Blob([lines.join('')]);
  await run(`milvus://${address}`);
  await run(
    'DROP TABLE IF EXISTS grouped; CREATE TABLE grouped (id BIGINT PRIMARY KEY, g BIGINT, ' +
      'a BIGINT, b DOUBLE, c BIGINT, v VECTOR(2))'
  );
  await run("COPY grouped FROM 'grouped.csv'; LOAD grouped");
  const select = 'SELECT g, count(id), sum(a), avg(b), max(c) FROM grouped GROUP BY g';
  const times = [];
  for (let round = 0; round < 5; round++) {
    const shown = await run(`EXPLAIN ANALYZE ${select}`);
    const [, read] = /^Query +\d+ +[\d,]+ +([\d.]+)$/m.exec(shown);
    const [, took] = /it took ([\d.]+) ms/.exec(shown);
    times.push({ read: Number(read), took: Number(took) });
  }
  await run('DROP TABLE grouped');
  return times.sort((one, other) => one.took - other.took)[2];
}, lite);
console.log(
  `aggregate over 100,000 rows x 5: ${aggregate.took.toFixed(0)} ms, of which their transfer ` +
    `takes ${aggregate.read.toFixed(0)} (the median of 5)`
);
await browser.close();
server.close();
