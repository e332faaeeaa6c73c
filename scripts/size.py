"""The extension's own download (wasm, worker, JavaScript), gzipped, and what comes when it is first needed, the engine and the module of parquet and arrow,
each against its budget."""

import gzip
import pathlib
import sys

# bytes; the grammar takes about 54,000 of them, the messages by type some 16,000 more than by name, and what keeps every answer right
# (the table of versions, every digit of a number, secrets told by the tree, failures told apart, restoring a session) about 37,000,
# and the way to the engine, files, and pictures about 15,000; files of rows take some 50,000, expressions some 40,000, and names that others taught some 13,000: 760,000 is where it should come to
BUDGET = 810_000
# nine tenths of it are code: about a seventh decodes and answers messages, an eighth sorts and keeps trees, a tenth are filters
# arrays of structs take 20,000 of it; the functions of geometry (34,000) and function chains (23,000) are left out of it
ENGINE_BUDGET = 690_000
# arrow's code for each pair of types is most of it
COLUMNS_BUDGET = 950_000
STATIC = pathlib.Path(__file__).resolve().parent.parent / "dist/site/extensions/jupyterlite-milvus-kernel/static"

sizes = {path.name: len(gzip.compress(path.read_bytes(), 9)) for path in sorted(STATIC.iterdir()) if path.suffix in (".js", ".wasm")}
for name, size in sizes.items():
    print(f"{size:>9,} {name}")
for what, is_in, budget in [
    ("kernel", lambda name: "engine" not in name and "columns" not in name, BUDGET),
    ("engine", lambda name: "engine" in name, ENGINE_BUDGET),
    ("parquet and arrow", lambda name: "columns" in name, COLUMNS_BUDGET),
]:
    total = sum(size for name, size in sizes.items() if is_in(name))
    print(f"{total:>9,} bytes gzipped of {budget:,}: {what}")
    if not any(name.endswith(".wasm") and is_in(name) for name in sizes) or total > budget:
        sys.exit(f"size: the {what} is over its budget, or no wasm of it is in the site")
