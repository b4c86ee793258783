"""Normalised discounted cumulative gain: 1 is the best order that there is."""

import math


def dcg(grades, k=10):
    return sum((2**grade - 1) / math.log2(at + 2) for at, grade in enumerate(grades[:k]))


def ndcg(grades, k=10):
    best = dcg(sorted(grades, reverse=True), k)
    return dcg(grades, k) / best if best > 0 else 1.0
