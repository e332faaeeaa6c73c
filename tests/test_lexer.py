"""The wheel's Pygments lexer: the editor's colours, on statements and on the whole reference."""

import json
import re
import unittest
from pathlib import Path

from jupyterlite_milvus_kernel.lexer import pieces
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename, get_lexer_for_mimetype
from pygments.token import Error, Keyword

HERE = Path(__file__).parent


class TestLexer(unittest.TestCase):
    def test_pieces_are_those_of_the_editor(self):
        for statement, expected in json.loads((HERE / "files" / "tokens.json").read_text()):
            found = [f"{piece}:{kind}" for _, kind, piece in pieces(statement) if kind]
            self.assertEqual(found, expected, statement)

    def test_pygments_finds_it(self):
        for lexer in [
            get_lexer_by_name("milvus-sql"),
            get_lexer_for_filename("a.msql"),
            get_lexer_for_mimetype("text/x-milvus-sql"),
        ]:
            self.assertEqual(lexer.name, "Milvus SQL")

    def test_the_reference_has_colours(self):
        lexer = get_lexer_by_name("milvus-sql", stripnl=False, ensurenl=False)
        cells, coloured = 0, 0
        for page in sorted((HERE / "language").glob("*.md")):
            for cell in re.findall(r"^```sql\n(.*?)^```", page.read_text(), re.M | re.S):
                tokens = list(lexer.get_tokens(cell))
                self.assertEqual("".join(text for _, text in tokens), cell)
                kinds = {kind for kind, _ in tokens}
                self.assertNotIn(Error, kinds, cell)
                cells += 1
                coloured += any(kind in Keyword for kind in kinds)
        self.assertGreater(cells, 100)
        # a few are of addresses, of vectors alone, or wrong on purpose
        self.assertGreater(coloured, 0.95 * cells)


if __name__ == "__main__":
    unittest.main()
