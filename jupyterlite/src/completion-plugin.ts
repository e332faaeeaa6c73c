/**
 * Completion in the page: asks the kernel itself, which is nearer than a message, keeps the order
 * that the kernel gives, and opens by itself where a name has to follow. For notebooks and consoles
 * of ours it stands in the place of JupyterLab's own providers, whose words of the cell would be
 * mixed in; for other kernels nothing changes.
 */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import {
  CompleterModel,
  ICompletionProviderManager,
  type Completer,
  type CompletionHandler,
  type CompletionProviderManager,
  type ICompletionContext,
  type ICompletionProvider
} from '@jupyterlab/completer';

import type { MilvusKernel } from './kernel';
import { kernels } from './kernels';

export const completionPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlite-milvus-kernel:completion',
  description: 'Completes statements in the cells of the Milvus kernel',
  autoStart: true,
  optional: [ICompletionProviderManager],
  activate: (_: JupyterFrontEnd, manager: ICompletionProviderManager | null) => {
    manager?.registerProvider(new Provider(manager));
  }
};

interface Item extends CompletionHandler.ICompletionItem {
  /** where the kernel has it */
  order?: number;
}

/** JupyterLab's own: what the kernel answers to a message, and the words of the cell. */
const OTHERS = ['CompletionProvider:kernel', 'CompletionProvider:context'];

/** Behind these a name or a word has to follow, so that the list may open before it is begun. */
const OPENS = new RegExp(
  String.raw`(?:^|[^\w.'"])(?:from|into|table|by|on|using|create|drop|alter|show|desc|describe|` +
    String.raw`set|update|use|load|release|plot|grant|revoke|help|explain|search)\s$`,
  'i'
);

class Provider implements ICompletionProvider<Item> {
  constructor(manager: ICompletionProviderManager) {
    this._manager = manager;
  }

  readonly identifier = 'CompletionProvider:milvus';
  readonly rank = 1000;
  readonly renderer = null;

  async isApplicable(context: ICompletionContext): Promise<boolean> {
    this._takePlace();
    return kernelOf(context) !== undefined;
  }

  async modelFactory(): Promise<Completer.IModel> {
    return new OrderedModel();
  }

  async fetch(
    { text, offset }: CompletionHandler.IRequest,
    context: ICompletionContext
  ): Promise<CompletionHandler.ICompletionItemsReply<Item>> {
    const kernel = kernelOf(context);
    if (!kernel) {
      throw new Error('the kernel is gone');
    }
    const reply = await kernel.completeRequest({ code: text, cursor_pos: offset });
    if (reply.status !== 'ok') {
      throw new Error('the kernel does not complete');
    }
    const types = reply.metadata._jupyter_types_experimental as { type: string }[] | undefined;
    const items = reply.matches.map((label, order) => ({
      label,
      insertText: label,
      type: types?.[order]?.type,
      order
    }));
    return { start: reply.cursor_start, end: reply.cursor_end, items };
  }

  /** What is told of an item, for the panel beside the list. */
  async resolve(
    item: Item,
    context: ICompletionContext,
    patch?: Completer.IPatch | null
  ): Promise<Item> {
    const source = context.editor?.model.sharedModel.getSource();
    const kernel = kernelOf(context);
    if (source === undefined || !kernel || !patch) {
      return item;
    }
    const code = source.slice(0, patch.start) + patch.value;
    const cursor_pos = [...code].length;
    const found = await kernel.inspectRequest({ code, cursor_pos, detail_level: 0 });
    if (found.status === 'ok' && found.found) {
      item.documentation = String(found.data['text/plain']);
    }
    return item;
  }

  shouldShowContinuousHint(
    isVisible: boolean,
    { sourceChange }: Parameters<Required<ICompletionProvider>['shouldShowContinuousHint']>[1],
    context?: ICompletionContext
  ): boolean {
    const editor = context?.editor;
    if (!editor || !sourceChange || sourceChange.some(part => part.delete)) {
      return false;
    }
    const typed = sourceChange.map(({ insert }) => insert ?? '').join('');
    if (/^[\p{L}\p{N}\p{M}_$@:]$/u.test(typed)) {
      // what is open already is told of it
      return !isVisible;
    }
    const source = editor.model.sharedModel.getSource();
    const before = source.slice(0, editor.getOffsetAt(editor.getCursorPosition()));
    return typed === '.' ? /[\w`]\.$/.test(before) : typed === ' ' && OPENS.test(before);
  }

  /** JupyterLab registers its own behind this plugin, and asks them after this one. */
  private _takePlace(): void {
    if (this._hasPlace) {
      return;
    }
    this._hasPlace = true;
    for (const id of OTHERS) {
      // its class has them, its interface does not tell
      const other = (this._manager as CompletionProviderManager).getProviders().get(id);
      if (other) {
        const isApplicable = other.isApplicable.bind(other);
        other.isApplicable = async context =>
          kernelOf(context) === undefined && isApplicable(context);
      }
    }
  }

  private _manager: ICompletionProviderManager;
  private _hasPlace = false;
}

/** Items of ours in their own order, those first that begin with what is typed. */
class OrderedModel extends CompleterModel {
  completionItems(): CompletionHandler.ICompletionItems {
    const items = super.completionItems() as Item[];
    if (items.every(({ order }) => order !== undefined)) {
      const query = this.query.toLowerCase();
      const place = ({ insertText, order = 0 }: Item): number =>
        order + (insertText?.toLowerCase().startsWith(query) ? 0 : items.length);
      items.sort((a, b) => place(a) - place(b));
    }
    return items;
  }
}

const kernelOf = ({ session }: ICompletionContext): MilvusKernel | undefined =>
  kernels.get(session?.kernel?.id);
