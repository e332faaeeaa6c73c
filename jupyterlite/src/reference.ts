/**
 * What the site's reference says of a word, for inspection: `reference/words.json`, which
 * `scripts/words.py` makes, fetched when a word is first looked at. A page without a reference of
 * ours has the kernel's own words alone.
 */

import type { Inspection } from '../wasm/milvus_kernel.js';

/** A page of the reference, its title, and what it says, in Markdown. */
type Entry = [page: string, title: string, excerpt: string];

export class Reference {
  /** `baseUrl` is the site's root. */
  constructor(baseUrl: string) {
    this._folder = new URL('reference/', new URL(baseUrl, location.href));
  }

  /** An inspection with what the reference adds to it. */
  async explain({ markdown, text, topic }: Inspection): Promise<Omit<Inspection, 'topic'>> {
    this._words ??= this._fetch();
    const entry = (await this._words).get(topic);
    if (!entry) {
      return { markdown, text };
    }
    const [page, title, excerpt] = entry;
    const link = new URL(page, this._folder).href;
    return {
      markdown: `${markdown}\n${excerpt}\n\n[${title}](${link})\n`,
      text: `${text}\n${excerpt.replace(/`/g, '')}\n`
    };
  }

  private async _fetch(): Promise<Map<string, Entry>> {
    let response: Response;
    try {
      response = await fetch(new URL('words.json', this._folder));
    } catch {
      // without a network it is asked for again at the next word
      this._words = undefined;
      return new Map();
    }
    try {
      return new Map(Object.entries((await response.json()) as Record<string, Entry>));
    } catch {
      // no page of ours
      return new Map();
    }
  }

  private _folder: URL;
  private _words: Promise<Map<string, Entry>> | undefined;
}
