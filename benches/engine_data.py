"""100,000 vectors of 128 numbers as requests of Milvus, for benches/engine.mjs, and the peer on the same vectors: faiss's IndexFlatL2 on one
thread. `engine_data.py write FOLDER` makes the files, `engine_data.py peer FOLDER` prints a line of JSON."""

import json
import pathlib
import sys
import time

import numpy
from pymilvus.grpc_gen import common_pb2, milvus_pb2, schema_pb2

ROWS, DIMENSIONS, BATCH, QUERIES = 100_000, 128, 1_000, 32


def vectors():
    """Clusters of 24 hidden dimensions, as embeddings are, and noise."""
    chance = numpy.random.default_rng(1)
    centers = chance.normal(size=(200, 24))
    spread = chance.normal(size=(24, DIMENSIONS))

    def draw(count):
        hidden = centers[chance.integers(0, len(centers), count)] + 0.3 * chance.normal(size=(count, 24))
        return (hidden @ spread + 0.1 * chance.normal(size=(count, DIMENSIONS))).astype("f4")

    return draw(ROWS), draw(QUERIES)


def requests(rows, queries):
    schema = schema_pb2.CollectionSchema(name="t")
    schema.fields.add(name="id", fieldID=100, is_primary_key=True, data_type=schema_pb2.Int64)
    field = schema.fields.add(name="v", fieldID=101, data_type=schema_pb2.FloatVector)
    field.type_params.add(key="dim", value=str(DIMENSIONS))
    yield "CreateCollection", milvus_pb2.CreateCollectionRequest(collection_name="t", schema=schema.SerializeToString())
    index = milvus_pb2.CreateIndexRequest(collection_name="t", field_name="v")
    index.extra_params.add(key="index_type", value="FLAT")
    index.extra_params.add(key="metric_type", value="L2")
    yield "CreateIndex", index
    yield "LoadCollection", milvus_pb2.LoadCollectionRequest(collection_name="t")
    for first in range(0, ROWS, BATCH):
        insert = milvus_pb2.InsertRequest(collection_name="t", num_rows=BATCH)
        keys = insert.fields_data.add(type=schema_pb2.Int64, field_name="id")
        keys.scalars.long_data.data.extend(range(first, first + BATCH))
        column = insert.fields_data.add(type=schema_pb2.FloatVector, field_name="v")
        column.vectors.dim = DIMENSIONS
        column.vectors.float_vector.data.extend(rows[first : first + BATCH].ravel().tolist())
        yield "Insert", insert
    for query in queries:
        yield "Search", search(query[None])
    yield "Search16", search(queries[:16])


def search(queries):
    values = [query.tobytes() for query in queries]
    group = common_pb2.PlaceholderGroup(
        placeholders=[common_pb2.PlaceholderValue(tag="$0", type=common_pb2.FloatVector, values=values)]
    )
    request = milvus_pb2.SearchRequest(
        collection_name="t", dsl_type=common_pb2.BoolExprV1, placeholder_group=group.SerializeToString(), nq=len(queries)
    )
    for key, value in [("anns_field", "v"), ("topk", "10"), ("metric_type", "L2"), ("params", "{}")]:
        request.search_params.add(key=key, value=value)
    return request


def write(folder):
    folder.mkdir(parents=True, exist_ok=True)
    table, at = [], 0
    with (folder / "requests.bin").open("wb") as file:
        for name, message in requests(*vectors()):
            content = message.SerializeToString()
            file.write(content)
            table.append([name, at, len(content)])
            at += len(content)
    (folder / "requests.json").write_text(json.dumps(table))


def peer():
    import faiss

    faiss.omp_set_num_threads(1)
    rows, queries = vectors()
    index = faiss.IndexFlatL2(DIMENSIONS)
    index.add(rows)

    def median(act, count):
        times = []
        for number in range(count):
            begin = time.perf_counter()
            act(number)
            times.append((time.perf_counter() - begin) * 1000)
        return sorted(times)[count // 2]

    one = median(lambda number: index.search(queries[number % QUERIES][None], 10), 4 * QUERIES)
    print(json.dumps({"search": one, "search16": median(lambda _: index.search(queries[:16], 10), 20) / 16}))


if __name__ == "__main__":
    what, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    write(folder) if what == "write" else peer()
