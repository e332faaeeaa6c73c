/**
 * The web worker: loads the wasm and hands calls to it as they are; it decides nothing. Bundled by
 * esbuild into one file, so that the page starts it in one step.
 */

import { EngineClient } from '../../engine/js/dist/index.js';
import init, { Kernel } from '../wasm/milvus_kernel.js';
import { RemoteFiles } from './files';
import type { Call, Method, Request, Response, Result } from './protocol';

let kernel: Promise<Kernel> | undefined;
const files = new RemoteFiles(post);
/** Ends the wait of a cell that asked for a secret. */
let inputReply: (value?: string) => void = () => undefined;

// a panic in the wasm ends in one of these; its promise would never settle
self.addEventListener('error', event => fatal(event.error ?? event.message));
self.addEventListener('unhandledrejection', event => fatal(event.reason));

self.addEventListener('message', async (event: MessageEvent<Request>) => {
  const request = event.data;
  try {
    switch (request.type) {
      case 'load':
        files.columns = request.columns;
        kernel = load(request.wasm);
        await kernel;
        break;
      case 'interrupt':
        (await kernel)?.interrupt();
        break;
      case 'input_reply':
        inputReply(request.value);
        break;
      case 'file_reply':
        files.reply(request);
        break;
      case 'call': {
        const loaded = await kernel;
        if (!loaded) {
          throw new Error('the kernel is not loaded');
        }
        const { id } = request;
        post({ type: 'result', id, result: await call(loaded, id, request.call) });
      }
    }
  } catch (error) {
    fatal(error);
  }
});

async function load(wasm: WebAssembly.Module): Promise<Kernel> {
  await init({ module_or_path: wasm });
  return new Kernel(
    prompt => {
      const reply = new Promise<string | undefined>(resolve => (inputReply = resolve));
      post({ type: 'input_request', prompt });
      return reply;
    },
    new EngineClient((store, port) => post({ type: 'engine', store, port }, [port])),
    files,
    snapshot => post({ type: 'snapshot', snapshot })
  );
}

async function call(loaded: Kernel, id: number, call: Call): Promise<Result<Method>> {
  switch (call.method) {
    case 'run':
      return loaded.run(...call.args, content => post({ type: 'display_data', id, content }));
    case 'restore':
      return loaded.restore(...call.args);
    case 'complete':
      return loaded.complete(...call.args);
    case 'inspect':
      return loaded.inspect(...call.args);
    case 'isComplete':
      return loaded.isComplete(...call.args);
    case 'history':
      return loaded.history(...call.args);
    case 'status':
      return loaded.status();
    case 'quoted':
      return loaded.quoted(...call.args);
    case 'speak':
      return loaded.speak(...call.args);
    case 'rows':
      return loaded.rows(...call.args);
    case 'lint':
      return loaded.lint(...call.args);
  }
}

function fatal(error: unknown): void {
  post({ type: 'fatal', message: error instanceof Error ? error.message : String(error) });
}

function post(response: Response, transfer: Transferable[] = []): void {
  self.postMessage(response, transfer);
}
