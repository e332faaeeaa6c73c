/** The web worker: loads the wasm and hands calls to it. Bundled by esbuild into one file, so that the page starts it in one step. */

import init, { Kernel, version } from '../wasm/milvus_kernel.js';
import type { Bundle, Request, Response } from './protocol';

let kernel: Promise<Kernel> | undefined;
/** Ends the wait of a cell that asked for a secret. */
let typed: (text?: string) => void = () => undefined;

function post(response: Response): void {
  self.postMessage(response);
}

function fatal(error: unknown): void {
  post({ type: 'fatal', message: error instanceof Error ? error.message : String(error) });
}

// a panic in the wasm ends in one of these; its promise would never settle
self.addEventListener('error', event => fatal(event.error ?? event.message));
self.addEventListener('unhandledrejection', event => fatal(event.reason));

async function load(wasm: WebAssembly.Module): Promise<Kernel> {
  await init({ module_or_path: wasm });
  const loaded = new Kernel((prompt: string) => {
    const answer = new Promise<string | undefined>(resolve => (typed = resolve));
    post({ type: 'ask', prompt });
    return answer;
  });
  post({ type: 'ready', version: version() });
  return loaded;
}

self.addEventListener('message', async (event: MessageEvent<Request>) => {
  const request = event.data;
  try {
    switch (request.type) {
      case 'load':
        kernel = load(request.wasm);
        await kernel;
        break;
      case 'interrupt':
        (await kernel)?.interrupt();
        break;
      case 'typed':
        typed(request.text);
        break;
      case 'call': {
        const loaded = await kernel;
        if (!loaded) {
          throw new Error('the kernel is not loaded');
        }
        const { id, method, args } = request;
        const result = await call(loaded, id, method, args);
        post({ type: 'result', id, result });
      }
    }
  } catch (error) {
    fatal(error);
  }
});

function call(loaded: Kernel, id: number, method: string, args: unknown[]): unknown {
  const code = args[0] as string;
  const cursor = args[1] as number;
  switch (method) {
    case 'run':
      return loaded.run(code, (bundle: Bundle) => post({ type: 'bundle', id, bundle }));
    case 'complete':
      return loaded.complete(code, cursor);
    case 'inspect':
      return loaded.inspect(code, cursor);
    case 'isComplete':
      return loaded.isComplete(code);
    default:
      throw new Error(`unknown call ${method}`);
  }
}
