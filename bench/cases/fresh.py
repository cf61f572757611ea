"""Hello, World, a fresh instance for each request

Nothing of one request is there in the next: the strictest isolation, and what a function costs that cannot be used again.
"""

from rig import peers
from rig.load import Load
from rig.method import Contestant


def run(bench):
    hello = peers.component("hello-c")
    store = peers.Store(bench.folder()).drop("hello-c", '[instances]\nreuse = "never"\n')
    contestants = [
        Contestant("peko, reuse = never", lambda: peers.peko(store, "hello-c"), subject=True),
        Contestant("wasmtime serve", lambda: peers.wasmtime(hello, "--max-instance-reuse-count", "1", reuse=False)),
        Contestant("Spin", lambda: peers.spin(bench.folder(), hello)),
        Contestant("wasmCloud", lambda: peers.wasmcloud(bench.folder(), hello)),
    ]
    absent = [("workerd", "it keeps its isolates; no setting makes one for each request"),
              ("Node.js", "it would have to start a process for each request: see the cold starts"),
              ("nginx", "it runs nothing that could be fresh")]
    return bench.compare(contestants, Load(expect_bytes=len("Hello, World!")), "64 connections.", absent=absent)
