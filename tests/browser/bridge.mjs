// The kernel in a page of the built site as a process: Jupyter's messages come and go as JSON, one
// a line, each with its channel. `tests/kernel_bridge.py` has it as its other half. Ends with its
// input.

import { createInterface } from 'node:readline';

import { launch, newPage } from './page.mjs';
import { plainServer } from './plain.mjs';

const host = await plainServer();
const browser = await launch();
const page = await newPage(browser);
await page.exposeFunction('fromKernel', line => process.stdout.write(`${line}\n`));
await page.goto(`${host.url}/lab/index.html`);
await page.waitForFunction(() => window.jupyterapp?.serviceManager.isReady);
await page.evaluate(() => window.jupyterapp.allPluginsActivated);
await page.evaluate(connect);
for await (const line of createInterface({ input: process.stdin })) {
  await page.evaluate(message => window.toKernel(message), JSON.parse(line));
}
await browser.close();
await host.off();

/** In the page: a kernel, and a connection to it that carries whole messages. */
async function connect() {
  const kernel = await window.jupyterapp.serviceManager.kernels.startNew({ name: 'milvus' });
  // the page takes replies for its own connections alone: each goes out with its name
  const headers = new Map();
  window.toKernel = ({ channel, ...message }) => {
    const { header } = message;
    headers.set(header.msg_id, header);
    const sent = { ...message, channel, header: { ...header, session: kernel.clientId } };
    if (channel === 'stdin') {
      kernel.sendInputReply(message.content, message.parent_header);
    } else if (channel === 'control') {
      kernel.sendControlMessage(sent, false, true);
    } else {
      kernel.sendShellMessage(sent, false, true);
    }
  };
  kernel.anyMessage.connect((_, { msg, direction }) => {
    const parent_header = headers.get(msg.parent_header?.msg_id);
    if (direction === 'recv' && parent_header) {
      window.fromKernel(JSON.stringify({ ...msg, parent_header, buffers: [] }));
    }
  });
}
