/**
 * The kernel's settings in JupyterLab's settings editor: told to a kernel when it starts, before
 * its first cell, and when they change. What a cell sets wins until then.
 */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import type { MilvusKernel } from './kernel';
import { kernels } from './kernels';
import { text } from './panel/text';

/** The plugin whose schema it is. */
const SCHEMA = 'jupyterlite-milvus-kernel:kernel';

export const settingsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlite-milvus-kernel:settings',
  description: 'The settings of the Milvus kernel',
  autoStart: true,
  requires: [ISettingRegistry],
  optional: [ITranslator],
  activate: (_app, registry: ISettingRegistry, translator: ITranslator | null) => {
    let settings: Promise<ISettingRegistry.ISettings> | undefined;
    /** what each kernel was told */
    const told = new WeakMap<MilvusKernel, string[]>();

    const tell = (kernel: MilvusKernel, wanted: Promise<string[]>): void => {
      // a cell that is run at once waits for it
      const statements = wanted.then(all => {
        const before = told.get(kernel) ?? [];
        told.set(kernel, all);
        return all.filter(statement => !before.includes(statement)).join(';\n');
      });
      kernel.query(statements).catch((error: unknown) => {
        const trans = (translator ?? nullTranslator).load('jupyterlite_milvus_kernel');
        // of the end of a kernel its cells tell
        if (error instanceof Error && error.name !== 'KernelError') {
          Notification.error(trans.__('A setting of Milvus is refused: %1', error.message), {
            autoClose: 10_000
          });
        }
      });
    };

    kernels.changed.connect(() => {
      settings ??= registry.load(SCHEMA).then(loaded => {
        loaded.changed.connect(() => {
          kernels.all().forEach(kernel => tell(kernel, Promise.resolve(statementsOf(loaded))));
        });
        return loaded;
      });
      for (const kernel of kernels.all()) {
        if (!told.has(kernel)) {
          told.set(kernel, []);
          tell(kernel, settings.then(statementsOf));
        }
      }
    });
  }
};

/** The settings as statements; the one that may be refused comes last. */
function statementsOf({ composite }: ISettingRegistry.ISettings): string[] {
  const address = String(composite.defaultConnection ?? '').trim();
  return [
    `SET display_limit = ${composite.displayLimit}`,
    `SET precision = ${composite.precision}`,
    `SET timeout = ${composite.timeout}`,
    `SET table_schema = ${composite.tableSchema ? 'on' : 'off'}`,
    `SET default_connection = ${text(address || 'default')}`
  ];
}
