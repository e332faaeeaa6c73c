/** A result as `src/render/table.rs` writes it, and where the rows of a table come from. */

export interface Result {
  notices: string[];
  status: string;
  /** digits behind the point */
  precision?: number;
  tables: Table[];
}

export interface Table {
  caption?: string;
  columns: Column[];
  /** those that the notebook holds */
  rows: Value[][];
  /** how many there are */
  total: number;
  /** the rows at which the hits of another query begin */
  groups: number[];
  /** what the kernel has the rest under, and how many rows that makes */
  result?: string;
  read?: number;
}

export interface Column {
  name: string;
  type:
    | 'bool'
    | 'int'
    | 'float'
    | 'text'
    | 'prose'
    | 'json'
    | 'array'
    | 'vector'
    | 'sparse'
    | 'bytes';
  /** what a search measured, and from where to where */
  role?: 'distance';
  span?: [number, number];
  /** its numbers are pixels of this shape, or of a square */
  image?: string;
}

export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };

/** Which rows are wanted, in which order. */
export interface Order {
  /** a column */
  sort?: number;
  descending: boolean;
  filter: string;
}

/** Some of the rows, and how many there are in this order. */
export interface Page {
  total: number;
  rows: Value[][];
}

/** `Kernel.rows` of whichever kernel has the result. */
export type Ask = (
  result: string,
  table: number,
  from: number,
  count: number,
  sort: number,
  descending: boolean,
  filter: string
) => Promise<Page | undefined>;

/** Rows are asked for in pages of so many, and so many pages are kept. */
const PAGE = 500;
const PAGES = 60;

const AS_READ: Order = { descending: false, filter: '' };

/** The rows of a table: those that the notebook holds, and the rest while the kernel has them. */
export class Rows {
  constructor(table: Table, at: number, ask: Ask) {
    this._table = table;
    this._at = at;
    this._ask = ask;
    this._arranged = table.rows;
    // until it says otherwise, the kernel has them
    this._isKept = table.result !== undefined;
    this.total = table.read ?? table.rows.length;
  }

  /** How many there are to go through, in the order that is set. */
  total: number;

  /** Whether the kernel has more of them than the notebook. */
  get isKept(): boolean {
    return this._isKept;
  }

  /** Looks whether the kernel has the rest. */
  async look(): Promise<void> {
    if (this._table.result !== undefined) {
      await this._page(0, 0);
    }
  }

  async arrange(order: Order): Promise<void> {
    this._order = order;
    if (this._isKept) {
      await this._page(0, PAGE);
    }
    if (!this._isKept) {
      this._here = order;
      this._arranged = arranged(this._table, order);
      this.total = this._arranged.length;
    }
  }

  /** A row, if it is here. */
  row(index: number): Value[] | undefined {
    if (!this._isKept) {
      return this._arranged[index];
    }
    const held = this._isAsRead() ? this._table.rows[index] : undefined;
    return held ?? this._pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** Gets those of these rows that are not here; says whether there were any. */
  async fetch(from: number, to: number): Promise<boolean> {
    const wanted: number[] = [];
    for (let index = from; index < Math.min(to, this.total); index++) {
      const page = Math.floor(index / PAGE);
      if (!this.row(index) && !wanted.includes(page)) {
        wanted.push(page);
      }
    }
    await Promise.all(wanted.map(page => this._page(page * PAGE, PAGE)));
    return wanted.length > 0;
  }

  /** All rows in their order, some at a time: as they are now, or not at all. */
  async *all(): AsyncGenerator<Value[][]> {
    const { _order: order, _isKept: isKept } = this;
    for (let from = 0; from < this.total; from += PAGE) {
      await this.fetch(from, from + PAGE);
      if (this._order !== order) {
        throw new Error('the rows were sorted or filtered meanwhile');
      }
      if (this._isKept !== isKept) {
        throw new Error('the kernel was started again and has the rows no more');
      }
      const rows: Value[][] = [];
      for (let index = from; index < Math.min(from + PAGE, this.total); index++) {
        const row = this.row(index);
        if (!row) {
          throw new Error(`row ${index + 1} could not be read`);
        }
        rows.push(row);
      }
      yield rows;
    }
  }

  private _isAsRead(): boolean {
    return this._here.sort === undefined && this._here.filter === '';
  }

  private async _page(from: number, count: number): Promise<void> {
    const order = this._order;
    const { sort = -1, descending, filter } = order;
    const { result = '' } = this._table;
    const page = await this._ask(result, this._at, from, count, sort, descending, filter);
    if (order !== this._order) {
      // another is wanted by now
      return;
    }
    if (!page) {
      if (this._isKept) {
        this._isKept = false;
        await this.arrange(order);
      }
      return;
    }
    this._isKept = true;
    this.total = page.total;
    if (this._here !== order) {
      // until now the rows were shown as they were before
      this._here = order;
      this._pages.clear();
    }
    if (count > 0) {
      this._pages.set(Math.floor(from / PAGE), page.rows);
      const [oldest] = this._pages.keys();
      if (this._pages.size > PAGES && oldest !== undefined) {
        this._pages.delete(oldest);
      }
    }
  }

  private _table: Table;
  private _at: number;
  private _ask: Ask;
  /** the order that is wanted, and that of the rows that are here */
  private _order = AS_READ;
  private _here = AS_READ;
  private _isKept: boolean;
  /** what there is without the kernel */
  private _arranged: Value[][];
  private _pages = new Map<number, Value[][]>();
}

/** The rows that the notebook holds, as the kernel would arrange them. */
function arranged({ rows, columns }: Table, { sort, descending, filter }: Order): Value[][] {
  const wanted = filter.toLowerCase();
  const searched = columns.map(({ type }) => !['vector', 'sparse', 'bytes'].includes(type));
  const fits = (row: Value[]): boolean =>
    row.some((value, at) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      return value !== null && searched[at] && text.toLowerCase().includes(wanted);
    });
  const found = wanted === '' ? [...rows] : rows.filter(fits);
  if (sort !== undefined) {
    const { type } = columns[sort] ?? {};
    const key = (row: Value[]): Value => row[sort] ?? null;
    const sign = descending ? -1 : 1;
    found.sort((a, b) => {
      const [left, right] = [key(a), key(b)];
      if (left === null || right === null) {
        return Number(left === null) - Number(right === null);
      }
      return sign * compare(left, right, type === 'int');
    });
  }
  return found;
}

function compare(a: Value, b: Value, isWhole: boolean): number {
  if (isWhole && typeof a !== typeof b) {
    // digits of what a number cannot hold
    return compare(BigInt(String(a)) < BigInt(String(b)) ? -1 : 1, 0, false);
  }
  if (isWhole && typeof a === 'string') {
    const [left, right] = [BigInt(a), BigInt(String(b))];
    return left < right ? -1 : Number(left > right);
  }
  if (typeof a === 'object' || typeof b === 'object') {
    return compare(JSON.stringify(a), JSON.stringify(b), false);
  }
  return a < b ? -1 : Number(a > b);
}
