/** Connection and database in the status bar; a click opens the panel. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { Signal, type ISignal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import type { Status } from '../../wasm/milvus_kernel.js';
import type { Front } from './front';

export class StatusItem extends Widget {
  constructor(front: Front, trans: TranslationBundle, open: () => void) {
    super();
    this._front = front;
    this._trans = trans;
    this.addClass('milvus-statusbar');
    this._button = document.createElement('button');
    this._button.type = 'button';
    this._button.addEventListener('click', open);
    this.node.append(this._button);
    const update = (): void => void this._update();
    front.changed.connect(update);
    front.ran.connect(update);
    update();
  }

  get isShown(): boolean {
    return this._isShown;
  }

  get shownChanged(): ISignal<this, void> {
    return this._shownChanged;
  }

  private async _update(): Promise<void> {
    const { kernel } = this._front;
    const status = await kernel?.ask('status', []).catch(() => undefined);
    if (kernel !== this._front.kernel) {
      return;
    }
    this._isShown = status !== undefined;
    if (status) {
      const [text, told] = this._texts(status);
      this._button.textContent = text;
      this._button.title = told;
      this._button.setAttribute('aria-label', told);
    }
    this._shownChanged.emit();
  }

  /** What is shown, and what is told of it. */
  private _texts({ connections, by_default }: Status): [string, string] {
    const trans = this._trans;
    const current = connections.find(connection => connection.in_use);
    if (!current) {
      const told = by_default
        ? trans.__('Milvus: not connected yet; the first statement goes to %1', by_default)
        : trans.__('Milvus: not connected');
      return [trans.__('Milvus: not connected'), told];
    }
    const { address, database, server, user } = current;
    const told = user
      ? trans.__('Milvus: %1 at %2, database %3, %4', user, address, database, server)
      : trans.__('Milvus: %1, database %2, %3', address, database, server);
    return [`${address.replace(/^https?:\/\//, '')} · ${database}`, told];
  }

  private _front: Front;
  private _trans: TranslationBundle;
  private _button: HTMLButtonElement;
  private _isShown = false;
  private _shownChanged = new Signal<this, void>(this);
}
