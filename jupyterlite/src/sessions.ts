/** The notebooks and consoles of the page whose kernel is ours. */

import type { EditorView } from '@codemirror/view';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { Widget } from '@lumino/widgets';

import type { MilvusKernel } from './kernel';
import { kernels } from './kernels';

export interface Session {
  widget: Widget;
  kernel: MilvusKernel;
  cells: Cell[];
}

export interface Cell {
  model: { type: string; mimeType: string };
  editor?: { editor?: EditorView } | null;
  outputArea?: { future: { msg: { header: { msg_id: string } } } | null };
}

/** As far as the panel of a notebook and that of a console are alike. */
interface Panel extends Widget {
  sessionContext?: { session: { kernel: { id: string } | null } | null };
  content?: { widgets?: readonly Cell[] };
  console?: { cells: Iterable<Cell> };
}

export function sessions(app: JupyterFrontEnd): Session[] {
  const found: Session[] = [];
  for (const widget of app.shell.widgets('main') as Iterable<Panel>) {
    const kernel = kernels.get(widget.sessionContext?.session?.kernel?.id);
    if (kernel) {
      // a console has a content too, which is none of cells
      const cells = [...(widget.console?.cells ?? widget.content?.widgets ?? [])];
      found.push({ widget, kernel, cells });
    }
  }
  return found;
}

/** Called with each kernel of the page once, those that are to come included. */
export function onKernel(take: (kernel: MilvusKernel) => void): void {
  const taken = new WeakSet<MilvusKernel>();
  kernels.changed.connect(() => {
    for (const kernel of kernels.all().filter(kernel => !taken.has(kernel))) {
      taken.add(kernel);
      take(kernel);
    }
  });
}
