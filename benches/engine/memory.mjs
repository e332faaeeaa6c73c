// What the wasm's memory has grown by, beside the vectors themselves.

import { SCALE, times } from './host.mjs';

const WIDTH = 128;
const MEGA = 1e6;

export async function run(host) {
  const figures = [];
  for (const rows of [10_000, 100_000, 500_000].map(rows => rows * SCALE)) {
    const page = await host.page();
    const grown = await page.evaluate(
      async ([rows, width]) => {
        const e = await import('/page/engine.js');
        const table = new e.Table('t', width, { type: 'FLAT' });
        const before = e.memoryBytes();
        const part = new Float32Array(10_000 * width);
        for (let row = 0; row < rows; row += 10_000) {
          part.forEach((_, at) => (part[at] = Math.random()));
          const batch = part.subarray(0, Math.min(10_000, rows - row) * width);
          e.insert(table.inserts(batch, row));
        }
        e.build();
        return e.memoryBytes() - before;
      },
      [rows, WIDTH]
    );
    await page.context().close();
    const raw = rows * WIDTH * 4;
    const size = `${(grown / MEGA).toFixed(1)} MB (${times(grown / raw)})`;
    figures.push(`${rows.toLocaleString('en')}: ${size}`);
  }
  host.row(
    `memory that vectors of ${WIDTH} take, with a key and a number each`,
    figures.join('; '),
    'the vectors alone: 1',
    '1.3'
  );
}
