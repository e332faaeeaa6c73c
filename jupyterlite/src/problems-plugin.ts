/**
 * Underlines in the editor: syntax errors while one types, and the place of the last error of a
 * cell that ran. Watches the editors whose text is ours; `problems.ts` does the rest, and is loaded
 * when there is something to look at.
 */

import { ViewPlugin, type EditorView, type ViewUpdate } from '@codemirror/view';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IEditorExtensionRegistry } from '@jupyterlab/codemirror';

import type { Failure, MilvusKernel } from './kernel';
import { MIME_TYPE } from './language-plugin';
import type { Problems } from './problems';
import { onKernel, sessions, type Cell } from './sessions';

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
            view => {
              const watcher = new Watcher(view, () =>
                model.mimeType === MIME_TYPE ? kernelOf(app, view) : undefined
              );
              // a cell that was out of sight as it ran has its editor when it is scrolled to
              setTimeout(() => {
                const failure = failures.size > 0 ? failureOf(app, view) : undefined;
                void (failure && watcher.failed(failure));
              });
              return watcher;
            }
          ),
        reconfigure: () => null
      })
    });
    onKernel(kernel => {
      kernel.failed.connect((_, failure) => {
        failures.set(failure.id, failure);
        [...failures.keys()].slice(0, -MOST_FAILURES).forEach(id => failures.delete(id));
        const view = viewOf(app, failure.id);
        void (view && watchers.get(view)?.failed(failure));
      });
    });
  }
};

const watchers = new WeakMap<EditorView, Watcher>();
/** The last errors, by the id of the request that ended in one. */
const failures = new Map<string, Failure>();
const MOST_FAILURES = 100;

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
      void this._load().then(problems => problems?.changed());
    } else if (selectionSet || focusChanged) {
      // what was not finished where the cursor stood may be an error where it stands no more
      void this._problems?.then(problems => problems?.moved());
    }
  }

  /** The cell ran, and ended in an error. */
  async failed({ code, problem }: Failure): Promise<void> {
    if (this._view.state.doc.toString() === code) {
      (await this._load())?.failed(problem, code);
    }
  }

  destroy(): void {
    void this._problems?.then(problems => problems?.dispose());
  }

  /** Nothing where it cannot be loaded, as when the site was renewed; asked for again next time. */
  private _load(): Promise<Problems | undefined> {
    this._problems ??= import('./problems').then(
      ({ Problems }) => new Problems(this._view, this._kernel),
      () => {
        this._problems = undefined;
        return undefined;
      }
    );
    return this._problems;
  }

  private _problems: Promise<Problems | undefined> | undefined;
}

/** The kernel of the notebook or console that an editor is in, if it is one of ours. */
const kernelOf = (app: JupyterFrontEnd, view: EditorView): MilvusKernel | undefined =>
  sessions(app).find(({ widget }) => widget.node.contains(view.dom))?.kernel;

/** The editor of the cell that a message was sent for. */
const viewOf = (app: JupyterFrontEnd, id: string): EditorView | undefined =>
  cells(app).find(cell => idOf(cell) === id)?.editor?.editor;

/** What the last run of the cell that an editor is of ended in. */
const failureOf = (app: JupyterFrontEnd, view: EditorView): Failure | undefined => {
  const cell = cells(app).find(({ editor }) => editor?.editor === view);
  return cell && failures.get(idOf(cell) ?? '');
};

const cells = (app: JupyterFrontEnd): Cell[] => sessions(app).flatMap(({ cells }) => cells);

const idOf = ({ outputArea }: Cell): string | undefined =>
  outputArea?.future?.msg.header.msg_id;
