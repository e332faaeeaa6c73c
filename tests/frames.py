"""What pandas and numpy make of files that COPY wrote, and files of theirs for COPY to read. Run by tests/copy.rs with the folder of both."""

import datetime
import decimal
import json
import pathlib
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import feather

FOLDER = pathlib.Path(sys.argv[1])
TITLES = ['Emma, "the" novel', "表\r\n👋", ""]
VECTORS = np.array([[0.1, -1e-7, 3.4e38], [0, 0, 0], [1, 2, 3]], dtype="float32")


def check(frame, parsed=lambda value: value):
    """A frame with the rows of the table that was written; a csv has lists and objects as texts."""
    assert frame["id"].tolist() == [1, 2, 9223372036854775807], frame["id"]
    assert frame["id"].dtype == "int64"
    assert frame["title"].fillna("").tolist() == TITLES, frame["title"]
    assert frame["price"].tolist()[:2] == [0.1, -2.5] and np.isnan(frame["price"][2]), frame["price"]
    assert frame["sold"].tolist() == [True, False, True], frame["sold"]
    vectors = frame["v"].map(parsed)
    assert (np.array(vectors.tolist(), dtype="float32") == VECTORS).all(), vectors
    assert frame["meta"].map(parsed).tolist() == [{"a": [1, None]}, {}, "x"]


for name, read in [("t.csv", pd.read_csv), ("t.csv.gz", pd.read_csv), ("t.tsv", lambda file: pd.read_csv(file, sep="\t"))]:
    check(read(FOLDER / name), json.loads)
check(pd.read_json(FOLDER / "t.json"))
check(pd.read_json(FOLDER / "t.jsonl", lines=True))
for name, read in [("t.parquet", pd.read_parquet), ("t.arrow", pd.read_feather)]:
    frame = read(FOLDER / name)
    check(frame.drop(columns="meta").assign(meta=frame["meta"].map(json.loads)))
    assert frame["v"][0].dtype == "float32", frame["v"]
schema = pq.read_schema(FOLDER / "t.parquet")
assert schema.field("v").type == pa.list_(pa.field("item", pa.float32(), False), 3), schema
assert (schema.field("i").type, schema.field("tags").type) == (pa.int16(), pa.list_(pa.string())), schema
assert not schema.field("id").nullable and schema.field("price").nullable, schema
loaded = np.load(FOLDER / "v.npy")
assert loaded.dtype == "float32" and (loaded == VECTORS).all(), loaded
keys = np.load(FOLDER / "id.npy")
assert keys.dtype == "int64" and keys.tolist() == [1, 2, 9223372036854775807], keys
fvecs = np.fromfile(FOLDER / "v.fvecs", dtype="<i4").reshape(3, 4)
assert (fvecs[:, 0] == 3).all() and (fvecs[:, 1:].view("<f4") == VECTORS).all(), fvecs

frame = pd.DataFrame(
    {
        "id": [1, 2, 3],
        "n": [7, None, 9],  # a column with a gap is one of fractions
        "title": TITLES,
        "day": pd.to_datetime(["2024-02-29", "2024-03-01", "2024-03-02"]),
        "v": [row.tolist() for row in VECTORS],
    }
)
frame.to_csv(FOLDER / "index.csv")
frame.assign(v=list(VECTORS)).to_csv(FOLDER / "arrays.csv.gz", index=False)
frame.to_csv(FOLDER / "marked.csv", index=False, encoding="utf-8-sig", lineterminator="\r\n")
frame.to_csv(FOLDER / "wide.tsv", index=False, sep="\t", encoding="utf-16")
frame.to_json(FOLDER / "records.json", orient="records", date_format="iso")
frame.to_json(FOLDER / "lines.jsonl.gz", orient="records", lines=True, date_format="iso")
for how in ["snappy", "gzip", "lz4", "zstd", "none"]:
    frame.to_parquet(FOLDER / f"{how}.parquet", compression=how, index=False, row_group_size=2)
frame.to_parquet(FOLDER / "brotli.parquet", compression="brotli", index=False)
table = pa.Table.from_pandas(frame, preserve_index=False)
for how in ["lz4", "zstd", "uncompressed"]:
    feather.write_feather(table, FOLDER / f"{how}.feather", compression=how)
with pa.ipc.new_stream(FOLDER / "stream.arrow", table.schema) as stream:
    stream.write_table(table)
for type_ in [pa.int8(), pa.uint8(), pa.int32(), pa.uint32(), pa.int64(), pa.uint64()]:
    pq.write_table(pa.table({"id": [1, 2], "n": pa.array([0, None], type_)}), FOLDER / f"{type_}.parquet")
instant = datetime.datetime(2024, 2, 29, 12, 30, 15, 250000, datetime.timezone.utc)
large = pa.array(["a" * 70000, "表"], pa.large_string())
every = {
    "id": pa.array([1, 2], pa.uint16()),
    "half": pa.array([np.float16(0.5), None], pa.float16()),
    "money": pa.array([decimal.Decimal("12.50"), decimal.Decimal("-0.01")], pa.decimal128(9, 2)),
    "day": pa.array([instant.date(), None], pa.date32()),
    "clock": pa.array([instant.time(), None], pa.time64("us")),
    "naive": pa.array([instant.replace(tzinfo=None), None], pa.timestamp("s")),
    "zoned": pa.array([instant, None], pa.timestamp("ns", "Europe/Berlin")),
    "word": pa.array(["a", "b"]).dictionary_encode(),
    "large": large,
    "view": pa.array(["a", None], pa.string_view()),
    "object": pa.array([{"a": 1, "b": [{"c": "表\"\n"}]}, None]),
    "map": pa.array([[("x", 1.5)], []], pa.map_(pa.string(), pa.float64())),
    "texts": pa.array([["a", None], []], pa.list_(pa.string())),
    "ints": pa.array([[1, 2, 3], []], pa.large_list(pa.int32())),
    "v": pa.array([[0.5, 1], [2, 3]], pa.list_(pa.float32(), 2)),
    "v64": pa.array([[0.5, 1], [2, 3]], pa.list_(pa.float64())),
    "v16": pa.array([[np.float16(0.5)] * 2] * 2, pa.list_(pa.float16(), 2)),
    "bits": pa.array([b"\x01\xff", b"\xa5\x5a"], pa.binary(2)),
    "raw": pa.array([np.array([1, 2], "<f4").tobytes()] * 2, pa.binary(8)),
    "nothing": pa.nulls(2),
}
pq.write_table(pa.table(every), FOLDER / "every.parquet")
feather.write_feather(pa.table(every), FOLDER / "every.feather")
(FOLDER / "cut.parquet").write_bytes((FOLDER / "snappy.parquet").read_bytes()[:-9])
(FOLDER / "cut.feather").write_bytes((FOLDER / "lz4.feather").read_bytes()[:400])
damaged = bytearray((FOLDER / "none.parquet").read_bytes())
damaged[20:60] = b"\xff" * 40
(FOLDER / "damaged.parquet").write_bytes(damaged)
for dtype in ["float16", "float32", "float64", ">f4", "int8", "uint8", "int64"]:
    np.save(FOLDER / f"{dtype.replace('>', 'big_')}.npy", np.array([[1, 2], [3, 4]], dtype=dtype))
np.save(FOLDER / "columns.npy", np.asfortranarray(np.ones((2, 3), dtype="float32")))
np.save(FOLDER / "texts.npy", np.array(["a", "b"]))
