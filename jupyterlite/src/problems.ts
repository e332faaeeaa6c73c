/** The problems of one editor: what the worker finds in its text, shown where it is. */

import {
  forEachDiagnostic,
  openLintPanel,
  setDiagnostics,
  setDiagnosticsEffect,
  type Diagnostic
} from '@codemirror/lint';
import { StateEffect, type Text } from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';

import type { Problem } from '../wasm/milvus_kernel.js';
import type { MilvusKernel } from './kernel';

/** How long nobody types before the text is read. */
const PAUSE_MS = 500;
/** The characters of a text that is read while one types: a longer one is data. */
const MOST_TEXT = 100_000;

export class Problems {
  /** `kernel` gives the one that would run the text, if it is ours. */
  constructor(
    private _view: EditorView,
    private _kernel: () => MilvusKernel | undefined
  ) {
    // when the editor is done with the update that led here
    this._view.dispatch({
      effects: StateEffect.appendConfig.of(
        keymap.of([
          { key: 'F8', run: openLintPanel },
          { key: 'Mod-.', run: putRight }
        ])
      )
    });
  }

  /** The text is another. */
  changed(): void {
    if (this._failed) {
      this._failed = undefined;
      this._show([]);
    }
    this._wait();
  }

  /** The cursor is elsewhere, or the editor has the focus no more. */
  moved(): void {
    if (this._isPartlyRead) {
      this._wait();
    }
  }

  /** The text ran and ended in an error. */
  failed(problem: Problem, code: string): void {
    if (this._view.state.doc.toString() === code) {
      this._failed = problem;
      this._show(this._read === this._view.state.doc ? this._found : []);
    }
  }

  dispose(): void {
    clearTimeout(this._timer);
    this._isDisposed = true;
  }

  private _wait(): void {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => void this._lint(), PAUSE_MS);
  }

  private async _lint(): Promise<void> {
    const { doc, selection } = this._view.state;
    const kernel = this._kernel();
    const cursor = this._view.hasFocus ? selection.main.head : undefined;
    let found: Problem[] = [];
    if (kernel && doc.length <= MOST_TEXT) {
      // a kernel that has ended has nothing to say
      found = await kernel.ask('lint', [doc.toString(), cursor]).catch(() => []);
    }
    // the text may be another by now, and is read again then
    if (this._view.state.doc === doc && !this._isDisposed) {
      this._read = doc;
      this._isPartlyRead = cursor !== undefined;
      this._show(found);
    }
  }

  private _show(found: Problem[]): void {
    this._found = found;
    const failed = this._failed;
    // a syntax error is found either way
    const isNew = failed && !found.some(({ from, to }) => from === failed.from && to === failed.to);
    const { state } = this._view;
    const shown = isNew ? [...found, failed] : found;
    const marks = shown.map(problem => diagnostic(problem, state.doc));
    this._view.dispatch(setDiagnostics(state, marks));
  }

  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _isDisposed = false;
  /** what stood at the cursor was passed over */
  private _isPartlyRead = false;
  /** the text that was read last, and what was found in it */
  private _read: Text | undefined;
  private _found: Problem[] = [];
  private _failed: Problem | undefined;
}

function diagnostic(problem: Problem, doc: Text): Diagnostic {
  const { from, to, message, help, replacement } = problem;
  const fix = replacement && {
    ...replacement,
    name: `write ${replacement.text}`,
    // as it was: it is not touched when it is another by then
    given: doc.sliceString(replacement.from, replacement.to)
  };
  return {
    from: Math.min(from, doc.length),
    to: Math.min(to, doc.length),
    severity: 'error',
    message: [message, ...help].join('; '),
    renderMessage: () => described(message, help),
    actions: fix && [
      {
        name: fix.name,
        apply: (view, start) => {
          const at = start + fix.from - from;
          if (view.state.sliceDoc(at, at + fix.given.length) === fix.given) {
            view.dispatch({
              changes: { from: at, to: at + fix.given.length, insert: fix.text },
              selection: { anchor: at + fix.text.length },
              // what is left is found again after the pause
              effects: [
                setDiagnosticsEffect.of([]),
                EditorView.announce.of(`${fix.given} is ${fix.text} now`)
              ],
              userEvent: 'input.complete'
            });
          }
          view.focus();
        }
      }
    ]
  };
}

/** What is wrong, and below it what to do. */
function described(message: string, help: string[]): HTMLElement {
  const shown = document.createElement('span');
  shown.className = 'milvus-problem';
  for (const line of [message, ...help]) {
    shown.appendChild(document.createElement('span')).textContent = line;
  }
  return shown;
}

/** Does what the problem at the cursor asks for, or the one problem that there is. */
function putRight(view: EditorView): boolean {
  const { head } = view.state.selection.main;
  const fixes: { isHere: boolean; apply: () => void }[] = [];
  forEachDiagnostic(view.state, ({ actions }, from, to) => {
    const isHere = from <= head && head <= to;
    actions?.slice(0, 1).forEach(({ apply }) => {
      fixes.push({ isHere, apply: () => apply(view, from, to) });
    });
  });
  const fix = fixes.find(({ isHere }) => isHere) ?? (fixes.length === 1 ? fixes[0] : undefined);
  fix?.apply();
  return fix !== undefined;
}
