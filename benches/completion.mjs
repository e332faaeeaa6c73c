// How long a completion takes in Chromium with 1,000 collections known: from the message to its
// answer, at places of every kind; the median and the 95th percentile, beside a kernel that knows
// of none, and beside a message of JupyterLite that asks for nothing, which takes no worker.

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
      const { kernel } = window.notebook().sessionContext.session;
      const [times, bare] = [[], []];
      const timed = async (ask, into) => {
        const began = performance.now();
        await ask();
        into.push(performance.now() - began);
      };
      for (let round = 0; round < rounds; round++) {
        for (const code of places) {
          const asked = { code, cursor_pos: code.length };
          await timed(() => kernel.requestComplete(asked), times);
          await timed(() => kernel.requestCommInfo({}), bare);
        }
      }
      return { times, bare };
    },
    [PLACES, ROUNDS]
  );
  await page.context().close();
  const sorted = numbers => numbers.sort((a, b) => a - b);
  return { times: sorted(times.times), bare: sorted(times.bare) };
}

for (const collections of [0, COLLECTIONS]) {
  const { times, bare } = await measure(collections);
  const at = (numbers, share) => numbers[Math.floor(numbers.length * share)].toFixed(1);
  console.log(
    `completion with ${collections} collections: median ${at(times, 0.5)} ms, ` +
      `95th percentile ${at(times, 0.95)} ms of ${times.length} (at most 20); ` +
      `a bare message: ${at(bare, 0.5)} and ${at(bare, 0.95)} ms`
  );
}
await browser.close();
await host.off();
