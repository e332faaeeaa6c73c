"""The extension's own download, gzipped: the kernel (its wasm and its worker), what the page has for its parts, most of it when they are first needed (what it
loads at its start is held by tests/browser/start.test.mjs), the engine, and the module of parquet and arrow; each against its budget."""

import gzip
import pathlib
import sys

# bytes; code, by whose function it was at 715,000: the grammar 40,000 of them, the tree that is made of it 60,000, statements 165,000, files of rows
# 25,000, expressions 12,000, the client and its messages 60,000, how an error is shown 17,000, and 105,000 of core and 25,000 of alloc are the
# lists, iterators and sorts of all of these; then texts and tables 103,000, and JavaScript 16,000. Then came subqueries, conditions in the kernel with
# regular expressions, rows from table to table, batches of columns, and what people type first, 115,000 in all: 760,000 is where it should come to.
# Plots are 35,000 on top of that, results that the page goes through 7,000, the places of problems 4,000, and completion from the grammar, inspection,
# `:last`, the panel's questions and another language 41,000 together; then what is learnt apart from statements, plots and tables of every size, and
# names of files, 17,000
BUDGET = 926_000
# 34,000 of it are the kernel's words in Chinese, and 11,000 the entry, which every page has
PAGE_BUDGET = 90_000
# nine tenths of it are code: about a seventh decodes and answers messages, an eighth sorts and keeps trees, a tenth are filters
# arrays of structs take 20,000 of it; the functions of geometry (34,000) and function chains (23,000) are left out of it
ENGINE_BUDGET = 660_000
# arrow's code for each pair of types is most of it
COLUMNS_BUDGET = 950_000
STATIC = pathlib.Path(__file__).resolve().parent.parent / "dist/site/extensions/jupyterlite-milvus-kernel/static"

sizes = {path.name: len(gzip.compress(path.read_bytes(), 9)) for path in sorted(STATIC.iterdir()) if path.suffix in (".js", ".wasm")}
for name, size in sizes.items():
    print(f"{size:>9,} {name}")
for what, is_in, budget in [
    ("kernel", lambda name: name.startswith(("milvus.worker", "milvus_kernel")), BUDGET),
    ("page", lambda name: not name.startswith("milvus"), PAGE_BUDGET),
    ("engine", lambda name: "engine" in name, ENGINE_BUDGET),
    ("parquet and arrow", lambda name: "columns" in name, COLUMNS_BUDGET),
]:
    total = sum(size for name, size in sizes.items() if is_in(name))
    print(f"{total:>9,} bytes gzipped of {budget:,}: {what}")
    if total == 0 or total > budget:
        sys.exit(f"size: the {what} is over its budget, or nothing of it is in the site")
