// A web worker as a page has it, on a thread of Node.

import { MessageChannel, Worker as Thread } from 'node:worker_threads';

export class WebWorker {
  onmessage = () => undefined;
  onerror = () => undefined;

  /** `script` is a bundle, by the URL of its file. */
  constructor(script) {
    const { port1, port2 } = new MessageChannel();
    this._control = port1;
    this._thread = new Thread(new URL('thread.mjs', import.meta.url), {
      workerData: { script: String(script), control: port2 },
      transferList: [port2],
      stdout: true,
      stderr: true
    });
    this._thread.on('message', data => this.onmessage({ data }));
    this._thread.on('messageerror', error => this.onerror(error));
    this._thread.on('error', error => this.onerror({ message: error.message }));
    this.ended = new Promise(resolve => this._thread.once('exit', resolve));
    for (const stream of [this._thread.stdout, this._thread.stderr]) {
      stream.setEncoding('utf8').on('data', text => (this.console += text));
    }
  }

  /** What it wrote into the console. */
  console = '';

  postMessage(message, transfer) {
    this._thread.postMessage(message, transfer);
  }

  /** Makes the worker deaf for a while, as work does that never yields. */
  async stall(ms) {
    const deaf = new Promise(resolve => this._control.once('message', resolve));
    this._control.postMessage({ shared: new Int32Array(new SharedArrayBuffer(4)), ms });
    await deaf;
  }

  terminate() {
    this._control.close();
    void this._thread.terminate();
  }
}
