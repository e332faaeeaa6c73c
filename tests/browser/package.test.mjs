// The npm package of the engine in a page of its own, as any web page would use it.

import assert from 'node:assert';
import test, { after, before } from 'node:test';

import { launch, newPage } from './page.mjs';
import { PACKAGE, plainServer } from './plain.mjs';

let browser, page, server;

before(async () => {
  server = await plainServer('/', PACKAGE);
  browser = await launch();
  page = await newPage(browser);
  await page.goto(`${server.url}/index.js`);
});

after(async () => {
  await browser?.close();
  await server?.off();
});

/** Runs in the page, with the package's `open`. */
const inPage = (act, ...args) =>
  page.evaluate(
    async ([act, args]) => {
      const { open } = await import('/index.js');
      return new Function('open', 'args', `return (${act})(open, ...args)`)(open, args);
    },
    [act.toString(), args]
  );

/** The name of a method in a message of gRPC-Web, and what came back. */
const asked = (method, database, isText) =>
  inPage(
    async (open, method, database, isText) => {
      const engine = await open({ store: 'milvus://memory' });
      const frame = new Uint8Array(5);
      const kind = isText ? 'grpc-web-text' : 'grpc-web';
      const url = `http://engine/milvus.proto.milvus.MilvusService/${method}`;
      const answer = await engine.fetch(url, {
        method: 'POST',
        headers: { 'content-type': `application/${kind}+proto`, dbname: database },
        body: isText ? btoa(String.fromCharCode(...frame)) : frame
      });
      const text = await answer.text();
      engine.close();
      return { type: answer.headers.get('content-type'), text: isText ? atob(text) : text };
    },
    method,
    database,
    isText
  );

test('requests of gRPC-Web are answered', async () => {
  for (const isText of [false, true]) {
    const { type, text } = await asked('GetVersion', '', isText);
    assert.equal(type, `application/grpc-web${isText ? '-text' : ''}+proto`);
    assert.match(text, /milvus_engine-0\.1\.0/);
    assert.match(text, /grpc-status: 0\r\n/);
  }
});

test('what the engine has not is a status', async () => {
  assert.match((await asked('NoSuchMethod', '', false)).text, /grpc-status: 12\r\n/);
  assert.match((await asked('ShowCollections', 'nowhere', false)).text, /database not found/);
});

test('a local store is there again', async () => {
  const names = await inPage(async open => {
    // CreateDatabaseRequest and ListDatabasesRequest
    const request = new Uint8Array([0x12, 5, ...new TextEncoder().encode('shelf')]);
    const first = await open({ store: 'milvus://local/package' });
    const created = await first.call('CreateDatabase', request);
    first.close();
    const second = await open({ store: 'milvus://local/package' });
    const reply = await second.call('ListDatabases', new Uint8Array());
    second.close();
    return [created.length, new TextDecoder().decode(reply)];
  });
  assert.equal(names[0], 0, 'a status of success is empty');
  assert.match(names[1], /shelf/);
});

test('what is no store is refused', async () => {
  await assert.rejects(
    inPage(open => open({ store: 'milvus://127.0.0.1:19530' })),
    /is no store/
  );
});

test('a damaged store refuses in words, gives what is whole, and begins anew', async () => {
  const said = await inPage(async open => {
    const bytes = text => new TextEncoder().encode(text);
    const field = (tag, bytes) => new Uint8Array([tag, bytes.length, ...bytes]);
    const text = reply => new TextDecoder('latin1').decode(reply);
    const store = 'milvus://local/damaged';
    let engine = await open({ store });
    for (const name of ['first', 'second', 'third']) {
      await engine.call('CreateDatabase', field(0x12, bytes(name)));
    }
    engine.close();

    // its log, in the record of the second
    const root = await navigator.storage.getDirectory();
    const folder = await (
      await root.getDirectoryHandle('milvus-engine')
    ).getDirectoryHandle('damaged');
    const handle = await folder.getFileHandle('log.1');
    const log = new Uint8Array(await (await handle.getFile()).arrayBuffer());
    log[text(log).indexOf('second')] ^= 1;
    const writable = await handle.createWritable();
    await writable.write(log);
    await writable.close();

    engine = await open({ store });
    const refused = text(await engine.call('ListDatabases', new Uint8Array()));
    const storage = text(await engine.call('GetStorage', new Uint8Array()));
    // salvage, of a database that is whole
    const request = new Uint8Array([...field(0x0a, bytes('third')), 0x10, 1]);
    const exported = text(await engine.call('ExportDatabase', request));
    const dropped = (await engine.call('DropStorage', new Uint8Array())).length;
    await engine.call('CreateDatabase', field(0x12, bytes('fourth')));
    engine.close();
    engine = await open({ store });
    const anew = text(await engine.call('ListDatabases', new Uint8Array()));
    engine.close();
    return { refused, storage, exported, dropped, anew };
  });
  assert.match(said.refused, /the store is damaged: `log\.1` at byte \d+: /);
  assert.match(said.storage, /1 record of the log: what they wrote is lost/);
  assert.match(said.exported, /MVEXPORT/);
  assert.equal(said.dropped, 0);
  assert.match(said.anew, /fourth/);
  assert.doesNotMatch(said.anew, /first|second|third/);
});

test('what is aborted ends at once, and what waits behind it is answered', async () => {
  const { ends, there } = await inPage(async open => {
    const bytes = text => new TextEncoder().encode(text);
    const number = value =>
      value < 128 ? [value] : [(value & 127) | 128, ...number(Math.floor(value / 128))];
    const joined = parts => {
      const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
      let at = 0;
      for (const part of parts) {
        all.set(part, at);
        at += part.length;
      }
      return all;
    };
    // a message of protobuf by its fields' numbers, with numbers, texts, messages or lists of them
    const message = fields =>
      joined(
        Object.entries(fields).flatMap(([key, values]) =>
          [values].flat().flatMap(value => {
            if (typeof value === 'number') {
              return [number(key * 8), number(value)];
            }
            const inner = typeof value === 'string' ? bytes(value) : value;
            return [number(key * 8 + 2), number(inner.length), inner];
          })
        )
      );
    const pair = (key, value) => message({ 1: key, 2: value });
    const [rows, dim, queries] = [8192, 64, 16_384];
    const floats = count =>
      new Uint8Array(Float32Array.from({ length: count }, (_, n) => Math.sin(n * n)).buffer);
    const engine = await open({ store: 'milvus://memory' });
    const key = message({ 2: 'id', 3: 1, 5: 5, 8: 1 });
    const vector = message({ 2: 'v', 5: 101, 6: pair('dim', `${dim}`) });
    const schema = message({ 1: 't', 4: [key, vector] });
    await engine.call('CreateCollection', message({ 3: 't', 4: schema }));
    const metric = pair('metric_type', 'L2');
    await engine.call('CreateIndex', message({ 3: 't', 4: 'v', 5: metric }));
    await engine.call('LoadCollection', message({ 3: 't' }));
    const column = message({ 1: dim, 2: message({ 1: floats(rows * dim) }) });
    const data = message({ 1: 101, 2: 'v', 4: column });
    await engine.call('Insert', message({ 3: 't', 5: data, 7: rows }));
    const values = Array.from({ length: queries }, () => floats(dim));
    const group = message({ 1: message({ 1: '$0', 2: 101, 3: values }) });
    const search = message({ 3: 't', 6: group, 7: 1, 9: [pair('topk', '10'), metric] });
    // aborted, and then in whole
    const ends = [];
    const end = async (method, request, least) => {
      const controller = new AbortController();
      const call = engine.call(method, request, { signal: controller.signal });
      await new Promise(resolve => setTimeout(resolve, 40));
      const stopped = performance.now();
      controller.abort();
      const code = await call.catch(error => error.code);
      await engine.call('GetVersion', new Uint8Array());
      const aborted = performance.now() - stopped;
      const began = performance.now();
      const reply = await engine.call(method, request);
      ends.push({ method, code, aborted, whole: performance.now() - began });
      if (reply.length < least) {
        throw new Error(`${method}: ${new TextDecoder('latin1').decode(reply)}`);
      }
      return reply;
    };
    await end('Search', search, queries * 10);
    for (let more = 0; more < 20; more++) {
      await engine.call('Insert', message({ 3: 't', 5: data, 7: rows }));
    }
    const file = await end('ExportDatabase', message({ 1: 'default' }), 20 * rows * dim * 4);
    // behind the length: the file of the reply is the file of the request
    const start = new TextDecoder('latin1').decode(file).indexOf('MVEXPORT');
    const request = message({ 1: 'there', 2: file.subarray(start, file.length - 6) });
    const list = async () =>
      new TextDecoder().decode(await engine.call('ListDatabases', new Uint8Array()));
    const there = [];
    const importing = end('ImportDatabase', request, 5);
    // it waits behind the one that is aborted
    there.push((await list()).includes('there'));
    await importing;
    there.push((await list()).includes('there'));
    engine.close();
    return { ends, there };
  });
  for (const { method, code, aborted, whole } of ends) {
    console.log(`${method}: aborted in ${aborted.toFixed(0)} ms, in whole ${whole.toFixed(0)} ms`);
    assert.equal(code, 1);
    assert.ok(aborted < whole / 2, `${method}: ${aborted} ms of ${whole}`);
  }
  assert.deepEqual(there, [false, true]);
});
