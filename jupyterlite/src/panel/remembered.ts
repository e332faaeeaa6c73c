/** Connections that were used in this browser, without secrets: addresses, users, databases. */

import { pageStorage } from '../history';
import type { Connection } from '../../wasm/milvus_kernel.js';

export interface Remembered {
  address: string;
  user: string;
}

const KEY = 'milvus connections';

/** The latest ones. */
const MOST = 20;

class RememberedConnections {
  /** The latest first. */
  all(): Remembered[] {
    try {
      const kept: unknown = JSON.parse(pageStorage()?.getItem(KEY) ?? '[]');
      return Array.isArray(kept) ? kept.filter(isRemembered) : [];
    } catch {
      return [];
    }
  }

  /** The kernel's addresses have no secrets in them. */
  add(connections: readonly Connection[]): void {
    const before = this.all();
    let all = before;
    for (const { address, user } of connections) {
      if (!all.some(known => same(known, { address, user }))) {
        all = [{ address, user }, ...all];
      }
    }
    if (all !== before) {
      this._keep(all.slice(0, MOST));
    }
  }

  forget(gone: Remembered): void {
    this._keep(this.all().filter(known => !same(known, gone)));
  }

  private _keep(all: Remembered[]): void {
    try {
      pageStorage()?.setItem(KEY, JSON.stringify(all));
    } catch {
      // a full store remembers no more
    }
  }
}

export const same = (one: Remembered, other: Remembered): boolean =>
  one.address === other.address && one.user === other.user;

function isRemembered(kept: unknown): kept is Remembered {
  const { address, user } = (kept ?? {}) as Partial<Remembered>;
  return typeof address === 'string' && typeof user === 'string';
}

export const remembered = new RememberedConnections();
