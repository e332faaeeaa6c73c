// What every case stands on: a file server, a browser, the native peers in a process of their own,
// and the table. Runs of a case and its peer are in turns, since a machine is not always as quick.

import { execFileSync, spawn } from 'node:child_process';
import { createReadStream, mkdirSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { loadavg } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { createInterface } from 'node:readline';

import { launch, newContext, pageOf } from '../../tests/browser/page.mjs';

const ROOT = new URL('../..', import.meta.url).pathname;
export const DATA = join(ROOT, '.cache/bench/engine');
const PLACES = {
  data: DATA,
  ferrovec: join(ROOT, '.cache/bench/ferrovec'),
  package: join(ROOT, 'engine/js/dist'),
  page: join(ROOT, 'benches/engine/page'),
  peers: join(ROOT, 'benches/node_modules'),
  wasm: join(ROOT, 'engine/js/wasm')
};
const TYPES = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.json': 'application/json'
};

/** A full run, or one with a tenth of the rows, to see whether it runs. */
export const SCALE = process.env.QUICK ? 0.1 : 1;

export const median = numbers => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
export const ms = value => `${value.toFixed(value < 0.1 ? 3 : value < 10 ? 2 : 1)} ms`;
export const s = value => `${value.toFixed(value < 1 ? 2 : 1)} s`;
export const times = value => value.toFixed(2);

export class Host {
  static async start() {
    mkdirSync(DATA, { recursive: true });
    const reader = join(DATA, 'read.wasm');
    const source = join(ROOT, 'benches/engine/read.wat');
    const assembler = join(ROOT, 'jupyterlite/node_modules/.bin/wasm-as');
    execFileSync(assembler, ['--enable-simd', source, '-o', reader]);
    const server = createServer(serve);
    await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
    return new Host(server, await launch(), new Native());
  }

  constructor(server, browser, native) {
    this._server = server;
    this._browser = browser;
    this._native = native;
    this.url = `http://127.0.0.1:${server.address().port}`;
    console.log('| what | here | its peer | the bar |\n|---|---|---|---|');
  }

  /** A page in a context of its own, so that what one case took is given back before the next. */
  async page() {
    const page = await pageOf(await newContext(this._browser));
    page.on('pageerror', error => console.error(`page: ${error}`));
    await page.goto(`${this.url}/page/`);
    return page;
  }

  /** Asks the native peers; rejects with what they say. */
  native(what, args = {}) {
    return this._native.ask({ do: what, ...args });
  }

  row(what, here, peer = '', bar = '') {
    console.log(`| ${what} | ${here} | ${peer} | ${bar} |`);
  }

  async close() {
    this._native.end();
    await this._browser.close();
    this._server.closeAllConnections();
    this._server.close();
  }
}

export const load = () => loadavg()[0].toFixed(1);

class Native {
  constructor() {
    const script = join(ROOT, 'benches/engine/native.py');
    const paths = ['faiss', 'peers'].map(name => join(ROOT, '.cache/bench', name));
    this._process = spawn(join(ROOT, '.venv/bin/python'), [script, DATA], {
      env: { ...process.env, PYTHONPATH: paths.join(':') },
      stdio: ['pipe', 'pipe', 'inherit']
    });
    this._lines = createInterface({ input: this._process.stdout })[Symbol.asyncIterator]();
  }

  async ask(what) {
    this._process.stdin.write(`${JSON.stringify(what)}\n`);
    const { value, done } = await this._lines.next();
    if (done) {
      throw new Error('the native peers ended');
    }
    const { is, failed } = JSON.parse(value);
    if (failed) {
      throw new Error(failed);
    }
    return is;
  }

  end() {
    this._process.stdin.end();
  }
}

function serve(request, answer) {
  const path = new URL(request.url, 'http://here').pathname;
  const [, place, ...rest] = normalize(path).split('/');
  try {
    if (path === '/page/') {
      answer.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>bench');
      return;
    }
    const file = join(PLACES[place], ...rest);
    const length = statSync(file).size;
    answer.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-length': length,
      // as a host serves what does not change
      'cache-control': place === 'data' ? 'no-store' : 'max-age=3600'
    });
    createReadStream(file).pipe(answer);
  } catch {
    answer.writeHead(404).end();
  }
}
