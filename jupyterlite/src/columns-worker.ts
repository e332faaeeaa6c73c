/**
 * The worker of a file of parquet or arrow: loads the module and has it read the file piece by
 * piece, or write one. Bundled by esbuild into one file.
 */

import init, { ColumnsReader, ColumnsWriter } from '../wasm/milvus_columns.js';
import type { ColumnsRequest, ColumnsResponse } from './protocol';

let reader: ColumnsReader | undefined;

self.addEventListener('message', async (event: MessageEvent<ColumnsRequest>) => {
  try {
    const piece = await answer(event.data);
    const response: ColumnsResponse = { piece };
    self.postMessage(response, piece ? [piece.buffer] : []);
  } catch (error) {
    const response: ColumnsResponse = {
      error: error instanceof WebAssembly.RuntimeError ? 'it is damaged' : message(error)
    };
    self.postMessage(response);
  }
});

async function answer(request: ColumnsRequest): Promise<Uint8Array | undefined> {
  switch (request.type) {
    case 'read':
      await load(request.wasm);
      give(request.file);
      reader = new ColumnsReader(request.file.size);
      return reader.fields();
    case 'next':
      return reader?.next();
    case 'write': {
      await load(request.wasm);
      const [fields, ...batches] = request.pieces;
      const [first] = batches;
      if (!fields || !first) {
        throw new Error('there is nothing to write');
      }
      const writer = new ColumnsWriter(request.format, fields, first);
      batches.forEach(batch => writer.write(batch));
      return writer.finish();
    }
  }
}

async function load(wasm: string): Promise<void> {
  try {
    await init({ module_or_path: wasm });
  } catch (error) {
    throw new Error(`the module for it could not be loaded: ${message(error)}`);
  }
}

/** What the module asks for while it reads: parquet is read from its end. */
function give(file: Blob): void {
  const sync = new FileReaderSync();
  const readPiece = (start: number, length: number): Uint8Array =>
    new Uint8Array(sync.readAsArrayBuffer(file.slice(start, start + length)));
  Object.assign(self, { readPiece });
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
