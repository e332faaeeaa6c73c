// The kernel speaks the language of the page: errors, help, notices and what was done in Chinese
// where JupyterLab is, in English elsewhere; its columns are aligned all the same.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { holds, idle, launch, newContext, pageOf, run, screenshot } from './page.mjs';
import { plainServer } from './plain.mjs';

const CELLS = [
  "CONNECT 'milvus://memory/chinese'",
  'CREATE TABLE books (id BIGINT PRIMARY KEY, title VARCHAR(20), v VECTOR(2), INDEX (v))',
  "INSERT INTO books VALUES (1, '红楼梦', [0.1, 0.9]), (2, 'Emma', [0.9, 0.1])",
  'SELECT id, title FROM books WHERE length(title) > 1 ORDER BY id',
  'SELECT titel FROM books',
  'SELEC 1',
  'help -metric',
  'SET display_limit = 1; SELECT id FROM books ORDER BY v <=> [1, 0]'
];

let site;
let browser;

before(async () => {
  site = await plainServer();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await site?.off();
});

/**
 * What the cells show on a page whose site has chosen that language; an error has that advice, and
 * a table that notice and that box.
 */
async function said(locale, advice, [notice, filter]) {
  const context = await newContext(browser, {
    viewport: { width: 1200, height: 1700 },
    serviceWorkers: 'block'
  });
  const page = await pageOf(context);
  await page.route('**/lab/jupyter-lite.json', async route => {
    const answer = await route.fetch();
    const config = await answer.json();
    config['jupyter-config-data'].settingsOverrides = {
      '@jupyterlab/translation-extension:plugin': { locale }
    };
    await route.fulfill({ response: answer, json: config });
  });
  await page.goto(`${site.url}/lab/index.html?path=tour.ipynb`);
  await idle(page);
  const texts = await run(page, CELLS);
  const errorText = page.locator('.jp-OutputArea-output[data-mime-type$="stderr"]').first();
  await holds(async () => assert.match(await errorText.innerText(), advice));
  await page.locator('.milvus-notice').getByText(notice).first().waitFor();
  await page.getByPlaceholder(filter, { exact: true }).first().waitFor();
  await screenshot(page, `kernel-${locale}`);
  await context.close();
  return texts;
}

test('in Chinese where the page is', async () => {
  const texts = await said('zh_CN', /您是指 `title` 吗？/, ['注意：在内核中过滤', '筛选']);
  const [connected, created, inserted, read, field, syntax, metrics, searched] = texts;
  assert.match(connected, /^已连接到 milvus:\/\/memory\/chinese，Milvus Engine /);
  assert.match(created, /^已创建集合 books，含 1 个索引（引擎用时 [\d.]+ ms）$/m);
  assert.match(inserted, /^已向 books 插入 2 行（引擎用时 /m);
  assert.match(read, /^注意：在内核中过滤，读取了 2 行$/m);
  assert.match(read, /^ 1 {2}红楼梦$/m);
  assert.match(read, /^2 行（引擎用时 /m);
  assert.equal(field, 'UnknownField: 未知字段 `titel`');
  assert.equal(syntax, 'SyntaxError: 此处应为语句，却是 `SELEC`');
  assert.match(metrics, /^IP {14}内积；越大越近；<#>$/m);
  assert.match(searched, /^… 共 2 行，显示了 1 行/m);
});

test('in English elsewhere', async () => {
  const texts = await said('default', /did you mean `title`\?/, ['note: filtered in', 'Filter']);
  assert.match(texts[1], /^created collection books with 1 index \(/m);
  assert.equal(texts[4], 'UnknownField: unknown field `titel`');
  assert.match(texts[6], /^IP {14}inner product; larger is closer; <#>$/m);
  assert.doesNotMatch(texts.filter((_, at) => at !== 3).join('\n'), /[\u4e00-\u9fff]/);
});
