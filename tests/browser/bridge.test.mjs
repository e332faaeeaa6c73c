// A Python in a worker of the site's origin, as its Python kernel is one, asks a Milvus notebook:
// the cells of python.ipynb, with the module that they import.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { launch, newPage, openNotebook, run } from './page.mjs';
import { plainServer, SITE } from './plain.mjs';

const FILES = new URL('../../www/python/', import.meta.url).pathname;
const PYODIDE = new URL('../../jupyterlite/node_modules/pyodide/', import.meta.url).pathname;

let root;
let host;
let browser;
let page;

before(async () => {
  root = mkdtempSync(join(tmpdir(), 'milvus-site-'));
  for (const name of readdirSync(SITE)) {
    symlinkSync(join(SITE, name), join(root, name));
  }
  symlinkSync(PYODIDE, join(root, 'pyodide'));
  host = await plainServer('/', root);
  browser = await launch();
  page = await newPage(browser);
  page.setDefaultTimeout(180_000);
  await openNotebook(page, 'tour.ipynb', host.url);
  await page.evaluate(startPython, {
    url: host.url,
    module: readFileSync(`${FILES}milvus_bridge.py`, 'utf8')
  });
});

after(async () => {
  await browser?.close();
  await host?.off();
  rmSync(root, { recursive: true });
});

/** In the page: a worker with Python, and `window.python` to run some. */
async function startPython({ url, module }) {
  const script = `
    importScripts('${url}/pyodide/pyodide.js');
    const ready = loadPyodide({ indexURL: '${url}/pyodide/' }).then(python => {
      python.FS.writeFile('milvus_bridge.py', ${JSON.stringify(module)});
      return python;
    });
    onmessage = async ({ data: { id, code } }) => {
      try {
        const python = await ready;
        const repr = python.globals.get('repr');
        postMessage({ id, shown: repr(await python.runPythonAsync(code)) });
      } catch (error) {
        postMessage({ id, error: String(error) });
      }
    };`;
  // a worker of a blob has the origin of its page
  const worker = new Worker(URL.createObjectURL(new Blob([script])));
  const pending = new Map();
  let count = 0;
  worker.onmessage = ({ data }) => pending.get(data.id)(data);
  window.python = code =>
    new Promise((resolve, reject) => {
      pending.set(count, ({ shown, error }) => (error ? reject(new Error(error)) : resolve(shown)));
      worker.postMessage({ id: count++, code });
    });
}

const python = code => page.evaluate(code => window.python(code), code);

test('the notebook', async () => {
  const { cells } = JSON.parse(readFileSync(`${FILES}python.ipynb`, 'utf8'));
  const shown = [];
  for (const { cell_type, source } of cells) {
    if (cell_type === 'code') {
      shown.push(await python(source.join('')));
    }
  }
  const [kernels, films, found, last] = shown;
  assert.match(kernels, /'path': 'tour.ipynb'/);
  assert.match(films, /'id': 2, 'title': 'Solaris', 'year': 1972, 'v': \[0\.8\d*, 0\.3\d*\]/);
  assert.doesNotMatch(films, /Metropolis/);
  assert.match(found, /^\(\['Solaris', 'Moon'\], '2 hits/);
  assert.match(last, /nothing has been read yet/);
});

test('the last result is that of the notebook, which Python leaves as it is', async () => {
  await run(page, ['SELECT 41 AS answer']);
  assert.equal(await python('await milvus.last()'), "[{'answer': 41}]");
  assert.equal(await python('await milvus.sql("SELECT 7")'), "[{'7': 7}]");
  const [shown] = await run(page, ['SELECT :last + 1 AS next']);
  assert.match(shown, /42/);
  assert.equal(await python('(await milvus.last()).columns'), "['next']");
});

test('a result that no notebook holds comes whole', async () => {
  const cell = `
rows = ', '.join(f"({n}, '{'x' * 100}', [{n}, 1])" for n in range(5000))
await milvus.sql("""CREATE TABLE many (id BIGINT PRIMARY KEY, t VARCHAR(100), v VECTOR(2));
    LOAD many""")
done = await milvus.sql(f"INSERT INTO many VALUES {rows}")
many = await milvus.sql("SELECT * FROM many LIMIT 5000")
done.status[:18], len(many), many.total, sum(row['id'] for row in many), len(many[4999]['t'])`;
  const sum = (5000 * 4999) / 2;
  assert.equal(await python(cell), `('inserted 5,000 row', 5000, 5000, ${sum}, 100)`);
});

test('what cannot be answered is said', async () => {
  const error = code => python(`
try:
    await ${code}
    said = None
except milvus.MilvusError as error:
    said = str(error)
said`);
  assert.match(await error("milvus.sql('SELECT nothing FROM films')"), /unknown field `nothing`/);
  assert.match(await error("milvus.sql('rm -rf /')"), /rm/);
  assert.match(await error("milvus.sql(7)"), /statements are a text/);
  assert.match(
    await error("milvus.sql('SELECT 1', notebook='no.ipynb')"),
    /no Milvus notebook `no\.ipynb` is open/
  );
  // nobody can be asked for a secret
  assert.match(await error("milvus.sql('CREATE USER u PASSWORD PROMPT')"), /./);
});
