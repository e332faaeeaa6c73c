"""The other reader of tests/differential.rs: pymilvus, told by lines of JSON what to do, answers by lines of JSON.

Whole numbers beyond 2^53 are answered as text and what is no number by its name, as the kernel's data resource has them.
"""

import json
import logging
import math
import sys

from pymilvus import MilvusClient


def plain(value):
    """A value as the data resource has it."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, int):
        return value if abs(value) <= 1 << 53 else str(value)
    if hasattr(value, "__iter__"):
        return [plain(item) for item in value]
    value = float(value)
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "INF" if value > 0 else "-INF"


def number(value):
    """What JSON has no number for, from its name."""
    if isinstance(value, dict):
        return {key: number(item) for key, item in value.items()}
    if isinstance(value, list):
        return [number(item) for item in value]
    return float(value[1:]) if value in ("~nan", "~inf", "~-inf") else value


def main():
    # what is refused is answered
    logging.disable(logging.CRITICAL)
    client = None
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            if asked["op"] == "connect":
                client = MilvusClient(uri=asked["uri"], token=asked["token"])
                answer = {}
            elif asked["op"] == "insert":
                client.insert(asked["table"], number(asked["rows"]))
                answer = {}
            else:
                rows = client.query(
                    asked["table"], filter=asked["filter"], output_fields=asked["fields"], limit=1000, consistency_level="Strong"
                )
                answer = {"rows": [plain(row) for row in rows]}
        except Exception as error:  # noqa: BLE001: what it refuses is an answer, too
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
