// How long a completion takes in Chromium with 1,000 collections known: from JupyterLab's asking
// the page's provider to its answer, at places of every kind; the median and the 95th percentile,
// beside a kernel that knows of none, beside the same by a message, as other clients send it, and
// beside a message of JupyterLite that asks for nothing, which takes no worker.

import { launch, newPage, openNotebook, run } from '../tests/browser/page.mjs';
import { plainServer } from '../tests/browser/plain.mjs';

const COLLECTIONS = 1_000;
const ROUNDS = 25;
const PLACES = [
  'SELECT * FROM ',
  'SELECT * FROM c00',
  'SELECT * FROM c0001 WHERE ti',
  'SELECT  FROM c0002',
  'SEL',
  'CREATE INDEX ON c0003 (v) USING ',
  'SELECT title FROM c0004 ORDER BY v ',
  'SET '
];

const host = await plainServer();
const browser = await launch();

/** The times of all answers, by their size. */
async function measure(collections) {
  const page = await newPage(browser);
  await openNotebook(page, undefined, host.url);
  const create = Array.from({ length: collections }, (_, at) => {
    const name = `c${String(at).padStart(4, '0')}`;
    return `CREATE TABLE ${name} (id BIGINT PRIMARY KEY, title VARCHAR(100), v VECTOR(2))`;
  });
  await run(page, ['milvus://memory', create.join(';') || 'SHOW TABLES']);
  const times = await page.evaluate(
    async ([places, rounds]) => {
      const panel = window.notebook();
      const { session } = panel.sessionContext;
      const { kernel } = session;
      const app = window.jupyterapp;
      // a token is known by its identity alone
      const tokens = [...app.pluginRegistry._services.keys()];
      const token = tokens.find(({ name }) => /ICompletionProviderManager$/.test(name));
      const manager = await app.resolveRequiredService(token);
      const provider = manager.getProviders().get('CompletionProvider:milvus');
      const context = { widget: panel, session, editor: panel.content.activeCell.editor };
      const [times, messages, bare] = [[], [], []];
      const timed = async (ask, into) => {
        const began = performance.now();
        await ask();
        into.push(performance.now() - began);
      };
      for (let round = 0; round < rounds; round++) {
        for (const code of places) {
          const request = { text: code, offset: code.length };
          await timed(() => provider.fetch(request, context), times);
          const asked = { code, cursor_pos: code.length };
          await timed(() => kernel.requestComplete(asked), messages);
          await timed(() => kernel.requestCommInfo({}), bare);
        }
      }
      return { times, messages, bare };
    },
    [PLACES, ROUNDS]
  );
  await page.context().close();
  const sorted = numbers => numbers.sort((a, b) => a - b);
  return {
    times: sorted(times.times),
    messages: sorted(times.messages),
    bare: sorted(times.bare)
  };
}

for (const collections of [0, COLLECTIONS]) {
  const { times, messages, bare } = await measure(collections);
  const at = (numbers, share) => numbers[Math.floor(numbers.length * share)].toFixed(1);
  console.log(
    `completion with ${collections} collections: median ${at(times, 0.5)} ms, ` +
      `95th percentile ${at(times, 0.95)} ms of ${times.length} (at most 20); ` +
      `by a message ${at(messages, 0.5)} and ${at(messages, 0.95)}, ` +
      `a message that asks for nothing ${at(bare, 0.5)} and ${at(bare, 0.95)} ms`
  );
}
await browser.close();
await host.off();
