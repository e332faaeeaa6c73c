/** The language in the editor: CodeMirror's side of `tokens.ts`. Loaded when a cell needs it. */

import {
  HighlightStyle,
  LanguageSupport,
  StreamLanguage,
  syntaxHighlighting
} from '@codemirror/language';
import { tags } from '@lezer/highlight';

import { copy, start, token, type Kind } from './tokens';

/** The tag of each kind: whatever highlights an editor knows these. */
const TAGS = {
  atom: tags.atom,
  bracket: tags.bracket,
  comment: tags.comment,
  function: tags.function(tags.variableName),
  indexType: tags.standard(tags.variableName),
  keyword: tags.keyword,
  metric: tags.constant(tags.variableName),
  name: tags.variableName,
  number: tags.number,
  operator: tags.operator,
  parameter: tags.attributeName,
  punctuation: tags.punctuation,
  quoted: tags.special(tags.string),
  setting: tags.propertyName,
  string: tags.string,
  type: tags.typeName,
  variable: tags.special(tags.variableName)
} satisfies Record<Kind, unknown>;

const language = StreamLanguage.define({
  name: 'milvus-sql',
  startState: start,
  copyState: copy,
  token: (stream, state) => {
    const kind = token(stream, state);
    return kind && `milvus-${kind}`;
  },
  // names that are none of CodeMirror's own
  tokenTable: Object.fromEntries(
    Object.entries(TAGS).map(([kind, tag]) => [`milvus-${kind}`, tag])
  ),
  languageData: {
    commentTokens: { line: '--', block: { open: '/*', close: '*/' } },
    closeBrackets: { brackets: ['(', '[', '{', "'", '"', '`'] }
  }
});

/** The colours are in `style/index.css`. */
const classes = HighlightStyle.define(
  Object.entries(TAGS).map(([kind, tag]) => ({ tag, class: `milvus-sql-${kind}` })),
  { scope: language }
);

export const milvusSql = new LanguageSupport(language, syntaxHighlighting(classes));
