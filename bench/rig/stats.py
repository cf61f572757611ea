"""The few figures that a set of rounds comes down to."""

import math
import statistics

QUIET_ENOUGH = 3  # undisturbed rounds that a median can do with


def quiet(values, disturbed):
    """The values of the rounds that nobody disturbed, where they are enough; else all of them."""
    calm = [value for value, noise in zip(values, disturbed, strict=True) if not noise]
    return calm if len(calm) >= QUIET_ENOUGH else list(values)


def needed(share):
    """Samples without which a quantile says nothing: ten of them lie beyond it."""
    return round(10 / (1 - share))


def pooled(rounds, disturbed, share):
    """A quantile of the samples of all rounds together, and beside it those of the single rounds that have enough of them. Of too few:
    None."""
    kept = quiet(rounds, disturbed)
    every = [sample for samples in kept for sample in samples]
    if len(every) < needed(share):
        return {"median": None, "min": None, "max": None, "values": [], "samples": len(every)}
    value = quantile(every, share)
    each = [quantile(samples, share) for samples in kept if len(samples) >= needed(share)] or [value]
    return {"median": value, "min": min(value, *each), "max": max(value, *each), "values": each, "samples": len(every)}


def summary(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "values": list(values)}


def quantile(values, share):
    """By the nearest rank: the least value that the share of all does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
