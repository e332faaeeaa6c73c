/**
 * A table that is sorted by its heads, filtered, and gone through however long it is: of many rows
 * those alone are in the document that are seen. Of few rows it is the plain table that it would be
 * anyway. This is less than a hundredth of what grids to be had bring along, and a real table: the
 * libraries that are small place rows (`@tanstack/virtual-core`), which is twenty lines of it.
 */

import type { TranslationBundle } from '@jupyterlab/translation';

import { element, face, isNumber, isTurned } from './table-cell';
import { download, written, type Format } from './table-export';
import { Rows, type Ask, type Order, type Table } from './table-model';

/** A table of more rows is a window on them. */
const MAX_PLAIN = 50;

/** Rows that are there above and below those that are seen. */
const AROUND = 12;

/** How long nothing is typed before the rows are filtered, in milliseconds. */
const PAUSE_MS = 150;

export class TableView {
  constructor(
    table: Table,
    at: number,
    ask: Ask,
    precision: number | undefined,
    trans: TranslationBundle
  ) {
    this._table = table;
    this._precision = precision;
    this._trans = trans;
    this._rows = new Rows(table, at, ask);
    this.isGrid = table.rows.length > MAX_PLAIN || table.result !== undefined;
    this.node = element('div', 'milvus-table');
    this.node.classList.toggle('milvus-mod-grid', this.isGrid);
    table.columns.forEach((column, index) => {
      if (column.image !== undefined) {
        this._turned.add(index);
      }
    });
    this._makeTable();
    this._makeTools();
    this.node.append(this._scroll, this._note);
    this._observer = new ResizeObserver(() => this._schedule());
    if (this.isGrid) {
      this._observer.observe(this._scroll);
    }
    this._refresh();
    void this._rows.look().then(() => this._refresh());
  }

  readonly node: HTMLElement;
  /** The filter, and what copies and downloads. */
  readonly tools = element('div', 'milvus-table-tools');
  /** Whether it is a window on its rows. */
  readonly isGrid: boolean;

  dispose(): void {
    this._isDisposed = true;
    this._observer.disconnect();
    clearTimeout(this._typing);
  }

  private _makeTable(): void {
    const { columns, caption } = this._table;
    const names = columns.map(({ name }) => name).join(', ');
    const table = element('table', 'dataframe');
    this._grid = table;
    const title = caption ?? this._trans.__('result: %1', names);
    table.append(element('caption', 'milvus-unseen', title));
    const row = table.createTHead().insertRow();
    row.setAttribute('aria-rowindex', '1');
    columns.forEach((column, at) => {
      const head = element('th', isNumber(column) ? 'milvus-number' : '');
      head.scope = 'col';
      const button = element('button', 'milvus-table-head', column.name);
      button.type = 'button';
      if (isTurned(column)) {
        button.title = this._trans.__('Show all as pictures, or as numbers');
        button.setAttribute('aria-pressed', String(this._turned.has(at)));
        button.onclick = () => this._turn(at, button);
      } else {
        head.setAttribute('aria-sort', 'none');
        button.title = this._trans.__('Sort');
        button.onclick = () => void this._sort(at);
      }
      head.append(button);
      row.append(head);
    });
    table.append(this._body);
    this._scroll.append(table);
    // Enter opens a cell there, and arrows scroll
    this._scroll.dataset.lmSuppressShortcuts = 'true';
    this._scroll.onscroll = () => this._schedule();
    if (this.isGrid) {
      this._scroll.tabIndex = 0;
      this._scroll.setAttribute('role', 'region');
      this._scroll.setAttribute('aria-label', this._trans.__('rows of %1', caption ?? names));
    }
    this._body.onclick = event => {
      const button = (event.target as Element).closest<HTMLElement>('[data-cell]');
      if (button) {
        this._open(button.dataset.cell ?? '');
      }
    };
  }

  private _makeTools(): void {
    const trans = this._trans;
    const filter = element('input', 'milvus-table-filter');
    filter.type = 'search';
    filter.placeholder = trans.__('Filter');
    filter.setAttribute('aria-label', trans.__('Filter the rows'));
    filter.oninput = () => {
      clearTimeout(this._typing);
      this._typing = setTimeout(() => {
        void this._arrange({ ...this._order, filter: filter.value.trim() });
      }, PAUSE_MS);
    };
    // keys are for the filter, and no shortcuts of the notebook
    this.tools.dataset.lmSuppressShortcuts = 'true';
    this.tools.setAttribute('role', 'group');
    this.tools.setAttribute('aria-label', trans.__('Table'));
    this._said.setAttribute('role', 'status');
    const button = (text: string, title: string, run: () => Promise<void>): HTMLElement => {
      const node = element('button', 'milvus-tool', text);
      node.type = 'button';
      node.title = title;
      node.onclick = () => {
        run().catch(error => {
          // there may be fewer rows by now
          this._refresh();
          const reason = error instanceof Error ? error.message : String(error);
          this._say(trans.__('this was not done: %1', reason));
        });
      };
      return node;
    };
    this.tools.append(
      filter,
      this._said,
      button(trans.__('Copy'), trans.__('Copy all rows as CSV'), () => this._copy()),
      button('CSV', trans.__('Download all rows as CSV'), () => this._download('csv')),
      button('JSON', trans.__('Download all rows as JSON'), () => this._download('json'))
    );
  }

  private async _copy(): Promise<void> {
    // as it is where a page came over plain http
    if (!(navigator.clipboard as Clipboard | undefined)) {
      throw new Error(
        this._trans.__('a browser lets pages copy over https or from localhost alone')
      );
    }
    const file = await written(this._table.columns, this._rows, 'csv');
    await navigator.clipboard.writeText(await file.text());
    this._say(this._trans.__('copied %1', this._count(this._rows.total)));
  }

  private async _download(format: Format): Promise<void> {
    download(await written(this._table.columns, this._rows, format), `result.${format}`);
  }

  private _turn(at: number, button: HTMLElement): void {
    if (!this._turned.delete(at)) {
      this._turned.add(at);
    }
    button.setAttribute('aria-pressed', String(this._turned.has(at)));
    [...this._opened]
      .filter(cell => cell.endsWith(`:${at}`))
      .forEach(cell => this._opened.delete(cell));
    this._draw();
  }

  /** Sorts by a column, then the other way round, then not at all. */
  private async _sort(at: number): Promise<void> {
    const { sort, descending } = this._order;
    const again = sort === at;
    await this._arrange({
      ...this._order,
      sort: again && descending ? undefined : at,
      descending: again && !descending
    });
  }

  private async _arrange(order: Order): Promise<void> {
    this._order = order;
    await this._rows.arrange(order);
    if (this._order !== order || this._isDisposed) {
      return;
    }
    [...(this._grid?.tHead?.rows[0]?.cells ?? [])].forEach((head, at) => {
      if (head.hasAttribute('aria-sort')) {
        const way = order.descending ? 'descending' : 'ascending';
        head.setAttribute('aria-sort', order.sort === at ? way : 'none');
      }
    });
    this._opened.clear();
    this._scroll.scrollTop = 0;
    this._refresh();
  }

  private _refresh(): void {
    if (!this._isDisposed) {
      this._tell();
      this._draw();
    }
  }

  /** Opens a cell, or closes it. */
  private _open(cell: string): void {
    if (!this._opened.delete(cell)) {
      this._opened.add(cell);
    }
    this._draw();
  }

  private _schedule(): void {
    if (!this._isScheduled) {
      this._isScheduled = true;
      requestAnimationFrame(() => {
        this._isScheduled = false;
        if (!this._isDisposed && this.isGrid) {
          this._draw();
        }
      });
    }
  }

  /** Puts the rows there that are seen, and asks for those of them that are not here yet. */
  private _draw(): void {
    const { total } = this._rows;
    const [first, last] = this._window(total);
    const focused = this._focused();
    const above = this._spacer(first);
    const rows: HTMLElement[] = [];
    let isWhole = true;
    for (let index = first; index < last; index++) {
      isWhole &&= this._rows.row(index) !== undefined;
      rows.push(this._row(index));
    }
    this._body.replaceChildren(...above, ...rows, ...this._spacer(total - last));
    this._grid?.setAttribute('aria-rowcount', String(total + 1));
    if (focused !== undefined) {
      const again = this._body.querySelector<HTMLElement>(
        `[data-cell="${focused}"], [data-tree="${focused}"] > summary`
      );
      again?.focus({ preventScroll: true });
    }
    this._settle(rows);
    if (!isWhole) {
      void this._rows.fetch(first, last).then(isNew => isNew && this._refresh());
    }
  }

  /** The rows that are there: all of few. */
  private _window(total: number): [number, number] {
    if (!this.isGrid) {
      return [0, total];
    }
    const { scrollTop, clientHeight } = this._scroll;
    const seen = Math.ceil((clientHeight || 420) / this._rowHeight);
    const first = Math.floor(scrollTop / this._rowHeight) - AROUND;
    const from = Math.max(0, Math.min(first, total - seen - 2 * AROUND));
    return [from, Math.min(total, from + seen + 2 * AROUND)];
  }

  /** A row as high as so many. */
  private _spacer(rows: number): HTMLElement[] {
    if (!this.isGrid || rows <= 0) {
      return [];
    }
    const row = element('tr', 'milvus-spacer');
    row.setAttribute('aria-hidden', 'true');
    row.style.height = `${rows * this._rowHeight}px`;
    return [row];
  }

  private _row(index: number): HTMLElement {
    const values = this._rows.row(index);
    const row = element('tr', index % 2 === 1 ? 'milvus-odd' : '');
    row.setAttribute('aria-rowindex', String(index + 2));
    if (!values) {
      // not here yet, and as high as if it were
      row.style.height = `${this._rowHeight}px`;
    }
    const isAsRead = this._order.sort === undefined && this._order.filter === '';
    row.classList.toggle('milvus-group', isAsRead && this._table.groups.includes(index));
    this._table.columns.forEach((column, at) => {
      const cell = element('td', isNumber(column) ? 'milvus-number' : '');
      cell.classList.toggle('milvus-prose', column.type === 'prose');
      const value = values?.[at];
      if (value !== undefined) {
        const name = `${index}:${at}`;
        const isOpen = this._opened.has(name) !== this._turned.has(at);
        const { shown, opens } = face(value, column, this._precision, isOpen);
        if (shown instanceof HTMLDetailsElement) {
          shown.dataset.tree = name;
          // folded again, it is a line as before
          shown.addEventListener('toggle', () => shown.open || this._open(name));
          cell.append(shown);
        } else if (opens) {
          const button = element('div', 'milvus-opens');
          button.dataset.cell = name;
          button.tabIndex = 0;
          button.setAttribute('role', 'button');
          button.setAttribute('aria-expanded', String(isOpen));
          button.onkeydown = event => {
            if (event.target === button && (event.key === 'Enter' || event.key === ' ')) {
              event.preventDefault();
              this._open(name);
            }
          };
          button.append(shown);
          cell.append(button);
        } else {
          cell.append(shown);
        }
        if (column.role === 'distance' && typeof value === 'number') {
          const [least, most] = column.span ?? [0, 0];
          const share = (value - least) / (most - least || 1);
          cell.classList.add('milvus-distance');
          cell.style.setProperty('--milvus-share', `${(100 * share).toFixed(1)}%`);
        }
      }
      row.append(cell);
    });
    return row;
  }

  /** The cell that has the keys, as a line or as a tree. */
  private _focused(): string | undefined {
    const { activeElement } = document;
    if (!(activeElement instanceof HTMLElement) || !this._body.contains(activeElement)) {
      return undefined;
    }
    const tree = activeElement.closest<HTMLElement>('[data-tree]');
    return activeElement.dataset.cell ?? tree?.dataset.tree;
  }

  /** Learns how high a row is, and keeps columns from becoming narrower while rows go by. */
  private _settle(rows: HTMLElement[]): void {
    if (!this.isGrid || !this._scroll.clientHeight) {
      return;
    }
    const height = rows.find(row => !row.querySelector('[aria-expanded="true"]'))?.offsetHeight;
    if (height && Math.abs(height - this._rowHeight) > 0.5 && this._scroll.scrollTop === 0) {
      this._rowHeight = height;
      this._schedule();
    }
    for (const head of this._grid?.tHead?.rows[0]?.cells ?? []) {
      const width = Math.ceil(head.getBoundingClientRect().width);
      if (width > (parseInt(head.style.minWidth) || 0)) {
        head.style.minWidth = `${width}px`;
      }
    }
  }

  /** How many rows there are, and where the others are. */
  private _tell(): void {
    const { rows, total, result } = this._table;
    const all = this._rows.isKept || result === undefined ? this._rows.total : rows.length;
    const isFiltered = this._order.filter !== '';
    this._say(
      isFiltered
        ? this._trans.__('%1 found', this._count(this._rows.total))
        : this.isGrid
          ? this._count(all)
          : ''
    );
    this._note.textContent = '';
    if (!isFiltered && all < total) {
      const [here, whole] = [all, total].map(number => number.toLocaleString('en'));
      this._note.textContent =
        result === undefined || this._rows.isKept
          ? this._trans.__('… %1 of %2 rows are read: a LIMIT reads more', here, whole)
          : this._trans.__(
              '… %1 of %2 rows are in this notebook: run the cell again to see the rest',
              here,
              whole
            );
    }
  }

  private _count(rows: number): string {
    return rows === 1
      ? this._trans.__('1 row')
      : this._trans.__('%1 rows', rows.toLocaleString('en'));
  }

  private _say(text: string): void {
    this._said.textContent = text;
  }

  private _table: Table;
  private _trans: TranslationBundle;
  private _precision: number | undefined;
  private _rows: Rows;
  private _order: Order = { descending: false, filter: '' };
  /** the cells of which more is shown, by row and column */
  private _opened = new Set<string>();
  /** the columns of which more is shown in every cell */
  private _turned = new Set<number>();
  private _scroll = element('div', 'milvus-scroll');
  private _grid: HTMLTableElement | undefined;
  private _body = element('tbody');
  private _note = element('p', 'milvus-table-note');
  private _said = element('span', 'milvus-count');
  private _observer: ResizeObserver;
  private _rowHeight = 25;
  private _typing: ReturnType<typeof setTimeout> | undefined;
  private _isScheduled = false;
  private _isDisposed = false;
}
