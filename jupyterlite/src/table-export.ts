/**
 * The rows of a table as CSV and JSON, to be copied or kept as a file. Values are written as they
 * are, so that COPY reads the same again: a text such as `=1+1`, too, which a spreadsheet takes for
 * a formula.
 */

import type { Column, Rows, Value } from './table-model';

export type Format = 'csv' | 'json';

/** All rows, as they are sorted and filtered. */
export async function written(columns: Column[], rows: Rows, format: Format): Promise<Blob> {
  const parts: string[] = [];
  const names = keys(columns);
  if (format === 'csv') {
    parts.push(`${names.map(quoted).join(',')}\n`);
  }
  let count = 0;
  for await (const some of rows.all()) {
    for (const row of some) {
      if (format === 'csv') {
        parts.push(`${names.map((_, at) => field(row[at] ?? null)).join(',')}\n`);
      } else {
        const entries = names.map((name, at) => [name, row[at] ?? null]);
        parts.push(count === 0 ? '[\n' : ',\n', JSON.stringify(Object.fromEntries(entries)));
      }
      count++;
    }
  }
  if (format === 'json') {
    parts.push(count === 0 ? '[]\n' : '\n]\n');
  }
  return new Blob(parts, { type: format === 'csv' ? 'text/csv' : 'application/json' });
}

/** Gives a file to the person. */
export function download(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** A key for each column: its name, numbered where one before it has that. */
function keys(columns: Column[]): string[] {
  const names = new Set(columns.map(({ name }) => name));
  const taken = new Set<string>();
  return columns.map(({ name }) => {
    let key = name;
    for (let number = 1; taken.has(key) || (number > 1 && names.has(key)); number++) {
      key = `${name}.${number}`;
    }
    taken.add(key);
    return key;
  });
}

/** NULL is an empty field, an empty text is one in quotes; lists and objects are JSON. */
function field(value: Value): string {
  if (value === null) {
    return '';
  }
  return typeof value === 'string' ? quoted(value) : quoted(JSON.stringify(value));
}

function quoted(text: string): string {
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
