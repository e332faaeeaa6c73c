/**
 * The notebook or console in front, if its kernel is ours: whose kernel is asked, where names and
 * cells go.
 */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ISessionContext } from '@jupyterlab/apputils';
import { Signal, type ISignal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';

import type { Status } from '../../wasm/milvus_kernel.js';
import type { MilvusKernel } from '../kernel';
import { kernels } from '../kernels';
import { remembered } from './remembered';

/** A cell, as far as it is used here. */
interface Cell {
  editor: { replaceSelection?(text: string): void; focus(): void } | null;
  model: { type: string; sharedModel: { getSource(): string; setSource(source: string): void } };
}

/** A notebook or a console; their packages are not needed for more. */
interface Document extends Widget {
  sessionContext: ISessionContext;
  content?: { activeCell: Cell | null };
  console?: { promptCell: Cell | null; inject(code: string): Promise<void> };
}

export class Front {
  constructor(app: JupyterFrontEnd) {
    this._app = app;
    remembered.baseUrl = app.serviceManager.serverSettings.baseUrl;
    const shell = app.shell as unknown as { currentChanged?: ISignal<unknown, unknown> };
    shell.currentChanged?.connect(() => this._look());
    kernels.changed.connect(() => this._look());
  }

  /** Another kernel is in front, or none. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** A cell of the kernel in front has ended. */
  get ran(): ISignal<this, void> {
    return this._ran;
  }

  get kernel(): MilvusKernel | undefined {
    return this._kernel;
  }

  /** Whether the kernel in front runs no cell. */
  get isIdle(): boolean {
    return this._document?.sessionContext.session?.kernel?.status === 'idle';
  }

  /** Where the statements of the kernel in front go; what it is connected to is remembered. */
  async status(): Promise<Status | undefined> {
    const status = await this._kernel?.ask('status', []).catch(() => undefined);
    if (status) {
      remembered.add(status.connections);
    }
    return status;
  }

  /** The page itself has changed what the kernel is connected to. */
  told(): void {
    void this.status();
    this._ran.emit();
  }

  /** Puts a text at the cursor. */
  insert(text: string): void {
    const document = this._activated();
    const cell = document?.content?.activeCell ?? document?.console?.promptCell;
    const editor = cell?.editor;
    if (editor) {
      editor.replaceSelection?.(text);
      editor.focus();
    }
  }

  /** Runs statements where a person sees them: in a cell below, or as if they were typed. */
  async run(statements: string): Promise<void> {
    const document = this._activated();
    if (document?.console) {
      await document.console.inject(statements);
      return;
    }
    const { activeCell } = document?.content ?? {};
    if (!document || activeCell === undefined) {
      return;
    }
    // an empty cell is as good as a new one, if it is one that runs
    const { type, sharedModel } = activeCell?.model ?? {};
    if (type !== 'code' || sharedModel?.getSource().trim() !== '') {
      await this._app.commands.execute('notebook:insert-cell-below');
    }
    document.content?.activeCell?.model.sharedModel.setSource(statements);
    // an error is shown below the cell
    await this._app.commands.execute('notebook:run-cell').catch(() => undefined);
  }

  private _look(): void {
    const current = (this._app.shell.currentWidget ?? undefined) as Partial<Document> | undefined;
    // settings or a file in front leave the notebook behind them what it is
    const before = this._document?.isDisposed ? undefined : this._document;
    const document = current?.sessionContext ? (current as Document) : before;
    if (document !== this._document) {
      this._document?.sessionContext.kernelChanged.disconnect(this._look, this);
      this._document = document;
      document?.sessionContext.kernelChanged.connect(this._look, this);
    }
    const kernel = kernels.get(document?.sessionContext.session?.kernel?.id);
    if (kernel !== this._kernel) {
      this._kernel?.ran.disconnect(this._onRan, this);
      this._kernel = kernel;
      kernel?.ran.connect(this._onRan, this);
      this._changed.emit();
    }
  }

  /** The notebook or console, brought to the front: its commands are of no use elsewhere. */
  private _activated(): Document | undefined {
    const document = this._document;
    if (document && document !== (this._app.shell.currentWidget as unknown)) {
      this._app.shell.activateById(document.id);
    }
    return document;
  }

  private _onRan(): void {
    this.told();
  }

  private _app: JupyterFrontEnd;
  private _document: Document | undefined;
  private _kernel: MilvusKernel | undefined;
  private _changed = new Signal<this, void>(this);
  private _ran = new Signal<this, void>(this);
}
