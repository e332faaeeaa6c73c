// The built site in a real browser, and servers: the notebooks from top to bottom, tables, errors,
// completion, interrupt, prompts, restart, the console.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';

import { contrast } from './contrast.mjs';
import {
  command,
  holds,
  host,
  idle,
  launch,
  newPage,
  openNotebook,
  outputs,
  run,
  runAll,
  screenshot,
  server,
  setCells,
  text
} from './page.mjs';

let browser;
let page;

before(async () => {
  browser = await launch();
  page = await newPage(browser);
});
after(() => browser?.close());

test("the original's statements run on a server when the first cell names it", async () => {
  await openNotebook(page, 'original.ipynb');
  await page.evaluate(address => {
    const { cells } = window.notebook().content.model;
    const first = [...cells].find(cell => cell.type === 'code');
    first.sharedModel.setSource(address);
  }, `milvus://${host('LITE_WEB_URL')}`);
  await runAll(page);
  const cells = await outputs(page);
  const failed = cells.filter(cell => cell.outputs.some(output => output.output_type === 'error'));
  assert.deepEqual(failed.map(text), []);
  assert.match(text(cells[0]), /connected to http:\/\/127\.0\.0\.1:\d+, Milvus Lite /);
});

test('the notebook for a cluster runs from top to bottom', async () => {
  await openNotebook(page, 'cluster.ipynb');
  await runAll(page);
  const cells = await outputs(page);
  const failed = cells.filter(cell => cell.outputs.some(output => output.output_type === 'error'));
  await screenshot(page, 'cluster');
  assert.deepEqual(failed.map(text), ['UnknownCollection: unknown collection `boks`']);
  assert.equal(
    cells.every(cell => cell.count > 0 && cell.outputs.length > 0),
    true
  );
  assert.match(text(cells[0]), /connected to http:\/\/127\.0\.0\.1:\d+, Milvus Lite /);
  assert.deepEqual(page.outside, [], 'the page asks nothing of the outside');
});

test('pymilvus sees from outside what the two did', () => {
  const python = new URL('../../.venv/bin/python', import.meta.url).pathname;
  const seen = JSON.parse(
    execFileSync(python, [new URL('outside.py', import.meta.url).pathname], { encoding: 'utf8' })
  );
  assert.deepEqual(seen, {
    collections: ['books', 'notes', 'test01', 'test02'],
    fields: [
      ['id', 'INT64', {}],
      ['title', 'VARCHAR', { max_length: 100 }],
      ['year', 'INT32', {}],
      ['meta', 'JSON', {}],
      ['v', 'FLOAT_VECTOR', { dim: 4 }]
    ],
    index: { index_type: 'HNSW', metric_type: 'L2' },
    rows: [
      [1, 'Emma', 1815, { lang: 'en' }, [0.9, 0.1, 0.2, 0]],
      [2, 'Persuasion', 1817, { lang: 'en' }, [0.8, 0.2, 0.1, 0.1]],
      [3, 'Faust', 1809, { lang: 'de' }, [0.1, 0.9, 0.3, 0.4]],
      [4, '红楼梦', 1791, { lang: 'zh' }, [0.2, 0.3, 0.9, 0.1]]
    ],
    // 0 was in the partition that was dropped, 1 was deleted
    test01: []
  });
});

test('a table is a table, numbers to the right', async () => {
  const table = page.locator('.jp-OutputArea table.dataframe', { hasText: 'Persuasion' }).first();
  await table.scrollIntoViewIfNeeded();
  await holds(async () =>
    assert.deepEqual(await table.locator('th').allTextContents(), ['id', 'title', 'distance'])
  );
  await holds(async () =>
    assert.equal(
      await table
        .locator('td')
        .first()
        .evaluate(cell => getComputedStyle(cell).textAlign),
      'right'
    )
  );
  await screenshot(page, 'table');
});

test('an error says where and what to do', async () => {
  const error = page
    .locator(
      '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"], .jp-RenderedText',
      { hasText: 'UnknownCollection' }
    )
    .last();
  await error.scrollIntoViewIfNeeded();
  await holds(async () => {
    const shown = await error.textContent();
    assert.match(shown, /\^\^\^\^ no such collection/);
    assert.match(shown, /did you mean `books`\?/);
  });
  await screenshot(page, 'error');
});

test('errors can be read in the light theme and in the dark one', async () => {
  // of each coloured piece of the error: its colour, and those that are behind it
  const pieces = () =>
    page.evaluate(() =>
      [...document.querySelectorAll('.jp-OutputArea pre span')]
        .filter(span => span.closest('[data-mime-type="application/vnd.jupyter.stderr"]'))
        .map(span => {
          const behind = [];
          for (let element = span; element; element = element.parentElement) {
            behind.push(getComputedStyle(element).backgroundColor);
          }
          return { text: span.textContent, color: getComputedStyle(span).color, behind };
        })
    );
  await run(page, ['SELECT * FROM books WHER id = 1', 'SELECT * FROM bookz']);
  for (const theme of ['JupyterLab Dark', 'JupyterLab Light']) {
    await page.evaluate(
      theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme }),
      theme
    );
    const isLight = String(theme === 'JupyterLab Light');
    await page.waitForSelector(`body[data-jp-theme-light="${isLight}"]`, { state: 'attached' });
    await screenshot(page, `error-${isLight === 'true' ? 'light' : 'dark'}`);
    await holds(async () => {
      const shown = await pieces();
      assert.ok(shown.length > 5, JSON.stringify(shown));
      for (const { text, color, behind } of shown) {
        const found = contrast(color, behind);
        assert.ok(found >= 4.5, `${theme}: ${text} has a contrast of ${found.toFixed(1)}`);
      }
    });
  }
});

test('what a server sends is escaped', async () => {
  const evil = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';
  await run(page, [
    `milvus://${host('LITE_WEB_URL')}`,
    'CREATE TABLE evil (id BIGINT PRIMARY KEY, t VARCHAR(200), v VECTOR(2))',
    `INSERT INTO evil VALUES (1, '${evil}', [1, 2])`,
    'SELECT * FROM evil',
    'DROP TABLE evil'
  ]);
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator('.jp-OutputArea img').count(), 0);
});

test('programs read results as a data resource', async () => {
  await run(page, [
    'SET table_schema = on',
    'SELECT id, v, meta FROM books WHERE id = 1',
    'SET table_schema = off'
  ]);
  const [, cell] = await outputs(page);
  const resource = cell.outputs[0].data['application/vnd.dataresource+json'];
  assert.deepEqual(
    resource.schema.fields.map(field => [field.name, field.type]),
    [
      ['id', 'integer'],
      ['v', 'array'],
      ['meta', 'object']
    ]
  );
  assert.deepEqual(resource.schema.primaryKey, ['id']);
  assert.deepEqual(resource.data, [{ id: 1, v: [0.9, 0.1, 0.2, 0], meta: { lang: 'en' } }]);
});

test('bad input ends in one clear error and the kernel lives', async () => {
  const vector = `[${'0.5, '.repeat(700_000)}0.5]`;
  const cases = [
    ['SELEC * FROM books', /^SyntaxError: expected a statement, found `SELEC`$/],
    ['SELECT id FORM books', /^SyntaxError: .*found `FORM`$/],
    ['SELECT nope FROM books', /^UnknownField: unknown field `nope`$/],
    [
      'SELECT id FROM books ORDER BY v <-> [1, 2]',
      /^WrongDimension: this vector has 2 values, but `v` has 4 dimensions$/
    ],
    [
      'SELECT id FROM books ORDER BY v <-> [1, 2, NaN, 4]',
      /^InvalidNumber: `NaN` cannot stand in a vector$/
    ],
    [
      `INSERT INTO books VALUES (9, '${'x'.repeat(101)}', 1, '{}', [1, 2, 3, 4])`,
      /^ValueTooLong: this string has 101 bytes, but `title` holds 100$/
    ],
    [
      `SELECT id FROM books ORDER BY v <-> ${vector}`,
      /^WrongDimension: this vector has 700001 values/
    ],
    ["SELECT 'it", /^SyntaxError: this string is not closed$/],
    ["SELECT '红楼梦👋' FORM books", /^SyntaxError: /],
    ['', /^$/],
    ['-- nothing\n/* at all */ # here', /^$/],
    ['SELECT COUNT(*) FROM books', /4/]
  ];
  const shown = await run(
    page,
    cases.map(([cell]) => cell)
  );
  cases.forEach(([cell, expected], index) =>
    assert.match(shown[index], expected, cell.slice(0, 80))
  );
});

test('what cannot be reached is said', async () => {
  const lite = host('LITE_WEB_URL');
  const cases = [
    [
      'milvus://no-such-host.invalid:19530',
      /^Unreachable: no Milvus answered at http:\/\/no-such-host\.invalid:19530/
    ],
    ['milvus://127.0.0.1:1', /^Unreachable: /],
    [`milvus://${host('LITE_URL')}`, /^Unreachable: /],
    [`milvus://${host('SITE_URL')}`, /^Unreachable: /],
    [`milvus://${host('CLOSED_WEB_URL')}`, /^Unreachable: /],
    [`milvus://root:wrong@${host('MILVUS_WEB_URL')}`, /^Unauthenticated: /],
    [`milvus://root:Milvus@${host('MILVUS_WEB_URL')}`, /^connected to .* as root, Milvus 2\.3\.5/],
    [`milvus://${host('READONLY_WEB_URL')}; SELECT COUNT(*) FROM books`, /4/],
    ['DROP TABLE books', /^Refused: the proxy or the server refused the method `DropCollection`/],
    // more than that proxy takes
    [
      `SELECT id FROM books WHERE id IN (${Array(400_000).fill(10)}) LIMIT 1`,
      /^Refused: HTTP status 413/
    ],
    [`milvus://${lite}`, /^connected/]
  ];
  const shown = await run(
    page,
    cases.map(([cell]) => cell)
  );
  cases.forEach(([cell, expected], index) => assert.match(shown[index], expected, cell));
  const [, , plain, stranger, closed] = await outputs(page);
  assert.match(stranger.outputs[0].traceback.join('\n'), /must be Envoy's/);
  assert.match(closed.outputs[0].traceback.join('\n'), /\(CORS\): add the page's origin/);
  assert.match(
    plain.outputs[0].traceback.join('\n'),
    /Milvus's own gRPC port: a browser cannot speak to that/
  );
  await screenshot(page, 'unreachable');
});

/** Something that takes connections and never answers. */
async function silentServer() {
  const { createServer } = await import('node:net');
  const server = createServer(() => undefined);
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return { address: `127.0.0.1:${server.address().port}`, close: () => server.close() };
}

test('completion answers, also while a cell runs', async () => {
  const silent = await silentServer();
  const answer = await page.evaluate(async address => {
    const { kernel } = window.notebook().sessionContext.session;
    let finished = false;
    const running = kernel
      .requestExecute({ code: `milvus://${address}` })
      .done.then(() => (finished = true));
    // what is not known yet is learnt behind the first answer
    let reply;
    for (let turn = 0; turn < 50 && !reply?.content.matches.includes('title'); turn++) {
      await new Promise(resolve => setTimeout(resolve, turn && 20));
      reply = await kernel.requestComplete({ code: 'SELECT ti FROM books', cursor_pos: 9 });
    }
    const before = !finished && kernel.status === 'busy';
    await kernel.interrupt();
    await running;
    const { matches, metadata } = reply.content;
    return {
      before,
      matches,
      types: metadata._jupyter_types_experimental.map(match => match.type)
    };
  }, silent.address);
  silent.close();
  assert.equal(answer.before, true, 'the answer came while the cell ran');
  assert.equal(answer.types[answer.matches.indexOf('title')], 'field');
});

test('a server that dies in the middle is an error, and the kernel lives', async () => {
  // the real server behind a pipe that can be cut
  const { connect, createServer } = await import('node:net');
  const sockets = [];
  const [, port] = host('LITE_WEB_URL').split(':');
  const pipe = createServer(socket => {
    const upstream = connect(Number(port), '127.0.0.1');
    sockets.push(socket, upstream);
    [socket, upstream].forEach(end => end.on('error', () => undefined));
    socket.pipe(upstream).pipe(socket);
  });
  await new Promise(resolve => pipe.listen(0, '127.0.0.1', resolve));
  const [connected] = await run(page, [`milvus://127.0.0.1:${pipe.address().port}`]);
  assert.match(connected, /^connected/);
  const dead = page.evaluate(async () => {
    const { kernel } = window.notebook().sessionContext.session;
    const rows = Array.from({ length: 20_000 }, (_, id) => `(${id + 10}, 't', 1, '{}', [1,2,3,4])`);
    const code = `INSERT INTO books (id, title, year, meta, v) VALUES ${rows.join(',')}`;
    return (await kernel.requestExecute({ code }).done).content;
  });
  pipe.close();
  await new Promise(resolve => setTimeout(resolve, 50));
  sockets.forEach(socket => socket.destroy());
  const reply = await dead;
  assert.equal(reply.ename, 'Unreachable');
  const shown = await run(page, [
    'SHOW TABLES',
    `milvus://${host('LITE_WEB_URL')}`,
    'DELETE FROM books WHERE id >= 10',
    'SELECT COUNT(*) FROM books'
  ]);
  assert.match(shown[0], /^Unreachable: /);
  assert.match(shown[1], /^connected/);
  assert.match(shown[3], /4/);
});

test('interrupt ends the running cell, and what is queued is aborted', async () => {
  const silent = await silentServer();
  await setCells(page, [`milvus://${silent.address}`, 'SHOW VERSION']);
  const running = command(page, 'notebook:run-all-cells').catch(() => undefined);
  await page.waitForFunction(
    () => window.notebook().sessionContext.session.kernel.status === 'busy'
  );
  await page.click('[data-jp-item-name="interrupt"]');
  await running;
  await idle(page);
  silent.close();
  const [first, second] = await outputs(page);
  assert.match(text(first), /^Interrupted: /);
  assert.equal(second.outputs.length, 0);
  const [version] = await run(page, ['SHOW VERSION']);
  assert.match(version, /milvus_lite/, 'the connection of before is still there');
});

test('a password is asked for, and is in no output', async () => {
  const address = `http://${host('MILVUS_WEB_URL')}`;
  const cell = `CONNECT '${address}' USER 'root' PASSWORD PROMPT AS asked; DISCONNECT asked`;
  const start = async () => {
    await setCells(page, [cell, 'SHOW CONNECTIONS']);
    const running = command(page, 'notebook:run-all-cells').catch(() => undefined);
    await page.waitForSelector('.jp-Stdin-input[type="password"]');
    return { running };
  };
  const { running } = await start();
  await holds(async () =>
    assert.match(
      await page.locator('.jp-Stdin-prompt').last().textContent(),
      /^Password of root at http:\/\/127\.0\.0\.1:\d+: $/
    )
  );
  await screenshot(page, 'prompt');
  await page.fill('.jp-Stdin-input', 'Milvus');
  await page.press('.jp-Stdin-input', 'Enter');
  await running;
  await idle(page);
  const saved = JSON.stringify(await outputs(page));
  assert.match(saved, /connected to [^"]* as root, Milvus 2\.3\.5/);
  assert.equal(
    saved.replaceAll('Milvus 2.3.5', '').replaceAll('Milvus Lite', '').includes('Milvus'),
    false,
    saved
  );
  // an interrupt ends the wait
  const { running: waiting } = await start();
  await page.click('[data-jp-item-name="interrupt"]');
  await waiting;
  await idle(page);
  assert.match(JSON.stringify(await outputs(page)), /Interrupted/);
  // nobody to ask
  const refused = await page.evaluate(async code => {
    const { kernel } = window.notebook().sessionContext.session;
    return (await kernel.requestExecute({ code, allow_stdin: false }).done).content.ename;
  }, cell);
  assert.equal(refused, 'NoInput');
});

test('no secret of a cell is in what is saved below it, or in the history', async () => {
  const secret = 'Qz7hK2pxV9mW4t';
  const nowhere = 'http://127.0.0.1:1';
  const cells = [
    `milvus://root:${secret}@127.0.0.1:1`,
    `CONNECT '${nowhere}' USER 'root' PASSWORD '${secret}'`,
    `CONNECT '${nowhere}' TOKEN '${secret}' USER`,
    `EXPLAIN CONNECT '${nowhere}' TOKEN '${secret}'`,
    `CONECT '${nowhere}' PASSWORD = \`${secret}\``,
    `CREATE USER u PASSWORD '${secret}'; SELECT FROM`,
    `SELECT FROM; ALTER USER u PASSWORD 'n' OLD '${secret}'`,
    `EXPLAIN /* a */ CREATE USER u PASSWORD '${secret}'`,
    `EXPLAIN ALTER USER u PASSWORD '${secret}' OLD '${secret}'`,
    `CREATE USER u IDENTIFIED BY "${secret}"`,
    `SET @p = '${secret}'; nonsense`
  ];
  await run(page, cells);
  const saved = await page.evaluate(async () => {
    const panel = window.notebook();
    await panel.context.save();
    const { contents } = window.jupyterapp.serviceManager;
    return (await contents.get(panel.context.path, { content: true })).content.cells;
  });
  assert.equal(saved.length, cells.length);
  for (const [index, cell] of saved.entries()) {
    assert.equal(cell.outputs.length > 0, true, cells[index]);
    assert.equal(JSON.stringify(cell.outputs).includes(secret), false, cells[index]);
  }
  const history = await page.evaluate(async () => {
    const { kernel } = window.notebook().sessionContext.session;
    return (
      await kernel.requestHistory({ hist_access_type: 'tail', n: 100, output: false, raw: true })
    ).content.history;
  });
  assert.equal(history.length >= cells.length, true);
  assert.equal(JSON.stringify(history).includes(secret), false, JSON.stringify(history));
});

test('an error aborts what is queued, or does not, as stop_on_error says', async () => {
  const statuses = await page.evaluate(async () => {
    const { kernel } = window.notebook().sessionContext.session;
    const execute = async stop_on_error => {
      const bad = kernel.requestExecute({ code: 'milvus://127.0.0.1:1', stop_on_error });
      const good = kernel.requestExecute({ code: 'SHOW SETTINGS' });
      return [(await bad.done).content.status, (await good.done).content.status];
    };
    return { stop: await execute(true), go: await execute(false) };
  });
  assert.deepEqual(statuses, { stop: ['error', 'aborted'], go: ['error', 'ok'] });
});

test('silent, store_history and the counts', async () => {
  const seen = await page.evaluate(async () => {
    const { kernel } = window.notebook().sessionContext.session;
    const execute = async options => {
      const future = kernel.requestExecute({ code: 'SHOW SETTINGS', ...options });
      const types = [];
      future.onIOPub = message => types.push(message.header.msg_type);
      const reply = await future.done;
      return { count: reply.content.execution_count, types };
    };
    const first = await execute({});
    return {
      first,
      unstored: await execute({ store_history: false }),
      silent: await execute({ silent: true }),
      last: await execute({})
    };
  });
  const start = seen.first.count;
  assert.deepEqual(
    [seen.unstored.count, seen.silent.count, seen.last.count],
    [start, start, start + 1]
  );
  assert.deepEqual(seen.first.types, ['status', 'execute_input', 'execute_result', 'status']);
  assert.deepEqual(seen.silent.types, ['status', 'status']);
});

test('restart forgets the connection, and counts from one; the engine answers then', async () => {
  await page.evaluate(() => window.notebook().sessionContext.restartKernel());
  await idle(page);
  const [shown] = await run(page, ['SHOW TABLES']);
  assert.match(shown, /^note: no connection was named: connected to milvus:\/\/local, /);
  const [cell] = await outputs(page);
  assert.equal(cell.count, 1);
});

test('the last result is the result of the cell, the others are displayed', async () => {
  await run(page, ['SELECT 1 AS a; SELECT 2 AS b']);
  const [cell] = await outputs(page);
  assert.deepEqual(
    cell.outputs.map(output => [output.output_type, output.execution_count]),
    [
      ['display_data', undefined],
      ['execute_result', cell.count]
    ]
  );
});

test('user expressions are answered, each as a SELECT', async () => {
  const expressions = await page.evaluate(async () => {
    const { kernel } = window.notebook().sessionContext.session;
    const user_expressions = { two: '1 + 1', wrong: 'nothing_of_the_kind(1)' };
    const reply = await kernel.requestExecute({ code: 'SET precision = 3', user_expressions }).done;
    return reply.content.user_expressions;
  });
  assert.equal(expressions.two.status, 'ok');
  assert.match(expressions.two.data['text/plain'], /2/);
  assert.equal(expressions.wrong.status, 'error');
  assert.equal(expressions.wrong.ename, 'UnknownFunction');
  assert.ok(expressions.wrong.traceback.length > 0);
});

test('a comm of an unknown target is closed', async () => {
  const closed = await page.evaluate(async () => {
    const { kernel } = window.notebook().sessionContext.session;
    const comm = kernel.createComm('nobody');
    const closed = new Promise(resolve => (comm.onClose = () => resolve(true)));
    comm.open({});
    return Promise.race([closed, new Promise(resolve => setTimeout(resolve, 20_000, false))]);
  });
  assert.equal(closed, true);
});

test('history is read by tail, range and pattern, and is there after a reload', async () => {
  const ask = asked =>
    page.evaluate(async asked => {
      const { kernel } = window.notebook().sessionContext.session;
      const reply = await kernel.requestHistory({ output: false, raw: true, ...asked });
      return reply.content.history;
    }, asked);
  const cells = async asked => (await ask(asked)).map(([, , cell]) => cell);
  await run(page, ["SELECT 'one'", "SELECT 'two'", "SELECT 'one'"]);
  const tail = await ask({ hist_access_type: 'tail', n: 2 });
  assert.deepEqual(tail.map(line => line[2]), ["SELECT 'two'", "SELECT 'one'"]);
  const [session, count] = tail[1];
  const range = { hist_access_type: 'range', session, start: count - 2, stop: count };
  assert.deepEqual(await cells(range), ["SELECT 'one'", "SELECT 'two'"]);
  assert.deepEqual(await cells({ ...range, session: 0 }), ["SELECT 'one'", "SELECT 'two'"]);
  const search = { hist_access_type: 'search', pattern: "SELECT 'o*'", n: 9, unique: true };
  assert.deepEqual(await cells(search), ["SELECT 'one'"]);
  assert.deepEqual(await cells({ ...search, pattern: 'nothing' }), []);
  const output = await ask({ hist_access_type: 'tail', n: 1, output: true });
  assert.deepEqual(output[0][2], ["SELECT 'one'", null]);
  await openNotebook(page);
  const again = await ask({ hist_access_type: 'tail', n: 2 });
  assert.deepEqual(again, tail, 'kept by the browser');
});

test('a notebook that is opened has nothing to save', async () => {
  const opened = await newPage(browser);
  for (const path of ['tour.ipynb', 'cluster.ipynb']) {
    await openNotebook(opened, path);
    assert.equal(await opened.evaluate(() => window.notebook().context.model.dirty), false, path);
  }
});

test('is_complete knows open strings and brackets', async () => {
  const answers = await page.evaluate(async () => {
    const { kernel } = window.notebook().sessionContext.session;
    const isComplete = async code => (await kernel.requestIsComplete({ code })).content.status;
    return [
      await isComplete('SHOW TABLES'),
      await isComplete("SELECT 'a"),
      await isComplete('SELECT * FROM'),
      await isComplete('SELEC')
    ];
  });
  assert.deepEqual(answers, ['complete', 'incomplete', 'incomplete', 'invalid']);
});

test('the console answers as well', async () => {
  const console = await newPage(browser);
  const code = encodeURIComponent(`milvus://${host('LITE_WEB_URL')}; SHOW TABLES`);
  await console.goto(`${server('SITE_URL')}/repl/index.html?kernel=milvus&code=${code}&execute=1`);
  await console.waitForSelector('.jp-OutputArea table.dataframe');
  await holds(async () =>
    assert.match(await console.locator('.jp-OutputArea').first().textContent(), /books/)
  );
  await screenshot(console, 'console');
});

test('shutdown ends the worker', async () => {
  assert.equal(page.workers().length > 0, true);
  await page.evaluate(() => window.notebook().sessionContext.shutdown());
  const runs = () => page.workers().some(worker => worker.url().includes('milvus.worker'));
  await holds(() => assert.equal(runs(), false));
});
