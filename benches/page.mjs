// What the extension adds to JupyterLite's start: the lab application opened with it and without
// it in turns, in fresh contexts, until its plugins have started; the median of each.

import { launch, newContext, pageOf } from '../tests/browser/page.mjs';
import { plainServer } from '../tests/browser/plain.mjs';

const NAME = 'jupyterlite-milvus-kernel';
const TURNS = Number(process.env.TURNS ?? 9);
const median = numbers => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

const site = await plainServer();
const browser = await launch();

/** Milliseconds from the page's first byte of script until JupyterLab says that it has started. */
async function start(isThere) {
  const context = await newContext(browser, { serviceWorkers: 'block' });
  const page = await pageOf(context);
  // both by the same way, so that only the extension is between them
  await page.route('**/jupyter-lite.json*', async route => {
    const answer = await route.fetch();
    const config = await answer.json();
    const data = config['jupyter-config-data'];
    if (data?.federated_extensions && !isThere) {
      data.federated_extensions = data.federated_extensions.filter(one => one.name !== NAME);
    }
    await route.fulfill({ response: answer, json: config });
  });
  await page.addInitScript(() => {
    let app;
    Object.defineProperty(window, 'jupyterapp', {
      get: () => app,
      set: value => {
        app = value;
        void app.started.then(() => (window.startedAt = performance.now()));
      }
    });
  });
  await page.goto(`${site.url}/lab/index.html`);
  await page.waitForFunction(() => window.startedAt !== undefined);
  const { startedAt, isLoaded } = await page.evaluate(name => ({
    startedAt: window.startedAt,
    isLoaded: window.jupyterapp.listPlugins().some(plugin => plugin.startsWith(name))
  }), NAME);
  if (isLoaded !== isThere) {
    throw new Error(`the extension was ${isLoaded ? '' : 'not '}loaded`);
  }
  await context.close();
  return startedAt;
}

// what the first one pays for is in neither
await start(true);
await start(false);
const [withIt, without] = [[], []];
for (let turn = 0; turn < TURNS; turn++) {
  withIt.push(await start(true));
  without.push(await start(false));
}
const added = median(withIt) - median(without);
console.log(
  `JupyterLite's start: ${median(withIt).toFixed(0)} ms with the extension, ` +
    `${median(without).toFixed(0)} ms without it: ${added.toFixed(0)} ms added (at most 100)`
);
await browser.close();
await site.off();
