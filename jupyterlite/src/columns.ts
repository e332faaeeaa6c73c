/**
 * Parquet and arrow, as the kernel's worker sees them: a worker for each file, which is ended with
 * it, and its memory with it.
 */

import type { Pieces } from '../wasm/milvus_kernel.js';
import type { ColumnsModule, ColumnsRequest, ColumnsResponse } from './protocol';

export class ColumnsWorker {
  constructor(module: ColumnsModule) {
    this._wasm = module.wasm;
    this._worker = new Worker(module.script, { type: 'module' });
    this._worker.onmessage = event => this._settle(event.data as ColumnsResponse);
    this._worker.onerror = event =>
      this._settle({ error: event.message || 'the module for it could not be loaded' });
  }

  /** The fields and the batches of a file. */
  read(place: string, file: Blob): Pieces {
    let next: ColumnsRequest = { type: 'read', wasm: this._wasm, file };
    return {
      next: async () => {
        const { piece, error } = await this._ask(next);
        next = { type: 'next' };
        if (error !== undefined) {
          throw new Error(`${place} cannot be read: ${error}`);
        }
        return piece;
      },
      share: () => undefined,
      cancel: () => this._end()
    };
  }

  /** A file of such pieces. */
  async write(format: string, pieces: Uint8Array[]): Promise<Uint8Array> {
    const request: ColumnsRequest = { type: 'write', wasm: this._wasm, format, pieces };
    const { piece, error } = await this._ask(
      request,
      pieces.map(piece => piece.buffer)
    );
    this._end();
    if (!piece) {
      throw new Error(error ?? 'nothing came of it');
    }
    return piece;
  }

  private _ask(
    request: ColumnsRequest,
    transfer: Transferable[] = []
  ): Promise<ColumnsResponse> {
    return new Promise(resolve => {
      this._settle = resolve;
      this._worker.postMessage(request, transfer);
    });
  }

  private _end(): void {
    this._worker.terminate();
    this._settle({ error: 'it is read no further' });
  }

  private _wasm: string;
  private _worker: Worker;
  private _settle: (response: ColumnsResponse) => void = () => undefined;
}
