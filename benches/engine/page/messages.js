// Milvus's messages as far as the benches send them: what goes out is encoded, keys come back.

/** Numbers of `DataType`. */
export const TYPES = { int: 4, long: 5, text: 21, vector: 101, sparse: 104 };

const encoder = new TextEncoder();

export const createCollection = (name, fields, functions = []) =>
  message(
    [3, name],
    [4, message([1, name], ...fields.map(of => [4, of]), ...functions.map(of => [7, of]))]
  );

export const field = (name, type, params = {}, more = []) =>
  message([2, name], [5, type], ...pairs(6, params), ...more);

export const KEY = [[3, 1]];
export const OUTPUT = [[16, 1]];

/** The function that makes BM25's vectors of a text. */
export const bm25 = (from, to) => message([1, 'bm25'], [4, 1], [5, from], [7, to]);

export const createIndex = (name, of, params) =>
  message([3, name], [4, of], ...pairs(5, params));

export const load = name => message([3, name]);

/** `columns` are made by `longs`, `ints`, `vectors` and `texts`. */
export const insert = (name, rows, columns) =>
  message([3, name], ...columns.map(column => [5, column]), [7, rows]);

export const longs = (name, values) => scalars(name, TYPES.long, 3, [[1, varints(values)]]);
export const ints = (name, values) => scalars(name, TYPES.int, 2, [[1, varints(values)]]);
export const texts = (name, values) =>
  scalars(name, TYPES.text, 6, values.map(value => [1, value]));

export const vectors = (name, width, floats) =>
  message(
    [1, TYPES.vector],
    [2, name],
    [4, message([1, width], [2, message([1, bytesOf(floats)])])]
  );

/** A search of some queries: vectors, or texts. */
export function search(name, of, queries, { filter = '', params = {}, k = 10 } = {}) {
  const isText = typeof queries[0] === 'string';
  const values = queries.map(query => [3, isText ? query : bytesOf(query)]);
  const group = message([1, message([1, '$0'], [2, isText ? 21 : 101], ...values)]);
  const asked = { anns_field: of, topk: String(k), params: JSON.stringify(params) };
  return message(
    [3, name],
    [5, filter],
    [6, group],
    [7, 1],
    ...pairs(9, asked),
    [12, queries.length]
  );
}

/** The keys that a search found; throws what the engine refused. */
export function found(reply) {
  const results = checked(reply).get(2)?.[0];
  const keys = results && read(results).get(5)?.[0];
  const list = keys && read(keys).get(1)?.[0];
  const numbers = list && read(list).get(1)?.[0];
  return numbers ? varintsOf(numbers) : [];
}

/** The fields of a reply whose status says that all went well. */
export function checked(reply) {
  const fields = read(reply);
  acknowledged(fields.get(1)?.[0] ?? new Uint8Array());
  return fields;
}

/** Throws what a status says went wrong. */
export function acknowledged(status) {
  const reason = read(status).get(2)?.[0];
  if (reason?.length) {
    throw new Error(new TextDecoder().decode(reason));
  }
}

function scalars(name, type, kind, values) {
  return message([1, type], [2, name], [3, message([kind, message(...values)])]);
}

const pairs = (number, map) =>
  Object.entries(map).map(([key, value]) => [number, message([1, key], [2, value])]);

const bytesOf = floats => new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);

/** Fields by number: numbers as varints, texts, bytes and messages with their length. */
function message(...fields) {
  const parts = [];
  for (const [number, value] of fields) {
    if (typeof value === 'number') {
      parts.push(varints([number << 3, value]));
    } else {
      const bytes = typeof value === 'string' ? encoder.encode(value) : value;
      parts.push(varints([(number << 3) | 2, bytes.length]), bytes);
    }
  }
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function varints(values) {
  const bytes = [];
  for (let value of values) {
    while (value > 127) {
      bytes.push((value % 128) | 128);
      value = Math.floor(value / 128);
    }
    bytes.push(value);
  }
  return Uint8Array.from(bytes);
}

function varintsOf(bytes) {
  const values = [];
  for (let at = 0; at < bytes.length; ) {
    const [value, next] = varint(bytes, at);
    values.push(value);
    at = next;
  }
  return values;
}

function varint(bytes, at) {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[at++];
    value += (byte & 127) * scale;
    if (byte < 128) {
      return [value, at];
    }
  }
}

function read(bytes) {
  const fields = new Map();
  for (let at = 0; at < bytes.length; ) {
    const [tag, begin] = varint(bytes, at);
    let value;
    switch (tag & 7) {
      case 0:
        [value, at] = varint(bytes, begin);
        break;
      case 2: {
        const [length, start] = varint(bytes, begin);
        at = start + length;
        value = bytes.subarray(start, at);
        break;
      }
      default:
        at = begin + ((tag & 7) === 1 ? 8 : 4);
        value = bytes.subarray(begin, at);
    }
    const number = Math.floor(tag / 8);
    const there = fields.get(number);
    if (there) {
      there.push(value);
    } else {
      fields.set(number, [value]);
    }
  }
  return fields;
}
