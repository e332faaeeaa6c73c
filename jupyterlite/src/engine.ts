/** The worker as the kernel sees it: calls that always come to an end, whatever happens in there. */

import type { Bundle, Calls, Request, Response } from './protocol';

interface Pending {
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
  onBundle?: (bundle: Bundle) => void;
}

export class Engine {
  /** `start` makes the worker; `wasm` is the URL of its module, which is compiled here while the worker starts. */
  constructor(start: () => Worker, wasm: string) {
    this._worker = start();
    this._worker.onmessage = event => this._receive(event.data as Response);
    this._worker.onerror = event => this._fail(event.message || 'the worker could not be started');
    void compile(wasm).then(
      module => this._post({ type: 'load', wasm: module }),
      error => this._fail(`the wasm could not be loaded: ${error instanceof Error ? error.message : String(error)}`)
    );
  }

  /** Why no call can succeed any more, if so. */
  get failure(): string | undefined {
    return this._failure;
  }

  call<M extends keyof Calls>(method: M, args: Calls[M]['args'], onBundle?: (bundle: Bundle) => void): Promise<Calls[M]['result']> {
    if (this._failure !== undefined) {
      return Promise.reject(new Error(this._failure));
    }
    const id = this._nextId++;
    return new Promise((resolve, reject) => {
      this._pending.set(id, { resolve: resolve as (result: unknown) => void, reject, onBundle });
      this._post({ type: 'call', id, method, args });
    });
  }

  /** Called when the running cell asks for a secret; `typed` answers. */
  onAsk: (prompt: string) => void = () => this.typed();

  typed(text?: string): void {
    this._post({ type: 'typed', text });
  }

  interrupt(): void {
    this._post({ type: 'interrupt' });
  }

  dispose(): void {
    this._fail('the kernel was shut down');
  }

  private _post(request: Request): void {
    // calls wait for the module, which goes first
    if (request.type === 'load') {
      this._loaded = true;
      this._worker.postMessage(request);
      this._waiting.splice(0).forEach(waiting => this._worker.postMessage(waiting));
    } else if (this._loaded) {
      this._worker.postMessage(request);
    } else {
      this._waiting.push(request);
    }
  }

  private _receive(response: Response): void {
    switch (response.type) {
      case 'ready':
        break;
      case 'bundle':
        this._pending.get(response.id)?.onBundle?.(response.bundle);
        break;
      case 'ask':
        this.onAsk(response.prompt);
        break;
      case 'result':
        this._pending.get(response.id)?.resolve(response.result);
        this._pending.delete(response.id);
        break;
      case 'fatal':
        this._fail(response.message);
    }
  }

  private _fail(message: string): void {
    this._failure ??= message;
    this._worker.terminate();
    const pending = [...this._pending.values()];
    this._pending.clear();
    pending.forEach(({ reject }) => reject(new Error(message)));
  }

  private _worker: Worker;
  private _failure: string | undefined;
  private _loaded = false;
  private _waiting: Request[] = [];
  private _nextId = 0;
  private _pending = new Map<number, Pending>();
}

/** Streams the module in; a host that serves it under another type than application/wasm costs a copy. */
async function compile(url: string): Promise<WebAssembly.Module> {
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`HTTP ${response.status}`);
  }
  if (response.headers.get('content-type')?.startsWith('application/wasm')) {
    return WebAssembly.compileStreaming(response);
  }
  return WebAssembly.compile(await response.arrayBuffer());
}
