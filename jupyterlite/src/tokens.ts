/**
 * The pieces of a statement, as far as an editor colours them. Knows the words of the grammar
 * (`words.json`) and not the grammar: what is a keyword in one place and a name in another is told
 * by what stands before it and behind it.
 */

import type { StringStream } from '@codemirror/language';

import words from './words.json';

/** What a piece is; the language in `language.ts` has a tag for each. */
export type Kind =
  | 'atom'
  | 'bracket'
  | 'comment'
  | 'function'
  | 'indexType'
  | 'keyword'
  | 'metric'
  | 'name'
  | 'number'
  | 'operator'
  | 'parameter'
  | 'punctuation'
  | 'quoted'
  | 'setting'
  | 'string'
  | 'type'
  | 'variable';

/** What is remembered from one piece to the next. */
export interface State {
  /** the comment or the quote that is open at the end of a line */
  open: '' | '*/' | "'" | '"' | '`';
  /** what the open quote is */
  openKind: Kind;
  /** the word that the statement begins with */
  opener: string;
  /** the last piece: a keyword in capitals, a sign, or `name` for all that has a value */
  last: string;
  /** the word before the last piece */
  word: string;
  /** the word before each bracket that is open */
  brackets: string[];
}

const set = (list: string[]): Set<string> => new Set(list);
const RESERVED = set(words.reserved);
const OPENS = set(words.opens);
const BEFORE_TABLES = set(words.beforeTables);
const CONTEXTUAL = set(words.contextual);
const TYPES = set(words.types);
const FUNCTIONS = set(words.functions);
const INDEX_TYPES = set(words.indexTypes);
const METRICS = set(words.metrics);
const SETTINGS = set(words.settings);
/** The longest first: the first that fits is taken. */
const OPERATORS = [...words.operators].sort((one, other) => other.length - one.length);

/** Behind these a value or a name is expected, and most words are one. */
const BEFORE_NAMES = set([
  ...'SELECT WHERE AND OR NOT BY FROM INTO ON IN BETWEEN LIKE ILIKE REGEXP TABLE'.split(' '),
  ...'COLLECTION PARTITION SET AS FIELD COLUMN INDEX ROLE USER DATABASE ALIAS'.split(' '),
  ...'SNAPSHOT CONNECTION CASE WHEN THEN ELSE HAVING DISTINCT FOR TO LEVEL RERANK'.split(' '),
  ...['RETURNING', 'FILTER', 'LIMIT', 'OFFSET']
]);
/** Statements whose opening word a table or a name follows. */
const OPENS_NAME = set(['USE', 'TRUNCATE', 'UPDATE', ...words.beforeTables]);
/** What stands where a value does and is none. */
const BEFORE_VALUES = set(['DISTINCT', 'CASE', 'WHEN', 'EXISTS', 'ALL']);
/** Their brackets hold parameters. */
const WITH_PARAMETERS = set(['WITH', 'OPTIONS', 'PARAMS', 'PROPERTIES', 'RRF', 'WEIGHTED']);
/** What opens a clause, and is a name where it is followed as a name is. */
const CLAUSES = set('LIMIT OFFSET ORDER FILTER TABLE PARTITIONS PARTITION VALUES'.split(' '));
const ATOMS = set(['TRUE', 'FALSE', 'NULL']);
const MOMENTS = set(['DATE', 'TIMESTAMP', 'TIMESTAMPTZ']);

const ADDRESS = /^[a-z]+:\/\/[^\s;]+/i;
const NUMBER = /^(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?(?![\w$])/i;
const WORD = /^[\p{L}_$][\p{L}\p{N}_$]*/u;

export function start(): State {
  return { open: '', openKind: 'string', opener: '', last: '', word: '', brackets: [] };
}

export function copy(state: State): State {
  return { ...state, brackets: [...state.brackets] };
}

/** Reads one piece. */
export function token(stream: StringStream, state: State): Kind | null {
  if (state.open) {
    return inside(stream, state);
  }
  if (stream.eatSpace()) {
    return null;
  }
  if (stream.match('--') || (stream.peek() === '#' && stream.string[stream.pos - 1] !== '<')) {
    stream.skipToEnd();
    return 'comment';
  }
  if (stream.match('/*')) {
    state.open = '*/';
    return inside(stream, state);
  }
  if (!state.opener && stream.match(ADDRESS)) {
    return value(state, 'string');
  }
  if (stream.match(/^[xb](?=')/i) || /^['"`]/.test(stream.peek() ?? '')) {
    return quote(stream, state);
  }
  if (stream.match(/^[:@](?=[a-z_])/i) && state.last !== ':') {
    stream.match(WORD);
    return value(state, 'variable');
  }
  if (stream.match(NUMBER)) {
    return value(state, 'number');
  }
  const found = stream.match(WORD);
  if (found && typeof found !== 'boolean') {
    return word(found[0], stream.string.slice(stream.pos), state);
  }
  return sign(stream, state);
}

/** The rest of what is open, as far as it stands in this line. */
function inside(stream: StringStream, state: State): Kind {
  const { open } = state;
  if (open === '*/') {
    if (stream.skipTo('*/')) {
      stream.match('*/');
      state.open = '';
    } else {
      stream.skipToEnd();
    }
    return 'comment';
  }
  while (!stream.eol()) {
    const char = stream.next();
    if (char === '\\' && open !== '`') {
      stream.next();
    } else if (char === open && !stream.eat(open)) {
      state.open = '';
      break;
    }
  }
  return value(state, state.openKind);
}

function quote(stream: StringStream, state: State): Kind {
  const open = stream.next() as "'" | '"' | '`';
  state.open = open;
  // a text in double quotes is a name where a name may stand
  const isText =
    open === "'" ||
    (open === '"' &&
      (['operator', '=', '[', ':', 'LIKE', 'ILIKE', 'REGEXP'].includes(state.last) ||
        ['VALUES', '{'].includes(bracket(state))));
  state.openKind = isText ? 'string' : 'quoted';
  return inside(stream, state);
}

function sign(stream: StringStream, state: State): Kind {
  const operator = OPERATORS.find(operator => stream.match(operator));
  if (operator) {
    state.last = operator === '::' ? '::' : 'operator';
    return 'operator';
  }
  const char = stream.next() ?? '';
  switch (char) {
    case '(':
    case '[':
    case '{':
      state.brackets.push(char === '{' ? char : state.word);
      state.last = char;
      return 'bracket';
    case ')':
    case ']':
    case '}':
      // of one row of VALUES as of the next
      state.word = state.brackets.pop() ?? '';
      return value(state, 'bracket');
    case ';':
      Object.assign(state, start());
      return 'punctuation';
    case ',':
    case '.':
    case ':':
      state.last = char;
      return 'punctuation';
    case '<':
      // ARRAY<INT>
      state.last = state.last === 'type' ? '<type' : 'operator';
      return 'operator';
    case '=':
      state.last = '=';
      return 'operator';
    case '-':
    case '+':
      if (isNext(state) && stream.match(NUMBER)) {
        return value(state, 'number');
      }
      break;
    default:
      if (!/[<>!*/%&|~^?\\]/.test(char)) {
        return value(state, 'name');
      }
  }
  state.last = 'operator';
  return 'operator';
}

/** A word, before `rest` of its line. */
function word(text: string, rest: string, state: State): Kind {
  const upper = text.toUpperCase();
  const kind = kindOf(upper, rest, state);
  if (kind === 'keyword') {
    state.opener ||= upper === 'EXPLAIN' ? '' : upper;
    state.last = upper;
    state.word = upper;
    return kind;
  }
  state.word = upper;
  state.last = kind === 'type' ? 'type' : 'name';
  return kind;
}

function kindOf(upper: string, rest: string, state: State): Kind {
  const { last } = state;
  const isCalled = /^\s*\(/.test(rest);
  const within = bracket(state);
  if (last === '.') {
    return WITH_PARAMETERS.has(within) ? 'parameter' : 'name';
  }
  if (!state.opener) {
    return OPENS.has(upper) ? 'keyword' : 'name';
  }
  if ((last === '(' || last === ',') && WITH_PARAMETERS.has(within)) {
    return 'parameter';
  }
  if (/^\s*\./.test(rest)) {
    return 'name';
  }
  if (ATOMS.has(upper)) {
    return 'atom';
  }
  if (RESERVED.has(upper)) {
    const isName = CLAUSES.has(upper) && isNext(state) && /^\s*[,)=<>!*/%[]/.test(rest);
    return isName ? 'name' : 'keyword';
  }
  if (isType(upper, rest, state)) {
    return 'type';
  }
  if (INDEX_TYPES.has(upper) && (last === 'USING' || isSetTo(state, 'INDEX_TYPE'))) {
    return 'indexType';
  }
  if (METRICS.has(upper) && isSetTo(state, 'METRIC_TYPE')) {
    return 'metric';
  }
  if (last === 'SET' && SETTINGS.has(upper.toLowerCase())) {
    return 'setting';
  }
  if (isCalled && FUNCTIONS.has(upper) && !BEFORE_TABLES.has(last)) {
    return 'function';
  }
  return CONTEXTUAL.has(upper) && isKeyword(upper, rest, isCalled, state) ? 'keyword' : 'name';
}

/** Whether a word that is a name elsewhere is a keyword here. */
function isKeyword(upper: string, rest: string, isCalled: boolean, state: State): boolean {
  const { last, opener, brackets } = state;
  if (!isNext(state) || (last === 'PARTITION' && upper === 'KEY')) {
    return true;
  }
  const behind = /^\s+([\p{L}_"`][\p{L}\p{N}_$]*)/u.exec(rest)?.[1]?.toUpperCase();
  if (BEFORE_VALUES.has(upper)) {
    return behind !== 'FROM' && !/^\s*([,.=<>]|$)/.test(rest);
  }
  if (upper === 'IF') {
    return behind === 'NOT' || behind === 'EXISTS';
  }
  if (isCalled) {
    return !BEFORE_TABLES.has(last);
  }
  if (behind === undefined || behind === 'SET' || RESERVED.has(behind)) {
    return false;
  }
  // PRIMARY KEY among the columns, DESCRIBE INDEX i, TO ROLE r
  const amongColumns = (last === '(' || last === ',') && opener === 'CREATE';
  return amongColumns
    ? brackets.length === 1 && !TYPES.has(behind)
    : (last === opener || last === 'TO' || last === 'FOR') && opener !== 'SELECT';
}

function isType(upper: string, rest: string, { last, opener, brackets, word }: State): boolean {
  if ((MOMENTS.has(upper) && /^\s*'/.test(rest)) || (upper === 'ARRAY' && rest.startsWith('['))) {
    return true;
  }
  if (!TYPES.has(upper)) {
    return false;
  }
  const isCast = last === 'AS' && brackets.includes('CAST');
  const isColumns = opener === 'CREATE' && brackets.length === 1 && brackets[0] !== 'WITH';
  return (
    isCast ||
    last === '::' ||
    last === '<type' ||
    last === 'TYPE' ||
    // DOUBLE PRECISION
    (last === 'type' && (upper === 'PRECISION' || upper === 'VARYING')) ||
    (last === 'name' && word !== 'WHERE' && (isColumns || opener === 'ALTER'))
  );
}

/** Whether a parameter's value comes next. */
const isSetTo = (state: State, parameter: string): boolean =>
  state.last === '=' && state.word === parameter;

/** Whether a value or a name comes next. */
function isNext({ last, opener }: State): boolean {
  if (last === opener && OPENS_NAME.has(last)) {
    return true;
  }
  return (
    BEFORE_NAMES.has(last) ||
    ['operator', '=', '(', ',', '[', '{', ':', '::', '<type'].includes(last)
  );
}

function bracket(state: State): string {
  return state.brackets[state.brackets.length - 1] ?? '';
}

function value<K extends Kind>(state: State, kind: K): K {
  state.opener ||= ' ';
  state.last = 'name';
  return kind;
}
