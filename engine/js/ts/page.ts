/**
 * The engine as the page owns it: one worker for all who call, started when it is first needed, and
 * again after it has failed.
 */

import { words, type Command, type Told } from './protocol.js';

export class EnginePage {
  /** `start` makes the worker; `wasm` is the URL of its module. */
  constructor(start: () => Worker, wasm: string) {
    this._start = start;
    this._wasm = wasm;
  }

  /** Has a store answer what comes over a port. */
  connect(store: string, port: MessagePort): void {
    if (store.startsWith('milvus://local')) {
      askToPersist();
    }
    const worker = (this._worker ??= this._started());
    worker.post({ type: 'connect', store, port }, [port]);
  }

  dispose(): void {
    this._worker?.end();
    this._worker = undefined;
  }

  private _started(): Running {
    const running = new Running(this._start(), this._wasm, () => {
      if (this._worker === running) {
        this._worker = undefined;
      }
    });
    return running;
  }

  private _start: () => Worker;
  private _wasm: string;
  private _worker: Running | undefined;
}

/** A worker, whose module is compiled while it starts. */
class Running {
  constructor(worker: Worker, wasm: string, onFailed: () => void) {
    this._worker = worker;
    // a port that a worker never takes would be lost with it
    const started = new Promise<void>(resolve => {
      worker.onmessage = ({ data }: MessageEvent<Told>) => {
        if (data.type === 'started') {
          resolve();
        } else {
          onFailed();
          this.end();
        }
      };
    });
    worker.onerror = event => {
      onFailed();
      this._fail(event.message || 'the worker of the engine could not be started');
    };
    Promise.all([compile(wasm), started]).then(
      ([module]) => {
        worker.postMessage({ type: 'load', wasm: module } satisfies Command);
        this._waiting?.forEach(([command, transfer]) => worker.postMessage(command, transfer));
        this._waiting = undefined;
      },
      error => {
        onFailed();
        this._fail(`the engine could not be loaded: ${words(error)}`);
      }
    );
  }

  post(command: Command & { type: 'connect' }, transfer: Transferable[]): void {
    if (this._waiting) {
      this._waiting.push([command, transfer]);
    } else {
      this._worker.postMessage(command, transfer);
    }
  }

  end(): void {
    this._worker.terminate();
  }

  /** Tells those who wait; the ports that the worker has already are closed with it. */
  private _fail(message: string): void {
    this._waiting?.forEach(([{ port }]) => port.postMessage({ type: 'failed', message }));
    this._waiting = [];
    this.end();
  }

  private _worker: Worker;
  private _waiting: [Command & { type: 'connect' }, Transferable[]][] | undefined = [];
}

/** Asks the browser once to keep the site's files when the disk is full. SHOW STORAGE tells. */
function askToPersist(): void {
  if (!hasAsked) {
    hasAsked = true;
    // refused, or not to be asked here: the files are there all the same
    navigator.storage?.persist?.().catch(() => undefined);
  }
}

let hasAsked = false;

/**
 * Streams a module in; a host that serves it under another type than application/wasm costs a
 * copy.
 */
export async function compile(url: string): Promise<WebAssembly.Module> {
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`HTTP ${response.status}`);
  }
  if (response.headers.get('content-type')?.startsWith('application/wasm')) {
    return WebAssembly.compileStreaming(response);
  }
  return WebAssembly.compile(await response.arrayBuffer());
}
