/** A store that the engine of this worker answers for. */

import { Engine } from '../wasm/milvus_engine.js';
import { INTERNAL, UNIMPLEMENTED, type Call, type Refusal } from './protocol.js';

export interface Store {
  /** What is to be said of it to whoever opens it. */
  readonly notices: string[];
  /** Rejects with a {@link Refusal}. */
  call(call: Call): Promise<Uint8Array>;
}

/** Answered here, at once. */
export class Here implements Store {
  constructor(engine: Engine, notices: string[] = []) {
    this._engine = engine;
    this.notices = notices;
  }

  readonly notices: string[];

  async call({ method, database, request }: Call): Promise<Uint8Array> {
    try {
      return this._engine.call(method, database, request);
    } catch (error) {
      throw typeof error === 'number' ? refusal(method, error) : error;
    }
  }

  private _engine: Engine;
}

/** Refuses whatever it is asked. */
export class Refusing implements Store {
  constructor(refusal: Refusal) {
    this._refusal = refusal;
  }

  readonly notices: string[] = [];

  async call(): Promise<Uint8Array> {
    throw this._refusal;
  }

  private _refusal: Refusal;
}

function refusal(method: string, code: number): Refusal {
  switch (code) {
    case UNIMPLEMENTED:
      return { code, message: `the engine has no ${method}` };
    case INTERNAL:
      return { code, message: `${method} cannot be answered` };
    default:
      return { code, message: `the request is no ${method}` };
  }
}
