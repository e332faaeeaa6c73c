/**
 * gRPC-Web's frames (gRPC, PROTOCOL-WEB.md) around unary calls. In: a request as `fetch` takes it.
 * Out: a response as `fetch` gives it.
 */

import { UNKNOWN, isRefusal, words } from './protocol.js';

/** A flag and a length stand before a message. */
const HEAD = 5;
const TRAILERS = 0x80;
const INVALID_ARGUMENT = 3;

type Call = (method: string, message: Uint8Array, database: string) => Promise<Uint8Array>;

export async function handle(request: Request, call: Call): Promise<Response> {
  const isText = (request.headers.get('content-type') ?? '').includes('grpc-web-text');
  const respond = (parts: Uint8Array[]) => response(parts, isText);
  const body = new Uint8Array(await request.arrayBuffer());
  const message = unframed(isText ? decoded(body) : body);
  if (!message) {
    return respond([trailers(INVALID_ARGUMENT, 'the body is no one frame of gRPC-Web')]);
  }
  const method = new URL(request.url).pathname.split('/').pop() ?? '';
  try {
    const reply = await call(method, message, request.headers.get('dbname') ?? '');
    return respond([framed(0, reply), trailers(0, '')]);
  } catch (error) {
    const refusal = isRefusal(error) ? error : { code: UNKNOWN, message: words(error) };
    return respond([trailers(refusal.code, refusal.message)]);
  }
}

function response(parts: Uint8Array[], isText: boolean): Response {
  const body = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((at, part) => (body.set(part, at), at + part.length), 0);
  const type = `application/grpc-web${isText ? '-text' : ''}+proto`;
  return new Response(isText ? encoded(body) : body, { headers: { 'content-type': type } });
}

/** The message of a body that is one frame. */
function unframed(body: Uint8Array): Uint8Array | undefined {
  if (body.length < HEAD || body[0] !== 0) {
    return undefined;
  }
  const length = new DataView(body.buffer, body.byteOffset).getUint32(1);
  return body.length === HEAD + length ? body.slice(HEAD) : undefined;
}

function framed(flag: number, content: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEAD + content.length);
  frame[0] = flag;
  new DataView(frame.buffer).setUint32(1, content.length);
  frame.set(content, HEAD);
  return frame;
}

function trailers(code: number, message: string): Uint8Array {
  const text = `grpc-status: ${code}\r\ngrpc-message: ${encodeURIComponent(message)}\r\n`;
  return framed(TRAILERS, new TextEncoder().encode(text));
}

function decoded(body: Uint8Array): Uint8Array {
  const binary = atob(new TextDecoder().decode(body));
  return Uint8Array.from(binary, char => char.charCodeAt(0));
}

function encoded(body: Uint8Array): string {
  return btoa(Array.from(body, byte => String.fromCharCode(byte)).join(''));
}
