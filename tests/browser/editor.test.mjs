// The editor: what the pieces of a statement are shown as, brackets and comments, and errors that
// are underlined where they are and put right where they stand.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { contrast } from './contrast.mjs';
import { launchFirefox } from './firefox.mjs';
import {
  command,
  holds,
  idle,
  launch,
  newPage,
  openNotebook,
  run,
  runAll,
  screenshot,
  setCells
} from './page.mjs';
import { plainServer } from './plain.mjs';

/** Longer than the pause after which a text is read. */
const PAUSE_MS = 1500;
const TOKENS = JSON.parse(readFileSync(new URL('../files/tokens.json', import.meta.url), 'utf8'));

let browser;
let host;
let page;
const errors = [];

before(async () => {
  host = await plainServer();
  browser = await launch();
  page = await newPage(browser);
  page.on('pageerror', error => errors.push(error.message));
  await openNotebook(page, undefined, host.url);
});

after(async () => {
  await browser?.close();
  await host?.off();
});

/** Each character of an editor that is no blank, with the kind of its piece. */
const characters = editor =>
  editor.evaluate(content => {
    const found = [];
    const walk = (node, kind) => {
      if (node.nodeType === Node.TEXT_NODE) {
        [...node.data].filter(char => char.trim()).forEach(char => found.push(`${char} ${kind}`));
        return;
      }
      const own = [...node.classList].find(name => name.startsWith('milvus-sql-'));
      node.childNodes.forEach(child => walk(child, own?.replace('milvus-sql-', '') ?? kind));
    };
    content.querySelectorAll('.cm-line').forEach(line => walk(line, ''));
    return found;
  });

const expected = pieces =>
  pieces.flatMap(piece => {
    const at = piece.lastIndexOf(':');
    return [...piece.slice(0, at)]
      .filter(char => char.trim())
      .map(char => `${char} ${piece.slice(at + 1)}`);
  });

const editor = (at = 0) => page.locator('.jp-Notebook .jp-Cell .cm-content').nth(at);
const source = (at = 0) =>
  page.evaluate(at => window.notebook().content.widgets[at].model.sharedModel.source, at);
const underlined = () => page.locator('.jp-Notebook .cm-lintRange').allTextContents();

/** Writes a text in the place of a cell's, as a person does. */
async function type(text, at = 0) {
  await editor(at).click();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await page.keyboard.type(text);
}

/** Runs one of the cells that are there. */
async function runCell(at) {
  await page.evaluate(at => (window.notebook().content.activeCellIndex = at), at);
  await command(page, 'notebook:run-cell').catch(() => undefined);
  await idle(page);
}

async function theme(name) {
  await page.evaluate(
    theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme }),
    name
  );
  const isLight = String(name === 'JupyterLab Light');
  await page.waitForSelector(`body[data-jp-theme-light="${isLight}"]`, { state: 'attached' });
}

/** The colours of what matches, with those behind them. */
const colours = selector =>
  page.evaluate(
    selector =>
      [...document.querySelectorAll(selector)].map(shown => {
        const behind = [];
        for (let element = shown; element; element = element.parentElement) {
          behind.push(getComputedStyle(element).backgroundColor);
        }
        return { text: shown.textContent, color: getComputedStyle(shown).color, behind };
      }),
    selector
  );

async function assertReadable(selector, show = async () => undefined) {
  for (const name of ['JupyterLab Dark', 'JupyterLab Light']) {
    await theme(name);
    await holds(async () => {
      await show();
      const shown = await colours(selector);
      assert.ok(shown.length > 0, selector);
      for (const { text, color, behind } of shown) {
        const found = contrast(color, behind);
        assert.ok(found >= 4.5, `${name}: ${text} has a contrast of ${found.toFixed(1)}`);
      }
    });
  }
}

test('the pieces of statements are what the lexer of the wheel has, too', async () => {
  await setCells(page, TOKENS.map(([statement]) => statement));
  await page.locator('.milvus-sql-keyword').first().waitFor();
  for (const [at, [statement, pieces]] of TOKENS.entries()) {
    await editor(at).scrollIntoViewIfNeeded();
    await holds(async () =>
      assert.deepEqual(await characters(editor(at)), expected(pieces), statement)
    );
  }
});

test('its colours can be read in the light theme and in the dark one', async () => {
  await assertReadable('.jp-Notebook [class*="milvus-sql-"]');
  await screenshot(page, 'editor');
});

test('brackets close, and a key makes a comment of a line', async () => {
  await setCells(page, ['']);
  await type('SELECT (');
  await holds(async () => assert.equal(await source(), 'SELECT ()'));
  await page.keyboard.type("lower('A");
  await holds(async () => assert.equal(await source(), "SELECT (lower('A'))"));
  await page.keyboard.press('Control+/');
  await holds(async () => assert.equal(await source(), "-- SELECT (lower('A'))"));
  await page.keyboard.press('Control+/');
  await holds(async () => assert.equal(await source(), "SELECT (lower('A'))"));
});

test('a syntax error is underlined after a pause, and put right by a click', async () => {
  await setCells(page, ['']);
  await type('SELECT * FRM books; SHOW TABLES');
  const mark = page.locator('.jp-Notebook .cm-lintRange');
  await mark.waitFor();
  await holds(async () => assert.deepEqual(await underlined(), ['FRM']));
  await mark.hover();
  const tooltip = page.locator('.cm-tooltip-lint');
  await tooltip.waitFor();
  await holds(async () =>
    assert.match(await tooltip.innerText(), /expected FROM, found `FRM`\ndid you mean `FROM`\?/)
  );
  await screenshot(page, 'editor-problem');
  await tooltip.getByRole('button').click();
  await holds(async () => assert.equal(await source(), 'SELECT * FROM books; SHOW TABLES'));
  await page.waitForTimeout(PAUSE_MS);
  await holds(async () => assert.deepEqual(await underlined(), []));
});

test('what is put right by keyboard, and the list of problems', async () => {
  await setCells(page, ['']);
  await type('selct 1; SHOW TABLS x; SHOW TABLES');
  await page.locator('.jp-Notebook .cm-lintRange').first().waitFor();
  await holds(async () => assert.deepEqual(await underlined(), ['selct', 'TABLS']));
  await page.keyboard.press('Control+Home');
  await page.keyboard.press('Control+.');
  await holds(async () => assert.equal(await source(), 'select 1; SHOW TABLS x; SHOW TABLES'));
  await page.locator('.jp-Notebook .cm-lintRange').first().waitFor();
  await holds(async () => assert.deepEqual(await underlined(), ['TABLS']));
  await page.keyboard.press('F8');
  const listed = page.locator('.cm-panel-lint [role="option"]');
  await listed.waitFor();
  await holds(async () => assert.match(await listed.innerText(), /expected TABLES, found `TABLS`/));
  await assertReadable('.cm-panel-lint .milvus-problem > span, .cm-panel-lint button');
  await listed.getByRole('button').click();
  await holds(async () => assert.equal(await source(), 'select 1; SHOW TABLES x; SHOW TABLES'));
});

test('what merely is not finished is not underlined before the editor is left', async () => {
  await setCells(page, ['', 'SHOW TABLES']);
  for (const text of ['SELECT * FROM', 'SELECT id FROM t WHER', 'SELECT * FROM t ORDER BY v <->']) {
    await type(text);
    await page.waitForTimeout(PAUSE_MS);
    assert.deepEqual(await underlined(), [], text);
  }
  await type('SELECT * FRO');
  await page.waitForTimeout(PAUSE_MS);
  assert.deepEqual(await underlined(), []);
  await editor(1).click();
  await page.locator('.jp-Notebook .cm-lintRange').waitFor();
  await holds(async () => assert.deepEqual(await underlined(), ['FRO']));
});

test('the place of the error of a run is underlined until the text changes', async () => {
  await run(page, [
    'CREATE TABLE shelf (id BIGINT PRIMARY KEY, title VARCHAR(50), v VECTOR(2))',
    "SELECT '错👋', titel FROM shelf",
    'SELECT id FROM shel'
  ]);
  await page.waitForTimeout(PAUSE_MS);
  await holds(async () => assert.deepEqual(await underlined(), ['titel', 'shel']));
  const tooltip = page.locator('.cm-tooltip-lint');
  const shown = '.cm-tooltip-lint .milvus-problem > span, .cm-tooltip-lint button';
  await assertReadable(shown, async () => {
    await page.mouse.move(0, 0);
    await page.locator('.jp-Notebook .cm-lintRange').first().hover();
    await tooltip.waitFor();
  });
  await holds(async () => assert.match(await tooltip.innerText(), /unknown field `titel`/));
  await tooltip.getByRole('button').click();
  await holds(async () => assert.equal(await source(1), "SELECT '错👋', title FROM shelf"));
  await holds(async () => assert.deepEqual(await underlined(), ['shel']));
  await runCell(1);
  await editor(2).click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.type(' ');
  await page.waitForFunction(() => !document.querySelector('.jp-Notebook .cm-lintRange'));
});

test('a cell that was out of sight as it ran is underlined when it is seen', async () => {
  const far = await newPage(browser);
  await openNotebook(far, 'tour.ipynb', host.url);
  await runAll(far);
  // its last cell is wrong on purpose
  await far.evaluate(() => {
    const { content } = window.notebook();
    content.activeCellIndex = content.widgets.length - 1;
    return content.scrollToItem(content.activeCellIndex);
  });
  const mark = far.locator('.jp-Notebook .cm-lintRange');
  await mark.waitFor();
  await holds(async () => assert.equal(await mark.textContent(), 'nots'));
  await screenshot(far, 'editor-tour');
  await far.close();
});

test('a cell of text is none of ours', async () => {
  await setCells(page, ['']);
  await page.evaluate(() => {
    window.notebook().content.activeCellIndex = 0;
  });
  await command(page, 'notebook:change-cell-to-markdown');
  await type('SELECT * FRM books');
  await page.waitForTimeout(PAUSE_MS);
  assert.deepEqual(await underlined(), []);
  assert.equal(await page.locator('.jp-Notebook [class*="milvus-sql-"]').count(), 0);
});

test('a page that brings its code, and its prompt', async () => {
  const repl = await newPage(browser);
  const code = encodeURIComponent('SELECT 1 AS year');
  await repl.goto(`${host.url}/repl/index.html?kernel=milvus&code=${code}&execute=1`);
  await repl.locator('.jp-OutputArea-output').first().waitFor();
  await repl.locator('.jp-CodeConsole-content .milvus-sql-keyword').first().waitFor();
  const ran = repl.locator('.jp-CodeConsole-content .jp-CodeCell .cm-content').first();
  const kinds = expected(['SELECT:keyword', '1:number', 'AS:keyword', 'year:name']);
  await holds(async () => assert.deepEqual(await characters(ran), kinds));
  const prompt = repl.locator('.jp-CodeConsole-promptCell .cm-content');
  await prompt.click();
  await repl.keyboard.type('SELECT * FRM books; x');
  await repl.locator('.jp-CodeConsole-promptCell .cm-lintRange').first().waitFor();
  await holds(async () => assert.equal((await characters(prompt))[0], 'S keyword'));
  const marks = repl.locator('.jp-CodeConsole-promptCell .cm-lintRange');
  await holds(async () => assert.deepEqual(await marks.allTextContents(), ['FRM']));
  await repl.close();
});

test('a console and a file have the language', async () => {
  const lab = await newPage(browser);
  await lab.goto(`${host.url}/lab/index.html`);
  await lab.waitForFunction(() => window.jupyterapp?.commands.hasCommand('console:create'));
  await lab.evaluate(async () => {
    const { commands, serviceManager } = window.jupyterapp;
    await serviceManager.contents.save('books.msql', {
      type: 'file',
      format: 'text',
      content: 'SELECT year FROM books'
    });
    await commands.execute('docmanager:open', { path: 'books.msql' });
  });
  const file = lab.locator('.jp-FileEditor .cm-content');
  await lab.locator('.jp-FileEditor .milvus-sql-keyword').first().waitFor();
  const kinds = expected(['SELECT:keyword', 'year:name', 'FROM:keyword', 'books:name']);
  await holds(async () => assert.deepEqual(await characters(file), kinds));
  await lab.evaluate(() =>
    window.jupyterapp.commands.execute('console:create', { kernelPreference: { name: 'milvus' } })
  );
  const prompt = lab.locator('.jp-CodeConsole-promptCell .cm-content');
  await prompt.click();
  await lab.keyboard.type('SELECT year FROM books');
  await lab.locator('.jp-CodeConsole-promptCell .milvus-sql-keyword').first().waitFor();
  await holds(async () => assert.deepEqual(await characters(prompt), kinds));
  await lab.close();
});

test('Firefox has the colours and the underlines', async () => {
  const firefox = await launchFirefox();
  try {
    const other = await newPage(firefox);
    await openNotebook(other, undefined, host.url);
    await setCells(other, ['']);
    const content = other.locator('.jp-Notebook .jp-Cell .cm-content').first();
    await content.click();
    await other.keyboard.type('SELECT year FRM books; ');
    const mark = other.locator('.jp-Notebook .cm-lintRange');
    await mark.waitFor();
    await holds(async () => assert.equal(await mark.textContent(), 'FRM'));
    await other.keyboard.press('Control+.');
    await mark.waitFor({ state: 'detached' });
    await holds(async () =>
      assert.deepEqual(
        await characters(content),
        expected(['SELECT:keyword', 'year:name', 'FROM:keyword', 'books:name', ';:punctuation'])
      )
    );
  } finally {
    await firefox.close();
  }
});

test('nothing was thrown', () => {
  assert.deepEqual(errors, []);
});
