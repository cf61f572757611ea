"""Echo of 100 MB

The same with bodies that no server should hold in memory: what a byte costs, and whether memory stays flat.
"""

from rig.load import Load

from cases import echo_1mb


def run(bench):
    size = 100 * echo_1mb.MEGABYTE
    load = Load(method="POST", body_bytes=size, expect_bytes=size, connections=1)
    return echo_1mb.measure(bench, load, "1 connection.", latency=False)
