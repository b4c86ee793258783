"""Trains a model from data/queries.jsonl and writes it: train.py NAME"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from ranking import data, model  # noqa: E402


def main(name):
    learned, _ = data.split(data.load("data/queries.jsonl"))
    trained = model.train(learned)
    os.makedirs("models", exist_ok=True)
    path = f"models/{name}.json"
    with open(path, "w", encoding="utf-8") as file:
        json.dump(trained, file, indent=2)
        file.write("\n")
    print(f"trained {path} on {len(learned)} queries")
    for feature, weight in zip(trained["features"], trained["weights"]):
        print(f"  {feature:10} {weight:+.4f}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "candidate")
