"""The extension's own download (wasm, worker, JavaScript), gzipped, against its budget."""

import gzip
import pathlib
import sys

# bytes; the grammar takes about 54,000 of them, the messages by type some 16,000 more than by name, and what keeps every answer right
# (the table of versions, every digit of a number, secrets told by the tree, failures told apart, restoring a session) about 37,000
BUDGET = 680_000
STATIC = pathlib.Path(__file__).resolve().parent.parent / "dist/site/extensions/jupyterlite-milvus-kernel/static"

sizes = {path.name: len(gzip.compress(path.read_bytes(), 9)) for path in sorted(STATIC.iterdir()) if path.suffix in (".js", ".wasm")}
for name, size in sizes.items():
    print(f"{size:>9,} {name}")
total = sum(sizes.values())
print(f"{total:>9,} bytes gzipped of {BUDGET:,}")
if not any(name.endswith(".wasm") for name in sizes) or total > BUDGET:
    sys.exit("size: over the budget, or no wasm in the site")
