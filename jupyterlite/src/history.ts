/**
 * What was run, without its secrets: in this session and, where the browser keeps it, in those
 * before. Read as Jupyter's `history_request` asks: by tail, by range, by a pattern.
 */

import type { KernelMessage } from '@jupyterlab/services';

/** Session, from 1; count in it; the cell. */
type Line = [session: number, count: number, cell: string];

type Asked = KernelMessage.IHistoryRequestMsg['content'];
type Entry = [number, number, string] | [number, number, [string, null]];

/** Cells that are kept, and their characters. */
const MOST_LINES = 1000;
const MOST_CHARACTERS = 500_000;
/** The characters of a cell that is worth keeping: a longer one is data. */
export const MOST_CELL = 50_000;

export class History {
  /** `storage` keeps the lines under `key`; without it they end with the session. */
  constructor(
    private _storage: Storage | undefined,
    private _key: string
  ) {
    this._session = this._next();
  }

  /** Takes a cell, whose secrets are covered. */
  add(count: number, cell: string): void {
    this._lines.push([this._session, count, cell]);
    this._lines.splice(0, this._lines.length - MOST_LINES);
    try {
      // another tab may have added to it
      let kept: Line[] = [...this._kept(), [this._session, count, cell]];
      kept = kept.slice(-MOST_LINES);
      while (size(kept) > MOST_CHARACTERS) {
        kept.shift();
      }
      this._storage?.setItem(this._key, JSON.stringify(kept));
    } catch {
      // the browser has no room for it: the session has it all the same
    }
  }

  entries(asked: Asked): Entry[] {
    const lines = this._asked(asked);
    return asked.output
      ? lines.map(([session, count, cell]) => [session, count, [cell, null]])
      : lines;
  }

  private _asked(asked: Asked): Line[] {
    const all = this._all();
    switch (asked.hist_access_type) {
      case 'range': {
        // 0 is this session, and what is below it goes back from it
        const session = asked.session > 0 ? asked.session : this._session + asked.session;
        const { start } = asked;
        const stop = asked.stop ?? Infinity;
        return all.filter(
          ([of, count]) => of === session && count >= start && count < stop
        );
      }
      case 'search': {
        const pattern = glob(asked.pattern ?? '*');
        let found = all.filter(([, , cell]) => pattern.test(cell));
        if ((asked as Asked & { unique?: boolean }).unique) {
          const last = new Map(found.map(line => [line[2], line]));
          found = found.filter(line => last.get(line[2]) === line);
        }
        return tail(found, asked.n);
      }
      default:
        return tail(all, asked.n);
    }
  }

  /** The lines of the sessions before, and of this one. */
  private _all(): Line[] {
    return [...this._kept().filter(([session]) => session !== this._session), ...this._lines];
  }

  /** The number of a session, which no other that is open has. */
  private _next(): number {
    const key = `${this._key} session`;
    const kept = Math.max(0, ...this._kept().map(([session]) => session));
    try {
      const session = Math.max(kept, Number(this._storage?.getItem(key)) || 0) + 1;
      this._storage?.setItem(key, String(session));
      return session;
    } catch {
      return kept + 1;
    }
  }

  private _kept(): Line[] {
    try {
      const kept: unknown = JSON.parse(this._storage?.getItem(this._key) ?? '[]');
      return Array.isArray(kept) ? kept.filter(isLine) : [];
    } catch {
      return [];
    }
  }

  private _session: number;
  private _lines: Line[] = [];
}

/**
 * The page's own store, where there is one: a browser may forbid it, and a console in a frame, as
 * the reference has it, is an example that leaves nothing behind.
 */
export function pageStorage(): Storage | undefined {
  if (window.parent !== window && window.location.pathname.includes('/repl/')) {
    return undefined;
  }
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}

function isLine(line: unknown): line is Line {
  return (
    Array.isArray(line) &&
    typeof line[0] === 'number' &&
    typeof line[1] === 'number' &&
    typeof line[2] === 'string'
  );
}

const size = (lines: Line[]): number => lines.reduce((sum, [, , cell]) => sum + cell.length, 0);

const tail = (lines: Line[], n: number | undefined): Line[] =>
  n !== undefined && n > 0 ? lines.slice(-n) : lines;

/** `*` is any text and `?` any character. */
function glob(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '[^]*').replaceAll('?', '[^]')}$`, 'u');
}
