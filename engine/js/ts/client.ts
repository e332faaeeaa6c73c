/**
 * Whoever calls the engine: a kernel in its worker, or the page. A port to each store is made when
 * the store is first called; after the engine's worker has failed, the next call makes another.
 */

import {
  CANCELLED,
  UNAVAILABLE,
  type Call,
  type FromEngine,
  type Refusal,
  type ToEngine
} from './protocol.js';

/** A call under way; it is rejected with a {@link Refusal}. */
export interface EngineCall {
  reply: Promise<Uint8Array>;
  /** Ends a call whose answer nobody waits for any more. */
  cancel(): void;
}

export class EngineClient {
  /** `connect` hands the other end of a port to the page, which owns the engine. */
  constructor(connect: (store: string, port: MessagePort) => void) {
    this._connect = connect;
  }

  call(
    store: string,
    method: string,
    database: string,
    writes: boolean,
    request: Uint8Array
  ): EngineCall {
    return this._connection(store).call({ method, database, writes, request });
  }

  /** What is to be said of a store; whole when a call has been answered. */
  notices(store: string): string[] {
    return this._connections.get(store)?.notices ?? [];
  }

  /** Ends every connection. */
  close(): void {
    this._connections.forEach(connection => connection.close());
    this._connections.clear();
  }

  private _connection(store: string): Connection {
    const known = this._connections.get(store);
    if (known) {
      return known;
    }
    const { port1, port2 } = new MessageChannel();
    const connection = new Connection(port1, () => this._connections.delete(store));
    this._connections.set(store, connection);
    this._connect(store, port2);
    return connection;
  }

  private _connect: (store: string, port: MessagePort) => void;
  private _connections = new Map<string, Connection>();
}

interface Pending {
  resolve: (reply: Uint8Array) => void;
  reject: (refusal: Refusal) => void;
}

class Connection {
  notices: string[] = [];

  constructor(port: MessagePort, onFailed: () => void) {
    this._port = port;
    this._onFailed = onFailed;
    port.onmessage = event => this._receive(event.data as FromEngine);
  }

  call(call: Call): EngineCall {
    const id = this._nextId++;
    const reply = new Promise<Uint8Array>((resolve, reject) =>
      this._pending.set(id, { resolve, reject })
    );
    // the caller's bytes lie in the memory of its own wasm, or are a copy already
    const request = call.request.slice();
    this._post({ type: 'call', id, call: { ...call, request } }, [request.buffer]);
    return { reply, cancel: () => this._cancel(id) };
  }

  close(): void {
    this._fail('the connection to the engine was closed');
  }

  private _cancel(id: number): void {
    const pending = this._pending.get(id);
    if (pending) {
      this._pending.delete(id);
      this._post({ type: 'cancel', id });
      pending.reject({ code: CANCELLED, message: 'the call was cancelled' });
    }
  }

  private _receive(message: FromEngine): void {
    switch (message.type) {
      case 'opened':
        this.notices = message.notices;
        break;
      case 'reply':
        this._pending.get(message.id)?.resolve(message.reply);
        this._pending.delete(message.id);
        break;
      case 'refused':
        this._pending.get(message.id)?.reject(message.refusal);
        this._pending.delete(message.id);
        break;
      case 'failed':
        this._fail(message.message);
    }
  }

  private _fail(message: string): void {
    this._onFailed();
    this._port.close();
    const pending = [...this._pending.values()];
    this._pending.clear();
    pending.forEach(({ reject }) => reject({ code: UNAVAILABLE, message }));
  }

  private _post(message: ToEngine, transfer: Transferable[] = []): void {
    this._port.postMessage(message, transfer);
  }

  private _port: MessagePort;
  private _onFailed: () => void;
  private _pending = new Map<number, Pending>();
  private _nextId = 0;
}
