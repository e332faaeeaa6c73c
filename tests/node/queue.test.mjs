// Cells one after the other: what an error does to those behind it, what ends one that runs, and
// what is answered meanwhile.

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { after, before, test } from 'node:test';

import { quiet, startPage } from './page.mjs';

/** Waits for what is typed. */
const prompt = user => `CREATE USER ${user} PASSWORD PROMPT`;

let page;
let client;
let silent;

before(async () => {
  page = await startPage();
  client = page.start();
  assert.equal((await client.run('milvus://memory/queue')).reply.status, 'ok');
  // takes connections, and never answers
  const server = createServer(socket => socket.on('error', () => undefined));
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  silent = { cell: `milvus://127.0.0.1:${server.address().port}`, close: () => server.close() };
});

after(async () => {
  const console = quiet(page, client);
  await page?.close();
  silent?.close();
  assert.equal(console, '');
});

const statuses = sent => sent.map(({ reply }) => reply.status);

/** A cell that runs until something ends it. */
async function endless() {
  const sent = client.execute(silent.cell);
  await sent.until('execute_input');
  return sent;
}

test('cells run in their order, and one begins when the one before it is idle', async () => {
  const sent = [1, 2, 3].map(n => client.execute(`SELECT ${n} AS n`));
  await Promise.all(sent.map(({ done }) => done));
  const ids = sent.map(({ id }) => id);
  const order = client.messages.map(message => message.parent_header.msg_id);
  const mine = order.filter(id => ids.includes(id));
  assert.deepEqual(mine, [...mine].sort((a, b) => ids.indexOf(a) - ids.indexOf(b)));
  assert.deepEqual(sent.map(({ text }) => /\d/.exec(text)[0]), ['1', '2', '3']);
});

test('an error aborts what is queued, and not what comes later', async () => {
  const sent = ['SELECT 1', 'SELECT nothing', 'SELECT 2', 'SELECT 3'].map(c => client.execute(c));
  const count = client.kernel.executionCount;
  await Promise.all(sent.map(({ done }) => done));
  assert.deepEqual(statuses(sent), ['ok', 'error', 'aborted', 'aborted']);
  for (const aborted of sent.slice(2)) {
    assert.deepEqual(aborted.types, ['busy', 'execute_reply', 'idle']);
    assert.deepEqual(aborted.reply, { status: 'aborted' });
  }
  assert.equal(client.kernel.executionCount, count + 2, 'what was aborted does not count');
  assert.equal((await client.run('SELECT 4')).reply.status, 'ok');
});

test('stop_on_error: false lets the others run', async () => {
  const sent = ['SELECT nothing', 'SELECT 2'].map(code =>
    client.execute(code, { stop_on_error: false })
  );
  await Promise.all(sent.map(({ done }) => done));
  assert.deepEqual(statuses(sent), ['error', 'ok']);
});

test("the error of a silent cell is not its user's, and aborts nothing", async () => {
  const sent = [client.execute('SELECT nothing', { silent: true }), client.execute('SELECT 2')];
  await Promise.all(sent.map(({ done }) => done));
  assert.deepEqual(statuses(sent), ['error', 'ok']);
});

test('statements of the page are not aborted with the cells around them', async () => {
  const cells = ['SELECT nothing', 'SELECT 2'].map(code => client.execute(code));
  // behind both, once they are in the queue
  await client.ask('comm_info_request');
  const shown = await client.kernel.query('SELECT 3 AS three');
  assert.match(shown[0].data['text/plain'], /three/);
  assert.deepEqual(statuses(cells), ['error', 'aborted']);
});

test('while a cell runs all else is answered, and the cell still looks busy', async () => {
  const running = await endless();
  const asked = [
    ['kernel_info_request', {}],
    ['complete_request', { code: 'SHOW ', cursor_pos: 5 }],
    ['inspect_request', { code: 'SHOW', cursor_pos: 2, detail_level: 0 }],
    ['is_complete_request', { code: 'SHOW' }],
    ['comm_info_request', {}],
    ['history_request', { hist_access_type: 'tail', n: 1, output: false, raw: true }],
    ['comm_open', { comm_id: 'c', target_name: 'nobody', data: {} }]
  ];
  for (const [type, content] of asked) {
    const sent = await client.send(type, content).done;
    // what was handled before this one has said all it has to
    await client.send('comm_msg', { comm_id: 'c', data: {} }).done;
    const at = client.messages.indexOf(sent.messages.at(-1));
    const { parent_header, content: said } = client.messages[at + 1];
    assert.deepEqual([parent_header.msg_id, said.execution_state], [running.id, 'busy'], type);
  }
  assert.equal(running.of('execute_reply').length, 0, 'it still runs');
  await client.ask('interrupt_request', {}, 'control');
  await running.done;
  const idle = running.messages.filter(({ content }) => content.execution_state === 'idle');
  assert.equal(idle.length, 1);
  assert.equal(client.messages.at(-1), idle[0], 'and nothing comes behind its idle');
});

test('an interrupt ends the running cell, and what is queued behind it', async () => {
  const running = await endless();
  const queued = client.execute('SELECT 1');
  const began = performance.now();
  const asked = await client.send('interrupt_request', {}, 'control').done;
  assert.deepEqual(asked.reply, { status: 'ok' });
  await queued.done;
  assert.ok(performance.now() - began < 2500, `${performance.now() - began} ms`);
  const { status, ename, traceback } = running.reply;
  assert.deepEqual([status, ename], ['error', 'Interrupted']);
  assert.match(traceback.join('\n'), /Interrupted/);
  assert.deepEqual(queued.reply, { status: 'aborted' });
  const { length } = client.workers;
  const { text } = await client.run('SHOW CONNECTIONS');
  assert.match(text, /milvus:\/\/memory\/queue .*yes/, 'the connection of before is in use');
  assert.equal(client.workers.length, length, 'the worker is the same');
});

test('an interrupt of nothing is answered, and the next cell runs', async () => {
  assert.deepEqual(await client.ask('interrupt_request', {}, 'control'), { status: 'ok' });
  assert.equal((await client.run('SELECT 1')).reply.status, 'ok');
});

test('an interrupt reaches statements of the page too, and the cells behind them', async () => {
  const query = client.kernel.query(silent.cell);
  const queued = client.execute('SELECT 1');
  // it is in the queue
  await client.ask('comm_info_request');
  await client.ask('interrupt_request', {}, 'control');
  await assert.rejects(query, { name: 'Interrupted' });
  await queued.done;
  assert.deepEqual(queued.reply, { status: 'aborted' });
});

test('a worker that does not yield is ended with its cell, and another takes over', async () => {
  await client.run("SET @kept = 'as it was'");
  const running = await endless();
  await client.worker.stall(60_000);
  const { length } = client.workers;
  const began = performance.now();
  await client.ask('interrupt_request', {}, 'control');
  // a second press changes nothing
  await client.ask('interrupt_request', {}, 'control');
  await running.done;
  const took = performance.now() - began;
  assert.ok(took > 2900 && took < 6000, `${took} ms`);
  const { ename, evalue, traceback } = running.reply;
  assert.equal(ename, 'KernelError');
  assert.match(evalue, /interrupt/, evalue);
  assert.match(traceback.join('\n'), /note: connected to milvus:\/\/memory\/queue, .* again/);
  assert.match(traceback.join('\n'), /the settings and 1 variable are as they were/);
  assert.equal(client.workers.length, length + 1);
  assert.match((await client.run('SELECT :kept AS kept')).text, /as it was/);
});

test('a secret is asked for on stdin, and is nowhere else', async () => {
  const sent = client.execute(prompt('ann'), { allow_stdin: true });
  const asked = await sent.until('input_request');
  assert.equal(asked.channel, 'stdin');
  assert.deepEqual(asked.parent_header, sent.request.header);
  assert.equal(asked.content.password, true);
  assert.match(asked.content.prompt, /ann/);
  client.send('input_reply', { status: 'ok', value: 'Qz7hK2pxV9' }, 'stdin');
  await sent.done;
  assert.equal(sent.reply.status, 'ok', sent.reply.evalue);
  assert.equal(JSON.stringify(client.messages).includes('Qz7hK2pxV9'), false);
  const tail = { hist_access_type: 'tail', n: 10, output: false, raw: true };
  const { history } = await client.ask('history_request', tail);
  assert.equal(JSON.stringify(history).includes('Qz7hK2pxV9'), false);
});

test('a prompt that is not answered is an error in words', async () => {
  const nobody = await client.run(prompt('bob'), { allow_stdin: false });
  assert.deepEqual([nobody.reply.ename, nobody.of('input_request')], ['NoInput', []]);
  const refused = client.execute(prompt('bob'), { allow_stdin: true });
  await refused.until('input_request');
  const error = { status: 'error', ename: 'E', evalue: 'no', traceback: [] };
  client.send('input_reply', error, 'stdin');
  await refused.done;
  assert.equal(refused.reply.ename, 'NoInput');
  // the page's own statements have nobody to ask
  await assert.rejects(client.kernel.query(prompt('bob')), { name: 'NoInput' });
});

test('what is typed into the box of an earlier cell is nobody\'s', async () => {
  const early = client.execute(prompt('dora'), { allow_stdin: true });
  const asked = await early.until('input_request');
  await client.ask('interrupt_request', {}, 'control');
  await early.done;
  const late = client.execute(prompt('emil'), { allow_stdin: true });
  const again = await late.until('input_request');
  const type = (value, header) =>
    client.send('input_reply', { status: 'ok', value }, 'stdin', header);
  type('Early_1', asked.header);
  // the box of this cell still counts: an empty password is refused
  type('', again.header);
  await late.done;
  assert.equal(late.reply.status, 'error');
  assert.doesNotMatch((await client.run('SHOW USERS')).text, /emil/);
});

test('a prompt waits while other messages are answered, and an interrupt ends it', async () => {
  const sent = client.execute(prompt('cleo'), { allow_stdin: true });
  await sent.until('input_request');
  await client.ask('complete_request', { code: 'SHOW ', cursor_pos: 5 });
  await client.ask('interrupt_request', {}, 'control');
  await sent.done;
  assert.equal(sent.reply.ename, 'Interrupted');
  // what is typed too late is nobody's
  client.send('input_reply', { status: 'ok', value: 'too late' }, 'stdin');
  const next = client.execute(prompt('cleo'), { allow_stdin: true });
  await next.until('input_request');
  client.send('input_reply', { status: 'ok', value: 'in time' }, 'stdin');
  await next.done;
  assert.equal(next.of('input_request').length, 1);
  assert.equal(next.reply.status, 'ok', next.reply.evalue);
  assert.match((await client.run('SHOW USERS')).text, /cleo/);
});

/** Rows that come a few at a time, until the reader goes or `lines` are out. */
async function slowFile(lines, pause) {
  const server = createHttpServer((_, answer) => {
    answer.writeHead(200, { 'content-type': 'text/csv' });
    answer.write('id,v\n');
    let id = 0;
    const timer = setInterval(() => {
      answer.write(`${id},"[${id}, 1]"\n`);
      if (++id === lines) {
        clearInterval(timer);
        answer.end();
      }
    }, pause);
    answer.on('close', () => clearInterval(timer));
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${server.address().port}/rows.csv`, close };
}

test('progress is one display, which the result takes the place of', async () => {
  await client.run('CREATE TABLE slow (id BIGINT PRIMARY KEY, v VECTOR(2))');
  const file = await slowFile(12, 100);
  const sent = await client.run(`COPY slow FROM '${file.url}'; SELECT 1 AS one`);
  file.close();
  assert.equal(sent.reply.status, 'ok', sent.reply.evalue);
  const [first] = sent.of('display_data');
  const updates = sent.of('update_display_data');
  assert.ok(updates.length > 1, sent.types.join());
  const id = first.transient.display_id;
  assert.ok(id.startsWith(sent.id), id);
  assert.ok(updates.every(({ transient }) => transient.display_id === id));
  assert.match(first.data['text/html'], /<progress/);
  const last = updates.at(-1).data;
  assert.match(last['text/plain'], /^copied 12 rows/);
  assert.doesNotMatch(last['text/html'] ?? '', /<progress/);
  assert.equal(sent.of('display_data').length, 1);
  assert.equal(sent.of('execute_result').length, 1, 'the statement behind it is a result again');
  // its own result would be an update, where it is the last
  const again = await slowFile(6, 100);
  const alone = await client.run(`COPY slow FROM '${again.url}'`);
  again.close();
  assert.equal(alone.of('execute_result').length, 0);
  assert.notEqual(alone.of('display_data')[0].transient.display_id, id, 'of each cell its own');
});

test('progress of what is interrupted ends as a line, and the error is behind it', async () => {
  const file = await slowFile(10_000, 100);
  const sent = client.execute(`COPY slow FROM '${file.url}'`);
  await sent.until('update_display_data');
  await client.ask('interrupt_request', {}, 'control');
  await sent.done;
  file.close();
  const types = sent.types.filter(type => type !== 'busy');
  assert.deepEqual(types.slice(-4), ['update_display_data', 'error', 'execute_reply', 'idle']);
  assert.doesNotMatch(sent.of('update_display_data').at(-1).data['text/html'], /<progress/);
  assert.equal(sent.reply.ename, 'Interrupted');
});

test('progress of a silent cell and of the page is nobody\'s', async () => {
  const file = await slowFile(6, 100);
  const quietly = await client.run(`COPY slow FROM '${file.url}'`, { silent: true });
  assert.deepEqual(quietly.types, ['busy', 'execute_reply', 'idle']);
  const shown = await client.kernel.query(`COPY slow FROM '${file.url}'`);
  file.close();
  assert.deepEqual(shown.map(({ isProgress }) => isProgress), [false]);
});
