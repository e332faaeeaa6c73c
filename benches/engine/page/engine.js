// The engine in the page itself, without its worker: a call is a call, and its memory can be seen.

import init, { Engine } from '/wasm/milvus_engine.js';
import * as m from './messages.js';

/** Rows of an insert. */
const BATCH = 1_000;

const { memory } = await init({ module_or_path: '/package/milvus_engine_bg.wasm' });

/** Bytes of the wasm's memory, which never shrinks. */
export const memoryBytes = () => memory.buffer.byteLength;

export const engine = Engine.memory();

export function call(method, request) {
  return engine.call(method, '', request, Infinity);
}

/** Makes a collection, its index, and loads it. */
export function define(name, collection, index) {
  m.acknowledged(call('CreateCollection', collection));
  m.acknowledged(call('CreateIndex', index));
  m.acknowledged(call('LoadCollection', m.load(name)));
}

/** Sends inserts; seconds. */
export function insert(requests) {
  return timed(() => requests.forEach(request => m.checked(call('Insert', request))));
}

/** Vectors under the keys 0, 1, 2 …, `n` from 0 to 99 in turns; indexed as asked for. */
export class Table {
  constructor(name, width, index) {
    this.name = name;
    this.width = width;
    const fields = [
      m.field('id', m.TYPES.long, {}, m.KEY),
      m.field('n', m.TYPES.int),
      m.field('v', m.TYPES.vector, { dim: String(width) })
    ];
    const { type, ...params } = index;
    const asked = { index_type: type, metric_type: 'L2', params: JSON.stringify(params) };
    define(name, m.createCollection(name, fields), m.createIndex(name, 'v', asked));
  }

  /** Requests of an insert: encoding them is not the engine's work. */
  inserts(floats, first = 0) {
    const { width, name } = this;
    const requests = [];
    for (let row = 0; row * width < floats.length; row += BATCH) {
      const batch = floats.subarray(row * width, (row + BATCH) * width);
      const rows = batch.length / width;
      const keys = Array.from({ length: rows }, (_, index) => first + row + index);
      requests.push(
        m.insert(name, rows, [
          m.longs('id', keys),
          m.ints('n', keys.map(key => key % 100)),
          m.vectors('v', width, batch)
        ])
      );
    }
    return requests;
  }

  /** Inserts, a part at a time so that the requests need not all be there; seconds. */
  fill(floats) {
    let seconds = 0;
    const part = 20 * BATCH;
    for (let row = 0; row * this.width < floats.length; row += part) {
      const slice = floats.subarray(row * this.width, (row + part) * this.width);
      seconds += insert(this.inserts(slice, row));
    }
    return seconds;
  }

  search(queries, options) {
    const requests = queries.map(query => m.search(this.name, 'v', [query].flat(), options));
    return number => m.found(call('Search', requests[number]));
  }
}

/** Builds what is to be built; seconds. */
export function build() {
  return timed(() => {
    while (engine.work(1_000)) {
      // until there is nothing more
    }
  });
}

export function timed(act) {
  const begin = performance.now();
  act();
  return (performance.now() - begin) / 1000;
}

/** A round: every query once, the mean in milliseconds; a clock of a page is too coarse for one. */
export function round(search, count) {
  const seconds = timed(() => {
    for (let number = 0; number < count; number++) {
      search(number);
    }
  });
  return (seconds * 1000) / count;
}

export async function floats(path) {
  return new Float32Array(await (await fetch(path)).arrayBuffer());
}

/** Rows of a block of floats. */
export function rowsOf(block, width) {
  return Array.from({ length: block.length / width }, (_, row) =>
    block.subarray(row * width, (row + 1) * width)
  );
}

/** Vectors, queries, and which keys are the nearest ten. */
export async function data(name, width) {
  const [base, queries, truth] = await Promise.all(
    ['base', 'query', 'truth'].map(part => floats(`/data/${name}.${part}`))
  );
  return { base, queries: rowsOf(queries, width), truth: rowsOf(truth, 10) };
}

/** The share of the nearest that are found. */
export function recall(truth, search) {
  const hits = truth.map((nearest, number) => {
    const keys = new Set(search(number).map(Number));
    return nearest.filter(key => keys.has(key)).length;
  });
  return hits.reduce((sum, hit) => sum + hit, 0) / (10 * truth.length);
}

/** Asks until the browser has compiled a search for speed, which it does once it is used. */
export function warm(search, count) {
  const begin = performance.now();
  while (performance.now() - begin < 300) {
    round(search, count);
  }
}

/** The first of some settings with at least this recall, or the last of them. */
export function reach(settings, least, recallOf) {
  for (const setting of settings) {
    const value = recallOf(setting);
    if (value >= least || setting === settings.at(-1)) {
      return { setting, recall: value };
    }
  }
}
