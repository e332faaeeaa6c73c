/**
 * What the side panel shows: the tree of what the kernel in front is connected to. It looks again
 * after each cell, while it can be seen; what it asks waits for the cells that run.
 */

import { addIcon, refreshIcon, type LabIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Front } from './front';
import { NodeMenu, WAITING_MS } from './menu';
import { Nodes, type Node } from './nodes';
import { Tree, type Line } from './tree';

/** Cells that end within so many milliseconds are looked at once. */
const TOGETHER_MS = 150;

export class Panel {
  /** `isVisible` tells whether anybody sees it. */
  constructor(
    host: HTMLElement,
    front: Front,
    trans: TranslationBundle,
    commands: CommandRegistry,
    isVisible: () => boolean
  ) {
    this._front = front;
    this._trans = trans;
    this._isVisible = isVisible;
    this._menu = new NodeMenu(
      front,
      trans,
      text => this._tell(text),
      () => this._tree.focus()
    );
    this._tree = new Tree('Milvus', {
      toggle: (node, open) => this._toggle(node, open),
      choose: node => {
        this._tell('');
        this._choose(node).catch(error => this._tell(messageOf(error)));
      },
      menu: (node, x, y) => {
        this._tell('');
        this._menu.open(node, x, y);
      }
    });
    this._filter = document.createElement('input');
    this._filter.type = 'search';
    this._filter.className = 'jp-mod-styled milvus-filter';
    this._filter.placeholder = trans.__('Filter by name');
    this._filter.setAttribute('aria-label', trans.__('Filter by name'));
    this._filter.addEventListener('input', () => this._draw());
    this._filter.addEventListener('keydown', event => {
      if (event.key === 'ArrowDown') {
        event.preventDefault();
        this._tree.focus();
      }
    });
    this._said = document.createElement('div');
    this._said.className = 'milvus-said';
    this._said.setAttribute('role', 'status');
    const run = (id: string) => () => void commands.execute(id);
    const head = document.createElement('div');
    head.className = 'milvus-head';
    head.append(
      this._filter,
      button(addIcon, trans.__('Connect to Milvus…'), run('milvus:connect')),
      button(refreshIcon, trans.__('Look Again'), () => {
        this._tell('');
        void this._look();
      })
    );
    this._none = document.createElement('div');
    this._none.className = 'milvus-none';
    const text = document.createElement('p');
    text.textContent = trans.__('What a Milvus notebook is connected to is shown here.');
    const create = document.createElement('button');
    create.className = 'jp-mod-styled jp-mod-accept';
    create.textContent = trans.__('New Milvus Notebook');
    create.addEventListener('click', run('milvus:new-notebook'));
    this._none.append(text, create);
    this._head = head;
    host.append(head, this._said, this._none, this._tree.node);
    front.changed.connect(() => this._other());
    front.ran.connect(() => this._lookSoon());
    document.addEventListener('visibilitychange', () => this._lookIfStale());
    this._other();
  }

  /** It can be seen again. */
  shown(): void {
    this._lookIfStale();
  }

  focus(): void {
    this._filter.focus();
  }

  private _other(): void {
    const { kernel } = this._front;
    this._nodes = kernel && new Nodes(kernel, this._trans, () => this._draw());
    this._round += 1;
    this._loading.clear();
    this._told = this._failure = '';
    this._roots = [];
    this._below.clear();
    this._draw();
    this._lookSoon();
  }

  private _lookSoon(): void {
    this._isStale = true;
    window.clearTimeout(this._soon);
    this._soon = window.setTimeout(() => this._lookIfStale(), TOGETHER_MS);
  }

  private _lookIfStale(): void {
    if (this._isStale && this._isVisible() && !document.hidden) {
      void this._look();
    }
  }

  private async _look(): Promise<void> {
    this._isStale = false;
    this._loading.clear();
    const round = ++this._round;
    let roots: Node[] = [];
    let failure = '';
    try {
      roots = (await this._read()) ?? [];
    } catch (error) {
      failure = messageOf(error);
    }
    if (round === this._round) {
      this._roots = failure === '' ? roots : this._roots;
      this._failure = failure;
      this._draw();
      await this._loadOpen(roots, round);
    }
  }

  private async _read(): Promise<Node[] | undefined> {
    const nodes = this._nodes;
    return nodes?.roots().catch(async () => {
      // a worker that ended is replaced for what runs
      await this._front.kernel?.query('');
      return nodes.roots();
    });
  }

  private async _loadOpen(nodes: Node[], round: number): Promise<void> {
    for (const node of nodes) {
      if (node.load && this._isOpen(node)) {
        await this._load(node, round);
      }
    }
  }

  private async _load(node: Node, round: number): Promise<void> {
    this._loading.add(node.key);
    this._draw();
    const below = await node.load?.().then(
      nodes => (nodes.length > 0 ? nodes : [textOf(node, this._trans.__('nothing here yet'))]),
      (error: unknown) => [textOf(node, messageOf(error))]
    );
    if (!below || round !== this._round) {
      return;
    }
    this._below.set(node.key, below);
    this._loading.delete(node.key);
    this._draw();
    await this._loadOpen(below, round);
  }

  private _toggle(node: Node, open: boolean): void {
    this._opened.set(node.key, open);
    this._draw();
    if (open && !this._loading.has(node.key)) {
      void this._load(node, this._round);
    }
  }

  private async _choose(node: Node): Promise<void> {
    switch (node.kind) {
      case 'text':
        break;
      case 'group':
      case 'database':
        this._toggle(node, !this._isOpen(node));
        break;
      case 'connection':
      case 'remembered':
        await this._menu.connect(node);
        break;
      default:
        await this._menu.insert(node);
    }
  }

  /** Until a person says otherwise, what is in use is open. */
  private _isOpen(node: Node): boolean {
    const isGroup = /^(connections|databases)/.test(node.key);
    return this._opened.get(node.key) ?? (isGroup || (node.kind === 'database' && !!node.isInUse));
  }

  /** Several changes at once are drawn once. */
  private _draw(): void {
    this._isDrawing ||= window.setTimeout(() => {
      this._isDrawing = 0;
      const isNone = this._front.kernel === undefined;
      this._none.hidden = !isNone;
      this._head.hidden = isNone;
      this._tree.node.hidden = isNone;
      const filter = this._filter.value.trim().toLowerCase();
      this._tree.show(this._lines(this._roots, 1, filter));
      this._say();
    });
  }

  private _lines(nodes: Node[], level: number, filter: string): Line[] {
    const held = filter === '' ? nodes : nodes.filter(node => this._holds(node, filter));
    return held.flatMap((node, at) => {
      const below = this._below.get(node.key) ?? [];
      // below a name that is looked for, everything
      const isFound = filter !== '' && isLookedFor(node, filter);
      const within = isFound ? '' : filter;
      const isOpen = this._isOpen(node) || within !== '';
      const line: Line = {
        node,
        level,
        place: at + 1,
        count: held.length,
        isOpen,
        isLoading: this._loading.has(node.key)
      };
      return [line, ...(isOpen && node.load ? this._lines(below, level + 1, within) : [])];
    });
  }

  /** Whether a node or what is known below it is looked for. */
  private _holds(node: Node, filter: string): boolean {
    const below = this._below.get(node.key) ?? [];
    return isLookedFor(node, filter) || below.some(child => this._holds(child, filter));
  }

  /** Says what came of what a person did, until something else is done. */
  private _tell(text: string): void {
    this._told = text;
    this._draw();
  }

  /** Says it when what is asked waits, or failed. */
  private _say(): void {
    if (this._loading.size === 0) {
      window.clearTimeout(this._waiting);
      this._waiting = 0;
      const said = this._told || this._failure;
      if (this._said.textContent !== said) {
        this._said.textContent = said;
      }
    } else {
      this._waiting ||= window.setTimeout(() => {
        this._said.textContent = this._trans.__('Waiting for the kernel, which runs a cell…');
      }, WAITING_MS);
    }
  }

  private _front: Front;
  private _trans: TranslationBundle;
  private _isVisible: () => boolean;
  private _menu: NodeMenu;
  private _tree: Tree;
  private _filter: HTMLInputElement;
  private _said: HTMLElement;
  private _none: HTMLElement;
  private _head: HTMLElement;
  private _nodes: Nodes | undefined;
  private _roots: Node[] = [];
  /** what is below the nodes that were opened, by their keys */
  private _below = new Map<string, Node[]>();
  private _opened = new Map<string, boolean>();
  private _loading = new Set<string>();
  /** what an earlier look asked for is no longer of use */
  private _round = 0;
  private _told = '';
  /** why the last look came to nothing */
  private _failure = '';
  private _isStale = true;
  private _isDrawing = 0;
  private _soon = 0;
  private _waiting = 0;
}

const isLookedFor = (node: Node, filter: string): boolean =>
  node.kind !== 'group' && node.kind !== 'text' && node.name.toLowerCase().includes(filter);

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

function textOf(node: Node, name: string): Node {
  return { key: `text ${node.key}`, kind: 'text', name };
}

function button(icon: LabIcon, label: string, click: () => void): HTMLButtonElement {
  const made = document.createElement('button');
  made.type = 'button';
  made.className = 'milvus-button';
  made.title = label;
  made.setAttribute('aria-label', label);
  made.addEventListener('click', click);
  icon.element({ container: made });
  return made;
}
