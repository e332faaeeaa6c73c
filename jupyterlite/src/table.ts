/** A result in the notebook: its notices, its tables, what was done. Loaded with the first one. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { element } from './table-cell';
import type { Ask, Result } from './table-model';
import { TableView } from './table-view';

/** Draws a result; gives what ends it. */
export function draw(
  host: HTMLElement,
  result: Result,
  ask: Ask,
  trans: TranslationBundle
): () => void {
  host.replaceChildren();
  for (const notice of result.notices) {
    host.append(element('p', 'milvus-notice', trans.__('note: %1', notice)));
  }
  const views = result.tables.map(
    (table, at) => new TableView(table, at, ask, result.precision, trans)
  );
  const foot = element('div', 'milvus-table-foot');
  if (result.status !== '') {
    foot.append(element('p', 'milvus-status', result.status));
  }
  for (const view of views) {
    host.append(view.node);
    if (!view.isGrid && views.length === 1) {
      // beside the status, where they are in nobody's way
      foot.append(view.tools);
    } else {
      view.node.prepend(view.tools);
    }
  }
  host.append(foot);
  return () => {
    views.forEach(view => view.dispose());
    host.replaceChildren();
  };
}
