"""Waiting with an end: nothing in a benchmark may wait for ever."""

import time

from rig.machine import Missing


def until(condition, what, patience=60, pause=0.002):
    """The first true value of `condition`, which is asked every `pause` seconds. Missing: `what` did not come within `patience`."""
    end = time.monotonic() + patience
    while not (value := condition()):
        if time.monotonic() > end:
            raise Missing(f"{what}: not within {patience:g} s")
        time.sleep(pause)
    return value
