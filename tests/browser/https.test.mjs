// The built site as deploy/README.md says: over https and under its Content-Security-Policy, with
// an Envoy that has TLS and asks for a key.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { holds, launch, newPage, openNotebook, outputs, run, server } from './page.mjs';

let browser;
let page;
const violations = [];
const envoy = new URL(server('AUTH_WEB_URL')).host;
const login = `${server('AUTH_USER')}:${server('AUTH_PASSWORD')}`;

before(async () => {
  // the certificate was made on the spot; a name that is not this machine's own, since plain http
  // to that one is no mixed content
  browser = await launch(
    '--ignore-certificate-errors',
    '--host-resolver-rules=MAP milvus.test 127.0.0.1'
  );
  page = await newPage(browser);
  page.on('console', message => {
    if (/Content Security Policy/.test(message.text())) {
      violations.push(message.text());
    }
  });
  await openNotebook(page, 'tour.ipynb', server('SECURE_SITE_URL'));
});
after(() => browser?.close());

test('who has a key comes in, by https and HTTP/2', async () => {
  const shown = await run(page, [
    `milvus://${login}@${envoy}?secure=true; SHOW VERSION`,
    `CONNECT 'https://${envoy}' TOKEN '${login}'`
  ]);
  assert.match(shown[0], /^connected to https:\/\/localhost:\d+ as alice, Milvus Lite /);
  assert.match(shown[1], /^connected to https:\/\/localhost:\d+, Milvus Lite /);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Network.enable');
  const answer = new Promise(resolve => devtools.once('Network.responseReceived', resolve));
  await page.evaluate(url => fetch(url, { mode: 'no-cors' }), server('AUTH_WEB_URL'));
  assert.equal((await answer).response.protocol, 'h2');
});

test('who has none or a wrong one is told so', async () => {
  const shown = await run(page, [
    `milvus://alice:wrong@${envoy}?secure=true`,
    `milvus://${envoy}?secure=true`
  ]);
  for (const text of shown) {
    assert.match(text, /^Unauthenticated: /);
  }
});

test('plain http is mixed content, and the help says so', async () => {
  const place = `milvus.test:${envoy.split(':')[1]}`;
  const [shown] = await run(page, [`milvus://${place}`]);
  assert.match(shown, /^Unreachable: this page came over https/);
  const [cell] = await outputs(page);
  assert.match(cell.outputs[0].traceback.join('\n'), /add `\?secure=true`/);
  // the policy lets it pass, and the browser does not
  const blocked = page.waitForEvent('console', message => /Mixed Content/.test(message.text()));
  const tried = page.evaluate(url => fetch(url, { mode: 'no-cors' }), `http://${place}`);
  await assert.rejects(tried, /Failed to fetch/);
  await blocked;
});

test('what the policy does not name cannot be called, by the page or by its kernel', async () => {
  assert.deepEqual(violations, [], 'the site itself keeps to its policy');
  // Envoy answers there; the kernel's worker has the policy of its script
  const elsewhere = `127.0.0.1:${envoy.split(':')[1]}`;
  const [shown] = await run(page, [`milvus://${login}@${elsewhere}?secure=true`]);
  assert.match(shown, /^Unreachable: /);
  await page.evaluate(() => fetch('https://127.0.0.1:1').catch(() => undefined));
  await holds(async () => assert.match(violations.join('\n'), /connect-src/));
});
