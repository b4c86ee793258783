"""Measures NDCG@10 on the held-out queries: evaluate.py MODEL MINIMUM. Exit 1 below the minimum."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from ranking import data, model, ndcg  # noqa: E402


def evaluate(trained, queries):
    values = [
        ndcg.ndcg([result["grade"] for result in model.rank(trained, query["results"])]) for query in queries
    ]
    return sum(values) / len(values)


def main(path, minimum):
    try:
        with open(path, encoding="utf-8") as file:
            trained = json.load(file)
        _, held_out = data.split(data.load("data/queries.jsonl"))
    except FileNotFoundError as error:
        print(f"{error.filename} is not there: generate the data and train the model first")
        return 2
    value = evaluate(trained, held_out)
    passed = value >= minimum
    print(f"NDCG@10 {value:.4f} on {len(held_out)} held-out queries, minimum {minimum:.4f}: {'passed' if passed else 'FAILED'}")
    for feature, weight in zip(trained["features"], trained["weights"]):
        print(f"  {feature:10} weight {weight:+.4f}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 0.0))
