"""Builds the pages of tests/language into the site as a readable reference: dist/site/reference/."""

import html
import pathlib
import re

import mistune

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = ROOT / "tests/language"
OUT = ROOT / "dist/site/reference"
# in the order in which a reader learns; what is not named here comes behind
ORDER = (
    "original connection table schema literals index write values query filter conditions names aggregate search range vectors text hybrid update alter "
    "database variables explain access operations errors lite help"
).split()
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; display: flex; color: #1b1b1f; background: #fff }
nav { flex: 0 0 15rem; padding: 1.5rem; background: #f3f5f8; min-height: 100vh; box-sizing: border-box }
nav a { display: block; padding: .15rem 0; color: #0b57d0; text-decoration: none }
nav a[aria-current] { font-weight: 600; color: inherit }
main { flex: 1; min-width: 0; max-width: 60rem; padding: 1rem 2rem 4rem }
pre { overflow-x: auto; padding: .7rem 1rem; border-radius: 6px; font: 13px/1.45 ui-monospace, monospace; background: #f3f5f8 }
pre.sql { background: #eaf2ff; margin-bottom: 0; border-radius: 6px 6px 0 0 }
pre.text { margin-top: 0; border-radius: 0 0 6px 6px; border: 1px solid #e3e6ea; background: #fff }
p.where { margin: .2rem 0 0; font-size: 13px; color: #6b6f76 }
table { border-collapse: collapse } td, th { border: 1px solid #d9dce1; padding: .25rem .6rem; text-align: left; vertical-align: top }
@media (prefers-color-scheme: dark) {
  body { background: #16181c; color: #e4e6ea } nav, pre { background: #1f2228 } pre.sql { background: #1b2a41 }
  pre.text { background: #16181c; border-color: #333842 } nav a { color: #8ab4f8 } td, th { border-color: #3a3f49 }
}
@media (max-width: 50rem) { body { display: block } nav { min-height: 0 } }
"""
SERVERS = {"lite": "Milvus Lite 3.2.2", "lite25": "Milvus Lite 2.5.1", "milvus": "Milvus 2.3.5", "engine": "the engine"}


class Renderer(mistune.HTMLRenderer):
    """Cells and their output side by side, with the servers that a cell runs on or not."""

    def block_code(self, code, info=None):
        kind, _, rest = (info or "").partition(" ")
        where = ""
        for skip in rest.split("skip=")[1:]:
            names, _, reason = skip.partition(":")
            servers = " and ".join(SERVERS[name] for name in names.split(","))
            where += f'<p class="where">not on {servers}: {html.escape(reason.strip())}</p>'
        if "only=" in rest:
            names, _, reason = rest.partition("only=")[2].partition(":")
            servers = " and ".join(SERVERS[name] for name in names.split(","))
            where += f'<p class="where">on {servers} only: {html.escape(reason.strip())}</p>'
        if "typed=" in rest:
            where += '<p class="where">with a password typed at the prompt</p>'
        return f'{where}<pre class="{html.escape(kind)}"><code>{html.escape(code)}</code></pre>\n'

    def link(self, text, url, title=None):
        return super().link(text, re.sub(r"^(\w+)\.md", r"\1.html", url), title)


def title(path):
    return path.read_text().partition("\n")[0].removeprefix("# ")


def main():
    paths = sorted(PAGES.glob("*.md"), key=lambda path: (ORDER.index(path.stem) if path.stem in ORDER else len(ORDER), path.stem))
    markdown = mistune.create_markdown(renderer=Renderer(escape=True), plugins=["table"])
    OUT.mkdir(parents=True, exist_ok=True)
    for path in paths:
        text = re.sub(r"<!--.*?-->\n", "", path.read_text())
        links = "".join(
            f'<a href="{other.stem}.html"{" aria-current=page" if other == path else ""}>{html.escape(title(other))}</a>' for other in paths
        )
        page = (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f"<title>{html.escape(title(path))} · Milvus kernel</title><style>{STYLE}</style>"
            f'<nav><a href="../index.html">← the notebooks</a><p>Every cell here was run; what stands below it is what it showed.</p>{links}</nav>'
            f"<main>{markdown(text)}</main></html>"
        )
        (OUT / f"{path.stem}.html").write_text(page)
    (OUT / "index.html").write_text(f'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={paths[0].stem}.html">')
    cells = sum(path.read_text().count("\n```sql") for path in paths)
    print(f"docs: {len(paths)} pages, {cells} cells in {OUT.relative_to(ROOT)}")


main()
