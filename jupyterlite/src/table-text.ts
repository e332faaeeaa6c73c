/**
 * A value as a table's cell says it, as `src/render/value.rs` does for where there is no script: on
 * one line, and no two values alike.
 */

import type { Column, Value } from './table-model';

/** A longer list is cut to its first entries. */
const MAX_ENTRIES = 6;
const FIRST_ENTRIES = 2;
/** Characters of a text that are shown. */
export const MAX_CHARS = 100;

/** Control characters, and marks that turn the direction of the text that follows. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

const ESCAPES: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

export function printable(text: string): string {
  return text.replace(
    CONTROL,
    char => ESCAPES[char] ?? `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`
  );
}

export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number.toLocaleString('en')} ${number === 1 ? one : many}`;

export function show(value: Value, type: Column['type'], precision?: number): string {
  if (value === null) {
    return 'NULL';
  }
  switch (type) {
    case 'prose':
      return printable(String(value));
    case 'text':
      return typeof value === 'string' ? text(value, false) : String(value);
    case 'json':
      return cut(JSON.stringify(value));
    case 'array':
      return Array.isArray(value)
        ? list(value, '[]', 'values', item =>
            typeof item === 'string'
              ? text(item, true)
              : number(item, Number.isInteger(item) ? undefined : precision)
          )
        : cut(JSON.stringify(value));
    case 'vector':
      return list(value as Value[], '[]', 'values', item => number(item, precision));
    case 'sparse':
      return list(
        Object.entries(value as Record<string, Value>),
        '{}',
        'entries',
        ([index, item]) => `${index}: ${number(item, precision)}`
      );
    case 'bytes':
      return list([...bytesOf(String(value))], '[]', 'values', String);
    case 'float':
      return number(value, precision);
    default:
      return String(value);
  }
}

/** Bytes of base64; none where it is no such text. */
export function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64), char => char.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

/** As short as it is exact, or with so many digits behind the point. */
function number(value: Value, precision?: number): string {
  if (value === null) {
    return 'NULL';
  }
  if (typeof value !== 'number') {
    const words: Record<string, string> = { INF: 'inf', '-INF': '-inf' };
    const word = typeof value === 'string' ? value : JSON.stringify(value);
    return words[word] ?? cut(word);
  }
  const size = Math.abs(value);
  if (precision !== undefined && size < 1e15) {
    return value.toFixed(precision);
  }
  const isPlain = size === 0 || (size >= 1e-5 && size < 1e15);
  return isPlain ? String(value) : value.toExponential().replace('e+', 'e');
}

function list<T>(
  items: T[],
  [open, close]: string,
  many: string,
  shown: (item: T) => string
): string {
  const isWhole = items.length <= MAX_ENTRIES;
  const parts = items.slice(0, isWhole ? MAX_ENTRIES : FIRST_ENTRIES).map(shown);
  if (!isWhole) {
    parts.push(`… ${items.length.toLocaleString('en')} ${many}`);
  }
  return `${open}${parts.join(', ')}${close}`;
}

/** In quotes, with escapes, where it would look like another value. */
function text(value: string, inList: boolean): string {
  const isPlain =
    !value.startsWith("'") &&
    value.search(CONTROL) < 0 &&
    value.trim() === value &&
    value !== 'NULL' &&
    !(inList && (value === '' || /[,[\]]/.test(value)));
  if (isPlain) {
    return cut(value);
  }
  return `'${cut(value, text => text.replaceAll('\\', '\\\\').replaceAll("'", "''"))}'`;
}

/** The beginning of a text, printable. */
function cut(value: string, escaped = (text: string): string => text): string {
  // a character has two units at the most
  const chars = [...value.slice(0, 2 * MAX_CHARS + 1)];
  const head = printable(escaped(chars.slice(0, MAX_CHARS).join('')));
  return chars.length > MAX_CHARS ? `${head}…` : head;
}
