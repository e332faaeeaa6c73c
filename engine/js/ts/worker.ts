/**
 * The engine's worker: loads the wasm and hands the calls of every port to the store that the port
 * was connected to. Bundled by esbuild into one file, so that a page starts it in one step.
 */

import init from '../wasm/milvus_engine.js';
import {
  isRefusal,
  words,
  type Call,
  type Command,
  type FromEngine,
  type Told,
  type ToEngine
} from './protocol.js';
import { Here, type Store } from './store.js';
import { Shared } from './tabs.js';

const stores = new Map<string, Store>();
const ports: MessagePort[] = [];
let loaded: Promise<unknown> | undefined;

self.addEventListener('error', event => fail(event.error ?? event.message));
self.addEventListener('unhandledrejection', event => fail(event.reason));

self.addEventListener('message', async (event: MessageEvent<Command>) => {
  const command = event.data;
  switch (command.type) {
    case 'load':
      loaded = init({ module_or_path: command.wasm });
      await loaded;
      break;
    case 'connect': {
      ports.push(command.port);
      await loaded;
      connect(command.store, command.port);
    }
  }
});

self.postMessage({ type: 'started' } satisfies Told);

function connect(name: string, port: MessagePort): void {
  const store = stores.get(name) ?? open(name);
  stores.set(name, store);
  const running = new Map<number, AbortController>();
  let isOpened = false;
  port.onmessage = async (event: MessageEvent<ToEngine>) => {
    const message = event.data;
    if (message.type === 'cancel') {
      running.get(message.id)?.abort();
      return;
    }
    const { id, call } = message;
    const controller = new AbortController();
    running.set(id, controller);
    let answer: FromEngine;
    let transfer: Transferable[] = [];
    try {
      const reply = await store.call(call, controller.signal);
      answer = { type: 'reply', id, reply };
      transfer = [reply.buffer];
    } catch (error) {
      if (!isRefusal(error)) {
        fail(error);
        return;
      }
      answer = { type: 'refused', id, refusal: error };
    } finally {
      running.delete(id);
    }
    if (!isOpened) {
      isOpened = true;
      post(port, { type: 'opened', notices: store.notices });
    }
    post(port, answer, transfer);
  };
}

function open(name: string): Store {
  const [, kind, folder] = /^milvus:\/\/(local|memory)(?:\/(.+))?$/.exec(name) ?? [];
  if (kind !== 'local') {
    return Here.memory(fail);
  }
  const open = () => Here.local(folder ?? 'default', fail);
  return navigator.locks ? new Shared(folder ?? 'default', open) : new Opening(open());
}

/** A store that answers when it is open. */
class Opening implements Store {
  constructor(opening: Promise<Store>) {
    this._opening = opening;
    void opening.then(store => (this.notices = store.notices));
  }

  notices: string[] = [];

  async call(call: Call, signal: AbortSignal): Promise<Uint8Array> {
    return (await this._opening).call(call, signal);
  }

  private _opening: Promise<Store>;
}

/** After a trap nothing in the wasm can be relied on. */
function fail(error: unknown): void {
  const message = `the engine ended: ${words(error)}`;
  ports.forEach(port => post(port, { type: 'failed', message }));
  self.postMessage({ type: 'failed', message } satisfies Told);
}

function post(port: MessagePort, message: FromEngine, transfer: Transferable[] = []): void {
  port.postMessage(message, transfer);
}
