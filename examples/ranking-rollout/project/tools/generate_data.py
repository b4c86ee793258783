"""Writes data/queries.jsonl: the same file every time."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from ranking import data  # noqa: E402

if __name__ == "__main__":
    queries = data.make()
    os.makedirs("data", exist_ok=True)
    data.save("data/queries.jsonl", queries)
    print(f"wrote data/queries.jsonl: {len(queries)} queries of {data.RESULTS} results")
