"""What the model sees of a result."""

NAMES = ["match", "clicks", "freshness"]


def features(result):
    """Numbers of about the same size, so that no weight has to make up for another's unit."""
    return [
        result["match"],
        result["clicks"] / 10,
        1 - result["ageDays"] / 1000,
    ]
