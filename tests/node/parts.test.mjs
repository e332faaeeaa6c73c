// What other parts of the page have of a kernel: statements behind its cells, questions beside
// them, its signals, its files; and how they find it.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { quiet, startPage } from './page.mjs';

let page;
let client;

before(async () => {
  page = await startPage();
  client = page.start({ id: 'one' });
  const made = await client.run(
    'milvus://memory/parts; CREATE TABLE books (id BIGINT PRIMARY KEY, v VECTOR(2));' +
      'INSERT INTO books VALUES (1, [1, 2]), (2, [3, 4])'
  );
  assert.equal(made.reply.status, 'ok', made.reply.evalue);
});

after(async () => {
  const console = quiet(page, client);
  await page?.close();
  assert.equal(console, '');
});

test('a query runs behind the cells that are queued, and sends no message', async () => {
  const ended = [];
  const cell = client.execute("SET @turn = 'of the cell'");
  // it is in the queue
  await client.ask('comm_info_request');
  const before = client.messages.length;
  const query = client.kernel.query('SELECT :turn AS turn; SELECT 2 AS two').then(shown => {
    ended.push('query');
    return shown;
  });
  await cell.done.then(() => ended.push('cell'));
  const shown = await query;
  assert.deepEqual(ended, ['cell', 'query']);
  assert.match(shown[0].data['text/plain'], /of the cell/);
  assert.deepEqual(shown.map(({ isLast }) => isLast), [false, true]);
  const theirs = client.messages.slice(before).filter(m => m.parent_header.msg_id !== cell.id);
  assert.deepEqual(theirs, []);
});

test('a query gives its error by its code, and what it said is not the last result', async () => {
  const { kernel } = client;
  await client.run('SELECT 5 AS five');
  const { lastResult } = kernel;
  assert.equal(lastResult.data[page.TABLES].tables[0].rows.length, 1);
  await kernel.query('SELECT 6 AS six');
  await assert.rejects(kernel.query('SELECT nothing FROM books'), {
    name: 'UnknownField',
    message: 'unknown field `nothing`'
  });
  assert.equal(kernel.lastResult, lastResult);
  assert.match((await client.run('SELECT :last AS last')).text, /5/);
});

test('statements that are still being thought of keep their place', async () => {
  let think;
  const thought = client.kernel.query(new Promise(resolve => (think = resolve)));
  const behind = client.execute('SELECT :thought AS said');
  await client.ask('comm_info_request');
  assert.deepEqual(behind.messages, []);
  think("SET @thought = 'at last'");
  await thought;
  assert.match((await behind.done).text, /at last/);
  const failed = client.kernel.query(Promise.reject(new Error('nothing came to mind')));
  await assert.rejects(failed, { message: 'nothing came to mind' });
  // an interrupt does not end them, but those that wait for them
  const again = client.kernel.query(new Promise(resolve => (think = resolve)));
  const waiting = client.execute('SELECT 1');
  await client.ask('interrupt_request', {}, 'control');
  assert.deepEqual((await waiting.done).reply, { status: 'aborted' });
  think('SELECT 1');
  assert.equal((await again).length, 1);
});

test('questions are answered beside a cell that runs', async () => {
  const prompt = { allow_stdin: true };
  const running = client.execute('CREATE USER ann PASSWORD PROMPT', prompt);
  await running.until('input_request');
  const { connections } = await client.kernel.ask('status', []);
  assert.deepEqual(
    connections.map(({ address, in_use }) => [address, in_use]),
    [['milvus://memory/parts', true]]
  );
  assert.equal(await client.kernel.ask('quoted', ['a b']), '`a b`');
  const [problem] = await client.kernel.ask('lint', ['SELEC 1', undefined]);
  assert.deepEqual([problem.from, problem.to], [0, 5]);
  assert.equal(problem.replacement.text, 'SELECT');
  assert.equal(running.of('execute_reply').length, 0);
  client.send('input_reply', { status: 'ok', value: 'Secret1!' }, 'stdin');
  await running.done;
});

test('rows that a notebook has no room for are asked for', async () => {
  const rows = Array.from({ length: 3000 }, (_, id) => `(${id}, [${id}, 1])`).join();
  await client.run('CREATE TABLE many (id BIGINT PRIMARY KEY, v VECTOR(2))');
  await client.run(`INSERT INTO many VALUES ${rows}`, { store_history: false });
  await client.run("SET table_size = '10KB'; SELECT * FROM many ORDER BY id LIMIT 3000");
  const [table] = client.kernel.lastResult.data[page.TABLES].tables;
  const args = [table.result, 0, 2000, 3, -1, false, ''];
  const found = JSON.parse(await client.kernel.ask('rows', args));
  assert.deepEqual(found.rows.map(([id]) => Number(id)), [2000, 2001, 2002]);
  assert.equal(await client.kernel.ask('rows', ['gone', 0, 0, 1, -1, false, '']), undefined);
});

test('the end of a cell is told, and where its error is', async () => {
  const { kernel } = client;
  const heard = [];
  const onRan = () => heard.push('ran');
  const onFailed = (_, failure) => heard.push(failure);
  kernel.ran.connect(onRan);
  kernel.failed.connect(onFailed);
  const began = Date.now();
  await client.run('SELECT 1');
  const wrong = await client.run('SELECT titel FROM books');
  await client.run('SELECT titel FROM books', { silent: true });
  await kernel.query('SELECT 1');
  kernel.ran.disconnect(onRan);
  kernel.failed.disconnect(onFailed);
  const [first, failure, ...others] = heard;
  assert.deepEqual([first, ...others], ['ran', 'ran', 'ran']);
  assert.deepEqual([failure.id, failure.code], [wrong.id, 'SELECT titel FROM books']);
  assert.deepEqual([failure.problem.from, failure.problem.to], [7, 12]);
  assert.equal(failure.problem.code, 'UnknownField');
  assert.ok(kernel.lastRun >= began && kernel.lastRun <= Date.now());
});

test('kernels are found by their id, and are gone with their end', async () => {
  let changes = 0;
  const taken = [];
  const onChanged = () => changes++;
  page.kernels.changed.connect(onChanged);
  page.onKernel(kernel => taken.push(kernel.id));
  const two = page.start({ id: 'two' });
  assert.equal(page.kernels.get('two'), two.kernel);
  assert.equal(page.kernels.get(undefined), undefined);
  assert.equal(page.kernels.get('nobody'), undefined);
  // as after a restart: the same id, and another kernel
  two.kernel.dispose();
  assert.equal(page.kernels.get('two'), undefined);
  const again = page.start({ id: 'two' });
  assert.equal(page.kernels.get('two'), again.kernel);
  assert.deepEqual(page.kernels.all().map(({ id }) => id), ['one', 'two']);
  const cells = [{ model: { type: 'code', mimeType: 'text/x-milvus-sql' } }];
  const panel = id => ({ sessionContext: { session: { kernel: { id } } }, content: {} });
  const widgets = [
    { ...panel('two'), content: { widgets: cells } },
    { ...panel('one'), console: { cells: new Set(cells) } },
    panel('nobody'),
    { sessionContext: { session: null } },
    {}
  ];
  const found = page.sessions({ shell: { widgets: () => widgets } });
  assert.deepEqual(
    found.map(({ widget, kernel }) => [widgets.indexOf(widget), kernel.id]),
    [[0, 'two'], [1, 'one']]
  );
  assert.deepEqual(found.map(session => session.cells), [cells, cells]);
  again.kernel.dispose();
  page.kernels.changed.disconnect(onChanged);
  assert.equal(changes, 4);
  assert.deepEqual(taken, ['one', 'two', 'two']);
});

test('programs of the site are answered by the kernel that they name', async () => {
  const ask = async question => {
    const replies = [];
    await page.answer({ id: 'q', ...question }, new Map([['one', 'a.ipynb']]), reply =>
      replies.push(JSON.parse(JSON.stringify(reply)))
    );
    assert.ok(replies.every(({ id }) => id === 'q'));
    const [last] = replies.filter(({ answer }) => answer !== undefined);
    return last && JSON.parse(last.answer);
  };
  const { kernels } = await ask({ ask: 'kernels' });
  assert.deepEqual(kernels, [{ id: 'one', lastRun: client.kernel.lastRun, path: 'a.ipynb' }]);
  const sql = await ask({ ask: 'sql', kernel: 'one', sql: 'SELECT id FROM books ORDER BY id' });
  const [{ tables }] = sql.results;
  assert.deepEqual(tables[0].rows.map(([id]) => Number(id)), [1, 2]);
  await client.run('SELECT 9 AS nine');
  const last = await ask({ ask: 'last', kernel: 'one' });
  assert.equal(Number(last.results[0].tables[0].rows[0][0]), 9);
  const wrong = await ask({ ask: 'sql', kernel: 'one', sql: 'SELECT nothing FROM books' });
  assert.deepEqual([wrong.code, wrong.error], ['UnknownField', 'unknown field `nothing`']);
  assert.match((await ask({ ask: 'dance', kernel: 'one' })).error, /nobody can be asked for/);
  assert.match((await ask({ ask: 'sql', kernel: 'one', sql: 7 })).error, /statements are a text/);
  assert.equal(await ask({ ask: 'sql', kernel: 'of another page', sql: 'SELECT 1' }), undefined);
});

test('files of the notebook are read and written by the page', async () => {
  const files = new Map([['a.csv', btoa('id,v\n7,"[1, 2]"\n')]]);
  const contents = {
    get: async path => {
      if (!files.has(path)) {
        throw new Error(`Path ${path} does not exist.`);
      }
      return { content: files.get(path) };
    },
    save: async (path, { content }) => void files.set(path, content)
  };
  const other = page.start({ contents });
  const sent = await other.run(
    'milvus://memory/files; CREATE TABLE t (id BIGINT PRIMARY KEY, v VECTOR(2));' +
      "COPY t FROM 'a.csv'; COPY t TO 'b.jsonl'"
  );
  assert.equal(sent.reply.status, 'ok', sent.reply.evalue);
  assert.deepEqual(JSON.parse(atob(files.get('b.jsonl'))), { id: 7, v: [1, 2] });
  const missing = await other.run("COPY t FROM 'c.csv'");
  assert.equal(missing.reply.status, 'error');
  assert.match(missing.reply.evalue, /Path c\.csv does not exist/);
});

test('a reference that could not be reached is asked for again', async () => {
  const server = createServer((_, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ limit: ['query', 'Reading rows', 'LIMIT ends a list.'] }));
  });
  const listen = port => new Promise(resolve => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address();
  await new Promise(resolve => server.close(resolve));
  const reference = new page.Reference(`http://127.0.0.1:${port}/`);
  const asked = { markdown: 'a keyword', text: 'a keyword', topic: 'limit' };
  assert.doesNotMatch((await reference.explain(asked)).text, /ends a list/);
  await listen(port);
  assert.match((await reference.explain(asked)).text, /ends a list/);
  server.closeAllConnections();
  await new Promise(resolve => server.close(resolve));
});
