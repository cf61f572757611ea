"""Hello, World, warm

The least a function can do, on instances that are kept: what the platform itself costs. Components run the same
file (samples/hello-c); scripts answer the same bytes; nginx answers from its configuration, without running anything.
"""

from rig import peers
from rig.load import Load
from rig.method import Contestant

WASMTIME_MAX, NGINX_MAX = 0.5, 1.5  # times their CPU per request
NGINX = """server { listen 127.0.0.1:PORT; default_type text/plain; location / { return 200 "Hello, World!"; } }"""


def contestants(bench):
    hello = peers.component("hello-c")
    script = peers.SCRIPTS / "hello_worker.mjs"

    def store():
        return peers.Store(bench.folder()).drop("hello-c")

    return [
        Contestant("peko", lambda: peers.peko(store(), "hello-c"), subject=True),
        Contestant("peko, log of requests", lambda: peers.peko(store(), "hello-c", log="json"), subject=True),
        Contestant("peko, script", lambda: peers.peko(
            peers.Store(bench.folder()).deploy_script(script, "hello"), "hello"), subject=True),
        Contestant("peko, no function", peers.http_floor,
                   note="its loop and HTTP, with a handler in C++ where the function would be"),
        Contestant("wasmtime serve", lambda: peers.wasmtime(hello)),
        Contestant("wasmtime serve, can be stopped", lambda: peers.wasmtime(hello, *peers.WASMTIME_STOPPABLE),
                   note=peers.STOPPABLE_NOTE),
        Contestant("workerd", lambda: peers.workerd(bench.folder(), script)),
        Contestant("Node.js http", lambda: peers.node("hello.mjs")),
        Contestant("nginx return 200", lambda: peers.nginx(bench.folder(), NGINX)),
    ]


def peko_and_peers(bench):
    """For cases about connections: Peko and wasmtime serve once each, without the log and without scripts of Peko's."""
    return [one for one in contestants(bench) if one.name == "peko" or not (one.name.startswith("peko") or "stopped" in one.name)]


def run(bench):
    fresh = "it makes an instance for each request: see the case of fresh ones"
    load = Load(expect_bytes=len("Hello, World!"))
    result = bench.compare(contestants(bench), load, "64 connections that are kept, one request under way on each.",
                           absent=[("Spin", fresh), ("wasmCloud", fresh)])
    for peer, most in (("wasmtime serve", WASMTIME_MAX), ("nginx return 200", NGINX_MAX)):
        ratio = result.ratio("cpu_us", "peko", peer)
        if ratio is None:
            result.judge(None, f"CPU per request in times of that of {peer} (bar {most})")
        else:
            result.judge(ratio <= most, f"CPU per request {ratio:.2f} times that of {peer} (bar {most})")
    return result
