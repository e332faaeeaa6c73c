// What a page is to the kernel, in Node: the kernel's class as it is, bundled, its workers on
// threads (`worker.mjs`), their wasm, the engine that all kernels share, and a client that sends
// Jupyter messages and keeps what comes back.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { plainServer } from '../browser/plain.mjs';
import { WebWorker } from './worker.mjs';

const ROOT = new URL('../../', import.meta.url).pathname;
const require = createRequire(new URL('../../jupyterlite/package.json', import.meta.url));
const { build } = require('esbuild');

/** What the tests take from the bundle; one, since some of it is there once for a page. */
const PARTS = `
  export { answer } from './src/bridge';
  export { NotebookFiles } from './src/contents';
  export { History } from './src/history';
  export { MilvusKernel, TABLES } from './src/kernel';
  export { kernels } from './src/kernels';
  export { Reference } from './src/reference';
  export { onKernel, sessions } from './src/sessions';
  export { WorkerClient } from './src/worker-client';
  export { EnginePage } from '../engine/js/dist/index.js';
  export { KernelMessage } from '@jupyterlab/services';
  export { validateMessage } from '@jupyterlab/services/lib/kernel/validate';
  export { LiteKernelClient } from '@jupyterlite/services';
  export { ServerConnection } from '@jupyterlab/services';
  export { KernelConnection } from '@jupyterlab/services/lib/kernel/default';
  export { WebSocket } from 'mock-socket';
`;

/** As the server of the page has them. */
const WASM = '/jupyterlite/wasm/milvus_kernel_bg.wasm';
const ENGINE_WASM = '/engine/js/dist/milvus_engine_bg.wasm';

/** Bundles the page's part and the worker, serves their wasm, and starts an engine. */
export async function startPage() {
  const folder = await mkdtemp(join(tmpdir(), 'milvus-kernel-'));
  const shared = { bundle: true, format: 'esm', target: 'es2022', logLevel: 'error' };
  await Promise.all([
    build({
      ...shared,
      stdin: { contents: PARTS, resolveDir: join(ROOT, 'jupyterlite'), loader: 'ts' },
      platform: 'node',
      // some of what JupyterLab brings is CommonJS
      banner: {
        js:
          "import { createRequire } from 'node:module';" +
          'const require = createRequire(import.meta.url);'
      },
      outfile: join(folder, 'page.mjs')
    }),
    // as the extension has it
    build({
      ...shared,
      entryPoints: { worker: join(ROOT, 'jupyterlite/src/worker.ts') },
      outdir: folder,
      outExtension: { '.js': '.mjs' }
    })
  ]);
  const server = await plainServer('/', ROOT);
  globalThis.location = new URL(`${server.url}/`);
  globalThis.navigator ??= {};
  const parts = await import(pathToFileURL(join(folder, 'page.mjs')).href);
  const engineScript = pathToFileURL(join(ROOT, 'engine/js/dist/milvus-engine.worker.js'));
  const engines = [];
  const engine = new parts.EnginePage(() => {
    engines.push(new WebWorker(engineScript));
    return engines.at(-1);
  }, server.url + ENGINE_WASM);
  const clients = [];
  let number = 0;
  return {
    ...parts,
    url: server.url,
    engine,
    engineScript,
    /** The workers of the engine. */
    engines,

    /** A kernel as `kernel-plugin.ts` makes one; each part may be another. */
    start({
      id = `kernel-${++number}`,
      script = pathToFileURL(join(folder, 'worker.mjs')),
      wasm = server.url + WASM,
      connect = (store, port) => engine.connect(store, port),
      contents = undefined,
      catalogue = undefined,
      history = new parts.History(undefined, 'history'),
      reference = new parts.Reference('/nothing/'),
      sendMessage = undefined
    } = {}) {
      const workers = [];
      const client = new Client(parts, workers);
      const start = () => {
        workers.push(new WebWorker(script));
        return workers.at(-1);
      };
      const files = new parts.NotebookFiles(contents, () => '');
      const columns = { script: '', wasm: '' };
      client.kernel = new parts.MilvusKernel(
        {
          id,
          name: 'milvus',
          location: '',
          sendMessage: message => {
            client.receive(message);
            sendMessage?.(message);
          }
        },
        () => new parts.WorkerClient(start, wasm, connect, files, columns),
        catalogue,
        history,
        reference,
        '1.2.3'
      );
      parts.kernels.add(client.kernel);
      clients.push(client);
      return client;
    },

    async close() {
      clients.forEach(({ kernel }) => kernel.dispose());
      engine.dispose();
      const workers = clients.flatMap(client => client.workers);
      await Promise.all([...engines, ...workers].map(worker => worker.ended));
      await server.off();
      await rm(folder, { recursive: true });
    }
  };
}

/** What the workers wrote into the console. */
export const quiet = (page, ...clients) =>
  [...page.engines, ...clients.flatMap(({ workers }) => workers)].map(w => w.console).join('');

/** A client of one kernel. */
class Client {
  constructor(parts, workers) {
    this._parts = parts;
    /** All that the kernel has started. */
    this.workers = workers;
  }

  /** Every message of the kernel, in the order in which it came. */
  messages = [];

  /** A request on its way; `done` comes with the idle behind it. */
  send(msgType, content, channel = 'shell', parentHeader = {}) {
    const request = this._parts.KernelMessage.createMessage({
      msgType,
      channel,
      parentHeader,
      content,
      session: 'a client',
      username: 'ann'
    });
    const sent = new Exchange(this, request);
    // as JupyterLite does: one after the other, but for what is typed
    const handle = () => this.kernel.handleMessage(request);
    if (msgType === 'input_reply') {
      void handle();
    } else {
      this._last = this._last.then(handle);
    }
    return sent;
  }

  execute(code, more = {}) {
    const content = { code, silent: false, store_history: true, allow_stdin: false, ...more };
    return this.send('execute_request', content);
  }

  /** Runs a cell to its end. */
  async run(code, more) {
    return this.execute(code, more).done;
  }

  /** What is replied to a request. */
  async ask(msgType, content = {}, channel = 'shell') {
    return (await this.send(msgType, content, channel).done).reply;
  }

  /** Resolves with the first message that is so, whether it came already or not. */
  until(isIt) {
    const found = this.messages.find(isIt);
    return found ? Promise.resolve(found) : new Promise(resolve => {
      this._waiting.add([isIt, resolve]);
    });
  }

  receive(message) {
    // what goes over a wire is JSON, and no value is lost on the way
    assert.deepEqual(JSON.parse(JSON.stringify(message)), message);
    this._parts.validateMessage(message);
    this.messages.push(message);
    for (const waiting of this._waiting) {
      const [isIt, resolve] = waiting;
      if (isIt(message)) {
        this._waiting.delete(waiting);
        resolve(message);
      }
    }
  }

  /** The worker that answers now. */
  get worker() {
    return this.workers.at(-1);
  }

  _last = Promise.resolve();
  _waiting = new Set();
}

/** A request and what came of it. */
class Exchange {
  constructor(client, request) {
    this._client = client;
    this.request = request;
    this.id = request.header.msg_id;
    this.done = this.until('status', ({ execution_state }) => execution_state === 'idle').then(
      () => this
    );
  }

  /** What came for this request, in its order. */
  get messages() {
    return this._client.messages.filter(message => message.parent_header.msg_id === this.id);
  }

  /** The first message of a type for this request. */
  until(msgType, isIt = () => true) {
    return this._client.until(
      ({ header, parent_header, content }) =>
        parent_header.msg_id === this.id && header.msg_type === msgType && isIt(content)
    );
  }

  /** The contents of a type. */
  of(msgType) {
    return this.messages
      .filter(({ header }) => header.msg_type === msgType)
      .map(({ content }) => content);
  }

  /** The types in their order, states by their name. */
  get types() {
    return this.messages.map(
      ({ header, content }) => content.execution_state ?? header.msg_type
    );
  }

  /** The content of what was replied, and there is one of it. */
  get reply() {
    const replies = this.messages.filter(({ header }) => header.msg_type.endsWith('_reply'));
    assert.equal(replies.length, 1, this.types.join());
    return replies[0].content;
  }

  /** The text of all that is shown. */
  get text() {
    const shown = ['display_data', 'update_display_data', 'execute_result'];
    return this.messages
      .filter(({ header }) => shown.includes(header.msg_type))
      .map(({ content }) => content.data['text/plain'])
      .join('\n');
  }
}
