"""pymilvus doing what the kernel does in benches/browser.mjs: 100,000 x 128 vectors from text, on the same server."""

import json
import os
import random
import time

from pymilvus import DataType, MilvusClient

client = MilvusClient(uri=os.environ["MILVUS_URL"], token="root:Milvus")
schema = client.create_schema(auto_id=False)
schema.add_field("id", DataType.INT64, is_primary=True)
schema.add_field("v", DataType.FLOAT_VECTOR, dim=128)
client.create_collection("bench_peer", schema=schema)
texts = [json.dumps([{"id": 25_000 * part + at, "v": [round(random.random(), 6) for _ in range(128)]} for at in range(25_000)]) for part in range(4)]
begun = time.perf_counter()
for text in texts:
    client.insert("bench_peer", json.loads(text))
whole = time.perf_counter() - begun
client.drop_collection("bench_peer")
print(f"pymilvus from JSON text in {whole:.1f} s")
