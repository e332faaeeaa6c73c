/** What can be done with a node of the tree; what changes something runs in a cell. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Menu } from '@lumino/widgets';

import { answers, records } from './answer';
import { exportFile, mayDrop } from './dialogs';
import type { Front } from './front';
import type { Node } from './nodes';
import { remembered } from './remembered';
import { text } from './text';

interface Item {
  id: string;
  label: string;
  isFor: (node: Node) => boolean;
  execute: (node: Node) => Promise<void>;
}

export class NodeMenu {
  constructor(front: Front, trans: TranslationBundle) {
    this._front = front;
    this._trans = trans;
    this._menu = new Menu({ commands: this._commands });
    this._menu.title.label = 'Milvus';
    for (const item of this._items()) {
      this._commands.addCommand(item.id, {
        label: item.label,
        isVisible: () => this._node !== undefined && item.isFor(this._node),
        execute: () => (this._node ? item.execute(this._node) : undefined)
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
      await kernel?.query('SHOW VERSION').catch(() => undefined);
      this._front.told();
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
        execute: run(name => `USE ${name}`)
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
    const { collection = '' } = node;
    const table = await this._quoted(collection);
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
    if (!(await mayDrop(node.name, this._trans))) {
      return;
    }
    const name = await this._quoted(node.name);
    const words = { partition: 'PARTITION', index: 'INDEX' } as const;
    if (node.kind === 'partition' || node.kind === 'index') {
      const table = await this._quoted(node.collection ?? '');
      await this._front.run(`DROP ${words[node.kind]} ${name} ON ${table}`);
    } else {
      await this._front.run(`DROP TABLE ${name}`);
    }
  }

  /** The name as a statement has it; a collection elsewhere with its database. */
  private async _name(node: Node): Promise<string> {
    const name = await this._quoted(node.name);
    return node.kind === 'collection' && !node.isInUse
      ? `${await this._quoted(node.database ?? '')}.${name}`
      : name;
  }

  private async _quoted(name: string): Promise<string> {
    return (await this._front.kernel?.ask('quoted', [name])) ?? name;
  }

  private _front: Front;
  private _trans: TranslationBundle;
  private _commands = new CommandRegistry();
  private _menu: Menu;
  private _node: Node | undefined;
}
