"""Echo of 100 MB

The same with bodies that no server should hold in memory: what a byte costs, and whether memory stays flat: peak RSS is the most
that was resident at any time of a round.
"""

from rig.load import Load
from rig.result import Column

from cases import echo_1mb


def run(bench):
    size = 100 * echo_1mb.MEGABYTE
    load = Load(method="POST", body_bytes=size, expect_bytes=size, connections=1)
    peak = Column("peak_mib", "peak RSS MiB", 1, "lower", spread=True)
    return echo_1mb.measure(bench, load, "1 connection.", latency=False, columns=[*echo_1mb.COLUMNS, peak])
