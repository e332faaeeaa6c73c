/**
 * The folder of a store in the origin private file system. Handles are opened here, which takes
 * its time; the engine then reads and writes by them at once.
 */

/** Of all stores of the site. */
const ROOT = 'milvus-engine';

/** The files of a store that is to be made. */
const FIRST = ['manifest.0', 'manifest.1', 'log.1', 'reserve'];

/** How long a handle that another tab has just let go of is waited for, in milliseconds. */
const LET_GO_MS = 3_000;
const PAUSE_MS = 50;

export class Folder {
  /** Makes it where there is none. Rejects where the browser keeps no files. */
  static async open(name: string): Promise<Folder> {
    const root = await navigator.storage.getDirectory();
    const all = await root.getDirectoryHandle(ROOT, { create: true });
    return new Folder(await all.getDirectoryHandle(name, { create: true }));
  }

  private constructor(directory: FileSystemDirectoryHandle) {
    this._directory = directory;
  }

  /** The names and handles of all files, those that were added for a new store last. */
  async files(): Promise<{
    names: string[];
    handles: FileSystemSyncAccessHandle[];
    added: number;
  }> {
    const names: string[] = [];
    for await (const name of this._directory.keys()) {
      names.push(name);
    }
    const added = FIRST.filter(name => !names.includes(name));
    names.push(...added);
    const handles = await Promise.all(names.map(name => this.handle(name)));
    return { names, handles, added: added.length };
  }

  /** Opens a file, or makes it. */
  async handle(name: string): Promise<FileSystemSyncAccessHandle> {
    const file = await this._directory.getFileHandle(name, { create: true });
    for (let waited = 0; ; waited += PAUSE_MS) {
      try {
        return await file.createSyncAccessHandle();
      } catch (error) {
        const isHeld = error instanceof DOMException && /NoModification/.test(error.name);
        if (!isHeld || waited >= LET_GO_MS) {
          throw error;
        }
        await new Promise(resolve => setTimeout(resolve, PAUSE_MS));
      }
    }
  }

  /** Removes a file whose handle is closed; what cannot be removed now goes at the next opening. */
  async remove(name: string): Promise<void> {
    await this._directory.removeEntry(name).catch(() => undefined);
  }

  private _directory: FileSystemDirectoryHandle;
}
