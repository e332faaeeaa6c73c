/** Lets programs of the same site, such as a Python kernel, ask the kernels of a page. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';

import type { Question } from './bridge';

/** The name of the channel, which `www/files/milvus_bridge.py` has as well. */
const CHANNEL = 'milvus-kernel';

export const bridgePlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlite-milvus-kernel:bridge',
  description: 'Programs of the same site ask the Milvus kernels of a page',
  autoStart: true,
  activate: (app: JupyterFrontEnd) => {
    const channel = new BroadcastChannel(CHANNEL);
    channel.onmessage = async ({ data }: MessageEvent<Partial<Question> | null>) => {
      // other pages answer on it as well
      if (data?.ask === undefined) {
        return;
      }
      // a site that was renewed while its page is open has it no more
      const bridge = await import('./bridge').catch(() => undefined);
      const paths = new Map<string, string>();
      for (const { kernel, path } of app.serviceManager.sessions.running()) {
        if (kernel) {
          paths.set(kernel.id, path);
        }
      }
      await bridge?.answer(data, paths, reply => channel.postMessage(reply));
    };
  }
};
