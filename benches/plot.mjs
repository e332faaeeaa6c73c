// PLOT of 10,000 x 768 in Chromium, on the engine of the tab: how long the projection to two
// dimensions takes there, beside numpy's randomised decomposition of the same sketch and its whole
// one, natively.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { launch, newPage, openNotebook, run } from '../tests/browser/page.mjs';
import { plainServer } from '../tests/browser/plain.mjs';

const ROOT = new URL('..', import.meta.url).pathname;
const CACHE = join(ROOT, '.cache/bench');
const NPY = join(CACHE, 'plot.npy');

// as embeddings are: a spectrum that falls slowly, and a mean
const PEER = `
import numpy, sys, time
r = numpy.random.default_rng(7)
falling = 0.97 ** numpy.arange(200, dtype="f4")
a = r.standard_normal((10_000, 200), "f4") * falling @ r.standard_normal((200, 768), "f4") + 1
numpy.save(sys.argv[1], a.astype("f4"))

def sketched(a, rounds=3, width=12):
    a = a - a.mean(axis=0)
    basis = r.standard_normal((a.shape[1], width), "f4")
    for _ in range(rounds):
        basis, _ = numpy.linalg.qr(a.T @ (a @ basis))
    small = a @ basis
    values, vectors = numpy.linalg.eigh(small.T @ small)
    return small @ vectors[:, ::-1][:, :2]

def whole(a):
    a = a - a.mean(axis=0)
    return a @ numpy.linalg.eigh(a.T @ a)[1][:, ::-1][:, :2]

for name, work in [("numpy, randomised", sketched), ("numpy, whole", whole)]:
    began = time.perf_counter()
    work(a)
    print(f"{name}: {(time.perf_counter() - began) * 1000:.0f} ms")
`;

mkdirSync(CACHE, { recursive: true });
const said = execFileSync(join(ROOT, '.venv/bin/python'), ['-c', PEER, NPY], { encoding: 'utf8' });
console.log(`10,000 x 768 in two dimensions\n${said.trim()}`);

const host = await plainServer();
const browser = await launch();
const page = await newPage(browser);
await openNotebook(page, undefined, host.url);
await page.evaluate(
  content =>
    window.jupyterapp.serviceManager.contents.save('v.npy', {
      type: 'file',
      format: 'base64',
      content
    }),
  readFileSync(NPY).toString('base64')
);
const [, steps] = await run(page, [
  "milvus://memory; CREATE TABLE big FROM 'v.npy'",
  'EXPLAIN ANALYZE PLOT big.v LIMIT 10000'
]);
console.log(steps);
await browser.close();
await host.off();
