"""Makes of the reference what the kernel's inspection adds to a word: dist/site/reference/words.json, by word: [page, Markdown]."""

import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = ROOT / "tests/language"
OUT = ROOT / "dist/site/reference/words.json"
# pages that compare, and lists of what people typed, explain no word
NOT_OF_WORDS = {"natural", "elsewhere", "spellings", "errors"}
# paragraphs of one word, and the letters of them
MOST, LONGEST = 3, 700


def main():
    # of a word that no sentence is about, the page whose grammar has it first
    shown, about = {}, {}
    for path in sorted(PAGES.glob("*.md")):
        if path.stem in NOT_OF_WORDS:
            continue
        text = path.read_text()
        grammar = re.search(r"^```\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
        named = set(re.findall(r"[A-Z][A-Z_]+", grammar[1])) if grammar else set()
        prose = re.sub(r"<!--.*?-->|^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
        title = text.partition("\n")[0].removeprefix("# ")
        for word in named:
            shown.setdefault(word.lower(), (address(path.stem), title))
        for piece in pieces(prose):
            own = words_of(piece)
            for word in own:
                # what a sentence is about stands in it early, and its statement on the page
                at = piece.find(word)
                rank = (at > 20, word.upper() not in named, at > 80, len(own))
                about.setdefault(word.lower(), []).append((rank, path.stem, title, piece))
    out = {}
    for word, found in sorted(about.items()):
        found.sort(key=lambda each: each[0])
        stem, title = found[0][1:3]
        kept = list(dict.fromkeys(piece for _, page, _, piece in found if page == stem))[:MOST]
        excerpt = ""
        for piece in kept:
            if len(excerpt) + len(piece) <= LONGEST or not excerpt:
                excerpt += piece + "\n\n"
        # a cell that is not told apart from the next
        assert "— |" not in excerpt, f"{word}: {excerpt}"
        page = address(stem)
        out[word] = [page, title, excerpt.strip().rstrip(":")]
    for word, (page, title) in shown.items():
        out.setdefault(word, [page, title, ""])
    OUT.write_text(json.dumps(out, ensure_ascii=False, separators=(",", ":")))
    print(f"words: {len(out)} in {OUT.relative_to(ROOT)}, {OUT.stat().st_size // 1024} kB")


def address(stem):
    """As `docs.py` has it."""
    return "indexes.html" if stem == "index" else f"{stem}.html"


def pieces(prose):
    """Paragraphs and items of lists; of a table each row as a sentence."""
    for block in re.split(r"\n\s*\n", prose):
        lines = [line for line in block.strip().splitlines() if not line.startswith("#")]
        if lines and lines[0].startswith("|"):
            for line in lines[2:]:
                cells = [cell.strip() for cell in re.split(r" \|(?= )", line.strip("|"))]
                yield " — ".join(cell for cell in cells if cell)
        elif lines:
            for piece in re.split(r"\n(?=[-*] )", "\n".join(lines)):
                yield re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(piece.removeprefix("- ").split()))


def words_of(piece):
    """Words in capitals, and the names in backticks."""
    capitals = re.findall(r"\b[A-Z][A-Z0-9_]+\b", piece)
    quoted = re.findall(r"`([a-z_][a-z0-9_.]*)(?:\(|`| =)", piece, flags=re.IGNORECASE)
    return set(capitals) | set(quoted)


main()
