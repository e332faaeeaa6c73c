/**
 * A store that all tabs of the site share. The one that has the lock answers, for the others by a
 * channel; when it is gone the next one opens the store. Calls that were under way then are sent
 * again where they only read; of the others nobody knows whether they were carried out.
 */

import {
  CANCELLED,
  UNAVAILABLE,
  UNKNOWN,
  isRefusal,
  words,
  type Call,
  type Refusal
} from './protocol.js';
import type { Store } from './store.js';

type Message =
  /** who answers for the store? */
  | { type: 'who' }
  | { type: 'here'; leader: string; notices: string[] }
  | { type: 'call'; to: string; from: string; id: number; call: Call }
  | { type: 'cancel'; to: string; from: string; id: number }
  | { type: 'reply'; to: string; id: number; reply: Uint8Array }
  | { type: 'refused'; to: string; id: number; refusal: Refusal };

interface Pending {
  call: Call;
  signal: AbortSignal;
  /** who was asked; nobody yet where it is not known who answers */
  asked?: string;
  resolve: (reply: Uint8Array) => void;
  reject: (refusal: Refusal) => void;
}

export class Shared implements Store {
  /** `open` opens the store once this tab has the lock. */
  constructor(name: string, open: () => Promise<Store>) {
    this._channel = new BroadcastChannel(`milvus-engine:${name}`);
    this._channel.onmessage = event => void this._receive(event.data as Message);
    this._post({ type: 'who' });
    void navigator.locks.request(`milvus-engine:${name}`, async () => {
      this._lead(await open());
      // the lock is held as long as this worker lives
      await new Promise(() => undefined);
    });
  }

  notices: string[] = [];

  async call(call: Call, signal: AbortSignal): Promise<Uint8Array> {
    if (this._own) {
      return this._own.call(call, signal);
    }
    return new Promise((resolve, reject) => {
      const id = this._nextId++;
      const pending: Pending = { call, signal, resolve, reject };
      this._pending.set(id, pending);
      signal.addEventListener('abort', () => this._cancel(pending), { once: true });
      if (this._leader !== undefined) {
        this._ask(id, this._leader);
      }
    });
  }

  /** From here on this tab answers. */
  private _lead(own: Store): void {
    this._own = own;
    this._leader = undefined;
    this.notices = own.notices;
    this._announce();
    for (const pending of this._take()) {
      own.call(pending.call, pending.signal).then(pending.resolve, pending.reject);
    }
  }

  private async _receive(message: Message): Promise<void> {
    switch (message.type) {
      case 'who':
        this._announce();
        break;
      case 'here':
        this._follow(message.leader, message.notices);
        break;
      case 'call':
        if (message.to === this._me && this._own) {
          await this._answer(this._own, message);
        }
        break;
      case 'cancel':
        if (message.to === this._me) {
          this._running.get(`${message.from} ${message.id}`)?.abort();
        }
        break;
      case 'reply':
      case 'refused':
        if (message.to === this._me) {
          const pending = this._pending.get(message.id);
          this._pending.delete(message.id);
          if (message.type === 'reply') {
            pending?.resolve(message.reply);
          } else {
            pending?.reject(message.refusal);
          }
        }
    }
  }

  private async _answer(own: Store, { from, id, call }: Message & { type: 'call' }): Promise<void> {
    const key = `${from} ${id}`;
    const controller = new AbortController();
    this._running.set(key, controller);
    try {
      const reply = await own.call(call, controller.signal);
      this._post({ type: 'reply', to: from, id, reply });
    } catch (error) {
      const refusal = isRefusal(error) ? error : { code: UNKNOWN, message: words(error) };
      this._post({ type: 'refused', to: from, id, refusal });
    } finally {
      this._running.delete(key);
    }
  }

  private _announce(): void {
    if (this._own) {
      this._post({ type: 'here', leader: this._me, notices: this._own.notices });
    }
  }

  private _follow(leader: string, notices: string[]): void {
    if (this._own || this._leader === leader) {
      return;
    }
    this._leader = leader;
    this.notices = notices;
    for (const pending of this._take()) {
      const id = this._nextId++;
      this._pending.set(id, pending);
      this._ask(id, leader);
    }
  }

  private _ask(id: number, leader: string): void {
    const pending = this._pending.get(id);
    if (pending) {
      pending.asked = leader;
      this._post({ type: 'call', to: leader, from: this._me, id, call: pending.call });
    }
  }

  /** Nobody waits for it any more: whoever was asked need not go on, and it is not sent again. */
  private _cancel(cancelled: Pending): void {
    for (const [id, pending] of this._pending) {
      if (pending === cancelled) {
        this._pending.delete(id);
        if (pending.asked !== undefined) {
          this._post({ type: 'cancel', to: pending.asked, from: this._me, id });
        }
        pending.reject({ code: CANCELLED, message: 'the call was cancelled' });
      }
    }
  }

  /** The calls that are to be sent, again or at last; the others are refused. */
  private _take(): Pending[] {
    const all = [...this._pending.values()];
    this._pending.clear();
    const isLost = (pending: Pending) => pending.asked !== undefined && pending.call.writes;
    const message = 'the tab that answered for this store was closed';
    all.filter(isLost).forEach(({ reject }) => reject({ code: UNAVAILABLE, message }));
    return all.filter(pending => !isLost(pending));
  }

  private _post(message: Message): void {
    this._channel.postMessage(message);
  }

  private _me = crypto.randomUUID();
  private _channel: BroadcastChannel;
  /** the store itself, where this tab has it */
  private _own: Store | undefined;
  /** which tab has it otherwise */
  private _leader: string | undefined;
  private _pending = new Map<number, Pending>();
  /** what is done for other tabs */
  private _running = new Map<string, AbortController>();
  private _nextId = 0;
}
