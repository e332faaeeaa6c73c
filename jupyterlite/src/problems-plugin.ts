/**
 * Underlines in the editor: syntax errors while one types, and the place of the last error of a
 * cell that ran. Watches the editors whose text is ours; `problems.ts` does the rest, and is loaded
 * when there is something to look at.
 */

import { ViewPlugin, type EditorView, type ViewUpdate } from '@codemirror/view';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IEditorExtensionRegistry } from '@jupyterlab/codemirror';
import type { Widget } from '@lumino/widgets';

import type { Failure, MilvusKernel } from './kernel';
import { kernels } from './kernels';
import { MIME_TYPE } from './language-plugin';
import type { Problems } from './problems';

export const problemsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlite-milvus-kernel:problems',
  description: 'Underlines errors in the cells of the Milvus kernel',
  autoStart: true,
  requires: [IEditorExtensionRegistry],
  activate: (app: JupyterFrontEnd, extensions: IEditorExtensionRegistry) => {
    extensions.addExtension({
      name: 'milvus-problems',
      factory: ({ model }) => ({
        instance: () =>
          ViewPlugin.define(
            view =>
              new Watcher(view, () =>
                model.mimeType === MIME_TYPE ? kernelOf(app, view) : undefined
              )
          ),
        reconfigure: () => null
      })
    });
    const listening = new WeakSet<MilvusKernel>();
    kernels.changed.connect(() => {
      for (const kernel of kernels.all()) {
        if (!listening.has(kernel)) {
          listening.add(kernel);
          kernel.failed.connect((_, failure) => {
            const view = viewOf(app, failure.id);
            void (view && watchers.get(view)?.failed(failure));
          });
        }
      }
    });
  }
};

const watchers = new WeakMap<EditorView, Watcher>();

/** Tells what happens in one editor. */
class Watcher {
  constructor(
    private _view: EditorView,
    private _kernel: () => MilvusKernel | undefined
  ) {
    watchers.set(_view, this);
  }

  update({ docChanged, selectionSet, focusChanged }: ViewUpdate): void {
    if (docChanged && this._kernel()) {
      void this._load().then(problems => problems.changed());
    } else if (selectionSet || focusChanged) {
      // what was not finished where the cursor stood may be an error where it stands no more
      void this._problems?.then(problems => problems.moved());
    }
  }

  /** The cell ran, and ended in an error. */
  async failed({ code, problem }: Failure): Promise<void> {
    if (this._view.state.doc.toString() === code) {
      (await this._load()).failed(problem, code);
    }
  }

  destroy(): void {
    void this._problems?.then(problems => problems.dispose());
  }

  private _load(): Promise<Problems> {
    this._problems ??= import('./problems').then(
      ({ Problems }) => new Problems(this._view, this._kernel)
    );
    return this._problems;
  }

  private _problems: Promise<Problems> | undefined;
}

/** As far as notebooks and consoles are alike. */
interface Session extends Widget {
  sessionContext?: { session: { kernel: { id: string } | null } | null };
  content?: { widgets?: readonly Cell[] };
  console?: { cells: Iterable<Cell> };
}

interface Cell {
  editor?: { editor?: EditorView } | null;
  outputArea?: { future: { msg: { header: { msg_id: string } } } | null };
}

/** The kernel of the notebook or console that an editor is in, if it is one of ours. */
function kernelOf(app: JupyterFrontEnd, view: EditorView): MilvusKernel | undefined {
  for (const widget of app.shell.widgets('main') as Iterable<Session>) {
    if (widget.sessionContext && widget.node.contains(view.dom)) {
      return kernels.get(widget.sessionContext.session?.kernel?.id);
    }
  }
  return undefined;
}

/** The editor of the cell that a message was sent for. */
function viewOf(app: JupyterFrontEnd, id: string): EditorView | undefined {
  for (const widget of app.shell.widgets('main') as Iterable<Session>) {
    for (const cell of widget.content?.widgets ?? widget.console?.cells ?? []) {
      if (cell.outputArea?.future?.msg.header.msg_id === id) {
        return cell.editor?.editor;
      }
    }
  }
  return undefined;
}
