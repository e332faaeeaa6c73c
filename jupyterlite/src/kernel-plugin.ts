/** Registers the kernel with JupyterLite, and lets the interrupt button reach it. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITranslator } from '@jupyterlab/translation';
import { IKernelClient, IKernelSpecs, type IKernel } from '@jupyterlite/services';

import { EnginePage } from '../../engine/js/dist/index.js';
import { NotebookFiles } from './contents';
import { takeDrops } from './drop';
import { History, pageStorage } from './history';
import { MilvusKernel } from './kernel';
import { kernels } from './kernels';
import { logo } from './logo';
import { Reference } from './reference';
import { WorkerClient } from './worker-client';

/** As far as the client in JupyterLite goes beyond its interface. */
interface KernelModels {
  interrupt: (kernelId: string) => Promise<void>;
  getModel: (kernelId: string) => Promise<unknown>;
}

const VERSION = '0.1.0';

export const kernelPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlite-milvus-kernel:kernel',
  description: 'The Milvus kernel',
  autoStart: true,
  requires: [IKernelSpecs],
  optional: [IKernelClient, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    specs: IKernelSpecs,
    client: IKernelClient | null,
    translator: ITranslator | null
  ) => {
    // one for all notebooks of the page
    const engine = new EnginePage(
      () => startWorker(new URL('../../engine/js/dist/milvus-engine.worker.js', import.meta.url)),
      new URL('../../engine/js/dist/milvus_engine_bg.wasm', import.meta.url).href
    );
    specs.register({
      spec: {
        name: 'milvus',
        display_name: 'Milvus',
        language: 'sql',
        argv: [],
        resources: { 'logo-32x32': logo, 'logo-64x64': logo, 'logo-svg': logo }
      },
      create: async (options: IKernel.IOptions): Promise<IKernel> => {
        const wasm = new URL('../wasm/milvus_kernel_bg.wasm', import.meta.url).href;
        const script = new URL('./milvus.worker.js', import.meta.url);
        const columns = {
          script: new URL('./milvus-columns.worker.js', import.meta.url).href,
          wasm: new URL('../wasm/milvus_columns_bg.wasm', import.meta.url).href
        };
        const { contents, serverSettings, sessions } = app.serviceManager;
        const { baseUrl } = serverSettings;
        const files = new NotebookFiles(contents, () => {
          const running = [...sessions.running()];
          const path = running.find(({ kernel }) => kernel?.id === options.id)?.path;
          return path?.slice(0, Math.max(path.lastIndexOf('/'), 0)) ?? options.location;
        });
        const kernel = new MilvusKernel(
          options,
          () =>
            new WorkerClient(
              () => startWorker(script),
              wasm,
              (store, port) => engine.connect(store, port),
              files,
              columns
            ),
          await catalogue(translator?.languageCode ?? ''),
          new History(pageStorage(), `${baseUrl} milvus history`),
          new Reference(baseUrl),
          VERSION
        );
        kernels.add(kernel);
        return kernel;
      }
    });
    takeDrops(app);
    if (client) {
      reachInterrupt(client as unknown as KernelModels);
    }
  }
};

/** What the kernel says in the page's language, as its `speak` takes it; nothing for English. */
async function catalogue(language: string): Promise<string | undefined> {
  if (!/^zh/i.test(language)) {
    return undefined;
  }
  const { default: texts } = await import('./messages/zh_CN.json');
  return JSON.stringify(texts);
}

/** A function of its own, or the bundler would bundle the worker once more. */
function startWorker(url: URL): Worker {
  return new Worker(url, { type: 'module' });
}

/** JupyterLite's own interrupt cancels what is queued and never reaches the running cell. */
function reachInterrupt(client: KernelModels): void {
  const original = client.interrupt.bind(client);
  client.interrupt = async (kernelId: string) => {
    await original(kernelId);
    void kernels.get(kernelId)?.interrupt();
  };
}
