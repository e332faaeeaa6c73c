"""Prints what tells one built site from the next, for `www/offline/page.js`: a hash over the names and the bytes of its files."""

import hashlib
import pathlib
import sys

site = pathlib.Path(sys.argv[1])
made = hashlib.sha256()
for path in sorted(path for path in site.rglob("*") if path.is_file() and path.name != "offline.js"):
    made.update(f"{path.relative_to(site)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
print(f"const MADE = '{made.hexdigest()[:16]}';")
