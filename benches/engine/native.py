"""The native peers of benches/engine.mjs, on one thread, and the data of all: a line of JSON in, one out. `do` names what is to be done."""

import json
import os
import pathlib
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy

FOLDER = pathlib.Path(sys.argv[1])
K = 10
WORDS, TEXTS, QUERIES = 30_000, 100_000, 100


def load(name, part, width):
    return numpy.fromfile(FOLDER / f"{name}.{part}", "f4").reshape(-1, width)


def clock(act):
    begin = time.perf_counter()
    result = act()
    return time.perf_counter() - begin, result


class Peers:
    def data(self, name, rows, width, queries):
        """Clusters of 24 hidden dimensions, as embeddings are, and noise; with the nearest by an exact search."""
        if not (FOLDER / f"{name}.truth").exists():
            chance = numpy.random.default_rng(1)
            centers = chance.normal(size=(200, 24))
            spread = chance.normal(size=(24, width))
            for part, count in [("base", rows), ("query", queries)]:
                hidden = centers[chance.integers(0, len(centers), count)] + 0.3 * chance.normal(size=(count, 24))
                (hidden @ spread + 0.1 * chance.normal(size=(count, width))).astype("f4").tofile(FOLDER / f"{name}.{part}")
            self.faiss(name, width)
            _, nearest = self.flat.search(self.queries, K)
            nearest.astype("f4").tofile(FOLDER / f"{name}.truth")

    def faiss(self, name, width):
        import faiss

        faiss.omp_set_num_threads(1)
        self.flat = faiss.IndexFlatL2(width)
        self.flat.add(load(name, "base", width))
        self.queries = load(name, "query", width)

    def faiss_round(self, batch):
        """The mean of a query, in milliseconds."""
        parts = [self.queries[first : first + batch] for first in range(0, len(self.queries) - batch + 1, batch)]
        seconds, _ = clock(lambda: [self.flat.search(part, K) for part in parts])
        return seconds * 1000 / (len(parts) * batch)

    def hnsw(self, name, width, m, ef):
        import hnswlib

        rows = load(name, "base", width)
        self.graph = hnswlib.Index("l2", width)
        self.graph.init_index(len(rows), M=m, ef_construction=ef, random_seed=1)
        self.graph.set_num_threads(1)
        self.queries, self.truth = load(name, "query", width), load(name, "truth", K)
        return clock(lambda: self.graph.add_items(rows, num_threads=1))[0]

    def hnsw_recall(self, ef):
        self.graph.set_ef(ef)
        keys, _ = self.graph.knn_query(self.queries, K, num_threads=1)
        return float(numpy.mean([len(set(a) & set(b)) / K for a, b in zip(keys, self.truth.astype(int))]))

    def hnsw_round(self):
        seconds, _ = clock(lambda: [self.graph.knn_query(query, K, num_threads=1) for query in self.queries])
        return seconds * 1000 / len(self.queries)

    def texts(self):
        """Words by Zipf's law, 5 to 19 in a text, three in a query, of which none is among the most frequent 20.

        No word begins with another: orama looks for beginnings."""
        chance = numpy.random.default_rng(2)
        share = 1 / numpy.arange(1, WORDS + 1)
        words = chance.choice(WORDS, p=share / share.sum(), size=TEXTS * 20)
        lengths = chance.integers(5, 20, TEXTS)
        texts = [" ".join(f"w{word:05}" for word in words[i * 20 : i * 20 + n]) for i, n in enumerate(lengths)]
        rare = words[words >= 20]
        queries = [" ".join(f"w{word:05}" for word in rare[i * 3 : i * 3 + 3]) for i in range(QUERIES)]
        (FOLDER / "texts.json").write_text(json.dumps({"texts": texts, "queries": queries}))
        self.texts_, self.queries = texts, queries

    def bm25s(self):
        import bm25s

        def build():
            self.bm25 = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
            self.tokens = bm25s.tokenize(self.texts_, stopwords=None, token_pattern=r"\w+", show_progress=False)
            self.bm25.index(self.tokens, show_progress=False)

        return clock(build)[0]

    def bm25s_round(self):
        """Milliseconds of each query, and what is found."""
        import bm25s

        def ask(query):
            tokens = bm25s.tokenize([query], stopwords=None, token_pattern=r"\w+", show_progress=False, return_ids=False)
            return self.bm25.retrieve(tokens, k=K, show_progress=False).documents[0].tolist()

        return self.asked(ask)

    def tantivy(self):
        import tantivy

        def build():
            schema = tantivy.SchemaBuilder()
            schema.add_unsigned_field("id", stored=True)
            schema.add_text_field("t")
            self.index = tantivy.Index(schema.build())
            writer = self.index.writer(200_000_000, 1)
            for number, text in enumerate(self.texts_):
                writer.add_document(tantivy.Document(id=number, t=text))
            writer.commit()
            writer.wait_merging_threads()
            self.index.reload()

        seconds, _ = clock(build)
        self.searcher = self.index.searcher()
        return seconds

    def tantivy_round(self):
        def ask(query):
            hits = self.searcher.search(self.index.parse_query(query, ["t"]), K).hits
            return [self.searcher.doc(address)["id"][0] for _, address in hits]

        return self.asked(ask)

    def asked(self, ask):
        timed = [clock(lambda: ask(query)) for query in self.queries]
        return {"times": [seconds * 1000 for seconds, _ in timed], "found": [keys for _, keys in timed]}


peers = Peers()
for line in sys.stdin:
    asked = json.loads(line)
    try:
        answer = {"is": getattr(peers, asked.pop("do"))(**asked)}
    except Exception as error:
        answer = {"failed": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
