/** The notebook's files as the page has them: JupyterLite's contents, by paths from its folder. */

import type { Contents } from '@jupyterlab/services';

/** Base64 is made of so many bytes at a time: a call takes only so many arguments. */
const CHUNK = 0x8000;

export class NotebookFiles {
  /** `folder` is the notebook's. */
  constructor(contents: Contents.IManager, folder: string) {
    this._contents = contents;
    this._folder = folder;
  }

  async read(path: string): Promise<Uint8Array> {
    const options = { content: true, format: 'base64', type: 'file' } as const;
    const { content } = await this._contents.get(this._path(path), options);
    return Uint8Array.from(atob(content as string), char => char.charCodeAt(0));
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    let binary = '';
    for (let at = 0; at < bytes.length; at += CHUNK) {
      binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
    }
    const content = btoa(binary);
    await this._contents.save(this._path(path), { type: 'file', format: 'base64', content });
  }

  /** A path that begins with a slash begins at the site's folder. */
  private _path(path: string): string {
    const parts = path.startsWith('/') ? [] : this._folder.split('/');
    for (const part of path.split('/')) {
      if (part === '..') {
        parts.pop();
      } else if (part !== '.') {
        parts.push(part);
      }
    }
    return parts.filter(part => part !== '').join('/');
  }

  private _contents: Contents.IManager;
  private _folder: string;
}
