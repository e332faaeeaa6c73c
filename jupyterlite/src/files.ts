/**
 * The notebook's files as the worker sees them: the page has them, and what a URL leads to is
 * fetched.
 */

import type { Files } from '../wasm/milvus_kernel.js';
import type { Request, Response } from './protocol';

interface Pending {
  resolve: (content: Uint8Array | undefined) => void;
  reject: (error: Error) => void;
}

export class RemoteFiles implements Files {
  constructor(post: (response: Response) => void) {
    this._post = post;
  }

  async read(place: string): Promise<Uint8Array> {
    if (/^https?:\/\//i.test(place)) {
      return fetched(place);
    }
    const content = await this._ask(place);
    if (!content) {
      throw new Error(`${place} has no content`);
    }
    return content;
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

async function fetched(url: string): Promise<Uint8Array> {
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
  return new Uint8Array(await response.arrayBuffer());
}
