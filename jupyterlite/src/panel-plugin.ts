/**
 * The side panel, the connection in the status bar, and the commands of the palette. What the panel
 * shows is loaded when it is first seen.
 */

import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator, type TranslationBundle } from '@jupyterlab/translation';
import { LabIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import { Widget } from '@lumino/widgets';

import { addCommands } from './panel/commands';
import { Front } from './panel/front';
import type { Panel } from './panel/panel';
import { StatusItem } from './panel/status';

const ID = 'milvus-panel';

/** The logo without its ground, in the colour of the other icons. */
const icon = new LabIcon({
  name: 'milvus:panel',
  svgstr: [
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 64 64">',
    '<g class="jp-icon3" fill="none" stroke="#616161" stroke-width="5" stroke-linecap="round">',
    '<path class="milvus-stroke" d="M12 50 47 19M12 50 33 10M12 50 54 41"/></g>',
    '<g class="jp-icon3" fill="#616161"><circle cx="47" cy="19" r="8"/>',
    '<circle cx="33" cy="10" r="6"/><circle cx="54" cy="41" r="6"/>',
    '<circle cx="12" cy="50" r="7"/></g></svg>'
  ].join('')
});

/** The place of the panel; what is in it comes when it is first seen. */
class SidePanel extends Widget {
  constructor(front: Front, trans: TranslationBundle, commands: CommandRegistry) {
    super();
    this.id = ID;
    this.addClass('milvus-panel');
    this.title.icon = icon;
    this.title.caption = 'Milvus';
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'Milvus');
    this._make = async () => {
      const { Panel } = await import('./panel/panel');
      this.node.replaceChildren();
      return new Panel(this.node, front, trans, commands, () => this.isVisible);
    };
    this._lost = () => {
      const text = document.createElement('p');
      text.className = 'milvus-none';
      text.setAttribute('role', 'alert');
      text.textContent = trans.__(
        'This part of the page could not be loaded: load the page again.'
      );
      this.node.replaceChildren(text);
    };
  }

  async focus(): Promise<void> {
    (await this._panel)?.focus();
  }

  protected onAfterShow(): void {
    // what could not be loaded is asked for again when it is shown again
    this._panel ??= this._make().catch(() => {
      this._panel = undefined;
      this._lost();
      return undefined;
    });
    void this._panel.then(panel => panel?.shown());
  }

  private _make: () => Promise<Panel>;
  private _lost: () => void;
  private _panel: Promise<Panel | undefined> | undefined;
}

export const panelPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlite-milvus-kernel:panel',
  description: 'What a Milvus notebook is connected to, in a side panel and in the status bar',
  autoStart: true,
  optional: [ICommandPalette, IStatusBar, ILayoutRestorer, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    palette: ICommandPalette | null,
    statusBar: IStatusBar | null,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyterlite_milvus_kernel');
    const front = new Front(app);
    const panel = new SidePanel(front, trans, app.commands);
    app.shell.add(panel, 'left', { rank: 300, type: 'Milvus' });
    restorer?.add(panel, ID);

    const open = 'milvus:open-panel';
    app.commands.addCommand(open, {
      label: trans.__('Show the Milvus Panel'),
      caption: trans.__('Connections, databases, collections and fields'),
      execute: async () => {
        app.shell.activateById(ID);
        await panel.focus();
      },
      describedBy: { args: { type: 'object', properties: {} } }
    });
    palette?.addItem({ command: open, category: 'Milvus' });
    addCommands(app, front, trans, palette);

    if (statusBar) {
      const item = new StatusItem(front, trans, () => void app.commands.execute(open));
      statusBar.registerStatusItem('jupyterlite-milvus-kernel:status', {
        item,
        align: 'left',
        rank: 3,
        isActive: () => item.isShown,
        activeStateChanged: item.shownChanged
      });
    }
  }
};
