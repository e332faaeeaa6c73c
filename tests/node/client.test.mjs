// The kernel as JupyterLite holds it and JupyterLab's own client speaks to it: futures, two clients
// of one kernel, restart, shutdown.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { quiet, startPage } from './page.mjs';

let page;
let lite;
const started = [];
const said = [];
const { debug, log, warn, error } = console;

before(async () => {
  page = await startPage();
  // every page has one
  globalThis.WebSocket ??= page.WebSocket;
  const create = async ({ id, sendMessage }) => {
    started.push(page.start({ id, sendMessage }));
    return started.at(-1).kernel;
  };
  const kernelSpecs = { factories: new Map([['milvus', create]]) };
  lite = new page.LiteKernelClient({ kernelSpecs });
  // JupyterLab's client tells of each socket
  const keep = (...words) => said.push(words.join(' '));
  Object.assign(console, { debug: () => undefined, log: () => undefined, warn: keep, error: keep });
});

after(async () => {
  Object.assign(console, { debug, log, warn, error });
  const written = quiet(page, ...started);
  await page?.close();
  assert.equal(written, '');
});

/** What was said in the console, but for what JupyterLab says of its own sockets. */
const complaints = () => said.splice(0).filter(line => !/^Connection lost, reconn/.test(line));

function connect(model) {
  const { WebSocket, LiteKernelClient, ServerConnection, KernelConnection } = page;
  const wsUrl = LiteKernelClient.WS_BASE_URL;
  const serverSettings = ServerConnection.makeSettings({ WebSocket, wsUrl, baseUrl: page.url });
  return new KernelConnection({ model, serverSettings, kernelAPIClient: lite });
}

async function open() {
  const model = await lite.startNew({ name: 'milvus', location: '' });
  return connect(model);
}

/** The text of what is shown for a cell, and its reply. */
async function run(kernel, code) {
  const future = kernel.requestExecute({ code });
  let text = '';
  future.onIOPub = ({ content }) => (text += content.data?.['text/plain'] ?? '');
  return { ...(await future.done).content, text };
}

test('a future has its results and its reply, and the kernel its state', async () => {
  const kernel = await open();
  assert.equal((await kernel.info).implementation, 'milvus');
  const { status, execution_count, text } = await run(kernel, 'SELECT 7 AS seven');
  assert.deepEqual([status, execution_count], ['ok', 1]);
  assert.match(text, /seven/);
  const { content } = await kernel.requestComplete({ code: 'SHOW TAB', cursor_pos: 8 });
  assert.ok(content.matches.includes('TABLES'));
  const comm = kernel.createComm('nobody');
  const closed = new Promise(resolve => (comm.onClose = resolve));
  comm.open();
  await closed;
  await kernel.shutdown();
  assert.equal(started.at(-1).kernel.isDisposed, true);
  assert.deepEqual(complaints(), []);
});

test('what is queued behind an error comes back, and the kernel is idle', async () => {
  const kernel = await open();
  const cells = ['SELECT 1', 'SELECT nothing', 'SELECT 2', 'SELECT 3'];
  const futures = cells.map(code => kernel.requestExecute({ code, stop_on_error: true }));
  const replies = await Promise.all(futures.map(({ done }) => done));
  const statuses = replies.map(({ content }) => content.status);
  assert.deepEqual(statuses, ['ok', 'error', 'aborted', 'aborted']);
  assert.equal((await run(kernel, 'SELECT 4')).status, 'ok');
  if (kernel.status !== 'idle') {
    // the future comes before the state
    const [, status] = await new Promise(resolve =>
      kernel.statusChanged.connect((...change) => resolve(change))
    );
    assert.equal(status, 'idle');
  }
  await kernel.shutdown();
  assert.deepEqual(complaints(), []);
});

test('two clients see what is published; replies and prompts go to who asked', async () => {
  const one = await open();
  const two = connect(one.model);
  await Promise.all([one.info, two.info]);
  const seen = [];
  two.anyMessage.connect((_, { msg, direction }) => {
    if (direction === 'recv' && msg.parent_header.session === one.clientId) {
      seen.push(msg.header.msg_type);
    }
  });
  const code = 'milvus://memory/two; CREATE USER ann PASSWORD PROMPT';
  const future = one.requestExecute({ code });
  const asked = new Promise(resolve => (future.onStdin = resolve));
  const request = await asked;
  one.sendInputReply({ status: 'ok', value: 'Secret1!' }, request.header);
  assert.equal((await future.done).content.status, 'ok');
  await two.requestCommInfo({});
  const types = ['status', 'execute_input', 'display_data', 'execute_result', 'status'];
  // what JupyterLab makes up for the typed line goes to nobody else
  assert.deepEqual(seen, types);
  await one.shutdown();
  two.dispose();
  assert.deepEqual(complaints(), []);
});

test('a restart in the middle of a cell ends it, and begins anew under the same id', async () => {
  const kernel = await open();
  await run(kernel, 'milvus://memory/restart; SET @kept = 1');
  const before = started.at(-1);
  const running = kernel.requestExecute({ code: 'CREATE USER ann PASSWORD PROMPT' });
  const asked = new Promise(resolve => (running.onStdin = resolve));
  const queued = kernel.requestExecute({ code: 'SELECT 1' });
  const ends = Promise.allSettled([running.done, queued.done]);
  await asked;
  await kernel.restart();
  const settled = await ends;
  assert.deepEqual(settled.map(({ status }) => status), ['rejected', 'rejected']);
  await before.worker.ended;
  assert.equal(before.workers.length, 1, 'no worker takes the place of an ended kernel');
  const now = started.at(-1);
  assert.notEqual(now, before);
  assert.equal(now.kernel.id, before.kernel.id);
  assert.equal(page.kernels.get(kernel.id), now.kernel);
  const { status, ename } = await run(kernel, 'SELECT :kept');
  assert.deepEqual([status, ename], ['error', 'UnknownVariable']);
  assert.equal((await run(kernel, 'SELECT 1')).execution_count, 2);
  await kernel.shutdown();
  assert.deepEqual(complaints(), []);
});
