/**
 * The engine for any page: a store is opened, and answers calls by bytes, or requests of gRPC-Web
 * as Milvus's web clients make them.
 */

import { EngineClient } from './client.js';
import { handle } from './grpc-web.js';
import { EnginePage } from './page.js';

export interface OpenOptions {
  /** `milvus://local[/name]` is kept in the browser's files, `milvus://memory[/name]` nowhere. */
  store?: string;
  /** where the files of this package are, if not beside this one */
  worker?: URL;
  wasm?: URL;
}

export interface CallOptions {
  /** of the connection, where the request names none */
  database?: string;
  /** aborts the call */
  signal?: AbortSignal;
}

export class MilvusEngine {
  constructor(page: EnginePage, client: EngineClient, store: string) {
    this._page = page;
    this._client = client;
    this._store = store;
  }

  /** What is to be said of the store: that it is kept nowhere, for one. */
  get notices(): string[] {
    return this._client.notices(this._store);
  }

  /**
   * Calls a method of `milvus.proto.milvus.MilvusService` with a message's bytes; gives the
   * reply's, or rejects with a {@link Refusal}.
   */
  call(method: string, request: Uint8Array, options: CallOptions = {}): Promise<Uint8Array> {
    const { database = '', signal } = options;
    const call = this._client.call(this._store, method, database, !READS.test(method), request);
    signal?.addEventListener('abort', () => call.cancel(), { once: true });
    return call.reply;
  }

  /** Answers a request of gRPC-Web: what a web client takes in the place of `fetch`. */
  fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    return handle(request, (method, message, database) =>
      this.call(method, message, { database, signal: request.signal })
    );
  };

  /** Ends the worker. What was acknowledged in a local store is kept. */
  close(): void {
    this._client.close();
    this._page.dispose();
  }

  private _page: EnginePage;
  private _client: EngineClient;
  private _store: string;
}

/** Opens a store; it is read at the first call. */
export async function open(options: OpenOptions = {}): Promise<MilvusEngine> {
  const { store = 'milvus://local' } = options;
  if (!/^milvus:\/\/(local|memory)(\/[A-Za-z0-9_-]{1,64})?$/.test(store)) {
    throw new Error(`${store} is no store: milvus://local[/name] and milvus://memory[/name] are`);
  }
  const worker = options.worker ?? new URL('./milvus-engine.worker.js', import.meta.url);
  const wasm = options.wasm ?? new URL('./milvus_engine_bg.wasm', import.meta.url);
  const page = new EnginePage(() => new Worker(worker, { type: 'module' }), wasm.href);
  return new MilvusEngine(page, new EngineClient((name, port) => page.connect(name, port)), store);
}

/** Methods that change nothing. */
const READS =
  /^(Query|Search|HybridSearch|Get|Describe|Show|List|Has|Check|Select|Connect|RunAnalyzer|Export)/;
