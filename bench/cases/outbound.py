"""Outbound fetch

A function asks an origin over HTTP and passes the answer on; the origin is an nginx on the CPU of the load. nginx as a
proxy with kept connections does the same without a function.
"""

from rig import peers
from rig.load import Load
from rig.machine import two_cpus
from rig.method import Contestant

ORIGIN = """server { listen 127.0.0.1:PORT; default_type text/plain; location / { return 200 "Hello, origin!"; } }"""
PROXY = """upstream origin { server 127.0.0.1:ORIGIN; keepalive 256; keepalive_requests 100000000; }
  server { listen 127.0.0.1:PORT; location / { proxy_pass http://origin/; proxy_http_version 1.1; proxy_set_header Connection ""; } }"""


def run(bench):
    origin = bench.stack.enter_context(peers.nginx(bench.folder(), ORIGIN, cpus=two_cpus()[1]))
    address = f"127.0.0.1:{origin.port}"
    fetch = peers.component("fetch")
    script = peers.SCRIPTS / "fetch_worker.mjs"
    settings = f'[http]\nallow = ["http://{address}"]\n'
    allow = ("--outbound-allow-ranges", "127.0.0.0/8")

    def deployed():
        return peers.Store(bench.folder()).deploy_script(script, "fetching", settings)

    contestants = [
        Contestant("peko", lambda: peers.peko(peers.Store(bench.folder()).drop("fetch", settings), "fetch", *allow), subject=True),
        Contestant("peko, script", lambda: peers.peko(deployed(), "fetching", *allow), subject=True),
        Contestant("wasmtime serve", lambda: peers.wasmtime(fetch), note="it opens a connection for each request"),
        Contestant("workerd", lambda: peers.workerd(bench.folder(), script)),
        Contestant("Node.js, script", lambda: peers.node("fetch.mjs", script)),
        Contestant("nginx, proxy_pass", lambda: peers.nginx(bench.folder(), PROXY.replace("ORIGIN", str(origin.port)))),
    ]
    return bench.compare(contestants, Load(path=f"/{address}/", connections=32, expect_bytes=len("Hello, origin!")), "32 connections.")
