"""1,000 functions in a pool of 200

Popular functions are asked often and most of the others now and then (Zipf's law, exponent 1): what it costs to have more
functions than are kept in memory. workerd keeps all of them: it has no such bound.
"""

import shutil

from rig import peers
from rig.load import Load
from rig.method import Contestant

FUNCTIONS, POOL = 1000, 200
ROUTER = """export default {
  fetch(request, env) {
    return env[new URL(request.url).hostname.split('.')[0]].fetch(request);
  },
};
"""


def workerd(folder, functions):
    """One process with as many functions, each in an isolate of its own, and a script in front that finds them by host."""
    shutil.copy(peers.SCRIPTS / "hello_worker.mjs", folder / "hello.js")
    (folder / "router.js").write_text(ROUTER)
    bindings = ", ".join(f'(name = "f{number}", service = "f{number}")' for number in range(functions))
    services = [peers.WORKER.format(name=f"f{number}", file="hello.js", bindings="") for number in range(functions)]
    services.append(peers.WORKER.format(name="router", file="router.js", bindings=bindings))
    return peers.workerd_of(folder, services, ['(name = "http", address = "127.0.0.1:{port}", http = (), service = "router")'])


def run(bench):
    def store():
        store = peers.Store(bench.folder())
        for number in range(FUNCTIONS):
            store.drop("hello-c", function=f"f{number}")
        return store

    pool = ("--functions-loaded-max", POOL, "--instances", POOL)
    contestants = [
        Contestant(f"peko, {POOL} kept", lambda: peers.peko(store(), "f0", *pool), subject=True),
        Contestant("peko, all kept", lambda: peers.peko(store(), "f0", "--functions-loaded-max", FUNCTIONS, "--instances",
                                                        2 * FUNCTIONS), subject=True),
        Contestant("workerd, all kept", lambda: workerd(bench.folder(), FUNCTIONS),
                   note="a script of ours finds the function, inside the process"),
    ]
    absent = [("wasmtime serve", "it serves one component"), ("Node.js", "it has one program in a process"),
              ("nginx", "it runs no functions")]
    load = Load(host="f{}.localhost", hosts=FUNCTIONS, zipf=1, connections=32, expect_bytes=len("Hello, World!"))
    return bench.compare(contestants, load, f"{FUNCTIONS:,} functions with the same code, 32 connections.", absent=absent)
