"""A connection for each request

`connection: close` in each request: accepting and closing, as clients without keep-alive make a server do.
"""

from rig.load import Load

from cases import hello


def run(bench):
    # The server closes first and keeps the port in TIME_WAIT; with more addresses of clients ports do not run out.
    load = Load(connections=32, per_connection=1, sources=32, expect_bytes=len("Hello, World!"))
    return bench.compare(hello.peko_and_peers(bench), load, "32 clients on an address each, each request over a new connection.")
