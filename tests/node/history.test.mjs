// The history: kept where the page keeps things, read as `history_request` asks for it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { quiet, startPage } from './page.mjs';

const KEY = 'history';

let page;
let storage;
let first;
let second;

/** As far as a page's `localStorage` is used; `most` is the room that there is. */
class Room {
  constructor(most = Infinity) {
    this._most = most;
  }

  getItem(key) {
    return this._items.get(key) ?? null;
  }

  setItem(key, value) {
    if (value.length > this._most) {
      throw new DOMException('there is no room', 'QuotaExceededError');
    }
    this._items.set(key, String(value));
  }

  _items = new Map();
}

const on = storage => page.start({ history: new page.History(storage, KEY) });

/** The entries of a history, by what is asked beside the usual. */
const entries = async (client, content) => {
  const asked = { output: false, raw: true, ...content };
  const { status, history } = await client.ask('history_request', asked);
  assert.equal(status, 'ok');
  return history;
};
const range = (session, start, stop) => ({ hist_access_type: 'range', session, start, stop });
const search = (pattern, more) => ({ hist_access_type: 'search', pattern, ...more });
const tail = n => ({ hist_access_type: 'tail', n });

before(async () => {
  page = await startPage();
  storage = new Room();
  first = on(storage);
  for (const n of [1, 2, 3]) {
    await first.run(`SELECT ${n}`);
  }
  second = on(storage);
  await second.run('SELECT 1');
  await second.run("SELECT 'a*b'");
});

after(async () => {
  const console = quiet(page, first, second);
  await page?.close();
  assert.equal(console, '');
});

test('the tail has the sessions before it, in their order', async () => {
  assert.deepEqual(await entries(second, tail(3)), [
    [1, 3, 'SELECT 3'],
    [2, 1, 'SELECT 1'],
    [2, 2, "SELECT 'a*b'"]
  ]);
  assert.equal((await entries(second, tail(100))).length, 5);
  const withOutput = await entries(second, { ...tail(1), output: true });
  assert.deepEqual(withOutput, [[2, 2, ["SELECT 'a*b'", null]]]);
});

test('a range is of a session: 0 is this one, and below it are those before', async () => {
  const ones = [[1, 2, 'SELECT 2'], [1, 3, 'SELECT 3']];
  assert.deepEqual(await entries(second, range(-1, 2, 4)), ones);
  assert.deepEqual(await entries(second, range(1, 2)), ones);
  assert.deepEqual(await entries(second, range(0, 1, 2)), [[2, 1, 'SELECT 1']]);
  assert.deepEqual(await entries(second, range(7, 1, 9)), []);
});

test('a search is by a pattern, of the whole cell', async () => {
  const cells = async content => (await entries(second, content)).map(([, , cell]) => cell);
  assert.deepEqual(await cells(search('SELECT ?')), [1, 2, 3, 1].map(n => `SELECT ${n}`));
  assert.deepEqual(await cells(search('SELECT ?', { unique: true })), [
    'SELECT 2',
    'SELECT 3',
    'SELECT 1'
  ]);
  assert.deepEqual(await cells(search('SELECT ?', { n: 2 })), ['SELECT 3', 'SELECT 1']);
  assert.deepEqual(await cells(search("*'a*b'")), ["SELECT 'a*b'"]);
  assert.deepEqual(await cells(search('select*')), []);
  // what means something in a regular expression means nothing here
  assert.deepEqual(await cells(search('.*')), []);
  assert.deepEqual(await cells(search('SELECT (')), []);
});

test('secrets are covered, also in cells that fail', async () => {
  const secret = 'Qz7hK2pxV9mW4t';
  await second.run(`CREATE USER u PASSWORD '${secret}'; nonsense`);
  const [[, , cell]] = await entries(second, tail(1));
  assert.match(cell, /^CREATE USER u PASSWORD/);
  assert.equal([cell, storage.getItem(KEY)].join().includes(secret), false);
});

test('two kernels that are open at once keep one history between them', async () => {
  const both = [on(storage), on(storage)];
  for (const [at, client] of both.entries()) {
    await client.run(`SELECT 'of ${at}'`);
  }
  const third = on(storage);
  const kept = (await entries(third, tail(2))).map(([, , cell]) => cell);
  assert.deepEqual(kept, ["SELECT 'of 0'", "SELECT 'of 1'"]);
  const sessions = (await entries(third, tail(2))).map(([session]) => session);
  assert.notEqual(sessions[0], sessions[1]);
});

test('a page that keeps nothing, or has no room, has the session', async () => {
  for (const room of [undefined, new Room(0)]) {
    const client = on(room);
    await client.run('SELECT 1');
    assert.deepEqual(await entries(client, tail(5)), [[1, 1, 'SELECT 1']]);
  }
});

test('what is kept is bounded, and a very long cell is not kept', async () => {
  const room = new Room();
  const history = new page.History(room, KEY);
  for (let count = 1; count <= 1005; count++) {
    history.add(count, `SELECT ${count}`);
  }
  const all = history.entries({ hist_access_type: 'tail', n: 2000 });
  assert.deepEqual([all.length, all[0][1]], [1000, 6]);
  assert.equal(JSON.parse(room.getItem(KEY)).length, 1000);
  for (let count = 1; count <= 15; count++) {
    history.add(count, 'x'.repeat(45_000));
  }
  const kept = JSON.parse(room.getItem(KEY));
  assert.ok(kept.length >= 10 && room.getItem(KEY).length < 520_000, `${kept.length}`);
  const client = on(new Room());
  await client.run(`SELECT '${'x'.repeat(50_001)}'`);
  await client.run('SELECT 2');
  assert.deepEqual(await entries(client, tail(5)), [[1, 2, 'SELECT 2']]);
});

test('what somebody else wrote there is passed over', async () => {
  for (const damaged of ['{', '"text"', '[1, ["a"], [1, 2, "SELECT 7"]]']) {
    const room = new Room();
    room.setItem(KEY, damaged);
    const client = on(room);
    await client.run('SELECT 1');
    const cells = (await entries(client, tail(5))).map(([, , cell]) => cell);
    assert.deepEqual(cells, damaged.includes('7') ? ['SELECT 7', 'SELECT 1'] : ['SELECT 1']);
  }
});
