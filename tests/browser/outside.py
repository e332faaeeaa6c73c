"""pymilvus looks at the server from outside, by native gRPC through the same Envoy: prints as JSON what is there."""

import json
import os

from pymilvus import MilvusClient

client = MilvusClient(uri=os.environ["LITE_WEB_URL"])
schema = client.describe_collection("books")
rows = client.query("books", filter="id >= 0", output_fields=["*"])
print(
    json.dumps(
        {
            "collections": sorted(client.list_collections()),
            "fields": [[field["name"], field["type"].name, field["params"]] for field in schema["fields"]],
            "index": {name: client.describe_index("books", "v")[name] for name in ("index_type", "metric_type")},
            "rows": sorted(([row["id"], row["title"], row["year"], row["meta"], [round(float(x), 6) for x in row["v"]]] for row in rows)),
            "test01": sorted(row["id"] for row in client.query("test01", filter="id < 100", output_fields=["id"])),
        }
    )
)
