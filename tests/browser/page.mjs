// A browser with the built site in it, and the handles that a person has: cells, buttons, outputs.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { mkdirSync } from 'node:fs';

const require = createRequire(new URL('../../jupyterlite/package.json', import.meta.url));
const { chromium } = require('playwright-core');

export const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
];

/** An address that `scripts/servers.py` sets. */
export function server(name) {
  const url = process.env[name];
  if (!url) {
    throw new Error(
      `${name} is not set: run this by \`make test-browser\`, which starts the servers`
    );
  }
  return url;
}

/** `127.0.0.1:port` of an address. */
export const host = name => server(name).replace('http://', '');

export async function launch(...more) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [...FLAGS, ...more]
  });
}

/** A page in a context of its own. */
export async function newPage(browser) {
  return pageOf(await newContext(browser));
}

/** Files, cookies and service workers of its own, which its pages share. */
export const newContext = (browser, options = {}) =>
  browser.newContext({ viewport: { width: 1100, height: 1400 }, ...options });

/** A page whose every request should stay on this machine: those that do not are in `outside`. */
export async function pageOf(context) {
  const page = await context.newPage();
  // the panel of the notebook, whether it has the focus or not
  await page.addInitScript(() => {
    window.notebook = () =>
      [...(window.jupyterapp?.shell.widgets('main') ?? [])].find(widget => widget.sessionContext);
  });
  page.outside = [];
  page.on('request', request => {
    if (
      !/^(https?:\/\/(127\.0\.0\.1|localhost|no-such-host\.invalid)|data:|blob:|chrome)/.test(
        request.url()
      )
    ) {
      page.outside.push(request.url());
    }
  });
  page.setDefaultTimeout(60_000);
  return page;
}

/** Opens a notebook in the notebook application and waits for its kernel. */
export async function openNotebook(page, path = 'tour.ipynb', site = server('SITE_URL')) {
  await page.goto(`${site}/notebooks/index.html?path=${path}`);
  await idle(page);
  await page.locator('.jp-Cell').first().click();
}

/** Replaces the notebook's cells. */
export async function setCells(page, cells) {
  await page.evaluate(sources => {
    const panel = window.notebook();
    panel.content.model.sharedModel.deleteCellRange(
      0,
      panel.content.model.sharedModel.cells.length
    );
    panel.content.model.sharedModel.insertCells(
      0,
      sources.map(source => ({ cell_type: 'code', source, metadata: {}, outputs: [] }))
    );
  }, cells);
}

export async function idle(page) {
  await page.waitForFunction(
    () => window.notebook()?.sessionContext?.session?.kernel?.status === 'idle'
  );
  await page.waitForSelector('.jp-Notebook-ExecutionIndicator[data-status="idle"]');
}

/**
 * Checks again and again what a page shows a moment after what was done; what is still wrong at the
 * limit is thrown. It is not for what must not come: that is waited for, and read once.
 */
export async function holds(check, limit = 30_000) {
  for (const end = Date.now() + limit; ; ) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) {
        throw error;
      }
    }
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

/** Waits for what a page answers later; `waitForFunction` takes its promise for the answer. */
export const until = (page, asked, argument) =>
  holds(async () => {
    assert.ok(await page.evaluate(asked, argument), `it did not come in time: ${asked}`);
  }, 60_000);

export const command = (page, name) =>
  page.evaluate(name => window.jupyterapp.commands.execute(name), name);

/** Runs every cell; a cell that fails does not fail this. */
export async function runAll(page) {
  // the promise of the command rejects when a cell fails
  await command(page, 'notebook:run-all-cells').catch(() => undefined);
  await idle(page);
}

/** What the cells have to show: count, outputs as JSON. */
export const outputs = page =>
  page.evaluate(() => {
    const { model } = window.notebook().content;
    return [...model.cells]
      .filter(cell => cell.type === 'code')
      .map(cell => ({ count: cell.executionCount, outputs: cell.outputs.toJSON() }));
  });

/** The text of a cell's outputs; of an error its code and message. */
export const text = cell =>
  cell.outputs
    .map(output =>
      output.output_type === 'error'
        ? `${output.ename}: ${output.evalue}`
        : output.data['text/plain']
    )
    .join('\n');

/** The texts of the cells after running them all in a new set of cells. */
export async function run(page, cells) {
  await setCells(page, cells);
  for (let index = 0; index < cells.length; index++) {
    await page.evaluate(index => {
      window.notebook().content.activeCellIndex = index;
    }, index);
    await command(page, 'notebook:run-cell').catch(() => undefined);
    await idle(page);
  }
  return (await outputs(page)).map(text);
}

export async function screenshot(page, name) {
  const folder = new URL('../../dist/screenshots/', import.meta.url).pathname;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: `${folder}${name}.png` });
}
