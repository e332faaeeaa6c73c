// Takes the pictures of the front page and of the README anew: the tour in the built site, as it
// runs, light and dark. `node scripts/screenshot.mjs`, after `make site`; then `make site` again.

import { launch, newContext, openNotebook, pageOf, runAll } from '../tests/browser/page.mjs';
import { plainServer } from '../tests/browser/plain.mjs';

const WWW = new URL('../www/', import.meta.url).pathname;
const PICTURES = { light: 'screenshot.png', dark: 'screenshot-dark.png' };
// the heading that is to be at the top
const FROM = 'What is near';

const host = await plainServer();
const browser = await launch();
try {
  for (const [scheme, name] of Object.entries(PICTURES)) {
    // small, for it is shown small, and sharp
    const shape = { viewport: { width: 720, height: 560 }, deviceScaleFactor: 1.5 };
    const page = await pageOf(await newContext(browser, shape));
    await openNotebook(page, 'tour.ipynb', host.url);
    const theme = scheme === 'dark' ? 'JupyterLab Dark' : 'JupyterLab Light';
    await page.evaluate(
      theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme }),
      theme
    );
    const isLight = String(scheme === 'light');
    await page.waitForSelector(`body[data-jp-theme-light="${isLight}"]`, { state: 'attached' });
    await runAll(page);
    await page.evaluate(async text => {
      const { content } = window.notebook();
      const index = content.widgets.findIndex(cell =>
        cell.model.sharedModel.getSource().includes(text)
      );
      content.activeCellIndex = index + 1;
      await content.scrollToItem(index, 'start');
      const { node } = content.widgets[index];
      const box = node.closest('.jp-WindowedPanel-outer');
      box.scrollTop += node.getBoundingClientRect().top - box.getBoundingClientRect().top - 8;
    }, FROM);
    // the pictures in the tables are decoded, the notebook has come to rest
    await page.waitForTimeout(1500);
    await page.screenshot({ path: `${WWW}${name}` });
    console.log(`${WWW}${name}`);
    await page.context().close();
  }
} finally {
  await browser.close();
  await host.off();
}
