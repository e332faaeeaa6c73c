// The browser's figures, each beside its peer in one run: kernel start and first statement beside
// Pyodide, a statement beside the bare RPC by the same transport, parsing in wasm, 1,000
// statements, 16,384 rows, and 100,000 vectors inserted beside pymilvus.

import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

import { host, launch, newPage } from '../tests/browser/page.mjs';

const ROOT = new URL('..', import.meta.url).pathname;
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.json': 'application/json'
};
const median = numbers => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

// a page on this machine with our files and Pyodide's
const files = createServer((request, response) => {
  const path = new URL(request.url, 'http://x').pathname;
  if (path === '/') {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end('<!doctype html><title>bench</title>');
    return;
  }
  const place = { pyodide: `jupyterlite/node_modules${path}`, engine: path.slice(1) };
  const file = join(ROOT, place[path.split('/')[1]] ?? `jupyterlite${path}`);
  if (!existsSync(file)) {
    response.writeHead(404);
    response.end();
    return;
  }
  response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
  createReadStream(file).pipe(response);
});
await new Promise(resolve => files.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${files.address().port}`;

const browser = await launch();

async function fresh() {
  const page = await newPage(browser);
  await page.goto(origin);
  await page.evaluate(async () => {
    // the extension's own script is there with the page
    const loaded = import('/lib/worker-client.js');
    window.startKernel = async () => {
      const { WorkerClient } = await loaded;
      const worker = new WorkerClient(
        () => new Worker('/lib/milvus.worker.js', { type: 'module' }),
        '/wasm/milvus_kernel_bg.wasm'
      );
      return async code => {
        const shown = [];
        const reply = await worker.call('run', [code, false], ({ data }) =>
          shown.push(data['text/plain'])
        );
        return { ...reply, shown };
      };
    };
    await loaded;
  });
  return page;
}

const wanted = process.argv.slice(2);

// start: from the factory to the first statement's answer, beside loadPyodide and its first
// expression
if (wanted.includes('start')) {
  const starts = [];
  const firsts = [];
  for (let round = 0; round < 5; round++) {
    const page = await fresh();
    const [start, first] = await page.evaluate(async address => {
      const begun = performance.now();
      const run = await window.startKernel();
      await run('SHOW SETTINGS');
      const ready = performance.now();
      await run(`milvus://${address}`);
      return [ready - begun, performance.now() - ready];
    }, host('LITE_WEB_URL'));
    starts.push(start);
    firsts.push(first);
    await page.close();
  }
  const page = await fresh();
  const pyodide = await page.evaluate(async () => {
    const begun = performance.now();
    const { loadPyodide } = await import('/pyodide/pyodide.mjs');
    await (await loadPyodide({ indexURL: '/pyodide/' })).runPythonAsync('1 + 1');
    return performance.now() - begun;
  });
  await page.close();
  const ours = median(starts);
  console.log(
    `start: first statement answered after ${ours.toFixed(0)} ms, ` +
      `connected to Milvus after ${median(firsts).toFixed(0)} ms more; ` +
      `Pyodide's first after ${pyodide.toFixed(0)} ms: ${(pyodide / ours).toFixed(0)} times`
  );
}

// a statement beside the bare RPC by the same transport
if (wanted.includes('statement')) {
  const page = await fresh();
  const times = await page.evaluate(
    async ([address]) => {
      const source = `
        import init, { Kernel, bareGetVersion } from '${location.origin}/wasm/milvus_kernel.js';
        await init({ module_or_path: '${location.origin}/wasm/milvus_kernel_bg.wasm' });
        const kernel = new Kernel();
        const run = code => kernel.run(code, false, () => undefined);
        const calls = { run, bare: bareGetVersion };
        onmessage = async ({ data: [call, text] }) => postMessage(await calls[call](text));
        postMessage('ready');`;
      const worker = new Worker(
        URL.createObjectURL(new Blob([source], { type: 'text/javascript' })),
        { type: 'module' }
      );
      const answer = () => new Promise(resolve => (worker.onmessage = ({ data }) => resolve(data)));
      await answer();
      const ask = (call, text) => {
        worker.postMessage([call, text]);
        return answer();
      };
      await ask('run', `milvus://${address}`);
      const times = { kernel: [], bare: [] };
      for (let round = 0; round < 300; round++) {
        let begun = performance.now();
        await ask('run', 'SHOW VERSION');
        times.kernel.push(performance.now() - begun);
        begun = performance.now();
        await ask('bare', `milvus://${address}`);
        times.bare.push(performance.now() - begun);
      }
      return times;
    },
    [host('LITE_WEB_URL')]
  );
  await page.close();
  const [kernel, bare] = [median(times.kernel.slice(50)), median(times.bare.slice(50))];
  console.log(
    `statement: SHOW VERSION ${kernel.toFixed(2)} ms, ` +
      `the bare RPC by the same transport ${bare.toFixed(2)} ms: ` +
      `${(kernel - bare).toFixed(2)} ms over it (medians of 250)`
  );
}

// parsing in wasm, and 100,000 x 128 through the kernel
if (wanted.includes('insert')) {
  const page = await fresh();
  const result = await page.evaluate(
    async address => {
      const module = await import('/wasm/milvus_kernel.js');
      const { memory } = await module.default({ module_or_path: '/wasm/milvus_kernel_bg.wasm' });
      const kernel = new module.Kernel();
      const row = id =>
        `(${id}, [${Array.from({ length: 128 }, () => Math.random().toFixed(6)).join(', ')}])`;
      const rows = (from, count) =>
        Array.from({ length: count }, (_, index) => row(from + index)).join(', ');
      const cell = `INSERT INTO bench (id, v) VALUES ${rows(0, 7800)}`;
      const before = memory.buffer.byteLength;
      let parse = Infinity;
      for (let round = 0; round < 5; round++) {
        const begun = performance.now();
        if (kernel.countStatements(cell) !== 1) throw new Error('not parsed');
        parse = Math.min(parse, performance.now() - begun);
      }
      const parsed = { bytes: cell.length, parse, memory: memory.buffer.byteLength - before };
      const run = await window.startKernel();
      const must = async code => {
        const reply = await run(code);
        if (reply.status !== 'ok') throw new Error(reply.evalue);
        return reply.shown.join('\n');
      };
      await must(`milvus://${address}`);
      await must(
        'DROP TABLE IF EXISTS bench; CREATE TABLE bench (id BIGINT PRIMARY KEY, v VECTOR(128))'
      );
      const cells = Array.from(
        { length: 4 },
        (_, index) => `INSERT INTO bench (id, v) VALUES ${rows(index * 25_000, 25_000)}`
      );
      const begun = performance.now();
      for (const code of cells) await must(code);
      const insert = performance.now() - begun;
      await must('DROP TABLE bench');
      return { parsed, insert };
    },
    `root:Milvus@${host('MILVUS_WEB_URL')}`
  );
  await page.close();
  const { bytes, parse, memory } = result.parsed;
  console.log(
    `parse, wasm: INSERT of ${(bytes / 1e6).toFixed(1)} MB ` +
      `at ${(bytes / 1e3 / parse).toFixed(0)} MB/s, ` +
      `${(memory / bytes).toFixed(1)} times its size in memory`
  );
  const peer = execFileSync(
    join(ROOT, '.venv/bin/python'),
    [join(ROOT, 'benches/pymilvus_insert.py')],
    { encoding: 'utf8' }
  );
  console.log(
    `insert: 100,000 x 128 through the kernel in ${(result.insert / 1000).toFixed(1)} s ` +
      `(text to acknowledgement); ${peer.trim()}`
  );
}

// a cell of 1,000 small statements, and 16,384 rows of 5 columns; beside them JSON of the same
// rows, parsed and shown by the browser itself
if (wanted.includes('cells')) {
  const page = await fresh();
  const result = await page.evaluate(async address => {
    const module = await import('/wasm/milvus_kernel.js');
    await module.default({ module_or_path: '/wasm/milvus_kernel_bg.wasm' });
    const kernel = new module.Kernel();
    const small = [
      "SELECT id, title FROM books WHERE year > 1800 AND title LIKE 'E%' LIMIT 5",
      'SELECT id FROM books ORDER BY v <-> [0.1, 0.2, 0.3, 0.4] LIMIT 10',
      "INSERT INTO books (id, title) VALUES (1, 'Emma')",
      'DELETE FROM books WHERE id IN (1, 2, 3)',
      'SHOW TABLES',
      'CREATE INDEX ON books (v) USING HNSW WITH (M = 8)',
      'DESCRIBE books',
      'UPDATE books SET year = year + 1 WHERE id = 5'
    ];
    const statements = Array.from({ length: 1000 }, (_, index) => small[index % small.length]);
    const cell = statements.join(';\n');
    let parse = Infinity;
    for (let round = 0; round < 20; round++) {
      const begun = performance.now();
      if (kernel.countStatements(cell) !== 1000) throw new Error('not parsed');
      parse = Math.min(parse, performance.now() - begun);
    }
    const must = async code => {
      const shown = [];
      const begun = performance.now();
      const reply = await kernel.run(code, false, bundle => shown.push(bundle));
      if (reply.status !== 'ok') throw new Error(reply.evalue);
      return [performance.now() - begun, shown];
    };
    await must(`milvus://${address}`);
    await must(`
      DROP TABLE IF EXISTS wide;
      CREATE TABLE wide (
        id BIGINT PRIMARY KEY, name VARCHAR(50), n INT, price DOUBLE, v VECTOR(2),
        INDEX (v) USING FLAT WITH (metric_type = 'L2')
      );
      LOAD TABLE wide`);
    const vector = id => `[0.5, ${(id % 100) / 100}]`;
    const row = id =>
      `(${id}, 'row number ${id}', ${id % 1000}, ${(id / 7).toFixed(4)}, ${vector(id)})`;
    await must(
      `INSERT INTO wide VALUES ${Array.from({ length: 16_384 }, (_, id) => row(id)).join(', ')}`
    );
    await must('SET table_schema = on');
    const renders = [];
    for (let round = 0; round < 5; round++) {
      const [total, [bundle]] = await must('SELECT * FROM wide LIMIT 16384');
      const [, number, unit] = bundle.data['text/plain'].match(
        /16,384 rows \(([\d.]+) (ms|s) on the server\)/
      );
      renders.push(total - Number(number) * (unit === 's' ? 1000 : 1));
      var rows = bundle.data['application/vnd.dataresource+json'].data;
    }
    const json = JSON.stringify(rows);
    const begun = performance.now();
    const table = document.createElement('table');
    for (const row of JSON.parse(json).slice(0, 50)) {
      table.insertRow().append(...Object.values(row).map(String));
    }
    const peer = performance.now() - begun;
    await must('DROP TABLE wide');
    return { parse, render: renders.sort((a, b) => a - b)[2], peer, rows: rows.length };
  }, host('LITE_WEB_URL'));
  await page.close();
  console.log(
    `cells: 1,000 small statements parsed in ${result.parse.toFixed(1)} ms in wasm (bound: 20 ms)`
  );
  console.log(
    `render: ${result.rows.toLocaleString('en')} x 5 decoded and rendered as text, ` +
      `a capped table and a whole data resource in ${result.render.toFixed(0)} ms ` +
      `(bound: 150 ms; the browser's own JSON.parse of them and 50 rows of a table: ` +
      `${result.peer.toFixed(0)} ms)`
  );
}

await browser.close();
files.close();
