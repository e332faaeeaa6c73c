/** The notebook's files as the page has them: JupyterLite's contents, by paths from its folder. */

import type { Contents } from '@jupyterlab/services';

/**
 * Base64 is made of so many bytes at a time, three to four characters each: a call takes only so
 * many arguments.
 */
const CHUNK = 0x6000;

/** Characters of base64 that are decoded at a time, four to three bytes. */
const PART = 1 << 22;

export class NotebookFiles {
  /** `folder` gives the notebook's, which may be moved. */
  constructor(contents: Contents.IManager, folder: () => string) {
    this._contents = contents;
    this._folder = folder;
  }

  /**
   * The contents have a file whole, as base64; part by part it becomes a blob, which the browser
   * keeps where it likes and no copy of which is made for the worker.
   */
  async read(path: string): Promise<Blob> {
    const options = { content: true, format: 'base64', type: 'file' } as const;
    const model = await this._contents.get(this._path(path), options);
    if (model.type === 'directory' || typeof model.content !== 'string') {
      throw new Error(`${path} is a folder`);
    }
    const { content } = model;
    const parts: Blob[] = [];
    for (let at = 0; at < content.length; at += PART) {
      const binary = atob(content.slice(at, at + PART));
      const bytes = new Uint8Array(binary.length);
      for (let byte = 0; byte < binary.length; byte++) {
        bytes[byte] = binary.charCodeAt(byte);
      }
      parts.push(new Blob([bytes]));
    }
    return new Blob(parts);
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    let content = '';
    for (let at = 0; at < bytes.length; at += CHUNK) {
      content += btoa(String.fromCharCode(...bytes.subarray(at, at + CHUNK)));
    }
    await this._contents.save(this._path(path), { type: 'file', format: 'base64', content });
  }

  /** The names in a folder, by the alphabet; a folder's ends with a slash. */
  async list(folder: string): Promise<string[]> {
    const { content } = await this._contents.get(this._path(folder), {
      type: 'directory',
      content: true
    });
    const models = Array.isArray(content) ? (content as Contents.IModel[]) : [];
    return models
      .map(({ name, type }) => (type === 'directory' ? `${name}/` : name))
      .sort((a, b) => a.localeCompare(b));
  }

  /** The name, or that name with a number behind it if there is such a file already. */
  async free(name: string): Promise<string> {
    const [, stem, ending] = /^([^.]*)(.*)$/s.exec(name) ?? [name, name, ''];
    const there = async (path: string): Promise<boolean> =>
      this._contents.get(this._path(path), { content: false }).then(
        () => true,
        () => false
      );
    let free = name;
    for (let number = 1; await there(free); number++) {
      free = `${stem}-${number}${ending}`;
    }
    return free;
  }

  /** A path that begins with a slash begins at the site's folder. */
  private _path(path: string): string {
    const parts = path.startsWith('/') ? [] : this._folder().split('/');
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
  private _folder: () => string;
}
