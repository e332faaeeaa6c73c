/**
 * What the page and the worker say to each other. What a call takes and gives is as `Kernel` in
 * `src/wasm.rs` has it: the declarations are made from there.
 */

import type { DisplayData, Kernel } from '../wasm/milvus_kernel.js';

/** The methods of `Kernel` that the page calls. */
export type Method =
  | 'run'
  | 'restore'
  | 'complete'
  | 'inspect'
  | 'isComplete'
  | 'history'
  | 'speak'
  | 'rows'
  | 'lint'
  | 'status'
  | 'quoted'
  | 'rows';

/** What a method takes, but for a callback, which stays in the worker. */
export type Args<M extends Method> =
  Parameters<Kernel[M]> extends [...infer Data, (content: DisplayData) => void]
    ? Data
    : Parameters<Kernel[M]>;

/** What a method comes to. */
export type Result<M extends Method> = Awaited<ReturnType<Kernel[M]>>;

/** A method with its arguments. */
export type Call = { [M in Method]: { method: M; args: Args<M> } }[Method];

/** Where the module of parquet and arrow is: nothing of it is loaded before it is asked for. */
export interface ColumnsModule {
  script: string;
  wasm: string;
}

/** What its worker is asked. */
export type ColumnsRequest =
  | { type: 'read'; wasm: string; file: Blob }
  | { type: 'next' }
  /** fields, and batches of at least one */
  | { type: 'write'; wasm: string; format: string; pieces: Uint8Array[] };

/** What it answers, one after the other: the fields, a batch, or a file. */
export interface ColumnsResponse {
  /** nothing is behind the last batch */
  piece?: Uint8Array;
  error?: string;
}

export type Request =
  | { type: 'load'; wasm: WebAssembly.Module; columns: ColumnsModule }
  | { type: 'interrupt' }
  /** what was typed at a prompt; nothing where nobody can be asked */
  | { type: 'input_reply'; value?: string }
  /** a file or the names of a folder that were asked for; of a written file there is no content */
  | { type: 'file_reply'; id: number; content?: Blob | string[]; error?: string }
  | { type: 'call'; id: number; call: Call };

export type Response =
  | { type: 'result'; id: number; result: unknown }
  | { type: 'display_data'; id: number; content: DisplayData }
  /** what `restore` would take now; it holds secrets and goes nowhere from the page's memory */
  | { type: 'snapshot'; snapshot: string }
  /** the engine of the page is to answer for a store what comes over the port */
  | { type: 'engine'; store: string; port: MessagePort }
  /** a file of the notebook's folder is to be read, or written where there is a content */
  | { type: 'file_request'; id: number; path: string; content?: Uint8Array }
  /** the names in a folder are asked for; `file_reply` has them */
  | { type: 'list_request'; id: number; path: string }
  /** the running cell asks for a secret */
  | { type: 'input_request'; prompt: string }
  /** the wasm did not load or has trapped: this worker is of no more use */
  | { type: 'fatal'; message: string };
