/**
 * The worker as the kernel sees it: calls that always come to an end, whatever happens in there.
 */

import { compile } from '../../engine/js/dist/index.js';
import type { DisplayData } from '../wasm/milvus_kernel.js';
import type { NotebookFiles } from './contents';
import type {
  Args,
  Call,
  ColumnsModule,
  Method,
  Request,
  Response,
  Result
} from './protocol';

interface Pending {
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
  onDisplayData?: (content: DisplayData) => void;
}

export class WorkerClient {
  /**
   * `start` makes the worker; `wasm` is the URL of its module, which is compiled here while the
   * worker starts. `engine` has a store of the page's engine answer what comes over a port; `files`
   * are the notebook's; `columns` is where parquet and arrow are read and written.
   */
  constructor(
    start: () => Worker,
    wasm: string,
    engine: (store: string, port: MessagePort) => void,
    files: NotebookFiles,
    columns: ColumnsModule
  ) {
    this._files = files;
    this._engine = engine;
    this._worker = start();
    this._worker.onmessage = event => this._receive(event.data as Response);
    this._worker.onerror = event => this._fail(event.message || 'the worker could not be started');
    void compile(wasm).then(
      module => this._post({ type: 'load', wasm: module, columns }),
      error => this._fail(`the wasm could not be loaded: ${message(error)}`)
    );
  }

  /** Why no call can succeed any more, if so. */
  get failure(): string | undefined {
    return this._failure;
  }

  /** What makes another worker's kernel as this one's was. */
  get snapshot(): string | undefined {
    return this._snapshot;
  }

  /** `onDisplayData` takes what a running cell shows, as it comes. */
  call<M extends Method>(
    method: M,
    args: Args<M>,
    onDisplayData?: (content: DisplayData) => void
  ): Promise<Result<M>> {
    if (this._failure !== undefined) {
      return Promise.reject(new Error(this._failure));
    }
    const id = this._nextId++;
    return new Promise<Result<M>>((resolve, reject) => {
      const settle = resolve as (result: unknown) => void;
      this._pending.set(id, { resolve: settle, reject, onDisplayData });
      // which method it is, the compiler no longer knows here
      this._post({ type: 'call', id, call: { method, args } as Call });
    });
  }

  /** Called when the running cell asks for a secret; `inputReply` answers. */
  onInputRequest: (prompt: string) => void = () => this.inputReply();

  /** What was typed; nothing where nobody can be asked. */
  inputReply(value?: string): void {
    this._post({ type: 'input_reply', value });
  }

  interrupt(): void {
    this._post({ type: 'interrupt' });
  }

  /** Ends the worker; calls are rejected with the reason. */
  dispose(reason = 'the kernel was shut down'): void {
    this._fail(reason);
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
      case 'display_data':
        this._pending.get(response.id)?.onDisplayData?.(response.content);
        break;
      case 'snapshot':
        this._snapshot = response.snapshot;
        break;
      case 'engine':
        this._engine(response.store, response.port);
        break;
      case 'file_request':
        void this._reply(response.id, this._file(response));
        break;
      case 'list_request':
        void this._reply(response.id, this._files.list(response.path));
        break;
      case 'input_request':
        this.onInputRequest(response.prompt);
        break;
      case 'result':
        this._pending.get(response.id)?.resolve(response.result);
        this._pending.delete(response.id);
        break;
      case 'fatal':
        this._fail(response.message);
    }
  }

  private async _file(asked: Response & { type: 'file_request' }): Promise<Blob | undefined> {
    const { path, content } = asked;
    return content ? void (await this._files.write(path, content)) : this._files.read(path);
  }

  private async _reply(id: number, asked: Promise<Blob | string[] | undefined>): Promise<void> {
    try {
      this._post({ type: 'file_reply', id, content: await asked });
    } catch (error) {
      this._post({ type: 'file_reply', id, error: message(error) });
    }
  }

  private _fail(message: string): void {
    this._failure ??= message;
    this._worker.terminate();
    const pending = [...this._pending.values()];
    this._pending.clear();
    pending.forEach(({ reject }) => reject(new Error(message)));
  }

  private _files: NotebookFiles;
  private _engine: (store: string, port: MessagePort) => void;
  private _worker: Worker;
  private _failure: string | undefined;
  private _snapshot: string | undefined;
  private _loaded = false;
  private _waiting: Request[] = [];
  private _nextId = 0;
  private _pending = new Map<number, Pending>();
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
