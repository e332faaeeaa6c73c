// The browser's figures, each beside its peer in one run: kernel start and first statement beside Pyodide, a statement beside the
// bare RPC by the same transport, parsing in wasm, and 100,000 vectors inserted beside pymilvus.

import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

import { host, launch, newPage } from '../tests/browser/page.mjs';

const ROOT = new URL('..', import.meta.url).pathname;
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json' };
const median = numbers => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

// a page on this machine with our files and Pyodide's
const files = createServer((request, response) => {
  const path = new URL(request.url, 'http://x').pathname;
  if (path === '/') {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end('<!doctype html><title>bench</title>');
    return;
  }
  const file = join(ROOT, path.startsWith('/pyodide/') ? `jupyterlite/node_modules${path}` : `jupyterlite${path}`);
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
    const loaded = import('/lib/engine.js');
    window.startKernel = async () => {
      const { Engine } = await loaded;
      const engine = new Engine(() => new Worker('/lib/milvus.worker.js', { type: 'module' }), '/wasm/milvus_kernel_bg.wasm');
      return async code => {
        const shown = [];
        const reply = await engine.call('run', [code], bundle => shown.push(bundle.data['text/plain']));
        return { ...reply, shown };
      };
    };
    await loaded;
  });
  return page;
}

const wanted = process.argv.slice(2);

// start: from the factory to the first statement's answer, beside loadPyodide and its first expression
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
  console.log(`start: first statement answered after ${ours.toFixed(0)} ms, connected to Milvus after ${median(firsts).toFixed(0)} ms more; Pyodide's first after ${pyodide.toFixed(0)} ms: ${(pyodide / ours).toFixed(0)} times`);
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
        const calls = { run: code => kernel.run(code, () => undefined), bare: bareGetVersion };
        onmessage = async ({ data: [call, text] }) => postMessage(await calls[call](text));
        postMessage('ready');`;
      const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })), { type: 'module' });
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
  console.log(`statement: SHOW VERSION ${kernel.toFixed(2)} ms, the bare RPC by the same transport ${bare.toFixed(2)} ms: ${(kernel - bare).toFixed(2)} ms over it (medians of 250)`);
}

// parsing in wasm, and 100,000 x 128 through the kernel
if (wanted.includes('insert')) {
  const page = await fresh();
  const result = await page.evaluate(async address => {
    const module = await import('/wasm/milvus_kernel.js');
    const { memory } = await module.default({ module_or_path: '/wasm/milvus_kernel_bg.wasm' });
    const kernel = new module.Kernel();
    const row = id => `(${id}, [${Array.from({ length: 128 }, () => Math.random().toFixed(6)).join(', ')}])`;
    const rows = (from, count) => Array.from({ length: count }, (_, index) => row(from + index)).join(', ');
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
    await must('DROP TABLE IF EXISTS bench; CREATE TABLE bench (id BIGINT PRIMARY KEY, v VECTOR(128))');
    const cells = Array.from({ length: 4 }, (_, index) => `INSERT INTO bench (id, v) VALUES ${rows(index * 25_000, 25_000)}`);
    const begun = performance.now();
    for (const code of cells) await must(code);
    const insert = performance.now() - begun;
    await must('DROP TABLE bench');
    return { parsed, insert };
  }, `root:Milvus@${host('MILVUS_WEB_URL')}`);
  await page.close();
  const { bytes, parse, memory } = result.parsed;
  console.log(`parse, wasm: INSERT of ${(bytes / 1e6).toFixed(1)} MB at ${(bytes / 1e3 / parse).toFixed(0)} MB/s, ${(memory / bytes).toFixed(1)} times its size in memory`);
  const peer = execFileSync(join(ROOT, '.venv/bin/python'), [join(ROOT, 'benches/pymilvus_insert.py')], { encoding: 'utf8' });
  console.log(`insert: 100,000 x 128 through the kernel in ${(result.insert / 1000).toFixed(1)} s (text to acknowledgement); ${peer.trim()}`);
}

await browser.close();
files.close();
