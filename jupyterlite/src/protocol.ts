/** What the page and the worker say to each other. The worker decides nothing: every call goes to the wasm as it is. */

/** The calls of `Kernel` in `src/wasm.rs`. */
export interface Calls {
  run: { args: [code: string]; result: RunResult };
  complete: { args: [code: string, cursor: number]; result: Completion };
  inspect: { args: [code: string, cursor: number]; result: string | undefined };
  isComplete: { args: [code: string]; result: 'complete' | 'incomplete' | 'invalid' };
}

export type RunResult =
  | { status: 'ok' }
  | { status: 'error'; ename: string; evalue: string; traceback: string[] };

export interface Completion {
  start: number;
  end: number;
  matches: { text: string; type: string; signature: string }[];
}

/** A MIME bundle, as `display_data` has it. */
export interface Bundle {
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
}

export type Request =
  | { type: 'load'; wasm: WebAssembly.Module }
  | { type: 'interrupt' }
  /** what was typed at a prompt; nothing where nobody can be asked */
  | { type: 'typed'; text?: string }
  | { type: 'call'; id: number; method: keyof Calls; args: unknown[] };

export type Response =
  | { type: 'ready'; version: string }
  | { type: 'result'; id: number; result: unknown }
  | { type: 'bundle'; id: number; bundle: Bundle }
  /** the running cell asks for a secret */
  | { type: 'ask'; prompt: string }
  /** the wasm did not load or has trapped: this worker is of no more use */
  | { type: 'fatal'; message: string };
