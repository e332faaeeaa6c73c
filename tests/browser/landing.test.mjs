// The front page and the reference, as somebody meets them who never saw the project: no link is
// dead, the statement runs where it stands, what is to be copied is, and all can be searched, on a
// desk and on a phone, with the keyboard, and when the host is gone.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { launchFirefox } from './firefox.mjs';
import {
  holds,
  idle,
  launch,
  newContext,
  newPage,
  pageOf,
  screenshot,
  setCells,
  until
} from './page.mjs';
import { plainServer, SITE } from './plain.mjs';

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const DEPLOY = new URL('../../deploy/', import.meta.url).pathname;
/** What a page may weigh until somebody asks for more. */
const LIGHT = 250_000;

let browser;
let host;

before(async () => {
  host = await plainServer();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await host?.off();
});

/** The site's own pages, by their paths in it. */
const pages = () => [
  'index.html',
  ...readdirSync(`${SITE}reference`)
    .filter(name => name.endsWith('.html'))
    .map(name => `reference/${name}`),
  'deploy/index.html'
];

test('no link of a page is dead, and no id is there twice', () => {
  const texts = new Map();
  const read = path => {
    if (!texts.has(path)) {
      texts.set(path, readFileSync(join(SITE, path), 'utf8'));
    }
    return texts.get(path);
  };
  const ids = path => [...read(path).matchAll(/\sid="([^"]*)"/g)].map(found => found[1]);
  let looked = 0;
  for (const path of pages()) {
    assert.equal(new Set(ids(path)).size, ids(path).length, `${path}: an id twice`);
    const links = [
      ...read(path).matchAll(/\s(?:href|src|srcset|action|data-file|data-live)="([^"]*)"/g)
    ];
    for (const [, link] of links) {
      const url = new URL(link.replaceAll('&amp;', '&'), `http://site.invalid/${path}`);
      if (url.host !== 'site.invalid') {
        continue;
      }
      looked += 1;
      const target = decodeURIComponent(url.pathname.slice(1));
      const where = `${path}: ${link}`;
      assert.ok(existsSync(join(SITE, target)) && statSync(join(SITE, target)).isFile(), where);
      if (url.hash) {
        assert.ok(ids(target).includes(decodeURIComponent(url.hash.slice(1))), where);
      }
      const notebook = url.searchParams.get('path');
      assert.ok(!notebook || existsSync(join(SITE, 'files', notebook)), where);
    }
  }
  assert.ok(looked > 1000, String(looked));
});

test('from the first page of the reference `next` leads through all of them', async () => {
  const page = await newPage(browser);
  await page.goto(`${host.url}/reference/index.html`);
  const listed = await page
    .locator('.cards a')
    .evaluateAll(links => links.map(link => link.pathname));
  /** Follows a link, until its page is there. */
  const follow = async link => {
    const target = await link.evaluate(link => link.href);
    await link.click();
    await page.waitForURL(target);
  };
  await follow(page.locator('.cards a').first());
  const met = [];
  for (;;) {
    met.push(new URL(page.url()).pathname);
    assert.equal(await page.locator('nav [aria-current="page"]').count(), 1);
    const next = page.locator('[rel="next"]').first();
    if ((await next.count()) === 0) {
      break;
    }
    await follow(next);
  }
  assert.deepEqual(met, listed);
  const count = readdirSync(new URL('../language/', import.meta.url)).filter(name =>
    name.endsWith('.md')
  ).length;
  assert.equal(met.length, count);
  await page.context().close();
});

test('the front page is light, and its statement runs in its place when asked', async () => {
  const page = await newPage(browser);
  const errors = [];
  page.on('pageerror', error => errors.push(error.message));
  host.asked.length = 0;
  await page.goto(`${host.url}/index.html`, { waitUntil: 'networkidle' });
  const weight = [...new Set(host.asked)].reduce(
    (sum, path) => sum + statSync(join(SITE, path)).size,
    0
  );
  assert.ok(weight < LIGHT, `${weight} bytes: ${host.asked}`);
  await screenshot(page, 'landing');
  await page.getByRole('link', { name: 'Run it here' }).click();
  const frame = page.frameLocator('.cell iframe');
  const table = frame.locator('table').first();
  await table.waitFor();
  await holds(async () =>
    assert.deepEqual(await labels(table), ['0', '9', '5', '3', '8', '6', '2', '4', '7', '1'])
  );
  await holds(async () => assert.equal(await table.locator('img').count(), 10));
  await screenshot(page, 'landing-live');
  // what the page shows before is what the statement gives
  const shown = readFileSync(`${SITE}index.html`, 'utf8').matchAll(/<span><b>(\d)<\/b> (\d+)</g);
  const before = [...shown].map(([, label, distance]) => [label, distance]);
  await holds(async () => {
    const rows = await table
      .locator('tbody tr')
      .evaluateAll(rows => rows.map(row => [...row.cells].map(cell => cell.textContent.trim())));
    assert.deepEqual(
      before,
      rows.map(row => [row[0], row.at(-1)])
    );
  });
  assert.deepEqual(page.outside, []);
  assert.deepEqual(errors, []);
  await page.context().close();
});

test('a digit that was drawn finds its likes', async () => {
  const page = await newPage(browser);
  await page.goto(`${host.url}/index.html`);
  await page.getByRole('link', { name: 'Change a digit' }).click();
  const table = page.frameLocator('.cell iframe').locator('table').first();
  await table.waitFor();
  await holds(async () => assert.deepEqual(await labels(table), ['3', '3', '3', '3', '3']));
  await page.context().close();
});

/** The first column of a table. */
const labels = table =>
  table
    .locator('tbody tr')
    .evaluateAll(rows => rows.map(row => row.cells[0].textContent.trim()));

test('every button copies what it says', async () => {
  const context = await newContext(browser, {
    permissions: ['clipboard-read', 'clipboard-write']
  });
  const page = await pageOf(context);
  await page.goto(`${host.url}/index.html`);
  const buttons = await page.locator('.copy').all();
  assert.equal(buttons.length, 8);
  for (const button of buttons) {
    await button.click();
    await page.waitForFunction(
      button => button.textContent === 'Copied',
      await button.elementHandle()
    );
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    const file = await button.getAttribute('data-file');
    const id = await button.getAttribute('data-text');
    assert.equal(
      copied,
      file
        ? readFileSync(join(DEPLOY, file.replace('deploy/', '')), 'utf8')
        : await page.locator(`#${id}`).textContent()
    );
  }
  await holds(async () => assert.equal(await page.locator('#origin').textContent(), host.url));
  await context.close();
});

test('on a phone all fits, can be touched, and the notebook application opens', async () => {
  const context = await newContext(browser, PHONE);
  const page = await pageOf(context);
  for (const path of pages()) {
    await page.goto(`${host.url}/${path}`);
    await holds(async () => {
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.equal(wide, PHONE.viewport.width, path);
    });
  }
  await page.goto(`${host.url}/index.html`);
  await screenshot(page, 'landing-phone');
  const targets = page.locator('.button, .copy, .cards a, header a, .links a, input');
  for (const target of await targets.all()) {
    await holds(async () => {
      const box = await target.boundingBox();
      // what is not shown cannot be touched
      assert.ok(!box || box.height >= 40, await target.evaluate(element => element.outerHTML));
    });
  }
  await page.getByRole('link', { name: 'Take the tour' }).tap();
  await page.waitForURL(/\/notebooks\/index\.html\?path=tour\.ipynb/);
  // its toolbar has no room for the indicator
  const isIdle = () => window.notebook()?.sessionContext?.session?.kernel?.status === 'idle';
  await page.waitForFunction(isIdle);
  await setCells(page, ['SELECT 1 + 1 AS two']);
  await page.locator('.jp-CodeCell .cm-content').first().tap();
  await page.getByRole('button', { name: 'Run this cell' }).first().tap();
  await page.getByText('two', { exact: true }).first().waitFor();
  await holds(async () =>
    assert.equal(
      await page.evaluate(() => document.documentElement.scrollWidth),
      PHONE.viewport.width
    )
  );
  await screenshot(page, 'notebook-phone');
  await context.close();
});

test('where there is room the tour opens in Lab', async () => {
  const page = await newPage(browser);
  await page.goto(`${host.url}/index.html`);
  await page.getByRole('link', { name: 'Take the tour' }).click();
  await page.waitForURL(/\/lab\/index\.html\?path=tour\.ipynb/);
  await page.waitForSelector('.jp-Notebook');
  await page.context().close();
});

test('a cell of the reference runs below its page, after those that it needs', async () => {
  const page = await newPage(browser);
  await page.goto(`${host.url}/reference/search.html`);
  const cells = page.locator('.cell', { hasText: 'ORDER BY v <-> [1, 0.25] LIMIT 2' });
  await cells.first().getByRole('button').click();
  const frame = page.frameLocator('.dock iframe');
  await frame.locator('table').first().waitFor();
  await holds(async () => {
    const said = await frame.locator('.jp-CodeConsole-content').textContent();
    assert.match(said, /connected to milvus:\/\/memory\/reference-/);
    assert.match(said, /inserted 4 rows into books/);
    assert.match(said, /Persuasion/);
  });
  // once more: by itself
  await cells.first().getByRole('button').click();
  await frame.locator('table').nth(1).waitFor();
  await holds(async () =>
    assert.equal(await frame.locator('.jp-CodeConsole-content .jp-CodeCell').count(), 4)
  );
  await page.getByRole('button', { name: 'Close' }).click();
  await holds(async () => assert.equal(await page.locator('.dock').count(), 0));
  await page.context().close();
});

test('a console that is closed holds no cell of the next one', async () => {
  const page = await newPage(browser);
  const errors = [];
  page.on('pageerror', error => errors.push(error.message));
  await page.goto(`${host.url}/reference/search.html`);
  const cell = page.locator('.cell', { hasText: 'ORDER BY v <-> [1, 0.25] LIMIT 2' }).first();
  const run = cell.getByRole('button');
  const close = page.getByRole('button', { name: 'Close' });
  const frame = page.frameLocator('.dock iframe');
  // before its kernel is there
  await run.click();
  await close.click();
  await holds(async () =>
    assert.ok(await run.evaluate(button => button === document.activeElement))
  );
  await run.click();
  await frame.locator('table').first().waitFor({ timeout: 30_000 });
  // while a cell runs
  const worker = page.workers().find(worker => /milvus\.worker/.test(worker.url()));
  void worker
    .evaluate(() => {
      const end = Date.now() + 60_000;
      while (Date.now() < end);
    })
    .catch(() => undefined);
  await run.click();
  await page.waitForTimeout(500);
  await close.click();
  await run.click();
  await frame.locator('table').first().waitFor({ timeout: 30_000 });
  await page.waitForTimeout(300);
  assert.deepEqual(errors, []);
  await page.context().close();
});

test('what runs in a page leaves nothing behind, and the theme of Lab as it was', async () => {
  const context = await newContext(browser, { colorScheme: 'dark' });
  const page = await pageOf(context);
  const isDark = frame => frame.locator('body[data-jp-theme-light="false"]');
  await page.goto(`${host.url}/index.html`);
  await page.getByRole('link', { name: 'Run it here' }).press('Enter');
  await holds(async () =>
    assert.equal(await page.evaluate(() => document.activeElement.tagName), 'IFRAME')
  );
  const frame = page.frameLocator('.cell iframe');
  await frame.locator('table img').nth(9).waitFor();
  await isDark(frame).waitFor({ state: 'attached' });
  await screenshot(page, 'landing-live-dark');
  await page.goto(`${host.url}/reference/search.html`);
  await page.locator('.cell button').first().click();
  const dock = page.frameLocator('.dock iframe');
  await dock.getByText('connected to milvus://memory/reference-').waitFor();
  await isDark(dock).waitFor({ state: 'attached' });
  assert.doesNotMatch(await page.evaluate(() => JSON.stringify({ ...localStorage })), /milvus/i);
  await page.goto(`${host.url}/lab/index.html?path=tour.ipynb`);
  await idle(page);
  await page.locator('body[data-jp-theme-light="true"]').waitFor({ state: 'attached' });
  await context.close();
});

test('what an inspection adds has the words of the reference, and no bars of its tables', () => {
  const words = JSON.parse(readFileSync(`${SITE}reference/words.json`, 'utf8'));
  assert.match(words.varchar[2], /`VARCHAR\(n\)` — n bytes/);
  const barred = Object.values(words).filter(([, , text]) => /— *\||^\|/m.test(text));
  assert.deepEqual(barred, []);
});

test('the cells of a page fail where it says so, and nowhere else', async () => {
  const page = await newPage(browser);
  await page.goto(`${host.url}/reference/original.html`);
  const expected = await page
    .locator('.cell')
    .evaluateAll(cells => cells.map(cell => /^error\[/m.test(cell.nextElementSibling.textContent)));
  assert.ok(expected.length > 30);
  await page.locator('.cell button').last().click();
  const shown = page.frameLocator('.dock iframe').locator('.jp-CodeConsole-content .jp-CodeCell');
  // the first names the store
  await shown.nth(expected.length).locator('.jp-OutputArea-output').first().waitFor();
  await holds(async () => {
    const failed = await shown.evaluateAll(cells =>
      cells.map(
        cell => cell.querySelector('[data-mime-type="application/vnd.jupyter.stderr"]') !== null
      )
    );
    assert.deepEqual(failed.slice(1), expected);
  });
  await page.context().close();
});

for (const [name, open] of [
  ['Chromium', launch],
  ['Firefox', launchFirefox]
]) {
  test(`the search by the keyboard, and the statement, in ${name}`, async () => {
    const other = await open();
    try {
      const page = await pageOf(await newContext(other));
      await searches(page);
      await page.goto(`${host.url}/index.html`);
      await page.getByRole('link', { name: 'Run it here' }).click();
      await page.frameLocator('.cell iframe').locator('table img').nth(9).waitFor();
    } finally {
      await other.close();
    }
  });
}

async function searches(page) {
  // from the front page
  await page.goto(`${host.url}/index.html`);
  await page.locator('input').fill('hybrid search');
  await page.locator('input').press('Enter');
  await page.waitForURL(/reference\/index\.html\?q=hybrid\+search/);
  const first = page.locator('.results a').first();
  await first.waitFor();
  await holds(async () =>
    assert.equal(await first.locator('strong').textContent(), 'Hybrid search')
  );
  // within the reference
  await page.goto(`${host.url}/reference/table.html`);
  await page.keyboard.press('/');
  await page.keyboard.type('distinct');
  await first.waitFor();
  await screenshot(page, 'reference-search');
  const box = page.locator('header input');
  await holds(async () => assert.equal(await box.getAttribute('aria-expanded'), 'true'));
  await page.keyboard.press('ArrowDown');
  await holds(async () =>
    assert.equal(await box.getAttribute('aria-activedescendant'), await first.getAttribute('id'))
  );
  await holds(async () => assert.equal(await first.getAttribute('aria-selected'), 'true'));
  await holds(async () => assert.match(await page.locator('.count').textContent(), /^\d+ found$/));
  await holds(async () => assert.ok((await page.locator('.results mark').count()) > 0));
  await page.keyboard.press('Enter');
  await page.waitForURL(/reference\/aggregate\.html\?find=distinct#distinct$/);
  await holds(async () =>
    assert.ok(await page.evaluate(() => CSS.highlights.get('found').size > 3))
  );
  // an operator, a message of an error, and what is nowhere
  for (const [words, found] of [
    ['<#>', /Vector search/],
    ['unknown collection', /Errors|Tables|The original/]
  ]) {
    await box.fill(words);
    await page.waitForFunction(
      words => document.querySelector('.results a')?.href.includes(encodeURIComponent(words)),
      words
    );
    await holds(async () =>
      assert.match(await page.locator('.results').first().textContent(), found)
    );
  }
  await box.fill('no-such-word');
  await page.getByText('Nothing was found').first().waitFor();
  await box.press('Escape');
  await holds(async () => assert.equal(await page.locator('.results:visible').count(), 0));
}

test('who had a notebook open has the front page and the reference without a host', async () => {
  const own = await plainServer();
  const page = await newPage(browser);
  // a page that is to run something may have a password in its address
  const code = encodeURIComponent("SELECT 'Geheim7' AS word");
  await page.goto(`${own.url}/repl/index.html?kernel=milvus&code=${code}&execute=1`);
  await page.locator('.jp-CodeConsole-content table').waitFor();
  await page.goto(`${own.url}/notebooks/index.html?path=tour.ipynb`);
  await idle(page);
  // the last of what is fetched for it
  const isKept = () =>
    until(page, async () => {
      const made = await caches.match(new URL('../offline.made', location.href));
      return made !== undefined;
    });
  await isKept();
  const kept = await page.evaluate(async () => {
    const requests = await (await caches.open('precache')).keys();
    return requests.map(({ url }) => url);
  });
  assert.ok(kept.some(url => url.endsWith('/repl/index.html')));
  assert.deepEqual(kept.filter(url => /Geheim7|index\.html\?/.test(url)), []);
  // at its next load nothing is asked for that the page does not need
  await page.waitForTimeout(2000);
  own.asked.length = 0;
  await page.reload();
  await idle(page);
  await isKept();
  await page.waitForTimeout(2000);
  assert.deepEqual(own.asked.filter(path => /deploy|landing|reference|\.milvus$/.test(path)), []);
  await own.off();
  await page.goto(`${own.url}/index.html`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForFunction(() => document.querySelector('.picture img').naturalWidth > 0);
  await page.goto(`${own.url}/reference/search.html`);
  await page.locator('header input').fill('hybrid');
  await page.locator('.results a').first().click();
  await page.waitForURL(/hybrid\.html\?find=hybrid/);
  await holds(async () => assert.equal(await page.locator('h1').textContent(), 'Hybrid search'));
  await page.context().close();
});
