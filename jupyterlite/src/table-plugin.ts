/**
 * Tables in the notebook: a renderer of the kernel's own kind of result, beside the plain HTML that
 * is shown where there is none of this. What draws is loaded with the first table.
 */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';

import { kernels } from './kernels';
import type { Ask, Result } from './table-model';

const MIME_TYPE = 'application/vnd.milvus.table.v1+json';

export const tablePlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlite-milvus-kernel:table',
  description: 'Tables to sort, filter and page through',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  activate: (_app: JupyterFrontEnd, registry: IRenderMimeRegistry) => {
    registry.addFactory({
      safe: true,
      mimeTypes: [MIME_TYPE],
      // before text/html
      defaultRank: 40,
      createRenderer: () => new Tables()
    });
  }
};

/** Asks whichever kernel of the page has a result for rows of it. */
const ask: Ask = async (...args) => {
  for (const kernel of kernels.all()) {
    const rows = await kernel.ask('rows', args).catch(() => undefined);
    if (rows !== undefined) {
      return JSON.parse(rows);
    }
  }
  return undefined;
};

class Tables extends Widget implements IRenderMime.IRenderer {
  constructor() {
    super();
    this.addClass('milvus-tables');
    this.addClass('jp-RenderedHTMLCommon');
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const { draw } = await import('./table');
    if (!this.isDisposed) {
      this._clear();
      this._clear = draw(this.node, model.data[MIME_TYPE] as unknown as Result, ask);
    }
  }

  dispose(): void {
    this._clear();
    super.dispose();
  }

  private _clear: () => void = () => undefined;
}
