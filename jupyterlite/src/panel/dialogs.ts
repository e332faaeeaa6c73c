/** Questions to a person: where to connect to, what file to write, whether to drop. */

import { Dialog, InputDialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import { loginOf, type Login } from './address';
import type { Front } from './front';
import type { Node } from './nodes';
import { remembered } from './remembered';
import { text } from './text';

/** Where to; the password is asked for by the cell, which does not keep it. */
class ConnectBody extends Widget implements Dialog.IBodyWidget<Login> {
  constructor(trans: TranslationBundle) {
    super();
    this.addClass('milvus-connect');
    const list = document.createElement('datalist');
    list.id = 'milvus-addresses';
    for (const { address } of remembered.all()) {
      list.append(new Option(address, address));
    }
    this._address = field(this.node, trans.__('Address'), 'milvus://local');
    this._address.placeholder = 'http://127.0.0.1:19530';
    this._address.setAttribute('list', list.id);
    this._user = field(this.node, trans.__('User, if the server asks for one'), '');
    const note = document.createElement('p');
    note.textContent = trans.__('The cell asks for the password, and nothing keeps it.');
    this.node.append(list, note);
  }

  getValue(): Login {
    // who enters stands in a field of its own, and a password in none
    const login = loginOf(this._address.value);
    return { ...login, user: this._user.value.trim() || login.user };
  }

  private _address: HTMLInputElement;
  private _user: HTMLInputElement;
}

export async function connect(front: Front, trans: TranslationBundle): Promise<void> {
  const { button, value } = await showDialog({
    title: trans.__('Connect to Milvus'),
    body: new ConnectBody(trans),
    focusNodeSelector: 'input',
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans.__('Connect') })
    ]
  });
  if (button.accept && value?.address) {
    const { user, hasToken } = value;
    const prompted = hasToken ? ' TOKEN PROMPT' : '';
    const login = user ? ` USER ${text(user)} PASSWORD PROMPT` : prompted;
    await front.run(`CONNECT ${text(value.address)}${login}`);
  }
}

export async function exportDatabase(front: Front, trans: TranslationBundle): Promise<void> {
  const status = await front.status();
  const current = status?.connections.find(connection => connection.in_use);
  const { button, value } = await InputDialog.getText({
    title: trans.__('Export database %1', current?.database ?? 'default'),
    label: trans.__('File beside the notebook'),
    text: `${current?.database ?? 'default'}.milvus`,
    okLabel: trans.__('Export'),
    cancelLabel: trans.__('Cancel')
  });
  if (button.accept && value) {
    await front.run(`EXPORT DATABASE TO ${text(value)}`);
  }
}

/** Asks for a file of rows. */
export async function exportFile(name: string, trans: TranslationBundle): Promise<string | null> {
  const { button, value } = await InputDialog.getText({
    title: trans.__('Export %1', name),
    label: trans.__('File beside the notebook: .csv, .jsonl or .parquet'),
    text: `${name.replace(/[^\p{L}\p{N}_-]/gu, '_')}.csv`,
    okLabel: trans.__('Export'),
    cancelLabel: trans.__('Cancel')
  });
  return button.accept ? value : null;
}

/** Asks twice: whether to drop, and for the name of what is dropped. */
export async function mayDrop(node: Node, trans: TranslationBundle): Promise<boolean> {
  const { name, kind, collection = '', database = '', at } = node;
  const address = at?.address ?? '';
  const where =
    kind === 'collection'
      ? trans.__('It is in the database %1 at %2.', database, address)
      : trans.__('It is of %1 in the database %2 at %3.', collection, database, address);
  const first = await showDialog({
    title: trans.__('Drop %1?', name),
    body: `${where} ${trans.__('What is in it is lost.')}`,
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.warnButton({ label: trans.__('Drop') })
    ],
    defaultButton: 0
  });
  if (!first.button.accept) {
    return false;
  }
  const second = await InputDialog.getText({
    title: trans.__('Drop %1?', name),
    label: trans.__('Type %1 to drop it', name),
    okLabel: trans.__('Drop'),
    cancelLabel: trans.__('Cancel')
  });
  return second.button.accept && second.value === name;
}

function field(parent: HTMLElement, label: string, value: string): HTMLInputElement {
  const box = document.createElement('label');
  const input = document.createElement('input');
  input.className = 'jp-mod-styled';
  input.value = value;
  input.autocomplete = 'off';
  input.spellcheck = false;
  box.append(label, input);
  parent.append(box);
  return input;
}
