"""Pipelining

16 requests at once on each connection: what remains of a request's cost when reads and writes are shared.
"""

from rig.load import Load

from cases import hello


def run(bench):
    load = Load(connections=16, pipeline=16, expect_bytes=len("Hello, World!"))
    about = "16 connections, 16 requests under way on each."
    return bench.compare(hello.peko_and_peers(bench), load, about, latency=False)
