// The thread of a web worker (`worker.mjs`): what a browser gives a worker and Node does not, then
// the worker's own script.

import { isMainThread, parentPort, workerData } from 'node:worker_threads';

if (!isMainThread) {
  const { WebWorker } = await import('./worker.mjs');
  const events = new EventTarget();
  Object.assign(globalThis, {
    self: globalThis,
    Worker: WebWorker,
    addEventListener: events.addEventListener.bind(events),
    postMessage: (message, transfer) => parentPort.postMessage(message, transfer)
  });
  globalThis.navigator ??= {};
  await import(workerData.script);
  // a browser's worker goes on after either, and its script is told
  const tell = (type, init) => events.dispatchEvent(Object.assign(new Event(type), init));
  process.on('uncaughtException', error => tell('error', { error, message: error.message }));
  process.on('unhandledRejection', reason => tell('unhandledrejection', { reason }));
  workerData.control.on('message', ({ shared, ms }) => {
    workerData.control.postMessage('deaf');
    Atomics.wait(shared, 0, 0, ms);
  });
  // what was posted before waits for this
  parentPort.on('message', data => events.dispatchEvent(new MessageEvent('message', { data })));
}
