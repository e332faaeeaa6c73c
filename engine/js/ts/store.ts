/** A store that the engine of this worker answers for. */

import { Engine } from '../wasm/milvus_engine.js';
import { Folder } from './folder.js';
import { CANCELLED, UNIMPLEMENTED, words, type Call, type Refusal } from './protocol.js';

export interface Store {
  /** What is to be said of it to whoever opens it. */
  readonly notices: string[];
  /** Rejects with a {@link Refusal}; a call that is aborted ends soon, or was done before that. */
  call(call: Call, signal: AbortSignal): Promise<Uint8Array>;
}

/** How long a message waits for what the engine is at, in milliseconds. */
const SLICE_MS = 20;

/** Answered here, at once. */
export class Here implements Store {
  /** Kept nowhere. */
  static memory(fail: (error: unknown) => void, notices: string[] = []): Here {
    return new Here(Engine.memory(), undefined, fail, notices);
  }

  /** Kept in the browser's files. `fail` is told when the engine can no longer be relied on. */
  static async local(name: string, fail: (error: unknown) => void): Promise<Store> {
    let folder: Folder;
    try {
      folder = await Folder.open(name);
    } catch (error) {
      const why = `this browser keeps no files here (${words(error)})`;
      return Here.memory(fail, [`${why}: all is gone when the page is closed`]);
    }
    try {
      const { names, handles, added } = await folder.files();
      return new Here(Engine.open(names, handles, added), folder, fail, []);
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) {
        throw error;
      }
      return new Refusing({ code: DATA_LOSS, message: words(error) });
    }
  }

  private constructor(
    engine: Engine,
    folder: Folder | undefined,
    fail: (error: unknown) => void,
    notices: string[]
  ) {
    this._engine = engine;
    this._folder = folder;
    this._fail = fail;
    this.notices = notices;
    void this._tend();
  }

  readonly notices: string[];

  call(call: Call, signal: AbortSignal): Promise<Uint8Array> {
    this._waiting++;
    // one after the other: a slice goes on in the state in which the first began
    const answer = this._last.then(() => this._answer(call, signal));
    this._last = answer.catch(() => undefined).finally(() => this._waiting--);
    void this._last.then(() => this._tend());
    return answer;
  }

  private async _answer({ method, database, request }: Call, signal: AbortSignal) {
    const engine = this._engine;
    let slice = () => engine.call(method, database, request, SLICE_MS);
    for (;;) {
      if (signal.aborted) {
        engine.stop();
        throw { code: CANCELLED, message: 'the call was cancelled' } satisfies Refusal;
      }
      let reply: Uint8Array | undefined;
      try {
        reply = slice();
      } catch (error) {
        throw typeof error === 'number' ? refusal(method, error) : error;
      }
      if (reply) {
        return reply;
      }
      slice = () => engine.goOn(SLICE_MS);
      await turn();
    }
  }

  /** What is to be done between requests, a slice at a time: keeping and building. */
  private async _tend(): Promise<void> {
    if (this._isTending) {
      return;
    }
    this._isTending = true;
    try {
      do {
        await turn();
      } while (!this._waiting && ((await this._keep()) || this._engine.work(SLICE_MS)));
    } catch (error) {
      this._fail(error);
    } finally {
      this._isTending = false;
    }
  }

  /** Tells whether there was something to keep. */
  private async _keep(): Promise<boolean> {
    const folder = this._folder;
    if (!folder || !this._engine.isDue()) {
      return false;
    }
    try {
      for (const name of this._engine.namesAhead()) {
        this._engine.add(name, await folder.handle(name));
      }
      this._engine.keep();
      for (const name of this._engine.givenUp()) {
        await folder.remove(name);
      }
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) {
        throw error;
      }
      // the log has it all the same; it is tried again when there is more
      return false;
    }
    return true;
  }

  private _engine: Engine;
  private _folder: Folder | undefined;
  private _fail: (error: unknown) => void;
  private _isTending = false;
  /** calls that are not answered yet, and when the last of them is */
  private _waiting = 0;
  private _last: Promise<unknown> = Promise.resolve();
}

/** Refuses whatever it is asked. */
class Refusing implements Store {
  constructor(refusal: Refusal) {
    this._refusal = refusal;
  }

  readonly notices: string[] = [];

  async call(): Promise<Uint8Array> {
    throw this._refusal;
  }

  private _refusal: Refusal;
}

const DATA_LOSS = 15;

function refusal(method: string, code: number): Refusal {
  const message =
    code === UNIMPLEMENTED ? `the engine has no ${method}` : `the request is no ${method}`;
  return { code, message };
}

/** Lets the messages that wait come first. */
function turn(): Promise<void> {
  return new Promise(resolve => {
    turns.push(resolve);
    port2.postMessage(undefined);
  });
}

// a timer would take four milliseconds
const turns: (() => void)[] = [];
const { port1, port2 } = new MessageChannel();
port1.onmessage = () => turns.shift()?.();
