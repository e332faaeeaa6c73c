// BM25 over short texts: our median and the time of building, beside orama in the same page, and
// bm25s and tantivy natively.

import { median, ms, s } from './host.mjs';

const ROUNDS = 5;

export async function run(host) {
  await host.native('texts');
  const page = await host.page();
  const built = await page.evaluate(async () => {
    const e = await import('/page/engine.js');
    const m = await import('/page/messages.js');
    const { texts, queries } = await (await fetch('/data/texts.json')).json();
    const fields = [
      m.field('id', m.TYPES.long, {}, m.KEY),
      m.field('t', m.TYPES.text, { max_length: '1000', enable_analyzer: 'true' }),
      m.field('s', m.TYPES.sparse, {}, m.OUTPUT)
    ];
    const functions = [m.bm25('t', 's')];
    const asked = { index_type: 'SPARSE_INVERTED_INDEX', metric_type: 'BM25' };
    const collection = m.createCollection('texts', fields, functions);
    e.define('texts', collection, m.createIndex('texts', 's', asked));
    const inserts = [];
    for (let first = 0; first < texts.length; first += 1_000) {
      const part = texts.slice(first, first + 1_000);
      const keys = m.longs('id', part.map((_, number) => first + number));
      inserts.push(m.insert('texts', part.length, [keys, m.texts('t', part)]));
    }
    const ours = e.insert(inserts) + e.build();
    const orama = await import('/peers/@orama/orama/dist/esm/index.js');
    const { create, insertMultiple, search } = orama;
    const begin = performance.now();
    const index = create({ schema: { t: 'string' } });
    await insertMultiple(index, texts.map((t, number) => ({ id: String(number), t })), 1_000);
    const orama = (performance.now() - begin) / 1000;
    const requests = queries.map(query => m.search('texts', 's', [query]));
    const each = async act => {
      const [times, found] = [[], []];
      for (let number = 0; number < queries.length; number++) {
        const begin = performance.now();
        found.push(await act(number));
        times.push(performance.now() - begin);
      }
      return { times, found };
    };
    window.round = async () => ({
      ours: await each(number => m.found(e.call('Search', requests[number]))),
      orama: await each(async number => {
        const { hits } = await search(index, { term: queries[number], limit: 10 });
        return hits.map(({ id }) => Number(id));
      })
    });
    return { ours, orama };
  });
  built.bm25s = await host.native('bm25s');
  built.tantivy = await host.native('tantivy');
  const rounds = [];
  for (let number = 0; number < ROUNDS; number++) {
    rounds.push({
      ...(await page.evaluate(() => window.round())),
      bm25s: await host.native('bm25s_round'),
      tantivy: await host.native('tantivy_round')
    });
  }
  await page.context().close();
  const of = peer => median(rounds.flatMap(round => round[peer].times));
  // texts of one score are as good as each other, so that no two agree on all of them
  const common = peer => {
    const [{ ours }, theirs] = [rounds[0], rounds[0][peer].found];
    const shares = ours.found.map((keys, number) => {
      const there = new Set(theirs[number].map(Number));
      return keys.filter(key => there.has(key)).length / Math.max(keys.length, 1);
    });
    return (shares.reduce((sum, share) => sum + share, 0) / shares.length).toFixed(2);
  };
  const peer = (name, title) =>
    `${title}: ${ms(of(name))}, built in ${s(built[name])}, ${common(name)} of our hits`;
  host.row(
    'BM25 over 100,000 texts of 5 to 19 words, three words asked for, median; ' +
      `inserted and built in ${s(built.ours)}`,
    ms(of('ours')),
    [
      peer('orama', 'orama'),
      peer('bm25s', 'bm25s, native'),
      peer('tantivy', 'tantivy, native')
    ].join('; '),
    '5 ms; 5 s'
  );
}
