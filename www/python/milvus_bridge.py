"""Milvus from Python, in a site that has both kernels: `await milvus.sql("SELECT …")` runs in a Milvus notebook that is open.

    import milvus_bridge as milvus

    await milvus.sql("SELECT id, title FROM books")    # a list of dicts; .frame() makes a DataFrame of it
    await milvus.last()                                # the last result that the Milvus notebook shows
    await milvus.kernels()                             # the Milvus notebooks that are open

Of several notebooks the one that ran a cell last is asked, or that of `notebook="tour.ipynb"`. Its connection, database and variables hold; what is
run from here waits for its cells, is in no output of it, and is not its `:last`. python.ipynb shows it.
"""

import asyncio
import base64
import json
import uuid

from js import BroadcastChannel, Object
from pyodide.ffi import create_proxy, to_js

# seconds until a page has said what kernels it has; the first answer, and others behind it
FIRST, OTHERS = 5, 0.1
# seconds without a sign of life; a page in the background has one a minute
SILENCE = 90

_waiting = {}
_channel = BroadcastChannel.new("milvus-kernel")


class MilvusError(Exception):
    """What the Milvus kernel says of a statement that failed, with its `code`, or that no kernel is there."""

    def __init__(self, message, code=None):
        super().__init__(message)
        self.code = code


class Rows(list):
    """The rows of a table as dicts. `total` is how many the statement has read or counted: no more than 100,000 come here."""

    def __init__(self, result):
        table = result["tables"][-1] if result["tables"] else {"columns": [], "rows": [], "total": 0}
        self.columns = [column["name"] for column in table["columns"]]
        kinds = [column["type"] for column in table["columns"]]
        self.rows = [[_value(kind, value) for kind, value in zip(kinds, row)] for row in table["rows"]]
        self.total, self.status, self.notices = table["total"], result["status"], result["notices"]
        super().__init__(dict(zip(self.columns, row)) for row in self.rows)

    def frame(self):
        """A pandas DataFrame."""
        import pandas

        return pandas.DataFrame(self.rows, columns=self.columns)


def _value(kind, value):
    if value is None:
        return None
    if kind == "int":
        # a string of digits where JSON's readers would round it
        return int(value)
    if kind == "float":
        return float(value)
    if kind == "bytes" and isinstance(value, str):
        return base64.b64decode(value)
    if kind == "sparse":
        return {int(index): number for index, number in value.items()}
    return value


def _heard(event):
    answers = _waiting.get(getattr(event.data, "id", None))
    if answers:
        answers.put_nowait(getattr(event.data, "answer", None))


_channel.onmessage = create_proxy(_heard)


class _Question:
    """A question, and the answers to it while it is open."""

    def __init__(self, ask, **more):
        self.id = str(uuid.uuid4())
        self.message = {"id": self.id, "ask": ask, **more}

    async def __aenter__(self):
        self.answers = _waiting[self.id] = asyncio.Queue()
        _channel.postMessage(to_js(self.message, dict_converter=Object.fromEntries))
        return self

    async def __aexit__(self, *_):
        del _waiting[self.id]

    async def next(self, seconds):
        """The next answer; nothing where none comes. A sign of life is none."""
        while True:
            try:
                answer = await asyncio.wait_for(self.answers.get(), seconds)
            except asyncio.TimeoutError:
                return None
            if answer is not None:
                return json.loads(answer)


async def kernels():
    """The Milvus kernels of the site's open pages, the one that ran a cell last first: `id`, `path` of the notebook."""
    found, seconds = [], FIRST
    async with _Question("kernels") as question:
        while (answer := await question.next(seconds)) is not None:
            found += answer["kernels"]
            seconds = OTHERS if found else FIRST
    return sorted(found, key=lambda kernel: -kernel["lastRun"])


async def _results(ask, notebook, **more):
    found = [kernel for kernel in await kernels() if notebook in (None, kernel["path"], kernel["path"].split("/")[-1])]
    if not found:
        which = "no Milvus notebook" if notebook is None else f"no Milvus notebook `{notebook}`"
        raise MilvusError(f"{which} is open in this site: open one in another tab")
    async with _Question(ask, kernel=found[0]["id"], **more) as question:
        answer = await question.next(SILENCE)
    if answer is None:
        raise MilvusError("the page of the Milvus notebook does not answer any more")
    if "error" in answer:
        raise MilvusError(answer["error"], answer["code"])
    return [Rows(result) for result in answer["results"]]


async def sql(statements, notebook=None):
    """Runs statements; the rows of the last one. Of one without a table, such as INSERT, `status` says what was done."""
    results = await _results("sql", notebook, sql=statements)
    return results[-1] if results else Rows({"tables": [], "status": "", "notices": []})


async def last(notebook=None):
    """The rows of the last result that the notebook shows."""
    return (await _results("last", notebook))[-1]
