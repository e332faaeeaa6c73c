// A proxy before the real Envoy that answers one method wrongly: with another type, another status,
// half a body. All else goes to Envoy and back as it is.

import { createServer, request } from 'node:http';

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'grpc-status,grpc-message'
};

/** A frame of gRPC-Web: 0 is a message, 128 the trailers. */
export function frame(flag, body, length = body.length) {
  const head = Buffer.alloc(5);
  head.writeUInt8(flag, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, Buffer.from(body)]);
}

/**
 * `fault` is what is wrong, if anything: `method`, and of its answer `status`, `headers` and
 * `body`; `after` lets Envoy answer first, `cut` ends the connection behind the body.
 */
export async function faultyProxy(upstream) {
  const { hostname, port } = new URL(upstream);
  const proxy = { fault: undefined, calls: [] };
  const server = createServer((incoming, answer) => {
    const method = incoming.url.split('/').pop();
    const fault =
      incoming.method === 'POST' && proxy.fault?.method === method ? proxy.fault : undefined;
    if (incoming.method === 'POST') {
      proxy.calls.push(method);
    }
    const wrong = () => {
      const { status = 200, headers = {}, body = '', cut = false } = fault;
      answer.writeHead(status, { ...CORS, ...headers });
      if (!cut) {
        answer.end(body);
        return;
      }
      answer.write(body);
      setTimeout(() => answer.destroy(), 100);
    };
    if (fault && !fault.after) {
      incoming.resume().on('end', wrong);
      return;
    }
    const { method: verb, url: path, headers } = incoming;
    const onward = request({ hostname, port, method: verb, path, headers }, reply => {
      if (fault) {
        reply.resume().on('end', wrong);
        return;
      }
      answer.writeHead(reply.statusCode, reply.headers);
      reply.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    incoming.pipe(onward);
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  proxy.address = `127.0.0.1:${server.address().port}`;
  proxy.close = () => server.close();
  return proxy;
}
