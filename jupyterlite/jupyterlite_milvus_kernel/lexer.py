"""Colours cells for whoever asks Pygments: nbconvert, Sphinx.

The same rules as the editor's in `src/tokens.ts`, over the same words; `tests/files/tokens.json`
holds the two to one result.
"""

import json
import re
from importlib.resources import files

from pygments.lexer import Lexer
from pygments.token import (
    Comment,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Whitespace,
)

__all__ = ["MilvusSqlLexer"]

WORDS = json.loads(files(__package__).joinpath("words.json").read_text(encoding="utf-8"))
RESERVED = set(WORDS["reserved"])
OPENS = set(WORDS["opens"])
BEFORE_TABLES = set(WORDS["beforeTables"])
CONTEXTUAL = set(WORDS["contextual"])
TYPES = set(WORDS["types"])
FUNCTIONS = set(WORDS["functions"])
INDEX_TYPES = set(WORDS["indexTypes"])
METRICS = set(WORDS["metrics"])
SETTINGS = set(WORDS["settings"])

BEFORE_NAMES = set(
    "SELECT WHERE AND OR NOT BY FROM INTO ON IN BETWEEN LIKE ILIKE REGEXP TABLE COLLECTION"
    " PARTITION SET AS FIELD COLUMN INDEX ROLE USER DATABASE ALIAS SNAPSHOT CONNECTION CASE WHEN"
    " THEN ELSE HAVING DISTINCT FOR TO LEVEL RERANK RETURNING FILTER LIMIT OFFSET".split()
)
OPENS_NAME = {"USE", "TRUNCATE", "UPDATE"} | BEFORE_TABLES
BEFORE_VALUES = {"DISTINCT", "CASE", "WHEN", "EXISTS", "ALL"}
WITH_PARAMETERS = {"WITH", "OPTIONS", "PARAMS", "PROPERTIES", "RRF", "WEIGHTED"}
CLAUSES = set("LIMIT OFFSET ORDER FILTER TABLE PARTITIONS PARTITION VALUES".split())
TEXT_NEXT = {"operator", "=", "[", ":", "LIKE", "ILIKE", "REGEXP"}
VALUE_NEXT = {"operator", "=", "(", ",", "[", "{", ":", "::", "<type"}

TOKENS = {
    "atom": Keyword.Constant,
    "bracket": Punctuation,
    "comment": Comment,
    "function": Name.Function,
    "indexType": Name.Builtin,
    "keyword": Keyword,
    "metric": Name.Constant,
    "name": Name,
    "number": Number,
    "operator": Operator,
    "parameter": Name.Attribute,
    "punctuation": Punctuation,
    "quoted": Name.Variable,
    "setting": Name.Property,
    "string": String,
    "type": Keyword.Type,
    "variable": Name.Variable.Global,
}

NUMBER = r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w$])"
PIECE = re.compile(
    rf"""
    (?P<space>\s+)
  | (?P<comment>--[^\n]*|(?<!<)\#[^\n]*|/\*.*?(?:\*/|\Z))
  | (?P<address>[A-Za-z]+://[^\s;]+)
  | (?P<text>[xXbB]?'(?:\\.|''|[^'\\])*(?:'|\Z))
  | (?P<double>"(?:\\.|""|[^"\\])*(?:"|\Z))
  | (?P<quoted>`(?:``|[^`])*(?:`|\Z))
  | (?P<variable>[:@][A-Za-z_][\w$]*)
  | (?P<number>{NUMBER})
  | (?P<word>[^\W\d][\w$]*|\$[\w$]*)
  | (?P<operator>{"|".join(re.escape(sign) for sign in sorted(WORDS["operators"], key=len)[::-1])})
  | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)


class MilvusSqlLexer(Lexer):
    """Milvus's dialect of SQL."""

    name = "Milvus SQL"
    aliases = ["milvus-sql", "milvus"]
    filenames = ["*.msql"]
    mimetypes = ["text/x-milvus-sql"]
    url = "https://milvus.io"

    def get_tokens_unprocessed(self, text):
        for at, kind, piece in pieces(text):
            yield at, TOKENS[kind] if kind else Whitespace, piece


def pieces(text):
    """Each piece with its place and what it is; blanks are nothing."""
    state = State()
    at = 0
    while at < len(text):
        found = PIECE.match(text, at)
        kind, end = state.piece(found.lastgroup, text, at, found.end())
        yield at, kind, text[at:end]
        at = end


class State:
    """What is remembered from one piece to the next, as in the editor."""

    def __init__(self):
        self.begin()

    def begin(self):
        self.opener = self.last = self.word = ""
        self.brackets = []

    def piece(self, group, text, at, end):
        """What a piece is, and where it ends."""
        piece = text[at:end]
        if group == "space":
            return None, end
        if group == "comment":
            return "comment", end
        if group == "address" and self.opener:
            # a word, a colon and a comment of another sort
            end = re.compile(r"\w+").match(text, at).end()
            group, piece = "word", text[at:end]
        if group == "variable" and self.last == ":":
            group, end, piece = "sign", at + 1, text[at : at + 1]
        if group == "word":
            stop = text.find("\n", end)
            return self.of_word(piece.upper(), text[end : stop if stop >= 0 else None]), end
        if group == "operator":
            self.last = "::" if piece == "::" else "operator"
            return "operator", end
        if group == "sign":
            return self.of_sign(piece, text, end)
        if group == "double":
            is_text = self.last in TEXT_NEXT or self.within() in {"VALUES", "{"}
            group = "text" if is_text else "quoted"
        return self.value({"address": "string", "text": "string"}.get(group, group)), end

    def of_sign(self, sign, text, end):
        if sign in "([{":
            self.brackets.append("{" if sign == "{" else self.word)
            self.last = sign
            return "bracket", end
        if sign in ")]}":
            self.word = self.brackets.pop() if self.brackets else ""
            return self.value("bracket"), end
        if sign == ";":
            self.begin()
            return "punctuation", end
        if sign in ",.:":
            self.last = sign
            return "punctuation", end
        if sign == "<":
            self.last = "<type" if self.last == "type" else "operator"
            return "operator", end
        if sign == "=":
            self.last = "="
            return "operator", end
        number = re.compile(NUMBER).match(text, end)
        if sign in "-+" and number and self.is_next():
            return self.value("number"), number.end()
        if sign not in "<>!*/%&|~^?\\-+":
            return self.value("name"), end
        self.last = "operator"
        return "operator", end

    def of_word(self, upper, rest):
        kind = self.kind_of(upper, rest)
        self.word = upper
        if kind == "keyword":
            if not self.opener:
                self.opener = "" if upper == "EXPLAIN" else upper
            self.last = upper
        else:
            self.last = "type" if kind == "type" else "name"
        return kind

    def kind_of(self, upper, rest):
        last, within = self.last, self.within()
        is_called = re.match(r"\s*\(", rest) is not None
        if last == ".":
            return "parameter" if within in WITH_PARAMETERS else "name"
        if not self.opener:
            return "keyword" if upper in OPENS else "name"
        if last in {"(", ","} and within in WITH_PARAMETERS:
            return "parameter"
        if re.match(r"\s*\.", rest):
            return "name"
        if upper in {"TRUE", "FALSE", "NULL"}:
            return "atom"
        if upper in RESERVED:
            is_name = upper in CLAUSES and self.is_next() and re.match(r"\s*[,)=<>!*/%\[]", rest)
            return "name" if is_name else "keyword"
        if self.is_type(upper, rest):
            return "type"
        if upper in INDEX_TYPES and (last == "USING" or self.is_set_to("INDEX_TYPE")):
            return "indexType"
        if upper in METRICS and self.is_set_to("METRIC_TYPE"):
            return "metric"
        if last == "SET" and upper.lower() in SETTINGS:
            return "setting"
        if is_called and upper in FUNCTIONS and last not in BEFORE_TABLES:
            return "function"
        is_keyword = upper in CONTEXTUAL and self.is_keyword(upper, rest, is_called)
        return "keyword" if is_keyword else "name"

    def is_keyword(self, upper, rest, is_called):
        """Whether a word that is a name elsewhere is a keyword here."""
        if not self.is_next() or (self.last == "PARTITION" and upper == "KEY"):
            return True
        behind = re.match(r"\s+([^\W\d][\w$]*|[\"`])", rest)
        behind = behind and behind.group(1).upper()
        if upper in BEFORE_VALUES:
            return behind != "FROM" and not re.match(r"\s*([,.=<>]|$)", rest)
        if upper == "IF":
            return behind in {"NOT", "EXISTS"}
        if is_called:
            return self.last not in BEFORE_TABLES
        if behind is None or behind == "SET" or behind in RESERVED:
            return False
        if self.last in {"(", ","} and self.opener == "CREATE":
            return len(self.brackets) == 1 and behind not in TYPES
        return self.last in {self.opener, "TO", "FOR"} and self.opener != "SELECT"

    def is_type(self, upper, rest):
        last = self.last
        is_moment = upper in {"DATE", "TIMESTAMP", "TIMESTAMPTZ"} and re.match(r"\s*'", rest)
        if is_moment or (upper == "ARRAY" and rest.startswith("[")):
            return True
        if upper not in TYPES:
            return False
        if last == "name":
            of_create = self.opener == "CREATE" and len(self.brackets) == 1
            of_columns = of_create and self.brackets[0] != "WITH"
            return self.word != "WHERE" and (of_columns or self.opener == "ALTER")
        if last == "type":
            return upper in {"PRECISION", "VARYING"}
        return last in {"::", "<type", "TYPE"} or (last == "AS" and "CAST" in self.brackets)

    def is_set_to(self, parameter):
        return self.last == "=" and self.word == parameter

    def is_next(self):
        """Whether a value or a name comes next."""
        is_opened = self.last == self.opener and self.last in OPENS_NAME
        return is_opened or self.last in BEFORE_NAMES or self.last in VALUE_NEXT

    def within(self):
        return self.brackets[-1] if self.brackets else ""

    def value(self, kind):
        self.opener = self.opener or " "
        self.last = "name"
        return kind
