// The built site on a plain file server and nothing else, in Chromium and in Firefox: the engine
// answers, what it acknowledged is kept, tabs and notebooks share it, no request goes elsewhere.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { launchFirefox } from './firefox.mjs';
import {
  holds,
  idle,
  launch,
  newContext,
  newPage,
  openNotebook,
  outputs,
  pageOf,
  run,
  runAll,
  screenshot,
  text,
  until
} from './page.mjs';
import { plainServer } from './plain.mjs';

const LOCAL = /note: no connection was named: connected to milvus:\/\/local, /;
const TABLE = 'CREATE TABLE t (id BIGINT PRIMARY KEY, v VECTOR(2))';

const BROWSERS = {
  Chromium: {
    launch,
    launchWithoutServiceWorkers: launch,
    screenshots: 'engine'
  },
  Firefox: {
    launch: launchFirefox,
    launchWithoutServiceWorkers: () => launchFirefox({ 'dom.serviceWorkers.enabled': false }),
    screenshots: 'engine-firefox'
  }
};

for (const [name, kind] of Object.entries(BROWSERS)) {
  describe(name, () => {
    let browser;
    let host;
    before(async () => {
      host = await plainServer();
      browser = await kind.launch();
    });
    after(async () => {
      await browser?.close();
      await host?.off();
    });

    /** A page of a browser that has nothing of this site yet, with a fresh notebook. */
    const fresh = async (context, path) => {
      const page = context ? await pageOf(context) : await newPage(browser);
      await openNotebook(page, path, host.url);
      return page;
    };

    test('a fresh notebook answers by itself', async () => {
      const page = await fresh();
      const [tables, version] = await run(page, ['SHOW TABLES', 'SHOW VERSION']);
      assert.match(tables, LOCAL);
      assert.match(version, /engine/i);
      const places = await page.evaluate(() =>
        performance.getEntriesByType('resource').map(entry => new URL(entry.name).origin)
      );
      assert.deepEqual([...new Set(places)], [host.url]);
      assert.deepEqual(page.outside, []);
      await page.context().close();
    });

    test('the tour runs from top to bottom, and shows pictures', async () => {
      const page = await fresh(undefined, 'tour.ipynb');
      await runAll(page);
      const cells = await outputs(page);
      const failed = cells.filter(cell => cell.outputs.some(isError));
      assert.deepEqual(failed.map(text), ['UnknownCollection: unknown collection `nots`']);
      assert.equal(
        cells.every(cell => cell.count > 0 && cell.outputs.length > 0),
        true
      );
      await holds(async () => {
        const pictures = await page.evaluate(() =>
          [...document.querySelectorAll('.jp-OutputArea table.dataframe img')].map(image => [
            image.naturalWidth,
            image.getBoundingClientRect().height
          ])
        );
        assert.equal(pictures.length > 30, true, `${pictures.length} pictures`);
        assert.equal(
          pictures.every(([width, height]) => width === 8 && height === 48),
          true
        );
      });
      assert.deepEqual(page.outside, [], 'no request leaves the origin');
      await screenshot(page, `${kind.screenshots}-tour`);
      await page.context().close();
    });

    test("the original's statements run from top to bottom", async () => {
      const page = await fresh(undefined, 'original.ipynb');
      await runAll(page);
      const cells = await outputs(page);
      assert.deepEqual(cells.filter(cell => cell.outputs.some(isError)).map(text), []);
      assert.equal(cells.length > 20, true);
      await page.context().close();
    });

    test('what was acknowledged is there after a reload, and memory forgets', async () => {
      const page = await fresh();
      await run(page, [TABLE, 'INSERT INTO t VALUES (1, [1, 2])']);
      await run(page, ['milvus://memory', TABLE, 'INSERT INTO t VALUES (2, [1, 2])']);
      await page.reload();
      await idle(page);
      const [kept, forgotten] = await run(page, [
        'SELECT id FROM t',
        'milvus://memory; SHOW TABLES'
      ]);
      assert.match(kept, /1\n1 row/);
      assert.match(forgotten, /0 rows/);
      await page.context().close();
    });

    test('two notebooks of a page see what the other writes at once', async () => {
      const page = await fresh();
      const seen = await page.evaluate(async () => {
        const { kernels } = window.jupyterapp.serviceManager;
        const one = await kernels.startNew({ name: 'milvus' });
        const other = await kernels.startNew({ name: 'milvus' });
        const ask = async (kernel, code) => {
          const shown = [];
          const future = kernel.requestExecute({ code });
          future.onIOPub = message => shown.push(message.content.data?.['text/plain'] ?? '');
          await future.done;
          return shown.join('');
        };
        await ask(one, 'CREATE TABLE both (id BIGINT PRIMARY KEY, v VECTOR(2))');
        const counts = [];
        for (let id = 1; id <= 5; id++) {
          const [writer, reader] = id % 2 ? [one, other] : [other, one];
          await ask(writer, `INSERT INTO both VALUES (${id}, [1, 2])`);
          counts.push(await ask(reader, 'SELECT COUNT(*) FROM both'));
        }
        return counts;
      });
      seen.forEach((count, at) => assert.match(count, new RegExp(`\\b${at + 1}\\b`)));
      await page.context().close();
    });

    test('of two tabs the one that is left goes on', async () => {
      const context = await newContext(browser);
      const first = await fresh(context);
      await run(first, [TABLE, 'INSERT INTO t VALUES (1, [1, 2])']);
      const second = await fresh(context);
      const [seen] = await run(second, ['SELECT COUNT(*) FROM t']);
      assert.match(seen, /\b1\n/);
      await run(second, ['INSERT INTO t VALUES (2, [1, 2])']);
      const [both] = await run(first, ['SELECT COUNT(*) FROM t']);
      assert.match(both, /\b2\n/);
      await first.close();
      const shown = await run(second, [
        'SELECT COUNT(*) FROM t',
        'INSERT INTO t VALUES (3, [1, 2])'
      ]);
      assert.match(shown[0], /\b2\n/);
      assert.match(shown[1], /^inserted 1 row/m);
      await context.close();
    });

    test('with service workers blocked', async context => {
      const other = await kind.launchWithoutServiceWorkers();
      context.after(() => other.close());
      const page = await pageOf(await newContext(other, { serviceWorkers: 'block' }));
      await openNotebook(page, 'tour.ipynb', host.url);
      const [made, found] = await run(page, [
        `${TABLE}; INSERT INTO t VALUES (1, [1, 2])`,
        'SELECT id FROM t'
      ]);
      assert.match(made, LOCAL);
      assert.match(found, /1\n1 row/);
      const registered = await page.evaluate(
        async () => (await navigator.serviceWorker?.getRegistrations())?.length ?? 0
      );
      assert.equal(registered, 0);
    });

    test('the front page leads to a notebook, and to Lab where there is room for it', async () => {
      for (const [width, app] of [
        [390, 'notebooks'],
        [1100, 'lab']
      ]) {
        const page = await pageOf(await newContext(browser, { viewport: { width, height: 844 } }));
        await page.goto(`${host.url}/`);
        const { wide, links } = await page.evaluate(() => ({
          wide: document.documentElement.scrollWidth,
          links: [...document.querySelectorAll('a')].map(link => link.href)
        }));
        assert.equal(wide <= width, true, 'nothing stands out of the screen');
        // those that lead elsewhere lead off this machine
        for (const link of links.filter(link => link.startsWith(host.url))) {
          assert.equal((await fetch(link)).status, 200, link);
        }
        await page.click('.begin .button');
        await page.waitForFunction(() => window.notebook?.()?.context.path === 'tour.ipynb');
        assert.equal(page.url().startsWith(`${host.url}/${app}/`), true, page.url());
        await page.context().close();
      }
    });

    test('from a folder of a host', async () => {
      const deep = await plainServer('/some/folder/');
      const page = await newPage(browser);
      await openNotebook(page, 'tour.ipynb', deep.url);
      const [tables] = await run(page, ['SHOW TABLES']);
      assert.match(tables, LOCAL);
      await page.context().close();
      await deep.off();
    });

    test('a page that is loaded goes on when its host is gone', async () => {
      const own = await plainServer();
      const page = await newPage(browser);
      await openNotebook(page, 'tour.ipynb', own.url);
      await run(page, [TABLE]);
      await own.off();
      const [inserted, found] = await run(page, [
        'INSERT INTO t VALUES (1, [1, 2])',
        'SELECT id, distance FROM t ORDER BY v <-> [1, 2] LIMIT 1'
      ]);
      assert.match(inserted, /^inserted 1 row/m);
      assert.match(found, /1 +0\n/);
      await page.context().close();
    });

    test('a notebook is opened again, and another one, when the host is gone', async () => {
      const host = await plainServer();
      const page = await newPage(browser);
      await openNotebook(page, 'tour.ipynb', host.url);
      await run(page, [TABLE]);
      // what it loaded before it had a service worker is asked for once more; this comes last
      await until(page, async () => {
        const made = await caches.match(new URL('../offline.made', location.href));
        return made !== undefined;
      });
      await host.off();
      await page.reload();
      await idle(page);
      const [made, tables] = await run(page, ['INSERT INTO t VALUES (1, [1, 2])', 'SHOW TABLES']);
      assert.match(made, /^inserted 1 row/m);
      assert.match(tables, /\bt\n/);
      await openNotebook(page, 'original.ipynb', host.url);
      await runAll(page);
      const wrong = (await outputs(page)).filter(cell => cell.outputs.some(isError));
      assert.deepEqual(wrong.map(text), []);
      await page.context().close();
    });
  });
}

test('in a private window of Firefox the engine forgets, and says so', async context => {
  const host = await plainServer();
  const browser = await launchFirefox({ 'browser.privatebrowsing.autostart': true });
  context.after(async () => {
    await browser.close();
    await host.off();
  });
  const page = await newPage(browser);
  await openNotebook(page, 'tour.ipynb', host.url);
  const [tables, made] = await run(page, [
    'SHOW TABLES',
    `${TABLE}; INSERT INTO t VALUES (1, [1, 2]); SELECT COUNT(*) FROM t`
  ]);
  assert.match(tables, LOCAL);
  assert.match(tables, /note: this browser keeps no files here \(.*\): all is gone when the page/);
  assert.match(made, /\b1\n/);
});

const isError = output => output.output_type === 'error';
test('a full disk refuses in words, keeps what it has, and is emptied by a DROP', async context => {
  const host = await plainServer();
  const browser = await launch();
  context.after(async () => {
    await browser.close();
    await host.off();
  });
  // what the service worker keeps of the site would take of the room, whenever it comes
  const page = await pageOf(await newContext(browser, { serviceWorkers: 'block' }));
  await openNotebook(page, 'tour.ipynb', host.url);
  const cdp = await page.context().newCDPSession(page);
  const give = quotaSize =>
    cdp.send('Storage.overrideQuotaForOrigin', { origin: host.url, quotaSize });
  // two tables: one to keep, one that fills the room
  await run(page, [
    `${TABLE}; INSERT INTO t VALUES (1, [1, 2]); SELECT id FROM t`,
    'CREATE TABLE much (id BIGINT PRIMARY KEY, v VECTOR(1024)); SELECT COUNT(*) FROM much'
  ]);
  const { usage } = await page.evaluate(() => navigator.storage.estimate());
  await give(usage + 3_000_000);
  const vector = `[${Array(1024).fill('0.25').join(', ')}]`;
  const rows = first => Array.from({ length: 50 }, (_, at) => `(${first + at}, ${vector})`);
  let kept = 0;
  let refusal;
  for (let first = 0; refusal === undefined && first < 2_000; first += 50) {
    const [said] = await run(page, [`INSERT INTO much VALUES ${rows(first).join(', ')}`]);
    if (/^inserted 50 rows/m.test(said)) {
      kept += 50;
    } else {
      refusal = said;
    }
  }
  assert.match(refusal, /quota exceeded\[reason=disk quota exceeded.*: [0-9.]+ MB are kept\]/);
  assert.equal(kept > 100, true, `${kept} rows`);
  const [storage] = await run(page, ['SHOW STORAGE']);
  assert.match(storage, /this site uses [0-9.]+ MB of the [0-9.]+ [MG]B that the browser gives it/);

  await page.reload();
  await idle(page);
  const [counts, again] = await run(page, [
    'SELECT COUNT(*) FROM much; SELECT COUNT(*) FROM t',
    `INSERT INTO much VALUES ${rows(10_000).join(', ')}`
  ]);
  assert.match(counts, new RegExp(`\\b${kept}\\b`));
  assert.match(again, /quota exceeded/);

  const [dropped] = await run(page, ['DROP TABLE much']);
  assert.match(dropped, /^dropped/m);
  // the files are written anew once nothing else is asked
  const goes = (cell, expected) =>
    holds(async () => {
      await page.waitForTimeout(100);
      const [said] = await run(page, [cell]);
      assert.match(said, expected);
    });
  await goes('CREATE TABLE much (id BIGINT PRIMARY KEY, v VECTOR(1024))', /^created/m);
  await goes(`INSERT INTO much VALUES ${rows(0).join(', ')}`, /^inserted 50 rows/m);
  const [found] = await run(page, ['SELECT COUNT(*) FROM much; SELECT id FROM t']);
  assert.match(found, /\b50\b/);
});

test('the file of a database is opened, and changes are gone with the page', async context => {
  const host = await plainServer();
  const browser = await launch();
  context.after(async () => {
    await browser.close();
    await host.off();
  });
  const page = await newPage(browser);
  await openNotebook(page, 'tour.ipynb', host.url);
  for (const place of ['./digits.milvus', `${host.url}/files/digits.milvus`]) {
    const connect = `CONNECT '${place}'; SELECT COUNT(*) FROM digits`;
    const [whole, changed] = await run(page, [
      connect,
      'DELETE FROM digits WHERE id < 100; SELECT COUNT(*) FROM digits'
    ]);
    assert.match(whole, /note: the file is only read/);
    assert.match(whole, /\b1797\n/);
    assert.match(changed, /\b1697\n/);
    await page.reload();
    await idle(page);
    const [anew] = await run(page, [connect]);
    assert.match(anew, /\b1797\n/);
  }
});

