// The engine's figures in Chromium, each beside its peer: `node benches/engine.mjs [case …]`. The
// cases are the files of benches/engine; QUICK=1 runs them with a tenth of the rows.

import { Host, load } from './engine/host.mjs';

const CASES = ['package', 'exact', 'graph', 'peers', 'filter', 'text', 'memory'];

const named = process.argv.slice(2);
const unknown = named.filter(name => !CASES.includes(name));
if (unknown.length) {
  throw new Error(`no such case: ${unknown}; there are ${CASES.join(', ')}`);
}
const host = await Host.start();
const loads = [];
try {
  for (const name of CASES.filter(name => !named.length || named.includes(name))) {
    loads.push(`${name} ${load()}`);
    const { run } = await import(`./engine/${name}.mjs`);
    await run(host);
  }
} finally {
  await host.close();
}
console.log(`\nThe load of the machine before each: ${loads.join(', ')}; at the end ${load()}`);
