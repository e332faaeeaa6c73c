/**
 * What can be done with a node of the tree; what changes something runs in a cell. A cell may lead
 * elsewhere than where the tree was read: a statement names where its table is, unless that is in
 * use.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Menu } from '@lumino/widgets';

import type { Connection } from '../../wasm/milvus_kernel.js';
import { answers, records } from './answer';
import { exportFile, mayDrop } from './dialogs';
import type { Front } from './front';
import type { Node } from './nodes';
import { remembered, same } from './remembered';
import { text } from './text';

interface Item {
  id: string;
  label: string;
  isFor: (node: Node) => boolean;
  execute: (node: Node) => Promise<void>;
}

/** What takes longer than this waits for a cell. */
export const WAITING_MS = 500;

export class NodeMenu {
  /** `say` tells why something was not done; `closed` is called when the menu has no keys more. */
  constructor(
    front: Front,
    trans: TranslationBundle,
    say: (text: string) => void,
    closed: () => void
  ) {
    this._front = front;
    this._trans = trans;
    this._say = say;
    this._menu = new Menu({ commands: this._commands });
    this._menu.aboutToClose.connect(closed);
    this._menu.title.label = 'Milvus';
    for (const item of this._items()) {
      this._commands.addCommand(item.id, {
        label: item.label,
        isVisible: () => this._node !== undefined && item.isFor(this._node),
        execute: async () => {
          try {
            await (this._node && item.execute(this._node));
          } catch (error) {
            say(error instanceof Error ? error.message : String(error));
          }
        }
      });
      this._menu.addItem({ command: item.id });
    }
  }

  open(node: Node, x: number, y: number): void {
    if (node.kind !== 'group' && node.kind !== 'text') {
      this._node = node;
      this._menu.open(x, y);
    }
  }

  /** Puts the name at the cursor, in quotes where it needs them. */
  async insert(node: Node): Promise<void> {
    this._front.insert(await this._name(node));
  }

  /** Makes a connection, or takes one that there is. */
  async connect({ kind, name, isCurrent, isDefault, connection }: Node): Promise<void> {
    const { kernel } = this._front;
    if (kind === 'connection') {
      if (!isCurrent) {
        await this._front.run(`USE CONNECTION ${await this._quoted(name)}`);
      }
    } else if (isDefault) {
      // as the first statement would, without one
      try {
        await kernel?.query('SHOW VERSION');
      } finally {
        this._front.told();
      }
    } else if (connection) {
      const login = connection.user ? ` USER ${text(connection.user)} PASSWORD PROMPT` : '';
      await this._front.run(`CONNECT ${text(connection.address)}${login}`);
    }
  }

  private _items(): Item[] {
    const trans = this._trans;
    const isTable = (node: Node): boolean => node.kind === 'collection';
    const isTableInUse = (node: Node): boolean => isTable(node) && !!node.isInUse;
    const run =
      (statement: (name: string) => string) =>
      async (node: Node): Promise<void> =>
        this._front.run(statement(await this._name(node)));
    return [
      {
        id: 'insert',
        label: trans.__('Insert the Name'),
        isFor: ({ kind }) => kind !== 'connection' && kind !== 'remembered',
        execute: node => this.insert(node)
      },
      {
        id: 'connect',
        label: trans.__('Connect'),
        isFor: ({ kind }) => kind === 'remembered',
        execute: node => this.connect(node)
      },
      {
        id: 'forget',
        label: trans.__('Forget'),
        isFor: ({ kind, isDefault }) => kind === 'remembered' && !isDefault,
        execute: async ({ connection }) => {
          if (connection) {
            remembered.forget(connection);
            this._front.told();
          }
        }
      },
      {
        id: 'use-connection',
        label: trans.__('Use'),
        isFor: ({ kind, isCurrent }) => kind === 'connection' && !isCurrent,
        execute: node => this.connect(node)
      },
      {
        id: 'disconnect',
        label: trans.__('Disconnect'),
        isFor: ({ kind }) => kind === 'connection',
        execute: async ({ name }) =>
          this._front.run(`DISCONNECT ${await this._quoted(name)}`)
      },
      {
        id: 'use',
        label: trans.__('Use'),
        isFor: ({ kind, isInUse }) => kind === 'database' && !isInUse,
        execute: async node => {
          if (!(await this._connection(node)).in_use) {
            throw new Error(trans.__('Another connection is in use by now.'));
          }
          await this._front.run(`USE ${await this._quoted(node.name)}`);
        }
      },
      {
        id: 'sample',
        label: trans.__('Sample'),
        isFor: isTable,
        execute: run(name => `SELECT * FROM ${name} LIMIT 5`)
      },
      {
        id: 'describe',
        label: trans.__('Describe'),
        isFor: isTableInUse,
        execute: run(name => `DESCRIBE ${name}`)
      },
      {
        id: 'plot',
        label: trans.__('Plot'),
        isFor: node => isTableInUse(node) || !!node.isVector,
        execute: node => this._plot(node)
      },
      {
        id: 'load',
        label: trans.__('Load'),
        isFor: isTableInUse,
        execute: run(name => `LOAD TABLE ${name}`)
      },
      {
        id: 'release',
        label: trans.__('Release'),
        isFor: isTableInUse,
        execute: run(name => `RELEASE TABLE ${name}`)
      },
      {
        id: 'export',
        label: trans.__('Export…'),
        isFor: isTableInUse,
        execute: async node => {
          const file = await exportFile(node.name, trans);
          if (file) {
            await this._front.run(`COPY ${await this._name(node)} TO ${text(file)}`);
          }
        }
      },
      {
        id: 'drop',
        label: trans.__('Drop…'),
        isFor: node => isTableInUse(node) || node.kind === 'partition' || node.kind === 'index',
        execute: node => this._drop(node)
      }
    ];
  }

  /** A vector, or the first one of a collection. */
  private async _plot(node: Node): Promise<void> {
    const { kernel } = this._front;
    const table = await this._table(node);
    let { name } = node;
    if (node.kind === 'collection' && kernel) {
      const [described] = await answers(kernel, `DESCRIBE ${table}`).catch(() => []);
      name = records(described).find(({ type = '' }) => /VEC/.test(type))?.field ?? '';
    }
    if (name !== '') {
      await this._front.run(`PLOT ${table}.${await this._quoted(name)}`);
    }
  }

  private async _drop(node: Node): Promise<void> {
    if (!(await mayDrop(node, this._trans))) {
      return;
    }
    // the cells that wait may connect to another server
    const waiting = this._trans.__('Waiting for the kernel, which runs a cell…');
    const timer = setTimeout(() => this._say(waiting), WAITING_MS);
    try {
      await this._front.kernel?.query('');
    } finally {
      clearTimeout(timer);
      this._say('');
    }
    const table = await this._table(node, true);
    const words = { partition: 'PARTITION', index: 'INDEX' } as const;
    if (node.kind === 'partition' || node.kind === 'index') {
      const name = await this._quoted(node.name);
      await this._front.run(`DROP ${words[node.kind]} ${name} ON ${table}`);
    } else {
      await this._front.run(`DROP TABLE ${table}`);
    }
  }

  /** The name as a statement has it. */
  private _name(node: Node): Promise<string> {
    return node.kind === 'collection' ? this._table(node) : this._quoted(node.name);
  }

  /**
   * A collection, or that of what is below it, as a statement has it: with its place if another is
   * in use, or may be when the statement runs, or if it is asked for.
   */
  private async _table(node: Node, isPlaced = false): Promise<string> {
    const { database = '', collection = '' } = node;
    const now = await this._connection(node);
    let parts = [collection];
    if (isPlaced || !now.in_use || !this._front.isIdle) {
      // a point ends the name of a connection
      const isPointed = now.in_use && now.name.includes('.');
      parts = [...(isPointed ? [] : [now.name]), database, ...parts];
    } else if (now.database !== database) {
      parts = [database, ...parts];
    }
    return (await Promise.all(parts.map(part => this._quoted(part)))).join('.');
  }

  /** The connection of a node as it is now, if it leads where the node is. */
  private async _connection({ at }: Node): Promise<Connection> {
    const status = await this._front.kernel?.ask('status', []);
    const now = status?.connections.find(({ name }) => name === at?.name);
    if (!at || !now || !same(now, at)) {
      throw new Error(this._trans.__('The notebook is connected to another server by now.'));
    }
    return now;
  }

  private async _quoted(name: string): Promise<string> {
    return (await this._front.kernel?.ask('quoted', [name])) ?? name;
  }

  private _front: Front;
  private _trans: TranslationBundle;
  private _say: (text: string) => void;
  private _commands = new CommandRegistry();
  private _menu: Menu;
  private _node: Node | undefined;
}
