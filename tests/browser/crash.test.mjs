// The browser is killed in the middle of writes, again and again: what was acknowledged is there.
// KILLS=50 kills it as often as that.

import assert from 'node:assert';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { launchFirefoxIn } from './firefox.mjs';
import { FLAGS } from './page.mjs';
import { PACKAGE, plainServer } from './plain.mjs';

const require = createRequire(new URL('../../jupyterlite/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const KILLS = Number(process.env.KILLS ?? 8);
/** Bytes of the largest write. */
const LARGEST = 400_000;

/** A page of a browser with this profile, in a process group of its own. */
async function chromiumIn(profile, tries = 3) {
  await rm(join(profile, 'DevToolsActivePort'), { force: true });
  const child = spawn(
    process.env.CHROMIUM ?? '/usr/bin/chromium',
    [...FLAGS, '--headless', '--remote-debugging-port=0', `--user-data-dir=${profile}`],
    { detached: true, stdio: 'ignore' }
  );
  const kill = () => process.kill(-child.pid, 'SIGKILL');
  try {
    const port = await until(async () => {
      const text = await readFile(join(profile, 'DevToolsActivePort'), 'utf8').catch(() => '');
      return text.split('\n')[0] || undefined;
    });
    const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`, { timeout: 10_000 });
    return { page: await browser.contexts()[0].newPage(), kill };
  } catch (error) {
    kill();
    // one that was killed may hang at its next start
    if (tries > 1) {
      return chromiumIn(profile, tries - 1);
    }
    throw error;
  }
}

async function firefoxIn(profile) {
  const { context, kill } = await launchFirefoxIn(profile);
  return { page: await context.newPage(), kill };
}

async function until(found, limit = 30_000) {
  for (const end = Date.now() + limit; Date.now() < end; ) {
    const result = await found();
    if (result !== undefined) {
      return result;
    }
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  throw new Error('it did not come in time');
}

/** What databases there are, and how long a property of each is. */
const kept = page =>
  page.evaluate(async () => {
    const { open } = await import('/index.js');
    const engine = await open({ store: 'milvus://local/crash' });
    window.engine = engine;
    const text = bytes => new TextDecoder('latin1').decode(bytes);
    const names = text(await engine.call('ListDatabases', new Uint8Array())).match(/d\d{6}/g) ?? [];
    const all = [];
    for (const name of names) {
      const request = new Uint8Array([0x12, name.length, ...new TextEncoder().encode(name)]);
      const reply = text(await engine.call('DescribeDatabase', request));
      all.push([name, (reply.match(/x+/g) ?? ['']).at(-1).length]);
    }
    return all;
  });

/** Writes databases with a property of some length, one after the other, without an end. */
const write = (page, first, largest) =>
  page.evaluate(
    async ([first, largest]) => {
      const varint = n => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >>> 7)]);
      const field = (tag, bytes) => new Uint8Array([tag, ...varint(bytes.length), ...bytes]);
      const bytes = text => new TextEncoder().encode(text);
      for (let n = first; ; n++) {
        const length = 1 + ((n * 7919) % largest);
        const name = `d${String(n).padStart(6, '0')}`;
        const pair = [...field(0x0a, bytes('k')), ...field(0x12, bytes('x'.repeat(length)))];
        const request = new Uint8Array([...field(0x12, bytes(name)), ...field(0x1a, pair)]);
        const status = await window.engine.call('CreateDatabase', request);
        if (status.length > 0) {
          throw new Error(new TextDecoder().decode(status));
        }
        await window.acknowledged(name, length);
      }
    },
    [first, largest]
  );

for (const [name, kills, open] of [
  ['Chromium', KILLS, chromiumIn],
  // it takes some seconds to start
  ['Firefox', Number(process.env.KILLS ?? 3), firefoxIn]
]) {
  describe(name, () => {
    let server;
    let profile;
    before(async () => {
      server = await plainServer('/', PACKAGE);
      profile = await mkdtemp(join(tmpdir(), 'milvus-engine-'));
    });
    after(async () => {
      await server?.off();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    });

    test(`${kills} times killed`, async () => {
      const acknowledged = [];
      for (let round = 0; round <= kills; round++) {
        const { page, kill } = await open(profile);
        try {
          await page.goto(`${server.url}/index.js`);
          const there = new Map(await kept(page));
          for (const [name, length] of acknowledged) {
            assert.equal(there.get(name), length, `${name}, after ${round} kills`);
          }
          // one more may have been kept, whose acknowledgement the kill took away
          assert.ok(there.size <= acknowledged.length + round, `${there.size} after ${round}`);
          if (round === kills) {
            break;
          }
          const before = acknowledged.length;
          await page.exposeFunction('acknowledged', (name, length) => {
            acknowledged.push([name, length]);
          });
          write(page, 1000 * round, LARGEST).catch(() => undefined);
          await until(() => (acknowledged.length >= before + 3 + (round % 5) ? true : undefined));
          await new Promise(resolve => setTimeout(resolve, (round * 37) % 100));
        } finally {
          await kill();
        }
      }
      console.log(`${acknowledged.length} writes were acknowledged, and none is lost`);
    });
  });
}
