// HNSW on clusters, M = 16 and efConstruction = 200, each at the first ef with a recall of 0.98.

import { SCALE, median, ms, s, times } from './host.mjs';

const ROUNDS = 9;
const ROWS = 100_000 * SCALE;
const [WIDTH, M, EF, RECALL] = [128, 16, 200, 0.98];
const EFS = [10, 12, 14, 16, 18, 20, 24, 28, 32, 40, 48, 64, 96, 128];

export async function run(host) {
  const name = `${ROWS}x${WIDTH}q200`;
  await host.native('data', { name, rows: ROWS, width: WIDTH, queries: 200 });
  const page = await host.page();
  const [ours, wasm] = await page.evaluate(
    async ([name, width, m, ef, least, efs]) => {
      const e = await import('/page/engine.js');
      const { hnswlib } = await import('/page/peers.js');
      const { base, queries, truth } = await e.data(name, width);
      const table = new e.Table('graph', width, { type: 'HNSW', M: m, efConstruction: ef });
      const build = table.fill(base) + e.build();
      const search = ef => table.search(queries, { params: { ef } });
      const recallOf = ef => e.recall(truth, search(ef));
      const ours = { build, ...e.reach(efs, least, recallOf) };
      const peer = await hnswlib({ base, width, m, ef });
      const at = ef => {
        peer.reach(ef);
        return number => peer.search(queries[number]);
      };
      const theirs = { build: peer.seconds, ...e.reach(efs, least, ef => e.recall(truth, at(ef))) };
      const [one, other] = [search(ours.setting), at(theirs.setting)];
      [one, other].forEach(search => e.warm(search, queries.length));
      window.round = () => [e.round(one, queries.length), e.round(other, queries.length)];
      return [ours, theirs];
    },
    [name, WIDTH, M, EF, RECALL, EFS]
  );
  const build = await host.native('hnsw', { name, width: WIDTH, m: M, ef: EF });
  let native;
  for (const ef of EFS) {
    native = { setting: ef, recall: await host.native('hnsw_recall', { ef }) };
    if (native.recall >= RECALL) {
      break;
    }
  }
  const rounds = [];
  for (let number = 0; number < ROUNDS; number++) {
    const [one, other] = await page.evaluate(() => window.round());
    rounds.push([one, other, await host.native('hnsw_round')]);
  }
  await page.context().close();
  const [time, wasmTime, nativeTime] = [0, 1, 2].map(at => median(rounds.map(of => of[at])));
  const share = at => times(median(rounds.map(of => of[0] / of[at])));
  const said = ({ setting, recall }) => `recall ${recall.toFixed(3)} at ef ${setting}`;
  const size = `${ROWS.toLocaleString('en')} x ${WIDTH}`;
  host.row(
    `HNSW of ${size} in clusters, M ${M}, efConstruction ${EF}: inserted and built`,
    s(ours.build),
    `hnswlib-wasm: ${s(wasm.build)}, we take ${times(ours.build / wasm.build)} of it; ` +
      `native hnswlib, one thread: ${s(build)}, ${times(ours.build / build)}`,
    '0.7; 1.4'
  );
  host.row(
    `the same, a search for 10, ${said(ours)}`,
    ms(time),
    `hnswlib-wasm: ${ms(wasmTime)}, ${said(wasm)}, we take ${share(1)} of it; ` +
      `native: ${ms(nativeTime)}, ${said(native)}, ${share(2)}`,
    '0.75 of hnswlib-wasm'
  );
}
