/**
 * Connections that were used in this browser, without secrets: addresses and users. A store in
 * memory is gone with its page, and not remembered.
 */

import { pageStorage } from '../history';
import type { Connection } from '../../wasm/milvus_kernel.js';

export interface Remembered {
  address: string;
  user: string;
}

/** The latest ones. */
const MOST = 20;

class RememberedConnections {
  /** Where the site is: others of the same host have their own. */
  baseUrl = '/';

  /** The latest first. */
  all(): Remembered[] {
    try {
      const kept: unknown = JSON.parse(pageStorage()?.getItem(this._key) ?? '[]');
      return Array.isArray(kept) ? kept.filter(isRemembered) : [];
    } catch {
      return [];
    }
  }

  /** The kernel's addresses have no secrets in them. */
  add(connections: readonly Connection[]): void {
    const before = this.all();
    let all = before;
    for (const { address, user } of connections.filter(lasts)) {
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

  private get _key(): string {
    return `${this.baseUrl} milvus connections`;
  }

  private _keep(all: Remembered[]): void {
    try {
      pageStorage()?.setItem(this._key, JSON.stringify(all));
    } catch {
      // a full store remembers no more
    }
  }
}

export const same = (one: Remembered, other: Remembered): boolean =>
  one.address === other.address && one.user === other.user;

const lasts = ({ address }: { address: string }): boolean =>
  !/^milvus:\/\/memory(?![^/?])/.test(address);

function isRemembered(kept: unknown): kept is Remembered {
  const { address, user } = (kept ?? {}) as Partial<Remembered>;
  return typeof address === 'string' && typeof user === 'string';
}

export const remembered = new RememberedConnections();
