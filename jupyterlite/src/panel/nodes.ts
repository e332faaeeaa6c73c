/**
 * The nodes of the tree: connections, databases, collections, fields, indexes, partitions, users.
 * What is below one is asked for when it is opened.
 */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { Connection } from '../../wasm/milvus_kernel.js';
import type { MilvusKernel } from '../kernel';
import { answers, missing, records, type Answer } from './answer';
import { remembered, same, type Remembered } from './remembered';

export type Kind =
  | 'group'
  | 'connection'
  | 'remembered'
  | 'database'
  | 'collection'
  | 'field'
  | 'index'
  | 'partition'
  | 'user'
  | 'text';

export interface Node {
  /** of this node alone */
  key: string;
  kind: Kind;
  name: string;
  /** what is said of it behind its name */
  note?: string;
  isCurrent?: boolean;
  /** of a connection that the session makes by itself */
  isDefault?: boolean;
  /** of a field */
  isVector?: boolean;
  /** of a database and what is below: the one in use */
  isInUse?: boolean;
  database?: string;
  collection?: string;
  connection?: Remembered;
  /** of what is below a connection: where it is */
  at?: Connection;
  /** what is below it */
  load?: () => Promise<Node[]>;
}

/** The collections of a list that is no longer show at once how many rows they have. */
const DETAILED = 10;

export class Nodes {
  /** `onNote` is called when more is known of a node that is there. */
  constructor(kernel: MilvusKernel, trans: TranslationBundle, onNote: () => void) {
    this._kernel = kernel;
    this._trans = trans;
    this._onNote = onNote;
  }

  /** The nodes at the top; the connections are known without asking a server. */
  async roots(): Promise<Node[]> {
    const { connections, by_default } = await this._kernel.ask('status', []);
    const trans = this._trans;
    const top: Node[] = [
      {
        key: 'connections',
        kind: 'group',
        name: trans.__('Connections'),
        load: async () => this._connections(connections, by_default)
      }
    ];
    const current = connections.find(connection => connection.in_use);
    if (current) {
      top.push(
        {
          key: `databases ${current.name}`,
          kind: 'group',
          name: trans.__('Databases'),
          note: current.address,
          load: () => this._databases(current)
        },
        {
          key: `users ${current.name}`,
          kind: 'group',
          name: trans.__('Users'),
          load: () => this._users(current)
        }
      );
    }
    return top;
  }

  private _connections(connections: Connection[], byDefault: string | null): Node[] {
    const made = connections.map((connection): Node => {
      const { name, address, user, server, in_use } = connection;
      return {
        key: `connection ${name}`,
        kind: 'connection',
        name,
        note: [address, user, server].filter(part => part !== '').join(' · '),
        isCurrent: in_use,
        connection: { address, user }
      };
    });
    const first: Node[] =
      byDefault === null
        ? []
        : [
            {
              key: `default ${byDefault}`,
              kind: 'remembered',
              name: byDefault,
              note: this._trans.__('the first statement goes there'),
              isDefault: true,
              connection: { address: byDefault, user: '' }
            }
          ];
    const before = remembered
      .all()
      .filter(({ address, user }) => address !== byDefault || user !== '')
      .filter(known => !connections.some(connection => same(known, connection)))
      .map(
        (known): Node => ({
          key: `remembered ${known.user} ${known.address}`,
          kind: 'remembered',
          name: known.address,
          note: [known.user, this._trans.__('not connected')].filter(Boolean).join(' · '),
          connection: known
        })
      );
    return [...made, ...first, ...before];
  }

  private async _databases(current: Connection): Promise<Node[]> {
    // a server before 2.4 has one database and no list of them
    const [listed] = await answers(this._kernel, 'SHOW DATABASES').catch(() => []);
    const names = listed ? records(listed).map(({ database = '' }) => database) : [];
    return (names.length > 0 ? names : [current.database]).map(name => {
      const isInUse = name === current.database;
      return {
        key: `database ${current.name} ${name}`,
        kind: 'database',
        name,
        database: name,
        at: current,
        isCurrent: isInUse,
        isInUse,
        note: isInUse ? this._trans.__('in use') : undefined,
        load: () => this._collections(current, name, isInUse)
      };
    });
  }

  private async _collections(
    current: Connection,
    database: string,
    isInUse: boolean
  ): Promise<Node[]> {
    const from = isInUse ? '' : ` FROM ${await this._kernel.ask('quoted', [database])}`;
    const [answer] = await answers(this._kernel, `SHOW TABLES${from}`);
    const nodes = records(answer).map(
      ({ collection = '' }): Node => ({
        key: `collection ${current.name} ${database} ${collection}`,
        kind: 'collection',
        name: collection,
        database,
        collection,
        at: current,
        isInUse
      })
    );
    for (const node of isInUse ? nodes : []) {
      let below: Promise<Node[]> | undefined;
      node.note = this._notes.get(node.key);
      node.load = () => {
        below ??= this._of(node).catch((error: unknown) => {
          below = undefined;
          throw error;
        });
        return below;
      };
    }
    if (isInUse && nodes.length <= DETAILED) {
      void this._detail(nodes);
    }
    return [...nodes, ...this._more(answer, `more ${current.name} ${database}`)];
  }

  /** One after the other: a cell that is run meanwhile goes in between. */
  private async _detail(nodes: Node[]): Promise<void> {
    for (const node of nodes) {
      // one that cannot be described says so when it is opened
      await node.load?.().catch(() => undefined);
      this._onNote();
    }
  }

  /** The fields of a collection, and what else it has; its rows and its state become its note. */
  private async _of(node: Node): Promise<Node[]> {
    const { name, database, at } = node;
    const quoted = await this._kernel.ask('quoted', [name]);
    const [described] = await answers(this._kernel, `DESCRIBE ${quoted}`);
    node.note = this._state(name, described?.status ?? '');
    this._notes.set(node.key, node.note);
    const below = { database, collection: name, at, isInUse: true };
    const fields = records(described).map(
      ({ field = '', type = '', key = '', index = '', metric = '' }): Node => ({
        ...below,
        key: `field ${node.key} ${field}`,
        kind: 'field',
        name: field,
        note: [type, key && this._key(key), index, metric].filter(part => part !== '').join(' · '),
        isVector: /VEC/.test(type)
      })
    );
    const group = (kind: 'index' | 'partition', title: string, statement: string): Node => ({
      ...below,
      key: `${kind} ${node.key}`,
      kind: 'group',
      name: title,
      load: async () => {
        const [answer] = await answers(this._kernel, `${statement} ${quoted}`);
        return records(answer).map(record => ({
          ...below,
          key: `${kind} ${node.key} ${record[kind] ?? ''}`,
          kind,
          name: record[kind] ?? '',
          note: [record.field, record.type, record.metric, record.params]
            .filter(Boolean)
            .join(' · ')
        }));
      }
    });
    return [
      ...fields,
      group('index', this._trans.__('Indexes'), 'SHOW INDEXES FROM'),
      group('partition', this._trans.__('Partitions'), 'SHOW PARTITIONS FROM')
    ];
  }

  private async _users(current: Connection): Promise<Node[]> {
    const [answer] = await answers(this._kernel, 'SHOW USERS');
    return records(answer).map(({ user = '', roles = '' }) => ({
      key: `user ${current.name} ${user}`,
      kind: 'user',
      name: user,
      note: roles
    }));
  }

  /** What DESCRIBE says below its table, such as `books is loaded, 1,000 rows stored`. */
  private _state(name: string, status: string): string {
    const trans = this._trans;
    const [, state = '', rows = ''] =
      /^(loaded|loading|not loaded),.*?([\d,]+) rows stored/.exec(
        status.slice(`${name} is `.length)
      ) ?? [];
    const words: Record<string, string> = {
      loaded: trans.__('loaded'),
      loading: trans.__('loading'),
      'not loaded': trans.__('not loaded')
    };
    if (!state) {
      return status;
    }
    const count = Number(rows.replaceAll(',', ''));
    return `${words[state] ?? state} · ${trans._n('%2 row', '%2 rows', count, rows)}`;
  }

  private _key(key: string): string {
    return key.replace('primary', this._trans.__('primary key'));
  }

  private _more(answer: Answer | undefined, key: string): Node[] {
    const more = missing(answer);
    return more > 0
      ? [{ key, kind: 'text', name: this._trans.__('… and %1 more', more) }]
      : [];
  }

  private _kernel: MilvusKernel;
  private _trans: TranslationBundle;
  private _onNote: () => void;
  /** what was said last of a collection, until it is asked again */
  private _notes = new Map<string, string>();
}
