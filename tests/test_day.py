"""A day of work with pymilvus, on Milvus 2.3.5, on Milvus Lite 3 and on the engine's own server: each step answers the same on all that have it.

The morning is of what Milvus 2.3 has; the afternoon, of Milvus Lite and the engine alone, of what came later. Run by `make test-pymilvus`, which
starts the servers. Where Milvus Lite or Milvus 2.3.5 are known to differ, the step says why it is left out there.
"""

import logging
import os
import unittest

from pymilvus import AnnSearchRequest, DataType, MilvusClient, RRFRanker, WeightedRanker
from pymilvus.exceptions import MilvusException

SERVERS = {
    "Milvus 2.3.5": ("MILVUS_URL", "root:Milvus"),
    "Milvus Lite": ("LITE_URL", ""),
    "the engine": ("ENGINE_URL", ""),
}
LEFT_OUT = object()
WORDS = ("space", "sea", "war", "love", "crime")


def film(key):
    """A row by its key; quarters are the same number in every width."""
    return {
        "id": key,
        "title": f"film {key:03} of {WORDS[key % 5]}",
        "year": 1950 + key * 7 % 73,
        "rating": key * 3 % 40 / 4,
        "seen": key % 3 == 0,
        "meta": {"lang": ("en", "de", "表")[key % 3], "cast": {"lead": key % 4}, "awards": list(range(key % 3))},
        "tags": [WORDS[key % 5], WORDS[key * 2 % 5]][: key % 3],
        "v": [key % 5 - 2, key % 7 / 4, key / 8, 1.0],
        # in no column
        "shelf": key % 6,
    }


def plain(value):
    """A value as JSON has it, with numbers that a float of 32 bits tells apart."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: plain(item) for key, item in sorted(value.items())}
    if isinstance(value, (bool, int, str)) or value is None:
        return value
    if hasattr(value, "__len__"):
        return [plain(item) for item in value]
    return float(f"{float(value):.5g}")


def rows(answer):
    return plain([dict(row) for row in answer])


def hits(answer):
    """Of each query: key, distance and fields of every hit."""
    return plain([[[hit["id"], hit["distance"], dict(hit["entity"])] for hit in query] for query in answer])


class Day:
    """The steps of one server, each with what it answered."""

    def __init__(self, server):
        variable, token = SERVERS[server]
        self.server = server
        self.client = MilvusClient(uri=os.environ[variable], token=token)
        # servers are shared: names of this process alone
        self.name = f"films_{os.getpid()}"
        self.answers = {}

    def says(self, step, answer, lite=None):
        """What a step answered. `lite` is a reason for which Milvus Lite is not asked to agree."""
        if lite and self.server == "Milvus Lite":
            answer = LEFT_OUT
        self.answers[step] = answer

    def refuses(self, step, ask, lite=None):
        """A step that has to go wrong; servers agree about that, and count and tell it in their own ways."""
        try:
            answer = ask()
        except MilvusException:
            self.says(step, "refused", lite)
        else:
            self.says(step, ["not refused", plain(answer)], lite)

    def create(self):
        schema = self.client.create_schema(auto_id=False, enable_dynamic_field=True)
        schema.add_field("id", DataType.INT64, is_primary=True)
        schema.add_field("title", DataType.VARCHAR, max_length=100)
        schema.add_field("year", DataType.INT32)
        schema.add_field("rating", DataType.DOUBLE)
        schema.add_field("seen", DataType.BOOL)
        schema.add_field("meta", DataType.JSON)
        schema.add_field("tags", DataType.ARRAY, element_type=DataType.VARCHAR, max_capacity=4, max_length=20)
        schema.add_field("v", DataType.FLOAT_VECTOR, dim=4)
        self.client.create_collection(self.name, schema=schema)
        described = self.client.describe_collection(self.name)
        fields = [[field["name"], field["type"].name, plain(field["params"])] for field in described["fields"]]
        self.says("describe", [fields, described["enable_dynamic_field"]], lite="it forgets how long the texts of an array are")
        # the same once more is no mistake
        if self.server != "Milvus Lite":
            self.client.create_collection(self.name, schema=schema)

    def index(self):
        self.refuses("read before an index", lambda: self.query("id > 0", ["id"]), lite="it has loaded what it created")
        params = self.client.prepare_index_params()
        params.add_index("v", index_name="v", index_type="IVF_FLAT", metric_type="L2", params={"nlist": 1})
        self.client.create_index(self.name, params)
        described = self.client.describe_index(self.name, "v")
        self.says("index", {key: described[key] for key in ("field_name", "index_name", "index_type", "metric_type")})
        self.client.load_collection(self.name)
        self.says("load", self.client.get_load_state(self.name)["state"].name)

    def write(self):
        inserted = self.client.insert(self.name, [film(key) for key in range(60)])
        self.says("insert", [inserted["insert_count"], plain(inserted["ids"])])
        more = [{**film(key), "rating": 9.75, "shelf": "top"} for key in (3, 30, 61)]
        self.says("upsert", self.client.upsert(self.name, more)["upsert_count"])
        self.says("upserted", self.query("id in [3, 30, 61]", ["*"]))
        self.client.delete(self.name, ids=[1, 2])
        self.client.delete(self.name, filter="id in [4, 5, 1000]")
        self.says("deleted", self.query("id < 8", ["id"]))
        self.refuses("insert what does not fit", lambda: self.client.insert(self.name, [{**film(99), "v": [1.0, 2.0]}]))
        self.refuses("insert less", lambda: self.client.insert(self.name, [{"id": 99, "v": [0.0] * 4}]))
        self.says("nothing of that", self.query("id >= 62", ["id"]))

    def query(self, condition, outputs, **options):
        return rows(self.client.query(self.name, filter=condition, output_fields=outputs, consistency_level="Strong", **options))

    def search(self, vectors=((0.0, 1.0, 2.0, 1.0),), **options):
        options = {"limit": 5, "output_fields": ["title", "year", "shelf"], "consistency_level": "Strong", **options}
        return hits(self.client.search(self.name, [list(vector) for vector in vectors], anns_field="v", **options))

    def read(self):
        self.says("count", self.query("", ["count(*)"]))
        self.says("count some", self.query("year > 1980 and seen == true", ["count(*)"]))
        for condition in (
            "year > 2000 and rating >= 5",
            'title like "film 01%" or title in ["film 020 of space"]',
            "not (year < 1990)",
            'meta["lang"] == "表" and meta["cast"]["lead"] >= 2',
            'array_contains(tags, "sea")',
            'json_contains(meta["awards"], 1)',
            "array_length(tags) == 2",
            "shelf == 2",
            "year + 10 == 1990",
            "(rating < 2.5 or rating > 8) && seen != true",
        ):
            self.says(condition, self.query(condition, ["id", "title", "tags"]))
        self.says("pages", [self.query("id >= 0", ["id"], limit=7, offset=offset) for offset in (0, 7, 49, 56)])
        self.says("get", sorted(rows(self.client.get(self.name, ids=[9, 7, 500], output_fields=["title", "v"])), key=str))
        for wrong in ("year >", "nothing[", 'year == "x"', "meta > [1"):
            self.refuses(wrong, lambda: self.query(wrong, ["id"]))

    def find(self):
        self.says("search", self.search())
        self.says("search of two", self.search([(0.0, 0.0, 0.0, 0.0), (1.0, 1.0, 5.0, 1.0)], limit=3))
        self.says("search with a filter", self.search(filter='year > 1980 and tags[0] == "sea"'))
        self.says("search with an offset", self.search(limit=3, search_params={"offset": 2}))
        self.says("search in a range", self.search(limit=50, search_params={"params": {"radius": 3.0, "range_filter": 0.5}}))
        other = {"metric_type": "IP"}
        self.refuses("search by another metric", lambda: self.search(search_params=other), lite="it takes any metric")
        self.refuses("search by a vector too short", lambda: self.search([(1.0, 2.0)]))
        self.refuses("search of none", lambda: self.search(limit=0))

    def iterate(self):
        iterator = self.client.query_iterator(self.name, batch_size=7, filter="year > 1960", output_fields=["title"])
        batches = []
        while batch := iterator.next():
            batches.append(rows(batch))
        iterator.close()
        self.says("query iterator", batches)

    def divide(self):
        self.client.create_partition(self.name, "old")
        # Milvus Lite loads and releases whole collections
        if self.server != "Milvus Lite":
            self.client.load_partitions(self.name, ["old"])
        self.client.insert(self.name, [{**film(key), "year": 1900} for key in range(200, 205)], partition_name="old")
        self.says("partitions", [sorted(self.client.list_partitions(self.name)), self.client.has_partition(self.name, "old")])
        self.says("rows of a partition", self.query("id >= 0", ["id", "year"], partition_names=["old"]))
        self.says("hits of a partition", self.search(partition_names=["old"], limit=3))
        nowhere = {"partition_names": ["new"]}
        self.refuses("a partition that is not there", lambda: self.query("id >= 0", ["id"], **nowhere), lite="it finds nothing there")
        if self.server != "Milvus Lite":
            self.client.release_partitions(self.name, ["old"])
        self.client.drop_partition(self.name, "old")
        self.says("without the partition", [self.client.list_partitions(self.name), self.query("id >= 200", ["id"])])

    def call(self):
        alias = f"{self.name}_alias"
        self.client.create_alias(self.name, alias)
        by_alias = self.client.query(alias, filter="id < 8", output_fields=["title"], consistency_level="Strong")
        self.says("by an alias", rows(by_alias))
        self.says("the alias's name", self.client.describe_collection(alias)["collection_name"] == self.name)
        self.client.alter_alias(self.name, alias)
        self.client.drop_alias(alias)
        self.refuses("without the alias", lambda: self.client.query(alias, filter="id < 8", output_fields=["id"]))

    def tidy(self):
        self.client.flush(self.name)
        self.client.compact(self.name)
        self.says("behind it", [self.query("", ["count(*)"]), self.search()])
        self.client.release_collection(self.name)
        self.says("released", self.client.get_load_state(self.name)["state"].name)
        self.refuses("a query of what is not loaded", lambda: self.query("id > 0", ["id"]))
        renamed = f"{self.name}_renamed"
        self.client.rename_collection(self.name, renamed)
        self.says("renamed", [self.client.has_collection(name) for name in (self.name, renamed)])
        self.name = renamed
        self.client.load_collection(renamed)
        self.says("the same rows", self.query("year > 1990", ["id", "rating"]))
        self.client.drop_collection(renamed)
        self.says("dropped", [self.client.has_collection(renamed), renamed in self.client.list_collections()])
        self.refuses("describe what is gone", lambda: self.client.describe_collection(renamed))

    def morning(self):
        for part in (self.create, self.index, self.write, self.read, self.find, self.iterate, self.divide, self.call, self.tidy):
            part()
        return self.answers

    def afternoon(self):
        schema = self.client.create_schema(auto_id=False, enable_dynamic_field=True)
        schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=20)
        schema.add_field("year", DataType.INT64, nullable=True)
        schema.add_field("lang", DataType.VARCHAR, max_length=10, default_value="en")
        schema.add_field("v", DataType.FLOAT_VECTOR, dim=4)
        schema.add_field("w", DataType.SPARSE_FLOAT_VECTOR)
        params = self.client.prepare_index_params()
        params.add_index("v", index_name="v", index_type="HNSW", metric_type="COSINE", params={"M": 8, "efConstruction": 64})
        params.add_index("w", index_name="w", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
        self.client.create_collection(self.name, schema=schema, index_params=params)
        self.says("load", self.client.get_load_state(self.name)["state"].name)
        films = [
            {
                "id": f"f{key:02}",
                "year": None if key % 4 == 0 else 1950 + key,
                **({"lang": "de"} if key % 3 == 0 else {"lang": None}),
                "v": film(key)["v"],
                "w": {key % 6: 0.5 + key / 8, 10 + key % 4: 0.25},
                "shelf": key % 5,
            }
            for key in range(1, 41)
        ]
        self.says("insert", self.client.insert(self.name, films)["insert_count"])
        self.says("sorted by key", self.query('lang == "de"', ["id", "lang", "year"]))
        self.says("null", self.query("year is null and shelf > 2", ["id", "year"]))
        self.says("not null", self.query("year is not null and year < 1955", ["id"]))
        vector, sparse = [0.0, 1.0, 2.0, 1.0], {1: 1.0, 12: 2.0}
        options = {"limit": 6, "output_fields": ["year", "shelf"], "consistency_level": "Strong"}
        self.says("dense", hits(self.client.search(self.name, [vector], anns_field="v", **options)))
        self.says("sparse", hits(self.client.search(self.name, [sparse], anns_field="w", **options)))
        requests = [
            AnnSearchRequest([vector], "v", {"metric_type": "COSINE"}, limit=12),
            AnnSearchRequest([sparse], "w", {"metric_type": "IP"}, limit=12, expr="shelf < 4"),
        ]
        self.says("hybrid", hits(self.client.hybrid_search(self.name, requests, RRFRanker(60), **options)))
        weighted = WeightedRanker(0.75, 0.25, norm_score=False)
        self.says("weighted", hits(self.client.hybrid_search(self.name, requests, weighted, **options)))
        grouped = self.client.search(self.name, [vector], anns_field="v", group_by_field="lang", **options)
        self.says("one of each language", hits(grouped))
        iterator = self.client.search_iterator(self.name, [vector], batch_size=9, anns_field="v", limit=25, output_fields=["year"])
        found = []
        while batch := iterator.next():
            found += [[hit["id"], hit["distance"]] for hit in batch]
        iterator.close()
        self.says("search iterator", plain(found))
        self.client.upsert(self.name, [{"id": "f01", "year": 1}], partial_update=True)
        self.says("a part upserted", self.query('id == "f01"', ["*"]))
        self.client.drop_collection(self.name)
        return self.answers


class TestDay(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        # what is refused is part of the day
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)

    def same(self, days):
        """The engine's answers beside those of each other server, step by step."""
        engine = days.pop("the engine")
        self.assertGreater(len(engine), 10)
        for server, answers in days.items():
            self.assertEqual(list(engine), list(answers), server)
            for step, answer in answers.items():
                if answer is LEFT_OUT:
                    continue
                with self.subTest(server=server, step=step):
                    self.assertEqual(engine[step], answer)

    def test_the_morning(self):
        self.same({server: Day(server).morning() for server in SERVERS})

    def test_the_afternoon(self):
        self.same({server: Day(server).afternoon() for server in ("Milvus Lite", "the engine")})


if __name__ == "__main__":
    unittest.main()
