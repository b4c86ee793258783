"""A data set of search results: the same for the same seed, on every machine."""

import json
import math
import random

QUERIES = 60
RESULTS = 20


def make(seed=7):
    """Queries with results: what is known about each, and how relevant people found it (0 to 3)."""
    chance = random.Random(seed)
    return [_make_query(chance, number) for number in range(QUERIES)]


def _make_query(chance, number):
    return {"query": f"q{number:02d}", "results": [_make_result(chance) for _ in range(RESULTS)]}


def _make_result(chance):
    match = round(chance.random(), 4)
    clicks = int(10 ** chance.uniform(0, 4))
    age_days = chance.randint(0, 1000)
    liking = 2.6 * match + 1.4 * math.log1p(clicks) / math.log1p(10_000) - 0.9 * age_days / 1000
    grade = max(0, min(3, round(liking + chance.gauss(0, 0.35) - 0.5)))
    return {"match": match, "clicks": clicks, "ageDays": age_days, "grade": grade}


def save(path, queries):
    with open(path, "w", encoding="utf-8") as file:
        for query in queries:
            file.write(json.dumps(query) + "\n")


def load(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def split(queries):
    """Every third query is kept for the evaluation: a model is never judged by what it has learned from."""
    train = [query for at, query in enumerate(queries) if at % 3 != 0]
    held_out = [query for at, query in enumerate(queries) if at % 3 == 0]
    return train, held_out
