/** What the palette and the panel's menu can do, as far as it is not the panel itself. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification, type ICommandPalette } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Front } from './front';

/** Registers the commands; the dialogs are loaded when one is opened. */
export function addCommands(
  app: JupyterFrontEnd,
  front: Front,
  trans: TranslationBundle,
  palette: ICommandPalette | null
): void {
  const { commands } = app;
  const isOurs = (): boolean => front.kernel !== undefined;
  const add = (
    id: string,
    label: string,
    caption: string,
    execute: () => unknown,
    isEnabled = isOurs
  ): void => {
    commands.addCommand(id, {
      label,
      caption,
      isEnabled,
      execute,
      describedBy: { args: { type: 'object', properties: {} } }
    });
    palette?.addItem({ command: id, category: 'Milvus' });
  };
  const withDialogs = async (
    run: (dialogs: typeof import('./dialogs')) => Promise<void>
  ): Promise<void> => {
    try {
      await run(await import('./dialogs'));
    } catch (error) {
      // a site that was renewed while its page is open has them no more
      Notification.error(trans.__('This was not done: %1', String(error)), { autoClose: 10_000 });
    }
  };

  add(
    'milvus:connect',
    trans.__('Connect to Milvus…'),
    trans.__('Connect the notebook in front to a server, or to the engine of the page'),
    () => withDialogs(dialogs => dialogs.connect(front, trans))
  );
  add(
    'milvus:show-collections',
    trans.__('Show Collections'),
    trans.__('Run SHOW TABLES in a cell'),
    () => front.run('SHOW TABLES')
  );
  add(
    'milvus:help',
    trans.__('Help on Statements'),
    trans.__('Run HELP in a cell'),
    () => front.run('HELP')
  );
  add(
    'milvus:export-database',
    trans.__('Export Database to a File…'),
    trans.__('Write the database in use into a file beside the notebook'),
    () => withDialogs(dialogs => dialogs.exportDatabase(front, trans))
  );
  add(
    'milvus:interrupt',
    trans.__('Interrupt the Running Cell'),
    trans.__('End the running statement'),
    () => front.kernel?.interrupt()
  );
  add(
    'milvus:new-notebook',
    trans.__('New Milvus Notebook'),
    trans.__('Open a new notebook with this kernel'),
    () => commands.execute('notebook:create-new', { kernelName: 'milvus' }),
    () => commands.hasCommand('notebook:create-new')
  );
}
