/**
 * The notebook's files as the worker sees them: the page has them, and what a URL leads to is
 * fetched.
 */

import type { Files, Pieces } from '../wasm/milvus_kernel.js';
import type { Request, Response as Message } from './protocol';

/** Bytes that are handed on at a time. */
const PIECE = 1 << 20;

interface Pending {
  resolve: (content: Uint8Array | undefined) => void;
  reject: (error: Error) => void;
}

export class RemoteFiles implements Files {
  constructor(post: (response: Message) => void) {
    this._post = post;
  }

  async read(place: string): Promise<Uint8Array> {
    if (isUrl(place)) {
      return new Uint8Array(await (await answer(place)).arrayBuffer());
    }
    const content = await this._ask(place);
    if (!content) {
      throw new Error(`${place} has no content`);
    }
    return content;
  }

  /** A file of the page comes whole, and is handed on in pieces; a URL's is never whole here. */
  async open(place: string, gzipped: boolean): Promise<Pieces> {
    if (!isUrl(place)) {
      const bytes = await this.read(place);
      return gzipped ? unpacked(place, new Blob([bytes as BlobPart]).stream()) : pieces(bytes);
    }
    const { body } = await answer(place);
    if (!body) {
      return pieces(new Uint8Array());
    }
    return gzipped ? unpacked(place, body) : streamed(body);
  }

  async write(path: string, bytes: Uint8Array, gzipped: boolean): Promise<void> {
    if (gzipped) {
      const packing = new CompressionStream('gzip');
      const packed = new Blob([bytes as BlobPart]).stream().pipeThrough(packing);
      bytes = new Uint8Array(await new Response(packed).arrayBuffer());
    }
    await this._ask(path, bytes);
  }

  /** What the page answers. */
  reply({ id, content, error }: Request & { type: 'file_reply' }): void {
    const pending = this._pending.get(id);
    this._pending.delete(id);
    if (error === undefined) {
      pending?.resolve(content);
    } else {
      pending?.reject(new Error(error));
    }
  }

  private _ask(path: string, content?: Uint8Array): Promise<Uint8Array | undefined> {
    const id = this._nextId++;
    return new Promise((resolve, reject) => {
      this._pending.set(id, { resolve, reject });
      this._post({ type: 'file_request', id, path, content });
    });
  }

  private _post: (response: Message) => void;
  private _pending = new Map<number, Pending>();
  private _nextId = 0;
}

function isUrl(place: string): boolean {
  return /^https?:\/\//i.test(place);
}

function streamed(stream: ReadableStream<Uint8Array>): Pieces {
  const reader = stream.getReader();
  return {
    next: async () => (await reader.read()).value,
    cancel: () => void reader.cancel().catch(() => undefined)
  };
}

function unpacked(place: string, stream: ReadableStream<Uint8Array>): Pieces {
  const unpacking = new DecompressionStream('gzip') as TransformStream<Uint8Array, Uint8Array>;
  const { next, cancel } = streamed(stream.pipeThrough(unpacking));
  return {
    next: () =>
      next().catch(() => {
        throw new Error(`${place} is no gzip, or is cut off`);
      }),
    cancel
  };
}

function pieces(bytes: Uint8Array): Pieces {
  let at = 0;
  return {
    next: async () => (at < bytes.length ? bytes.subarray(at, (at += PIECE)) : undefined),
    cancel: () => (at = bytes.length)
  };
}

async function answer(url: string): Promise<Response> {
  const response = await fetch(url).catch(() => undefined);
  if (!response) {
    throw new Error(
      `${url} cannot be reached from this page: nothing answers there, or it allows no other ` +
        'site (CORS)'
    );
  }
  if (!response.ok) {
    throw new Error(`${url} answers with HTTP status ${response.status}`);
  }
  return response;
}
