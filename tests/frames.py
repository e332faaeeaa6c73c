"""What pandas and numpy make of files that COPY wrote, and files of theirs for COPY to read. Run by tests/copy.rs with the folder of both."""

import json
import pathlib
import sys

import numpy as np
import pandas as pd

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
for dtype in ["float16", "float32", "float64", ">f4", "int8", "uint8", "int64"]:
    np.save(FOLDER / f"{dtype.replace('>', 'big_')}.npy", np.array([[1, 2], [3, 4]], dtype=dtype))
np.save(FOLDER / "columns.npy", np.asfortranarray(np.ones((2, 3), dtype="float32")))
np.save(FOLDER / "texts.npy", np.array(["a", "b"]))
