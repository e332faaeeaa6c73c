/**
 * Tables in the notebook: a renderer of the kernel's own kind of result, beside the plain HTML that
 * is shown where there is none of this. What draws is loaded with the first table.
 */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { ITranslator, nullTranslator, type TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import type { MilvusKernel } from './kernel';
import { kernels } from './kernels';
import type { Ask, Page, Result } from './table-model';

const MIME_TYPE = 'application/vnd.milvus.table.v1+json';

export const tablePlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlite-milvus-kernel:table',
  description: 'Tables to sort, filter and page through',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [ITranslator],
  activate: (
    _app: JupyterFrontEnd,
    registry: IRenderMimeRegistry,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyterlite_milvus_kernel');
    registry.addFactory({
      safe: true,
      mimeTypes: [MIME_TYPE],
      // before text/html
      defaultRank: 40,
      createRenderer: () => new Tables(mimeType => registry.createRenderer(mimeType), trans)
    });
  }
};

/** Asks the kernels of the page for rows of a result: one has it, and others may be busy. */
const ask: Ask = async (...args) => {
  const rowsOf = async (kernel: MilvusKernel): Promise<Page> => {
    const rows = await kernel.ask('rows', args);
    if (rows === undefined) {
      throw new Error('it is of another kernel');
    }
    return JSON.parse(rows) as Page;
  };
  return Promise.any(kernels.all().map(rowsOf)).catch(() => undefined);
};

class Tables extends Widget implements IRenderMime.IRenderer {
  /** `plain` makes JupyterLab's own renderer of a type. */
  constructor(
    private _plain: (mimeType: string) => IRenderMime.IRenderer,
    private _trans: TranslationBundle
  ) {
    super();
    this.addClass('milvus-tables');
    this.addClass('jp-RenderedHTMLCommon');
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    // a site that was renewed while its page is open has it no more
    const table = await import('./table').catch(() => undefined);
    if (this.isDisposed) {
      return;
    }
    this._clear();
    if (table) {
      const result = model.data[MIME_TYPE] as unknown as Result;
      this._clear = table.draw(this.node, result, ask, this._trans);
      return;
    }
    const plain = this._plain('text/html' in model.data ? 'text/html' : 'text/plain');
    this.node.replaceChildren(plain.node);
    this._clear = () => plain.dispose();
    await plain.renderModel(model);
  }

  dispose(): void {
    this._clear();
    super.dispose();
  }

  private _clear: () => void = () => undefined;
}
