/**
 * A cell of a table: a value in words, and what there is to see of it when it is asked for: a
 * vector as a line, JSON as a tree, a long text whole. Pictures are shown as such. Everything is
 * made of nodes and texts; none of it is markup.
 */

import type { Column, Value } from './table-model';
import { MAX_CHARS, bytesOf, count, printable, show } from './table-text';

const SVG = 'http://www.w3.org/2000/svg';

/** A sparkline of more values has the least and the most of each part of them. */
const MAX_POINTS = 280;

/** Of a JSON object or list, and of what is in it, so many entries are shown at once. */
const MAX_ENTRIES = 200;

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  text = ''
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

export const isNumber = ({ type }: Column): boolean => type === 'int' || type === 'float';

/** Whether the cells of a column have two faces, that its head turns all at once. */
export const isTurned = ({ type, image }: Column): boolean =>
  type === 'vector' || (image !== undefined && type !== 'text');

/** What a cell shows; `isOpen` is whether more of it was asked for. */
export function face(
  value: Value,
  column: Column,
  precision: number | undefined,
  isOpen: boolean
): { shown: Node; opens: boolean } {
  const { type } = column;
  if (value === null) {
    return { shown: element('i', 'milvus-null', 'NULL'), opens: false };
  }
  const picture = type === 'prose' ? undefined : pictureOf(value, column);
  if (picture) {
    return { shown: picture, opens: false };
  }
  const words = show(value, type, precision);
  const opens = hasMore(value, type);
  if (!opens || !isOpen) {
    return { shown: document.createTextNode(words), opens };
  }
  const numbers = numbersOf(value, column);
  if (numbers) {
    const shown =
      column.image === undefined ? sparkline(numbers) : (pixels(numbers, column.image) ?? words);
    return { shown: shown instanceof Node ? shown : document.createTextNode(shown), opens };
  }
  if (typeof value === 'string') {
    return { shown: element('span', 'milvus-whole', printable(value)), opens };
  }
  return { shown: tree(value, true), opens };
}

function hasMore(value: Value, type: Column['type']): boolean {
  if (typeof value === 'string') {
    return type === 'bytes' ? value.length > 0 : type !== 'prose' && value.length > MAX_CHARS;
  }
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

function numbersOf(value: Value, { type }: Column): number[] | undefined {
  if (type === 'bytes') {
    return [...bytesOf(String(value))];
  }
  if (!Array.isArray(value) || !value.every(item => typeof item === 'number')) {
    return undefined;
  }
  return value.length > 1 || type === 'vector' ? value : undefined;
}

/** The least and the most: of more values than a function takes arguments. */
function endsOf(numbers: number[]): [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (const number of numbers) {
    least = Math.min(least, number);
    most = Math.max(most, number);
  }
  return [least, most];
}

/** The values one after the other. */
function sparkline(numbers: number[]): Node {
  const [width, height] = [140, 28];
  const [least, most] = endsOf(numbers);
  const points: number[] = [];
  const step = numbers.length <= MAX_POINTS ? 1 : Math.ceil((2 * numbers.length) / MAX_POINTS);
  for (let at = 0; at < numbers.length; at += step) {
    const part = numbers.slice(at, at + step);
    const ends = endsOf(part);
    // in the order in which they come
    const rises = part.indexOf(ends[0]) < part.indexOf(ends[1]);
    points.push(...(step === 1 ? part : rises ? ends : [ends[1], ends[0]]));
  }
  const x = (at: number): number => 1 + (at * (width - 2)) / Math.max(1, points.length - 1);
  const y = (value: number): number =>
    height - 2 - ((value - least) * (height - 4)) / (most - least || 1);
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'milvus-sparkline');
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('width', String(width));
  svg.setAttribute('height', String(height));
  svg.setAttribute('role', 'img');
  const [from, to] = [least, most].map(value => Number(value.toPrecision(4)));
  svg.setAttribute('aria-label', `${count(numbers.length, 'value')} from ${from} to ${to}`);
  const title = document.createElementNS(SVG, 'title');
  title.textContent = svg.getAttribute('aria-label');
  const line = document.createElementNS(SVG, 'polyline');
  const drawn = points.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`);
  line.setAttribute('points', drawn.length > 1 ? drawn.join(' ') : `1,14 ${width - 1},14`);
  svg.append(title, line);
  return svg;
}

/** Numbers as pixels from black to white, or of three or four colours. */
function pixels(numbers: number[], shape: string): Node | undefined {
  const side = Math.round(Math.sqrt(numbers.length));
  const sides = shape === '' ? [side, side] : shape.split('x').map(Number);
  const [width = 0, height = 0, depth = 1] = sides;
  if (width * height * depth !== numbers.length) {
    return undefined;
  }
  const canvas = element('canvas', 'milvus-pixels');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) {
    return undefined;
  }
  const image = context.createImageData(width, height);
  const [least, most] = endsOf(numbers);
  const light = (at: number): number =>
    (((numbers[at] ?? least) - least) * 255) / (most - least || 1);
  for (let at = 0; at < width * height; at++) {
    const first = at * depth;
    const colours =
      depth === 1
        ? [light(first), light(first), light(first), 255]
        : [light(first), light(first + 1), light(first + 2), depth === 4 ? light(first + 3) : 255];
    image.data.set(colours, at * 4);
  }
  context.putImageData(image, 0, 0);
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `a picture of ${width} x ${height} pixels`);
  return canvas;
}

/** A `data:` URL of pixels, or the bytes of a PNG or a JPEG. SVG is none: it is a document. */
function pictureOf(value: Value, { type }: Column): HTMLImageElement | undefined {
  if (typeof value !== 'string' || value.length > 4_000_000) {
    return undefined;
  }
  let url = value;
  if (type === 'bytes') {
    const kind = value.startsWith('iVBORw0KGgo') ? 'png' : value.startsWith('/9j/') && 'jpeg';
    url = kind ? `data:image/${kind};base64,${value}` : '';
  }
  if (!/^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$/.test(url)) {
    return undefined;
  }
  const image = element('img', 'milvus-picture');
  image.alt = 'a picture';
  image.onload = () => {
    const { naturalWidth: width, naturalHeight: height } = image;
    image.alt = `a picture of ${width} x ${height} pixels`;
    image.classList.toggle('milvus-mod-large', Math.max(width, height) > 32);
  };
  image.src = url;
  return image;
}

/** JSON that unfolds: what is inside is made when it is looked at. */
function tree(value: Value, isOpen: boolean, name = ''): HTMLElement {
  const label = name === '' ? [] : [element('span', 'milvus-key', `${printable(name)}: `)];
  if (typeof value !== 'object' || value === null) {
    const line = element('div', 'milvus-leaf');
    line.append(...label, printable(JSON.stringify(value)));
    return line;
  }
  const entries = Object.entries(value);
  const node = element('details', 'milvus-json');
  const summary = element('summary');
  const size = Array.isArray(value)
    ? `[${count(entries.length, 'item')}]`
    : `{${count(entries.length, 'key')}}`;
  summary.append(...label, size);
  node.append(summary);
  const unfold = (): void => {
    if (node.open && node.childElementCount === 1) {
      node.append(...entries.slice(0, MAX_ENTRIES).map(([key, item]) => tree(item, false, key)));
      if (entries.length > MAX_ENTRIES) {
        const more = count(entries.length - MAX_ENTRIES, 'more', 'more');
        node.append(element('div', 'milvus-leaf', `… ${more}`));
      }
    }
  };
  node.addEventListener('toggle', unfold);
  node.open = isOpen;
  unfold();
  return node;
}
