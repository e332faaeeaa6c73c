/** The kernels of this page: how its other parts, which draw and edit, find theirs. */

import { Signal, type ISignal } from '@lumino/signaling';

import type { MilvusKernel } from './kernel';

class Kernels {
  /** A kernel was started or is gone. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  add(kernel: MilvusKernel): void {
    this._kernels.set(kernel.id, kernel);
    kernel.disposed.connect(() => {
      this._kernels.delete(kernel.id);
      this._changed.emit();
    });
    this._changed.emit();
  }

  /** By the id that a session's `kernel` has. */
  get(id: string | undefined): MilvusKernel | undefined {
    return id === undefined ? undefined : this._kernels.get(id);
  }

  all(): MilvusKernel[] {
    return [...this._kernels.values()];
  }

  private _kernels = new Map<string, MilvusKernel>();
  private _changed = new Signal<this, void>(this);
}

export const kernels = new Kernels();
