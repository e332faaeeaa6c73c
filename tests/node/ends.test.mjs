// Workers that end: what the cell is told, what is so again, what is lost; and the end of a kernel.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, afterEach, before, test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';

import { startPage } from './page.mjs';
import { WebWorker } from './worker.mjs';

const SECRET = 'Qz7hK2pxV9mW4t';
const TABLE = 'CREATE TABLE books (id BIGINT PRIMARY KEY, title VARCHAR(100), v VECTOR(2))';

let page;
const errors = [];
const { warn, error } = console;

before(async () => {
  page = await startPage();
  Object.assign(console, {
    warn: (...said) => errors.push(said.join(' ')),
    error: (...said) => errors.push(said.join(' '))
  });
});

afterEach(() => {
  assert.deepEqual(errors.splice(0), [], 'nothing is said in the console');
});

after(async () => {
  Object.assign(console, { warn, error });
  await page?.close();
});

/**
 * The engine behind ports on which one method can be answered with more than the wasm has room
 * for, or with nothing: the worker's kernel traps, or waits.
 */
function between() {
  const fault = { method: undefined, isDeaf: false };
  const connect = (store, port) => {
    const { port1, port2 } = new MessageChannel();
    page.engine.connect(store, port2);
    port1.onmessage = ({ data }) => port.postMessage(data);
    port.onmessage = ({ data }) => {
      if (data.call?.method !== fault.method) {
        port1.postMessage(data);
      } else if (!fault.isDeaf) {
        // the bytes of an array of so many
        port.postMessage({ type: 'reply', id: data.id, reply: 2 ** 31 + 1 });
      }
    };
    port.on('close', () => port1.close());
  };
  return { fault, connect };
}

/** A kernel on a store of its own, and its fault. */
async function faulty(store, more = {}) {
  const { fault, connect } = between();
  const client = page.start({ connect, ...more });
  const made = await client.run(`milvus://memory/${store}; ${TABLE}`);
  assert.equal(made.reply.status, 'ok', made.reply.evalue);
  return { client, fault };
}

/** Has the worker end between two cells. */
async function trapBetween(client, fault) {
  const { worker } = client;
  fault.method = 'ShowCollections';
  const ended = client.kernel.query('SHOW TABLES').catch(error => error);
  assert.equal((await ended).name, 'KernelError');
  await worker.ended;
  fault.method = undefined;
}

test('a trap is the error of its cell, and the next one has all but that', async () => {
  const { client, fault } = await faulty('trap');
  await client.run(`SET @name = '${SECRET}'; SET precision = 3`);
  fault.method = 'ShowCollections';
  const sent = client.execute('SELECT 1; SHOW TABLES');
  const queued = client.execute('SELECT 2');
  await queued.done;
  fault.method = undefined;
  const types = ['busy', 'execute_input', 'display_data', 'error', 'execute_reply', 'idle'];
  assert.deepEqual(sent.types, types);
  const { ename, evalue, traceback } = sent.reply;
  assert.equal(ename, 'KernelError');
  assert.match(evalue, /^the kernel ended: ./);
  const said = traceback.join('\n');
  assert.match(said, /note: connected to milvus:\/\/memory\/trap, Milvus Engine .* again/);
  assert.match(said, /note: the settings and 1 variable are as they were/);
  assert.match(said, /help: what the cell had begun may have been carried out; look, then/);
  assert.deepEqual(queued.reply, { status: 'aborted' });
  const next = await client.run('SHOW TABLES; SELECT length(:name) AS characters');
  assert.match(next.text, new RegExp(`books[^]* ${SECRET.length}\n`));
  assert.deepEqual(next.of('stream'), [], 'it was told already');
  assert.equal(client.workers.length, 2);
  const all = JSON.stringify(client.messages.filter(message => message !== sent.messages[1]));
  assert.equal(all.split(SECRET).length, 2, 'the variable is in its own input alone');
});

test('a bar of what trapped does not move for ever', async () => {
  const { client, fault } = await faulty('bar');
  fault.method = 'Insert';
  // what is written comes behind what is read
  const lines = ['id,title,v', '1,Emma,"[1, 2]"'];
  const site = createServer(async (_, answer) => {
    for (const line of [...lines, '', '', '']) {
      answer.write(`${line}\n`);
      await new Promise(resolve => setTimeout(resolve, 200));
    }
    answer.end();
  });
  await new Promise(resolve => site.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${site.address().port}/rows.csv`;
  const sent = await client.run(`COPY books FROM '${url}'`);
  site.close();
  site.closeAllConnections();
  assert.equal(sent.reply.ename, 'KernelError');
  const [bar] = sent.of('display_data');
  const line = sent.of('update_display_data').at(-1);
  assert.match(bar.data['text/html'], /<progress/);
  assert.deepEqual(line.data, { 'text/plain': 'it was ended before its time' });
  assert.deepEqual(line.transient, bar.transient);
  assert.deepEqual(sent.types.slice(-4, -2), ['update_display_data', 'error']);
});

test('a worker that ended between two cells is told to the next, once', async () => {
  const { client, fault } = await faulty('between');
  await trapBetween(client, fault);
  const quietly = await client.run('SELECT 1', { silent: true });
  assert.deepEqual(quietly.types, ['busy', 'execute_reply', 'idle']);
  const sent = await client.run('SHOW TABLES');
  const [{ name, text }] = sent.of('stream');
  assert.equal(name, 'stderr');
  assert.match(text, /^the kernel ended and was started again\nconnected to .*between.* again\n/);
  assert.match(sent.text, /books/);
  assert.deepEqual((await client.run('SELECT 1')).of('stream'), []);
  assert.equal(client.workers.length, 2);
});

test('the page too has a worker again after one ended', async () => {
  const { client, fault } = await faulty('page');
  await trapBetween(client, fault);
  const [shown] = await client.kernel.query('SHOW TABLES');
  assert.match(shown.data['text/plain'], /books/);
  const { matches } = await client.ask('complete_request', { code: 'SHOW ', cursor_pos: 5 });
  assert.ok(matches.includes('TABLES'));
  const [{ text }] = (await client.run('SELECT 1')).of('stream');
  assert.match(text, /^the kernel ended and was started again\n/, 'the next cell is told');
});

test('without a worker the typing aids are silent, and all else answers', async () => {
  const { client, fault } = await faulty('typing');
  await trapBetween(client, fault);
  const complete = await client.ask('complete_request', { code: 'SHOW ', cursor_pos: 5 });
  const nothing = { status: 'ok', matches: [], cursor_start: 5, cursor_end: 5, metadata: {} };
  assert.deepEqual(complete, nothing);
  const asked = { code: 'SHOW', cursor_pos: 2, detail_level: 0 };
  assert.equal((await client.ask('inspect_request', asked)).found, false);
  const isComplete = await client.ask('is_complete_request', { code: 'SELECT (' });
  assert.deepEqual(isComplete, { status: 'complete' });
  await assert.rejects(client.kernel.ask('status', []));
});

test('the first cell after an end is in the history', async () => {
  const { client, fault } = await faulty('history');
  await trapBetween(client, fault);
  await client.run("SELECT 'the first behind it' AS said");
  await client.run('SELECT 2');
  const tail = { hist_access_type: 'tail', n: 2, output: false, raw: true };
  const { history } = await client.ask('history_request', tail);
  assert.deepEqual(
    history.map(([, , cell]) => cell),
    ["SELECT 'the first behind it' AS said", 'SELECT 2']
  );
});

test('an expression that traps has its error, and the cell its results', async () => {
  const { client, fault } = await faulty('expressions');
  fault.method = 'Query';
  const user_expressions = { one: '1', rows: '(SELECT id FROM books WHERE id > 0)' };
  await client.run("INSERT INTO books VALUES (1, 'Emma', [1, 2])");
  const sent = await client.run('SELECT 5 AS five', { user_expressions });
  fault.method = undefined;
  assert.match(sent.text, /five/);
  assert.equal(sent.reply.status, 'ok');
  assert.equal(sent.reply.user_expressions.one.status, 'ok');
  assert.equal(sent.reply.user_expressions.rows.ename, 'KernelError');
  assert.match((await client.run('SHOW TABLES')).text, /books/);
});

test('a new worker that ends as well says what is lost', async () => {
  const { client, fault } = await faulty('again');
  // asked for a connection's version, and by the cell
  fault.method = 'GetVersion';
  const sent = await client.run('SHOW VERSION');
  assert.equal(sent.reply.ename, 'KernelError');
  assert.match(sent.reply.traceback.join('\n'), /lost: connect again/);
  fault.method = undefined;
  const next = await client.run('SELECT 1');
  assert.equal(next.reply.status, 'ok', next.reply.evalue);
});

test('a module that cannot be loaded is told to each cell, and is tried for again', async () => {
  const client = page.start({ wasm: `${page.url}/nothing.wasm` });
  // the page answers, whatever is with the worker
  assert.equal((await client.ask('kernel_info_request')).status, 'ok');
  const first = await client.run('SELECT 1');
  assert.equal(first.reply.evalue, 'the kernel ended: the wasm could not be loaded: HTTP 404');
  const second = await client.run('SELECT 1');
  assert.equal(second.reply.evalue, first.reply.evalue);
  assert.ok(client.workers.length > 1);
});

test('so is a worker whose script is not there', async () => {
  const client = page.start({ script: new URL('nothing.mjs', import.meta.url) });
  const { ename, evalue } = (await client.run('SELECT 1')).reply;
  assert.equal(ename, 'KernelError');
  assert.match(evalue, /^the kernel ended: ./);
  await assert.rejects(client.kernel.ask('status', []));
});

test('a shutdown is answered, what waits ends, and nothing is sent behind it', async () => {
  for (const restart of [true, false]) {
    const { client, fault } = await faulty(`shutdown-${restart}`);
    fault.method = 'ShowCollections';
    fault.isDeaf = true;
    let disposed = 0;
    client.kernel.disposed.connect(() => disposed++);
    const running = client.execute('SHOW TABLES');
    await running.until('execute_input');
    const query = client.kernel.query('SELECT 1').catch(error => error);
    const status = client.kernel.ask('status', []).then(
      () => 'answered',
      () => 'refused'
    );
    const queued = client.execute('SELECT 2');
    const sent = await client.send('shutdown_request', { restart }, 'control').done;
    assert.deepEqual(sent.types, ['busy', 'shutdown_reply', 'idle']);
    assert.deepEqual(sent.reply, { status: 'ok', restart });
    assert.equal((await query).name, 'KernelError');
    assert.match(await status, /answered|refused/);
    await queued.done;
    assert.deepEqual(queued.reply, { status: 'aborted' });
    await client.worker.ended;
    assert.deepEqual([disposed, client.kernel.isDisposed], [1, true]);
    const { length } = client.messages;
    client.kernel.dispose();
    await client.kernel.interrupt();
    assert.deepEqual([disposed, client.workers.length], [1, 1], 'once, and no worker takes over');
    assert.equal(client.messages.length, length);
    assert.equal(page.kernels.get(client.kernel.id), undefined);
  }
});

test('who asks a kernel that is gone is told so at once', async () => {
  const client = page.start();
  await client.run('SELECT 1');
  const thinking = client.kernel.query(new Promise(() => undefined)).catch(error => error);
  const queued = client.kernel.query('SELECT 1').catch(error => error);
  client.kernel.dispose();
  const gone = { name: 'KernelError', message: /the kernel was shut down/ };
  await assert.rejects(client.kernel.query('SELECT 1'), gone);
  await assert.rejects(client.kernel.query(Promise.resolve('SELECT 1')), gone);
  await assert.rejects(client.kernel.ask('status', []), { message: /the kernel was shut down/ });
  for (const error of [await queued, await thinking]) {
    assert.equal(error.name, 'KernelError');
    assert.match(error.message, gone.message);
  }
});

test('an engine that cannot be loaded is told, and is tried for again', async () => {
  const engines = [];
  const engine = new page.EnginePage(() => {
    engines.push(new WebWorker(page.engineScript));
    return engines.at(-1);
  }, `${page.url}/nothing.wasm`);
  const client = page.start({ connect: (store, port) => engine.connect(store, port) });
  for (const tries of [1, 2]) {
    const { reply } = await client.run('milvus://memory');
    assert.equal(reply.ename, 'ServerError');
    assert.match(reply.evalue, /the engine could not be loaded: HTTP 404/);
    assert.equal(engines.length, tries);
  }
  await Promise.all(engines.map(({ ended }) => ended));
  assert.equal((await client.run('SELECT 1')).reply.status, 'ok', 'the kernel is there');
});

test('an engine whose script is not there is told at once', async () => {
  const engine = new page.EnginePage(
    () => new WebWorker(new URL('nothing.js', page.engineScript)),
    `${page.url}/engine/js/dist/milvus_engine_bg.wasm`
  );
  const client = page.start({ connect: (store, port) => engine.connect(store, port) });
  const { reply } = await client.run('milvus://memory');
  assert.equal(reply.ename, 'ServerError', reply.evalue);
  assert.match(reply.evalue, /nothing\.js|could not be started/);
});
