// A copy of the site on a plain file server: no special headers, nothing beside it, in a folder of
// its host, and it can be off.

import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

export const SITE = new URL('../../dist/site/', import.meta.url).pathname;
export const PACKAGE = new URL('../../engine/js/dist/', import.meta.url).pathname;
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm'
};

/** `folder` is where the files of `root` are on their host, such as `/` or `/a/b/`. */
export async function plainServer(folder = '/', root = SITE) {
  const asked = [];
  /** what is not here any more: the paths that `gone` fits */
  const plain = { gone: undefined };
  const server = createServer((request, answer) => {
    const { pathname } = new URL(request.url, 'http://here');
    asked.push(pathname);
    let path = join(root, normalize(decodeURIComponent(pathname.slice(folder.length))));
    try {
      if (!pathname.startsWith(folder) || plain.gone?.test(pathname)) {
        throw new Error('not here');
      }
      if (statSync(path).isDirectory()) {
        path = join(path, 'index.html');
      }
      const length = statSync(path).size;
      const type = TYPES[extname(path)] ?? 'application/octet-stream';
      answer.writeHead(200, { 'content-type': type, 'content-length': length });
      createReadStream(path).pipe(answer);
    } catch {
      answer.writeHead(404).end();
    }
  });
  const listen = port => new Promise(resolve => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address();
  Object.assign(plain, {
    url: `http://127.0.0.1:${port}${folder.replace(/\/$/, '')}`,
    /** every path that was asked for */
    asked,
    on: () => listen(port),
    off: () => {
      const closed = new Promise(resolve => server.close(resolve));
      server.closeAllConnections();
      return closed;
    }
  });
  return plain;
}
