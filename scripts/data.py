"""Writes the SQL that makes the databases of the tour, from www/data: digits.sql and texts.sql, into the folder that is named."""

import base64
import gzip
import pathlib
import struct
import sys
import zlib

DATA = pathlib.Path(__file__).resolve().parent.parent / "www/data"
SIDE = 8

DIGITS = """CREATE DATABASE digits;
USE digits;
CREATE TABLE digits (
  id BIGINT PRIMARY KEY,
  label INT COMMENT 'which digit it is',
  picture VARCHAR(400) COMMENT '8 x 8 pixels, as a PNG',
  vector VECTOR(64) COMMENT 'the pixels, 0 to 16',
  INDEX near (vector) USING FLAT WITH (metric_type = 'L2')
);
INSERT INTO digits (id, label, picture, vector) VALUES
"""

TEXTS = """CREATE DATABASE texts;
USE texts;
CREATE TABLE proverbs (
  id BIGINT PRIMARY KEY,
  proverb VARCHAR(200) WITH (analyzer = 'english', enable_match = TRUE),
  words SPARSEVEC GENERATED ALWAYS AS (BM25(proverb)),
  INDEX (words) USING SPARSE_INVERTED_INDEX WITH (metric_type = 'BM25')
);
INSERT INTO proverbs (id, proverb) VALUES
"""


def png(pixels):
    """Rows of pixels, 0 (paper) to 16 (ink), in 16 shades of grey."""
    shades = [15 - min(pixel, 15) for pixel in pixels]
    rows = [shades[at : at + SIDE] for at in range(0, len(shades), SIDE)]
    # each row: no filter, then two pixels a byte
    raw = b"".join(bytes([0]) + bytes(row[at] << 4 | row[at + 1] for at in range(0, SIDE, 2)) for row in rows)

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", SIDE, SIDE, 4, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")


def digits():
    rows = []
    for number, line in enumerate(gzip.open(DATA / "digits.csv.gz", "rt")):
        *pixels, label = map(int, line.split(","))
        picture = base64.b64encode(png(pixels)).decode()
        rows.append(f"({number}, {label}, 'data:image/png;base64,{picture}', {pixels})")
    return DIGITS + ",\n".join(rows) + ";\nLOAD TABLE digits;\n"


def texts():
    lines = (DATA / "proverbs.txt").read_text().splitlines()
    rows = [f"({number}, '{line.replace(chr(39), chr(39) * 2)}')" for number, line in enumerate(lines, 1)]
    return TEXTS + ",\n".join(rows) + ";\nLOAD TABLE proverbs;\n"


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    (out / "digits.sql").write_text(digits())
    (out / "texts.sql").write_text(texts())


main()
