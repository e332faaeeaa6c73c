"""Builds the pages of tests/language into the site as a readable reference with a search, dist/site/reference/, in the order in which a person learns;
and deploy/, files and page, so that who has the site alone can put a Milvus behind it."""

import html
import json
import pathlib
import re
import shutil

import mistune

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = ROOT / "tests/language"
OUT = ROOT / "dist/site/reference"
# style, search, live cells
PARTS = ROOT / "www/reference"
DEPLOY = ROOT / "deploy"
# by chapter, each page with what it is for; what is not named stands at the end
GROUPS = json.loads((PAGES / "order.json").read_text())
SERVERS = {"lite": "Milvus Lite 3.2.2", "lite25": "Milvus Lite 2.5.1", "milvus": "Milvus 2.3.5", "engine": "the engine"}
# their cells ask for servers or files that a visitor has not
NOT_LIVE = {"access", "connection", "copy"}


class Renderer(mistune.HTMLRenderer):
    """Cells and their output side by side, with the servers that a cell runs on or not; headings to link to."""

    def __init__(self, preset):
        super().__init__(escape=True)
        self._preset = preset
        self._ids = set()

    def block_code(self, code, info=None):
        kind, _, rest = (info or "").partition(" ")
        where = ""
        for skip in rest.split("skip=")[1:]:
            names, _, reason = skip.partition(":")
            where += f'<p class="where">not on {servers(names)}: {html.escape(reason.strip())}</p>'
        if "only=" in rest:
            names, _, reason = rest.partition("only=")[2].partition(":")
            where += f'<p class="where">on {servers(names)} only: {html.escape(reason.strip())}</p>'
        if "typed=" in rest:
            where += '<p class="where">with a password typed at the prompt</p>'
        if kind != "sql":
            return f'<pre class="{html.escape(kind)}"><code>{html.escape(code)}</code></pre>\n'
        live = " live" if is_live(rest or self._preset) and "http://127." not in code else ""
        return f'{where}<pre class="sql{live}"><code>{html.escape(code)}</code></pre>\n'

    def heading(self, text, level, **attrs):
        base = re.sub(r"\W+", "-", plain(text).lower()).strip("-") or "part"
        name, at = base, 2
        while name in self._ids:
            name, at = f"{base}-{at}", at + 1
        self._ids.add(name)
        return f'<h{level} id="{name}"><a href="#{name}">{text}</a></h{level}>\n'

    def link(self, text, url, title=None):
        return super().link(text, re.sub(r"^(\w+)\.md", lambda found: address(found[1]), url), title)


def servers(names):
    return " and ".join(SERVERS[name] for name in names.split(","))


def is_live(rest):
    """Whether the engine of the page runs this cell, and asks the visitor for nothing."""
    skipped = ",".join(part.partition(":")[0] for part in rest.split("skip=")[1:]).split(",")
    only = rest.partition("only=")[2].partition(":")[0].split(",") if "only=" in rest else ["engine"]
    return "engine" not in skipped and "engine" in only and "typed=" not in rest


def address(stem):
    """The page's file: `index.html` is the list of them all."""
    return "indexes.html" if stem == "index" else f"{stem}.html"


def title(path):
    return path.read_text().partition("\n")[0].removeprefix("# ")


def plain(markup):
    """The words of a piece of HTML."""
    markup = re.sub(r"</(?:p|li|td|th|tr|pre|h\d)>", " ", markup)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", markup)).split())


def sections(body):
    """The page's parts for the search: an id, a heading, and the words below it; of outputs the errors alone."""
    parts = re.split(r'<h[1-6] id="([^"]*)">(.*?)</h[1-6]>', body)
    for name, heading, below in zip(parts[1::3], parts[2::3], parts[3::3]):
        below = re.sub(r'<pre class="text">.*?</pre>', lambda output: " ".join(re.findall(r"error\[\w+\]: [^\n]*", output[0])), below, flags=re.DOTALL)
        yield {"id": name, "heading": plain(heading), "text": plain(below)}


def render(path):
    text = path.read_text()
    preset = re.search(r"<!-- sql (.*?) -->", text)
    renderer = Renderer(preset[1] if preset else "")
    markdown = mistune.create_markdown(renderer=renderer, plugins=["table"])
    body = markdown(re.sub(r"<!--.*?-->\n", "", text))
    # a wide table scrolls by itself
    return re.sub(r"<table>.*?</table>", lambda table: f'<div class="wide">{table[0]}</div>', body, flags=re.DOTALL)


def navigation(groups, here, parts):
    """The pages in their groups, and below the page that is shown its own headings."""
    out = ""
    for group, paths in groups.items():
        out += f"<h2>{html.escape(group)}</h2><ul>"
        for path in paths:
            current = ' aria-current="page"' if path == here else ""
            out += f'<li><a href="{address(path.stem)}"{current}>{html.escape(title(path))}</a>'
            if path == here and len(parts) > 1:
                inner = "".join(f'<li><a href="#{part["id"]}">{html.escape(part["heading"])}</a></li>' for part in parts[1:])
                out += f"<ul>{inner}</ul>"
            out += "</li>"
        out += "</ul>"
    return out


def page(name, nav, main, attributes="", reference=""):
    """A whole page; `reference` leads from it to the reference's folder."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{html.escape(name)} · Milvus in a notebook</title>'
        f'<link rel="icon" href="../landing/icon.svg"><link rel="stylesheet" href="{reference}style.css">'
        f'<script type="module" src="{reference}live.js"></script><script type="module" src="{reference}search.js"></script></head><body{attributes}>'
        '<a class="skip" href="#main">To the text</a>'
        f'<header><a class="home" href="../index.html">Milvus in a notebook</a><a href="{reference}index.html">Reference</a>'
        f'<form role="search" action="{reference}index.html"><input type="search" name="q" placeholder="Search the reference" aria-label="Search the reference" '
        'autocomplete="off" spellcheck="false"><kbd aria-hidden="true">/</kbd></form></header>'
        f'<div class="page">{nav}<main id="main" tabindex="-1">{main}</main></div></body></html>\n'
    )


def main():
    paths = {path.stem: path for path in sorted(PAGES.glob("*.md"))}
    about = {stem: line for pages in GROUPS.values() for stem, line in pages.items()}
    groups = {group: [paths[stem] for stem in pages if stem in paths] for group, pages in GROUPS.items()}
    groups["More"] = [path for stem, path in paths.items() if stem not in about]
    groups = {group: members for group, members in groups.items() if members}
    order = [path for members in groups.values() for path in members]

    shutil.rmtree(OUT, ignore_errors=True)
    shutil.copytree(PARTS, OUT)
    index = []
    for at, path in enumerate(order):
        body = render(path)
        parts = list(sections(body))
        index.append({"page": address(path.stem), "title": title(path), "sections": parts})
        nav = f'<nav aria-label="Pages">{navigation(groups, path, parts)}</nav>'
        turn = ""
        if at > 0:
            turn += f'<a rel="prev" href="{address(order[at - 1].stem)}"><small>before</small>{html.escape(title(order[at - 1]))}</a>'
        if at + 1 < len(order):
            turn += f'<a rel="next" href="{address(order[at + 1].stem)}"><small>next</small>{html.escape(title(order[at + 1]))}</a>'
        live = "" if path.stem in NOT_LIVE else ' data-live="../repl/index.html"'
        (OUT / address(path.stem)).write_text(page(title(path), nav, f'{body}<nav class="turn" aria-label="Before and next">{turn}</nav>', live))

    cards = ""
    for group, members in groups.items():
        rows = "".join(
            f'<li><a href="{address(path.stem)}"><strong>{html.escape(title(path))}</strong><span>{html.escape(about.get(path.stem, ""))}</span></a></li>'
            for path in members
        )
        cards += f'<section><h2>{html.escape(group)}</h2><ul class="cards">{rows}</ul></section>'
    cells = sum(path.read_text().count("\n```sql") for path in order)
    lead = f"{len(order)} pages in the order in which one learns. Each of their {cells:,} cells was run, and what stands below it is what it showed."
    (OUT / "index.html").write_text(page("Reference", "", f"<h1>The reference</h1><p>{lead}</p>{cards}"))
    deploy = OUT.parent / "deploy"
    shutil.rmtree(deploy, ignore_errors=True)
    shutil.copytree(DEPLOY, deploy, ignore=shutil.ignore_patterns("*.md"))
    readme = DEPLOY / "README.md"
    (deploy / "index.html").write_text(page(title(readme), "", render(readme), reference="../reference/"))
    (OUT / "search.json").write_text(json.dumps(index, ensure_ascii=False, separators=(",", ":")))
    print(f"docs: {len(order)} pages, {cells} cells in {OUT.relative_to(ROOT)}")


main()
