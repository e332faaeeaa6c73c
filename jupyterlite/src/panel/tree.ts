/**
 * A tree as ARIA has it: one item has the place of the keyboard, arrows move and open, a letter
 * leads to the next name that begins with it.
 */

import {
  caretDownIcon,
  caretRightIcon,
  codeIcon,
  folderIcon,
  linkIcon,
  listIcon,
  numberingIcon,
  tableRowsIcon,
  userIcon,
  type LabIcon
} from '@jupyterlab/ui-components';

import type { Kind, Node } from './nodes';

/** A line of the tree. */
export interface Line {
  node: Node;
  /** from 1 */
  level: number;
  /** its place among those beside it, from 1, and how many there are */
  place: number;
  count: number;
  isOpen: boolean;
  isLoading: boolean;
}

export interface TreeEvents {
  toggle: (node: Node, open: boolean) => void;
  /** a click, or Enter */
  choose: (node: Node) => void;
  menu: (node: Node, x: number, y: number) => void;
}

const ICONS: Partial<Record<Kind, LabIcon>> = {
  connection: linkIcon,
  remembered: linkIcon,
  database: folderIcon,
  collection: tableRowsIcon,
  field: codeIcon,
  index: numberingIcon,
  partition: listIcon,
  user: userIcon
};

/** Letters that are typed within so many milliseconds are one word. */
const WORD_MS = 700;

export class Tree {
  constructor(label: string, events: TreeEvents) {
    this._events = events;
    this.node = document.createElement('ul');
    this.node.className = 'milvus-tree';
    this.node.setAttribute('role', 'tree');
    this.node.setAttribute('aria-label', label);
    this.node.addEventListener('keydown', event => this._key(event));
    this.node.addEventListener('click', event => this._click(event));
    this.node.addEventListener('contextmenu', event => this._context(event));
    this.node.addEventListener('focusin', event => this._focused(event));
  }

  readonly node: HTMLUListElement;

  show(lines: Line[]): void {
    const hadFocus = this.node.contains(document.activeElement);
    this._lines = lines;
    if (!lines.some(({ node }) => node.key === this._active)) {
      this._active = lines[0]?.node.key;
    }
    this.node.replaceChildren(...lines.map(line => this._item(line)));
    if (hadFocus) {
      this._element(this._active)?.focus();
    }
  }

  focus(): void {
    this._element(this._active)?.focus();
  }

  private _item({ node, level, place, count, isOpen, isLoading }: Line): HTMLLIElement {
    const item = document.createElement('li');
    item.className = `milvus-node milvus-mod-${node.kind}`;
    item.dataset.key = node.key;
    item.setAttribute('role', 'treeitem');
    item.setAttribute('aria-level', String(level));
    item.setAttribute('aria-posinset', String(place));
    item.setAttribute('aria-setsize', String(count));
    item.tabIndex = node.key === this._active ? 0 : -1;
    item.style.paddingInlineStart = `${(level - 1) * 14 + 2}px`;
    const twisty = document.createElement('span');
    twisty.className = 'milvus-twisty';
    if (node.load) {
      item.setAttribute('aria-expanded', String(isOpen));
      (isOpen ? caretDownIcon : caretRightIcon).element({ container: twisty });
    }
    if (isLoading) {
      item.setAttribute('aria-busy', 'true');
    }
    if (node.isCurrent) {
      item.setAttribute('aria-current', 'true');
    }
    item.append(twisty);
    const icon = ICONS[node.kind];
    if (icon) {
      const place = document.createElement('span');
      place.className = 'milvus-icon';
      icon.element({ container: place });
      item.append(place);
    }
    const name = document.createElement('span');
    name.className = 'milvus-name';
    name.textContent = node.name;
    item.append(name);
    item.title = node.name;
    if (node.note) {
      const note = document.createElement('span');
      note.className = 'milvus-note';
      note.textContent = node.note;
      item.append(' ', note);
      item.title = `${node.name}: ${node.note}`;
    }
    return item;
  }

  private _key(event: KeyboardEvent): void {
    const at = this._lines.findIndex(({ node }) => node.key === this._active);
    const line = this._lines[at];
    if (!line || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const { node, isOpen, level } = line;
    if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
      const { left, bottom } = this._element(node.key)?.getBoundingClientRect() ?? new DOMRect();
      this._events.menu(node, left + level * 14, bottom);
    } else if (event.key === 'ArrowDown') {
      this._go(at + 1);
    } else if (event.key === 'ArrowUp') {
      this._go(at - 1);
    } else if (event.key === 'Home') {
      this._go(0);
    } else if (event.key === 'End') {
      this._go(this._lines.length - 1);
    } else if (event.key === 'ArrowRight') {
      if (node.load && !isOpen) {
        this._events.toggle(node, true);
      } else if (node.load && (this._lines[at + 1]?.level ?? 0) > level) {
        this._go(at + 1);
      }
    } else if (event.key === 'ArrowLeft') {
      if (node.load && isOpen) {
        this._events.toggle(node, false);
      } else {
        const above = this._lines.slice(0, at).reverse();
        const parent = above.find(other => other.level < level);
        this._go(parent ? this._lines.indexOf(parent) : at);
      }
    } else if (event.key === 'Enter' || (event.key === ' ' && this._typed === '')) {
      if (event.key === ' ' && node.load) {
        this._events.toggle(node, !isOpen);
      } else {
        this._events.choose(node);
      }
    } else if (event.key.length === 1) {
      this._letter(event.key, at);
    } else {
      return;
    }
    event.preventDefault();
    // JupyterLab has shortcuts of one letter
    event.stopPropagation();
  }

  /** The same letter again leads on; others make a word. */
  private _letter(letter: string, at: number): void {
    const isAgain = this._typed === letter;
    this._typed = isAgain ? letter : this._typed + letter.toLowerCase();
    window.clearTimeout(this._timer);
    this._timer = window.setTimeout(() => (this._typed = ''), WORD_MS);
    const first = this._typed.length > 1 ? at : at + 1;
    const order = [...this._lines.slice(first), ...this._lines.slice(0, first)];
    const found = order.find(({ node }) => node.name.toLowerCase().startsWith(this._typed));
    if (found) {
      this._go(this._lines.indexOf(found));
    }
  }

  private _click(event: MouseEvent): void {
    const line = this._of(event);
    if (!line) {
      return;
    }
    this._place(line.node.key);
    const { target } = event;
    const isTwisty = target instanceof Element && target.closest('.milvus-twisty') !== null;
    if (line.node.load && (isTwisty || line.node.kind === 'group')) {
      this._events.toggle(line.node, !line.isOpen);
    } else {
      this._events.choose(line.node);
    }
  }

  private _context(event: MouseEvent): void {
    const line = this._of(event);
    if (line) {
      event.preventDefault();
      event.stopPropagation();
      this._place(line.node.key);
      this._events.menu(line.node, event.clientX, event.clientY);
    }
  }

  private _focused(event: FocusEvent): void {
    const line = this._of(event);
    if (line) {
      this._place(line.node.key);
    }
  }

  private _of(event: Event): Line | undefined {
    const { target } = event;
    const item = target instanceof Element ? target.closest<HTMLElement>('.milvus-node') : null;
    return this._lines.find(({ node }) => node.key === item?.dataset.key);
  }

  private _go(at: number): void {
    const key = this._lines[at]?.node.key;
    if (key !== undefined) {
      this._place(key);
      this._element(key)?.focus();
    }
  }

  private _place(key: string): void {
    this._element(this._active)?.setAttribute('tabindex', '-1');
    this._active = key;
    this._element(key)?.setAttribute('tabindex', '0');
  }

  private _element(key: string | undefined): HTMLElement | undefined {
    const at = this._lines.findIndex(({ node }) => node.key === key);
    return this.node.children[at] as HTMLElement | undefined;
  }

  private _events: TreeEvents;
  private _lines: Line[] = [];
  private _active: string | undefined;
  private _typed = '';
  private _timer = 0;
}
