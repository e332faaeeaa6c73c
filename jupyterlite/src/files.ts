/**
 * The notebook's files as the worker sees them: the page has them, and what a URL leads to is
 * fetched.
 */

import type { Files, Pieces } from '../wasm/milvus_kernel.js';
import { ColumnsWorker } from './columns';
import type { ColumnsModule, Request, Response as Message } from './protocol';

interface Pending {
  resolve: (content: Blob | string[] | undefined) => void;
  reject: (error: Error) => void;
}

type Asked =
  | { type: 'file_request'; path: string; content?: Uint8Array }
  | { type: 'list_request'; path: string };

export class RemoteFiles implements Files {
  constructor(post: (response: Message) => void) {
    this._post = post;
  }

  /** Where parquet and arrow are read and written. */
  columns: ColumnsModule | undefined;

  async read(place: string): Promise<Uint8Array> {
    const file = isUrl(place) ? await (await answer(place)).blob() : await this._file(place);
    return new Uint8Array(await file.arrayBuffer());
  }

  /** No file is ever whole in this worker. */
  async open(place: string, gzipped: boolean): Promise<Pieces> {
    const [stream, size] = isUrl(place)
      ? fetched(await answer(place))
      : whole(await this._file(place));
    return streamed(size, counted => unpacked(place, counted, gzipped), stream);
  }

  /** Of a file of columns the end is read first: what a URL leads to is kept by the browser. */
  async openColumns(place: string, gzipped: boolean): Promise<Pieces> {
    let file = isUrl(place) ? await (await answer(place)).blob() : await this._file(place);
    if (gzipped) {
      file = await new Response(unpacked(place, file.stream(), gzipped)).blob();
    }
    return this._columns().read(place, file);
  }

  async write(path: string, bytes: Uint8Array, gzipped: boolean): Promise<void> {
    if (gzipped) {
      const packing = new CompressionStream('gzip');
      const packed = new Blob([bytes as BlobPart]).stream().pipeThrough(packing);
      bytes = new Uint8Array(await new Response(packed).arrayBuffer());
    }
    await this._ask({ type: 'file_request', path, content: bytes });
  }

  async list(folder: string): Promise<string[]> {
    const names = await this._ask({ type: 'list_request', path: folder });
    return Array.isArray(names) ? names : [];
  }

  async writeColumns(
    path: string,
    format: string,
    pieces: Uint8Array[],
    gzipped: boolean
  ): Promise<void> {
    await this.write(path, await this._columns().write(format, pieces), gzipped);
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

  private _columns(): ColumnsWorker {
    if (!this.columns) {
      throw new Error('this page reads and writes neither parquet nor arrow');
    }
    return new ColumnsWorker(this.columns);
  }

  private async _file(path: string): Promise<Blob> {
    const content = await this._ask({ type: 'file_request', path });
    if (!(content instanceof Blob)) {
      throw new Error(`${path} has no content`);
    }
    return content;
  }

  private _ask(asked: Asked): Promise<Blob | string[] | undefined> {
    const id = this._nextId++;
    return new Promise((resolve, reject) => {
      this._pending.set(id, { resolve, reject });
      this._post({ ...asked, id });
    });
  }

  private _post: (response: Message) => void;
  private _pending = new Map<number, Pending>();
  private _nextId = 0;
}

function isUrl(place: string): boolean {
  return /^https?:\/\//i.test(place);
}

type Bytes = ReadableStream<Uint8Array>;

/** A stream and its size; none is known of one that is unpacked on its way. */
function fetched({ body, headers }: Response): [Bytes, number | undefined] {
  const size = headers.has('Content-Encoding') ? 0 : Number(headers.get('Content-Length'));
  return [body ?? new Blob([]).stream(), size > 0 ? size : undefined];
}

const whole = (file: Blob): [Bytes, number] => [file.stream(), file.size];

/** The pieces that come out of a stream, and how much of it has gone in. */
function streamed(
  size: number | undefined,
  through: (stream: Bytes) => Bytes,
  stream: Bytes
): Pieces {
  let count = 0;
  const counting = new TransformStream<Uint8Array, Uint8Array>({
    transform: (piece, controller) => {
      count += piece.length;
      controller.enqueue(piece);
    }
  });
  const reader = through(stream.pipeThrough(counting)).getReader();
  return {
    next: async () => (await reader.read()).value,
    share: () => (size ? count / size : undefined),
    cancel: () => void reader.cancel().catch(() => undefined)
  };
}

/** What is gzipped unpacked. */
function unpacked(
  place: string,
  stream: ReadableStream<Uint8Array>,
  gzipped: boolean
): ReadableStream<Uint8Array> {
  if (!gzipped) {
    return stream;
  }
  const unpacking = new DecompressionStream('gzip') as TransformStream<Uint8Array, Uint8Array>;
  const reader = stream.pipeThrough(unpacking).getReader();
  return new ReadableStream<Uint8Array>({
    pull: async controller => {
      const { value, done } = await reader.read().catch((error: unknown) => {
        // a browser unpacks the first of several members, and says that something is behind it
        const several = /junk|after the end|trailing/i.test(String(error));
        throw new Error(
          several
            ? `${place} is several gzips in one, of which browsers unpack the first: ` +
              '`gunzip -c a.gz | gzip > b.gz` makes it one'
            : `${place} is no gzip, or is cut off`
        );
      });
      if (done) {
        controller.close();
      } else {
        controller.enqueue(value);
      }
    },
    cancel: reason => reader.cancel(reason)
  });
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
