"""pymilvus doing what COPY does in benches/files.mjs: an npy of 100,000 x 128 into the same server, by rows, as its documentation has it."""

import os
import sys
import time

import numpy as np
from pymilvus import DataType, MilvusClient

client = MilvusClient(uri=os.environ["LITE_URL"])
schema = client.create_schema(auto_id=False)
schema.add_field("id", DataType.INT64, is_primary=True)
schema.add_field("v", DataType.FLOAT_VECTOR, dim=128)
client.create_collection("bench_peer", schema=schema)
begun = time.perf_counter()
vectors = np.load(sys.argv[1])
for start in range(0, len(vectors), 25_000):
    client.insert("bench_peer", [{"id": start + at, "v": vector} for at, vector in enumerate(vectors[start : start + 25_000])])
whole = time.perf_counter() - begun
client.drop_collection("bench_peer")
print(f"in {whole:.1f} s")
