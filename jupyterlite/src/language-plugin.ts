/** Registers the language of cells and of `.msql` files with the editor. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IEditorLanguageRegistry } from '@jupyterlab/codemirror';

import { onKernel, sessions } from './sessions';

/** As `language_info` has it. */
export const MIME_TYPE = 'text/x-milvus-sql';

export const languagePlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlite-milvus-kernel:language',
  description: 'The language of the Milvus kernel in the editor',
  autoStart: true,
  requires: [IEditorLanguageRegistry],
  activate: (app: JupyterFrontEnd, languages: IEditorLanguageRegistry) => {
    languages.addLanguage({
      name: 'milvus-sql',
      displayName: 'Milvus SQL',
      mime: MIME_TYPE,
      extensions: ['msql'],
      load: async () => (await import('./language')).milvusSql
    });
    app.docRegistry.addFileType({
      name: 'milvus-sql',
      displayName: 'Milvus SQL',
      mimeTypes: [MIME_TYPE],
      extensions: ['.msql'],
      fileFormat: 'text'
    });
    // what a console runs as it opens, it runs before it has asked the kernel for its language
    onKernel(kernel => {
      kernel.ran.connect(() => {
        for (const { model } of sessions(app).flatMap(session => session.cells)) {
          if (model.type === 'code' && model.mimeType !== MIME_TYPE) {
            model.mimeType = MIME_TYPE;
          }
        }
      });
    });
  }
};
