// A scan through filters that leave a share of the rows, beside the scan without a filter.

import { SCALE, median, ms, times } from './host.mjs';

const ROUNDS = 9;
const ROWS = 100_000 * SCALE;
const WIDTH = 128;

export async function run(host) {
  const name = `${ROWS}x${WIDTH}`;
  await host.native('data', { name, rows: ROWS, width: WIDTH, queries: 32 });
  const page = await host.page();
  const rounds = await page.evaluate(
    async ([name, width, count]) => {
      const e = await import('/page/engine.js');
      const { base, queries } = await e.data(name, width);
      const table = new e.Table('scan', width, { type: 'FLAT' });
      table.fill(base);
      e.build();
      const shares = [100, 1, 10, 50, 90];
      const searches = shares.map(share =>
        table.search(queries, { filter: share === 100 ? '' : `n < ${share}` })
      );
      // keys are numbered, and so is n: what a filter leaves out must not be found
      shares.forEach((share, at) => {
        if (searches[at](0).some(key => key % 100 >= share)) {
          throw new Error(`a row that n < ${share} leaves out`);
        }
      });
      searches.forEach(search => e.warm(search, queries.length));
      const round = () => searches.map(search => e.round(search, queries.length));
      return Array.from({ length: count }, round);
    },
    [name, WIDTH, ROUNDS]
  );
  await page.context().close();
  const shares = [1, 10, 50, 90].map((percent, at) => {
    const time = median(rounds.map(of => of[at + 1]));
    const share = median(rounds.map(of => of[at + 1] / of[0]));
    return `${percent} %: ${ms(time)} (${times(share)})`;
  });
  host.row(
    `exact search of ${ROWS.toLocaleString('en')} x ${WIDTH} through \`n < …\` that leaves`,
    shares.join('; '),
    `our scan without a filter: ${ms(median(rounds.map(of => of[0])))}`,
    '1.1 of it'
  );
}
