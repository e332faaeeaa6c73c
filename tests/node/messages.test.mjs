// What each message of the Jupyter protocol is answered, where nothing goes wrong.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { quiet, startPage } from './page.mjs';

const TABLE =
  'CREATE TABLE books (id BIGINT PRIMARY KEY, title VARCHAR(100), v VECTOR(2));' +
  "INSERT INTO books VALUES (1, 'Emma', [0.9, 0.1]), (2, 'Faust', [0.1, 0.9])";

let page;
let client;

before(async () => {
  page = await startPage();
  client = page.start();
  const made = await client.run(`milvus://memory; ${TABLE}`);
  assert.equal(made.reply.status, 'ok');
});

after(async () => {
  const console = quiet(page, client);
  await page?.close();
  assert.equal(console, '');
});

test('every message has its parent, its channel and the session of who asked', async () => {
  const asked = [
    client.execute('SELECT 1; SELECT 2'),
    client.execute('SELECT nothing'),
    client.send('kernel_info_request', {}),
    client.send('kernel_info_request', {}, 'control'),
    client.send('complete_request', { code: 'SHOW ', cursor_pos: 5 }),
    client.send('inspect_request', { code: 'SHOW', cursor_pos: 2, detail_level: 0 }),
    client.send('is_complete_request', { code: 'SHOW' }),
    client.send('comm_info_request', {}),
    client.send('history_request', { hist_access_type: 'tail', n: 1, output: false, raw: true }),
    client.send('comm_open', { comm_id: 'c', target_name: 'nobody', data: {} }),
    client.send('interrupt_request', {}, 'control')
  ];
  for (const sent of asked) {
    await sent.done;
    const { header, channel } = sent.request;
    assert.ok(sent.messages.length > 2 || header.msg_type === 'comm_open', header.msg_type);
    for (const message of sent.messages) {
      const { msg_type } = message.header;
      assert.deepEqual(message.parent_header, header, msg_type);
      assert.equal(message.header.session, header.session, msg_type);
      assert.equal(message.channel, msg_type.endsWith('_reply') ? channel : 'iopub', msg_type);
    }
  }
  const ids = client.messages.map(({ header }) => header.msg_id);
  assert.equal(new Set(ids).size, ids.length, 'no two messages have the same id');
});

test('kernel_info names the language', async () => {
  const sent = await client.send('kernel_info_request', {}).done;
  assert.deepEqual(sent.types, ['busy', 'kernel_info_reply', 'idle']);
  const { status, implementation, implementation_version, language_info, banner } = sent.reply;
  assert.deepEqual([status, implementation, implementation_version], ['ok', 'milvus', '1.2.3']);
  assert.equal(language_info.codemirror_mode, 'milvus-sql');
  assert.match(banner, /^Milvus kernel 1\.2\.3/);
});

test('a cell is busy, its input, its results, its reply, idle', async () => {
  const count = client.kernel.executionCount;
  const sent = await client.run('SELECT 1 AS one; SELECT 2 AS two');
  const types = ['busy', 'execute_input', 'display_data', 'execute_result'];
  assert.deepEqual(sent.types, [...types, 'execute_reply', 'idle']);
  assert.deepEqual(sent.of('execute_input'), [
    { code: 'SELECT 1 AS one; SELECT 2 AS two', execution_count: count + 1 }
  ]);
  const [first] = sent.of('display_data');
  const [last] = sent.of('execute_result');
  assert.match(first.data['text/plain'], /^one\n/);
  assert.deepEqual(first.transient, {}, 'nothing takes its place');
  assert.match(last.data['text/plain'], /^two\n/);
  assert.match(last.data['text/html'], /<table/);
  assert.ok(page.TABLES in last.data);
  assert.equal(last.execution_count, count + 1);
  const reply = { status: 'ok', execution_count: count + 1, user_expressions: {} };
  assert.deepEqual(sent.reply, reply);
});

test('a cell of nothing has no result', async () => {
  const sent = await client.run(' -- nothing\n');
  assert.deepEqual(sent.types, ['busy', 'execute_input', 'execute_reply', 'idle']);
  assert.equal(sent.reply.status, 'ok');
});

test('an error is published, and in the reply', async () => {
  const sent = await client.run('SELECT 1;\nSELECT titel FROM books');
  const types = ['busy', 'execute_input', 'display_data', 'error', 'execute_reply', 'idle'];
  assert.deepEqual(sent.types, types);
  const [{ ename, evalue, traceback }] = sent.of('error');
  assert.deepEqual([ename, evalue], ['UnknownField', 'unknown field `titel`']);
  assert.match(traceback.join('\n'), /SELECT titel FROM books[^]*did you mean `title`\?/);
  const execution_count = client.kernel.executionCount;
  assert.deepEqual(sent.reply, { status: 'error', ename, evalue, traceback, execution_count });
});

test('cells count, but not silent ones and those that no history is to have', async () => {
  const count = client.kernel.executionCount;
  const counts = [];
  for (const more of [{}, { silent: true }, { store_history: false }, {}]) {
    counts.push((await client.run('SELECT 1', more)).reply.execution_count - count);
  }
  assert.deepEqual(counts, [1, 1, 1, 2]);
  assert.equal(client.kernel.executionCount, count + 2);
});

test('a silent cell publishes nothing, its errors included, and is carried out', async () => {
  const shown = ['busy', 'execute_reply', 'idle'];
  const set = await client.run("SET @quiet = 'it ran'; SELECT 1", { silent: true });
  assert.deepEqual(set.types, shown);
  const wrong = await client.run('SELECT nothing', { silent: true });
  assert.deepEqual(wrong.types, shown);
  assert.equal(wrong.reply.status, 'error');
  assert.match((await client.run('SELECT :quiet AS said')).text, /it ran/);
  const asked = { hist_access_type: 'tail', n: 5, output: false, raw: true };
  const { history } = await client.ask('history_request', asked);
  assert.ok(history.every(([, , cell]) => !cell.includes('SET @quiet')));
});

test('user_expressions are SELECTs, each with its own end', async () => {
  const user_expressions = { sum: '1 + 1', wrong: '1 +', field: 'nothing', text: "'a; b'" };
  const sent = await client.run('SELECT 5 AS five', { user_expressions });
  const { sum, wrong, field, text } = sent.reply.user_expressions;
  assert.equal(sum.status, 'ok');
  assert.match(sum.data['text/plain'], /^ *1 \+ 1\n-+\n *2\n/);
  assert.deepEqual(sum.metadata, {});
  assert.deepEqual([wrong.status, wrong.ename], ['error', 'SyntaxError']);
  assert.equal(field.status, 'error');
  assert.match(text.data['text/plain'], /a; b/);
  assert.equal(sent.of('execute_result').length, 1, 'they are not shown');
  // they are asked for by a cell of nothing, as a rule; `:last` is still what was shown
  const alone = await client.run('', { user_expressions: { last: ':last' }, silent: true });
  assert.match(alone.reply.user_expressions.last.data['text/plain'], /5/);
  const failing = await client.run('SELECT', { user_expressions });
  assert.equal(failing.reply.user_expressions, undefined, 'not after an error');
});

test('completion counts in code points, and knows what is on the server', async () => {
  const code = "SELECT '😀表', ti FROM books";
  const cursor_pos = [...code].indexOf('t') + 2;
  const complete = () => client.ask('complete_request', { code, cursor_pos });
  let reply = await complete();
  // what is not known yet is learnt behind the first answer
  for (let turn = 0; turn < 100 && !reply.matches.includes('title'); turn++) {
    await new Promise(resolve => setTimeout(resolve, 20));
    reply = await complete();
  }
  assert.equal(reply.matches[0], 'title');
  assert.deepEqual([reply.cursor_start, reply.cursor_end], [cursor_pos - 2, cursor_pos]);
  const [typed] = reply.metadata._jupyter_types_experimental;
  assert.deepEqual([typed.text, typed.type], ['title', 'field']);
  assert.match(typed.signature, /VARCHAR/);
  const beyond = await client.ask('complete_request', { code: 'SHOW ', cursor_pos: 99 });
  assert.ok(beyond.matches.includes('TABLES'));
});

test('inspection has what the kernel knows, and what the site says of the word', async () => {
  const select = { code: 'SELECT 1', cursor_pos: 3, detail_level: 0 };
  const plain = await client.ask('inspect_request', select);
  assert.equal(plain.found, true);
  const words = { select: ['query.html', 'Reading', 'It `reads` rows.'] };
  const site = createServer((_, answer) => answer.end(JSON.stringify(words)));
  await new Promise(resolve => site.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${site.address().port}/a/`;
  const other = page.start({ reference: new page.Reference(base) });
  const { data } = await other.ask('inspect_request', select);
  site.close();
  site.closeAllConnections();
  const { 'text/plain': text, 'text/markdown': markdown } = plain.data;
  assert.equal(data['text/plain'], `${text}\nIt reads rows.\n`);
  const link = `[Reading](${base}reference/query.html)`;
  assert.equal(data['text/markdown'], `${markdown}\nIt \`reads\` rows.\n\n${link}\n`);
  const nothing = { code: '  ', cursor_pos: 1, detail_level: 0 };
  const reply = { status: 'ok', found: false, data: {}, metadata: {} };
  assert.deepEqual(await client.ask('inspect_request', nothing), reply);
});

test('is_complete tells what Enter is to do', async () => {
  for (const [code, reply] of [
    ['SELECT 1', { status: 'complete' }],
    ['INSERT INTO t VALUES (1', { status: 'incomplete', indent: '' }],
    ['SELECT 1)', { status: 'invalid' }]
  ]) {
    assert.deepEqual(await client.ask('is_complete_request', { code }), reply, code);
  }
});

test('there are no comms, and whoever opens one is told', async () => {
  for (const content of [{}, { target_name: 'a' }]) {
    const reply = await client.ask('comm_info_request', content);
    assert.deepEqual(reply, { status: 'ok', comms: {} });
  }
  const content = { comm_id: 'one', target_name: 'nobody', data: {} };
  const opened = await client.send('comm_open', content).done;
  assert.deepEqual(opened.types, ['busy', 'comm_close', 'idle']);
  assert.deepEqual(opened.of('comm_close'), [{ comm_id: 'one', data: {} }]);
  for (const type of ['comm_msg', 'comm_close']) {
    const sent = await client.send(type, { comm_id: 'one', data: {} }).done;
    assert.deepEqual(sent.types, ['busy', 'idle'], type);
  }
});

test('a message that nobody knows comes to its idle', async () => {
  const sent = await client.send('strange_request', {}).done;
  assert.deepEqual(sent.types, ['busy', 'idle']);
});

test('a kernel speaks the language of its page', async () => {
  const file = new URL('../../jupyterlite/src/messages/zh_CN.json', import.meta.url);
  const other = page.start({ catalogue: await readFile(file, 'utf8') });
  const { evalue } = (await other.run('SELEC 1')).reply;
  assert.match(evalue, /\p{Script=Han}/u);
});
