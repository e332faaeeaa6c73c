/**
 * The notebook's files as the worker sees them: the page has them, and what a URL leads to is
 * fetched.
 */

import type { Files, Pieces } from '../wasm/milvus_kernel.js';
import type { Request, Response } from './protocol';

/** Bytes that are handed on at a time. */
const PIECE = 1 << 20;

interface Pending {
  resolve: (content: Uint8Array | undefined) => void;
  reject: (error: Error) => void;
}

export class RemoteFiles implements Files {
  constructor(post: (response: Response) => void) {
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
  async open(place: string): Promise<Pieces> {
    if (!isUrl(place)) {
      return pieces(await this.read(place));
    }
    const { body } = await answer(place);
    const reader = body?.getReader();
    return {
      next: async () => (await reader?.read())?.value,
      cancel: () => void reader?.cancel().catch(() => undefined)
    };
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
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

  private _post: (response: Response) => void;
  private _pending = new Map<number, Pending>();
  private _nextId = 0;
}

function isUrl(place: string): boolean {
  return /^https?:\/\//i.test(place);
}

function pieces(bytes: Uint8Array): Pieces {
  let at = 0;
  return {
    next: async () => (at < bytes.length ? bytes.subarray(at, (at += PIECE)) : undefined),
    cancel: () => (at = bytes.length)
  };
}

async function answer(url: string): Promise<globalThis.Response> {
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
