// What arrives broken, and what a dead worker leaves, in the built site: every fault of transport
// is one clear error, the kernel lives, and after a trap it is as it was.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { faultyProxy, frame } from './faulty.mjs';
import { host, launch, newPage, openNotebook, outputs, run, server } from './page.mjs';

let browser;
let page;
let proxy;

before(async () => {
  browser = await launch();
  page = await newPage(browser);
  proxy = await faultyProxy(server('LITE_WEB_URL'));
  await openNotebook(page);
});
after(async () => {
  await browser?.close();
  proxy?.close();
});

const GRPC = { 'content-type': 'application/grpc-web+proto' };
const trailers = text => frame(128, `${text}\r\n`);

/** Answers to SHOW TABLES, and what is said of each. */
const FAULTS = [
  [
    'a reply in base64',
    { headers: { 'content-type': 'application/grpc-web-text' }, body: 'AAAAAAA=' },
    /^Unreachable: HTTP status 200, and no reply of Milvus, came from http/
  ],
  [
    'more of it',
    {
      headers: { 'content-type': 'application/grpc-web-text+proto' },
      body: frame(0, 'x'.repeat(3000)).toString('base64')
    },
    /^Unreachable: HTTP status 200/
  ],
  [
    'a page',
    { headers: { 'content-type': 'text/html' }, body: '<h1>hello</h1>' },
    /^Unreachable: HTTP status 200/
  ],
  ['no type', { body: '' }, /^Unreachable: HTTP status 200/],
  ['401', { status: 401 }, /^Refused: HTTP status 401/],
  ['413', { status: 413, headers: { 'content-type': 'text/html' } }, /^Refused: HTTP status 413/],
  ['502', { status: 502, headers: { 'content-type': 'text/html' } }, /HTTP status 502/],
  ['503', { status: 503, headers: GRPC }, /HTTP status 503/],
  [
    'UNAVAILABLE by Envoy',
    {
      headers: {
        ...GRPC,
        'grpc-status': '14',
        'grpc-message':
          'upstream connect error or disconnect/reset before headers. reset reason: overflow'
      }
    },
    /^Unreachable: Envoy answers at http:.*, but Milvus behind it does not: UNAVAILABLE: upstream/
  ],
  [
    'INTERNAL in the trailers',
    { headers: GRPC, body: trailers('grpc-status: 13\r\ngrpc-message: oh no') },
    /^ServerError: the server ended `ShowCollections` with the status INTERNAL: oh no$/
  ],
  [
    'CANCELLED',
    { headers: GRPC, body: trailers('grpc-status: 1') },
    /^ServerError: the server ended `ShowCollections` with the status CANCELLED$/
  ],
  ['nothing', { headers: GRPC, body: '' }, /^BrokenReply: the reply to `ShowCollections`/],
  [
    'half a frame',
    { headers: GRPC, body: frame(0, 'abc', 1000) },
    /^BrokenReply: the reply to `ShowCollections` broke off: /
  ],
  [
    'a frame that promises 4 GiB',
    { headers: GRPC, body: frame(0, 'abc', 0xffffffff) },
    /^BrokenReply: /
  ],
  [
    'a connection that ends in the middle',
    { headers: GRPC, body: frame(0, 'abc', 1000), cut: true },
    /^BrokenReply: /
  ],
  [
    'no protobuf',
    { headers: GRPC, body: Buffer.concat([frame(0, '\xff\xff\xff'), trailers('grpc-status: 0')]) },
    /^BrokenReply: /
  ],
  ['an odd flag', { headers: GRPC, body: frame(7, 'abc') }, /^BrokenReply: /],
  ['trailers of nonsense', { headers: GRPC, body: frame(128, '\0\0\0') }, /^BrokenReply: /]
];

test('what arrives broken is told as what it is, and the kernel lives', async () => {
  const shown = await run(page, [
    `milvus://${proxy.address}`,
    'DROP TABLE IF EXISTS faults',
    'CREATE TABLE faults (id BIGINT PRIMARY KEY, v VECTOR(2))'
  ]);
  assert.match(shown[0], /^connected to /);
  for (const [name, fault, expected] of FAULTS) {
    proxy.fault = { method: 'ShowCollections', ...fault };
    const [said] = await run(page, ['SHOW TABLES']);
    assert.match(said, expected, name);
    assert.doesNotMatch(said, /JS API error|TypeError|gRPC-Web client/, name);
  }
  proxy.fault = undefined;
  const [tables] = await run(page, ['SHOW TABLES']);
  assert.match(tables, /faults/, 'the connection is still there');
});

/** A field of protobuf with something of a length. */
function field(number, body) {
  let { length } = body;
  const head = [(number << 3) | 2];
  for (; length > 127; length >>= 7) {
    head.push((length & 127) | 128);
  }
  return Buffer.concat([Buffer.from([...head, length]), Buffer.from(body)]);
}

test('a reply that nests is read as far as it may, or refused', async () => {
  const nested = depth => {
    // an array of an array of …, in a column `id` of QueryResults
    let scalars = Buffer.alloc(0);
    for (let at = 0; at < depth; at++) {
      scalars = field(8, field(1, scalars));
    }
    const column = Buffer.concat([field(2, 'id'), field(3, scalars)]);
    return Buffer.concat([frame(0, field(2, column)), trailers('grpc-status: 0')]);
  };
  for (const depth of [40, 45, 60, 2_000]) {
    proxy.fault = { method: 'Query', headers: GRPC, body: nested(depth) };
    const [said] = await run(page, ['SELECT id FROM faults']);
    assert.match(said, depth < 48 ? /^ *id\n/ : /^BrokenReply: .*recursion limit/, `${depth} deep`);
  }
  proxy.fault = undefined;
});

test('a write whose answer is lost may have been carried out, and the error says so', async () => {
  proxy.fault = { method: 'Insert', after: true, headers: GRPC, body: frame(0, 'a', 9), cut: true };
  const cell =
    'CREATE PARTITION p ON faults; SHOW TABLES; INSERT INTO faults VALUES (1, [1, 2]); SHOW TABLES';
  const [said] = await run(page, [cell]);
  assert.match(said, /BrokenReply: the reply to `Insert` broke off/);
  const [{ outputs: all }] = await outputs(page);
  const traceback = all.at(-1).traceback.join('\n');
  assert.match(traceback, /`Insert` may have been carried out all the same: count or read the row/);
  assert.match(traceback, /carried out before it in this cell: CREATE PARTITION \(statement 1\)/);
  proxy.fault = undefined;
  assert.equal(proxy.calls.filter(method => method === 'Insert').length, 1, 'it is not sent again');
  const [count] = await run(page, ['SELECT COUNT(*) FROM faults']);
  assert.match(count, /1/, 'it was carried out');
});

/**
 * Brings the worker to a real trap: the wasm is handed a chunk of a reply that it has no room for.
 */
async function trap() {
  const worker = page.workers().find(worker => worker.url().includes('milvus.worker'));
  await worker.evaluate(() => {
    const plain = self.fetch.bind(self);
    self.fetch = async (request, init) => {
      if (!request.url?.endsWith('/ShowCollections')) {
        return plain(request, init);
      }
      const huge = new ReadableStream({
        start: controller => controller.enqueue(new Uint8Array(2 ** 31 + 1))
      });
      return new Response(huge, { headers: { 'content-type': 'application/grpc-web+proto' } });
    };
  });
}

test('after a trap the kernel is as it was', async () => {
  await run(page, [
    `milvus://${proxy.address}`,
    'SET precision = 3; SET @q = [0.5, 1.25]; SET @name = ' + "'secret word'",
    'UPSERT INTO faults VALUES (2, :q)',
    `CONNECT 'http://${host('LITE_WEB_URL')}' USER 'root' PASSWORD 'Milvus' AS other`,
    'USE CONNECTION "default"'
  ]);
  await trap();
  const shown = await run(page, [
    'SHOW TABLES',
    'SELECT id, v FROM faults WHERE id = 2',
    'SELECT id, distance FROM faults ORDER BY v <-> :q LIMIT 1',
    'SHOW CONNECTIONS'
  ]);
  assert.match(shown[0], /^KernelError: the kernel ended: /);
  const cells = await outputs(page);
  const traceback = cells[0].outputs[0].traceback.join('\n');
  assert.match(traceback, /note: connected to http:\/\/127\.0\.0\.1:\d+, Milvus Lite .* again/);
  assert.match(traceback, /note: connected to .* as root, Milvus Lite .* again/);
  assert.match(traceback, /note: the settings and 2 variables are as they were/);
  assert.match(shown[1], /\[0\.500, 1\.250\]/);
  assert.match(shown[2], /2 +0\.000/);
  assert.match(shown[3], /default .*yes/);
  const saved = await page.evaluate(() =>
    JSON.stringify(window.notebook().content.model.toJSON().cells.map(cell => cell.outputs))
  );
  assert.doesNotMatch(saved, /secret word|PASSWORD/);
});

test('what cannot be had again is told as lost', async () => {
  const gone = await faultyProxy(server('LITE_WEB_URL'));
  await run(page, [`CONNECT 'http://${gone.address}' AS gone`]);
  gone.fault = { method: 'GetVersion', status: 503 };
  await trap();
  const [said, tables] = await run(page, ['SHOW TABLES', 'USE CONNECTION "default"; SHOW TABLES']);
  gone.close();
  assert.match(said, /^KernelError/);
  const [{ outputs: all }] = await outputs(page);
  assert.match(all[0].traceback.join('\n'), /lost: CONNECT: HTTP status 503/);
  assert.match(tables, /faults/);
  await run(page, ['DROP TABLE faults']);
});
