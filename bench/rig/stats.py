"""The few figures that a set of rounds comes down to."""

import math
import statistics

QUIET_ENOUGH = 3  # undisturbed rounds that a median can do with


def quiet(values, disturbed):
    """The values of the rounds that nobody disturbed, where they are enough; else all of them."""
    calm = [value for value, noise in zip(values, disturbed, strict=True) if not noise]
    return calm if len(calm) >= QUIET_ENOUGH else list(values)


def summary(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "values": list(values)}


def quantile(values, share):
    """By the nearest rank: the least value that the share of all does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
