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
