/**
 * Files that are dropped on a notebook of this kernel: a file of rows goes into the notebook's
 * folder, and a cell below shows what table it would make. Whatever else is dropped is
 * JupyterLab's.
 */

import type { JupyterFrontEnd } from '@jupyterlab/application';

import { NotebookFiles } from './contents';

/** The endings of files that COPY reads. */
const ROWS = /\.(csv|tsv|jsonl?|ndjson|npy|[fib]vecs|parquet|arrow|feather)(\.gz)?$/i;

/** A panel of a notebook, as far as it is used here; its package is not needed for more. */
interface Notebook {
  node: HTMLElement;
  context: { path: string };
  sessionContext: { session: { kernel: { name: string } | null } | null };
  content: {
    activeCellIndex: number;
    widgets: readonly { node: HTMLElement }[];
    model: {
      sharedModel: {
        insertCell(at: number, cell: { cell_type: string; source: string }): unknown;
      };
    } | null;
  };
}

export function takeDrops(app: JupyterFrontEnd): void {
  const notebookOf = (event: DragEvent): Notebook | undefined => {
    const { target, dataTransfer } = event;
    if (!(target instanceof Node) || !dataTransfer?.types.includes('Files')) {
      return undefined;
    }
    const panels = [...app.shell.widgets('main')] as unknown as Partial<Notebook>[];
    const panel = panels.find(
      ({ node, sessionContext }) => sessionContext && node?.contains(target)
    );
    const kernel = panel?.sessionContext?.session?.kernel?.name;
    // a console has no cells to put one between
    const isNotebook = panel?.context !== undefined && !!panel.content?.model;
    return kernel === 'milvus' && isNotebook ? (panel as Notebook) : undefined;
  };
  // before the editor of a cell, which would take a file for text
  document.addEventListener(
    'dragover',
    event => {
      // what kind of file it is shows when it is dropped
      if (notebookOf(event)) {
        event.preventDefault();
      }
    },
    true
  );
  document.addEventListener(
    'drop',
    event => {
      const files = [...(event.dataTransfer?.files ?? [])];
      const notebook = notebookOf(event);
      if (!notebook || files.length === 0 || !files.every(file => ROWS.test(file.name))) {
        return;
      }
      event.preventDefault();
      event.stopPropagation();
      const at = below(notebook, event.target as Node);
      void take(app, notebook, files, at);
    },
    true
  );
}

/** The place below the cell that was dropped on, or below all. */
function below(notebook: Notebook, target: Node): number {
  const cells = notebook.content.widgets;
  const at = cells.findIndex(({ node }) => node.contains(target));
  return at < 0 ? cells.length : at + 1;
}

async function take(
  app: JupyterFrontEnd,
  notebook: Notebook,
  files: File[],
  at: number
): Promise<void> {
  const { contents } = app.serviceManager;
  const folder = notebook.context.path.split('/').slice(0, -1).join('/');
  const notebookFiles = new NotebookFiles(contents, () => folder);
  for (const file of files) {
    let source: string;
    try {
      const name = await notebookFiles.free(file.name);
      await notebookFiles.write(name, new Uint8Array(await file.arrayBuffer()));
      // a backslash escapes in a string, as a quote does
      source = `CREATE TABLE ${table(name)} FROM '${name.replace(/['\\]/g, '$&$&')}' DRY RUN;`;
    } catch (error) {
      // no line of a name or of an error is a statement
      source = `-- ${`${file.name} could not be kept: ${String(error)}`.replace(/\s+/g, ' ')}`;
    }
    notebook.content.model?.sharedModel.insertCell(at, { cell_type: 'code', source });
    notebook.content.activeCellIndex = at;
    at += 1;
  }
}

/** A name of a table for a file: letters of ASCII, digits and `_`. */
function table(file: string): string {
  const stem = file.replace(ROWS, '').replace(/[^A-Za-z0-9_]/g, '_');
  return /^[A-Za-z_]/.test(stem) ? stem : `_${stem}`;
}
