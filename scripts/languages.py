"""Puts the extension's texts in other languages into a built site: python languages.py site"""

import json
import sys
from pathlib import Path

LOCALES = Path(__file__).parent.parent / "jupyterlite/jupyterlite_milvus_kernel/locale"
NAMES = {"zh_CN": {"displayName": "Chinese (Simplified, China)", "nativeName": "中文 (简体, 中国)"}}


def main(site: Path) -> None:
    folder = site / "api/translations"
    languages = folder / "all.json"
    listed = json.loads(languages.read_text("utf-8"))
    for locale, names in NAMES.items():
        listed["data"].setdefault(locale, names)
        # a pack of JupyterLab's own texts may be there already
        path = folder / f"{locale}.json"
        pack = json.loads(path.read_text("utf-8")) if path.exists() else {"data": {}, "message": ""}
        for texts in (LOCALES / locale / "LC_MESSAGES").glob("*.json"):
            pack["data"][texts.stem] = json.loads(texts.read_text("utf-8"))
        path.write_text(json.dumps(pack, ensure_ascii=False), "utf-8")
    languages.write_text(json.dumps(listed, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
