"""A linear ranking model, learned from pairs of results by gradient descent."""

import math

from ranking.features import NAMES, features

ROUNDS = 8
STEP = 0.05
# The largest weight: beyond it a feature would decide alone.
BOUND = 4.0


def train(queries):
    """Weights under which the better of two results scores higher."""
    weights = [0.0] * len(NAMES)
    for _ in range(ROUNDS):
        for query in queries:
            _learn_from(query["results"], weights)
    return {"kind": "linear", "features": NAMES, "weights": [round(weight, 6) for weight in weights]}


def _learn_from(results, weights):
    seen = [(features(result), result["grade"]) for result in results]
    for better, high in seen:
        for worse, low in seen:
            if high > low:
                _step([a - b for a, b in zip(better, worse)], weights)


def _step(difference, weights):
    margin = sum(weight * value for weight, value in zip(weights, difference))
    push = 1 / (1 + math.exp(min(50.0, max(-50.0, margin))))
    for at, value in enumerate(difference):
        weights[at] = max(-BOUND, min(BOUND, weights[at] + STEP * push * value))


def score(model, result):
    return sum(weight * value for weight, value in zip(model["weights"], features(result)))


def rank(model, results):
    """The results, best first; ties keep their order."""
    return sorted(results, key=lambda result: -score(model, result))
