/**
 * What the page, the engine's worker and those who call the engine say to each other. Requests and
 * replies are the bytes of Milvus's own messages.
 */

/** From the page to the worker. */
export type Command =
  | { type: 'load'; wasm: WebAssembly.Module }
  /** `store` is `milvus://local[/name]` or `milvus://memory[/name]`; calls come over the port */
  | { type: 'connect'; store: string; port: MessagePort };

/** From the worker to the page. */
export type Told =
  /** its script runs: what is posted from now on arrives, and so does an error of it */
  { type: 'started' } | { type: 'failed'; message: string };

export interface Call {
  /** of `milvus.proto.milvus.MilvusService` */
  method: string;
  /** of the connection, where the request names none */
  database: string;
  /** whether it changes something, so that it is not sent a second time */
  writes: boolean;
  request: Uint8Array;
}

/** Over a port, to the engine. */
export type ToEngine = { type: 'call'; id: number; call: Call } | { type: 'cancel'; id: number };

/** Over a port, from the engine. */
export type FromEngine =
  /** once, before the first answer: what is to be said of the store */
  | { type: 'opened'; notices: string[] }
  | { type: 'reply'; id: number; reply: Uint8Array }
  | { type: 'refused'; id: number; refusal: Refusal }
  /** the worker ends, and no call over this port is answered any more */
  | { type: 'failed'; message: string };

/** A status of gRPC. */
export interface Refusal {
  code: number;
  message: string;
}

export const CANCELLED = 1;
export const UNKNOWN = 2;
export const UNIMPLEMENTED = 12;
export const UNAVAILABLE = 14;

export function isRefusal(error: unknown): error is Refusal {
  return typeof (error as Refusal | undefined)?.code === 'number';
}

export function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
