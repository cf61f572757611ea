"""Cold start from a compiled artifact

`first`: the first request of a process that has just begun to listen, from sending it on an open connection to its answer; no page of
the compiled code has been touched. `fresh`: later ones, each on an instance made for it. `start`: from starting the process to its
first answer. Fetching and compiling components is part of none; workerd and Node.js compile their script in each.
"""

import json
import time

from rig import peers
from rig.client import Client
from rig.machine import in_short, two_cpus
from rig.method import Contestant, Round
from rig.process import on_cpu
from rig.result import Column, Result

from cases import ssr

BARS_MS = {"C: peko": 1.0, "JavaScript, component: peko": 10.0}
COLUMNS = [
    Column("first_ms", "first ms", 2, "lower", spread=True, plot=True),
    Column("fresh_p50_ms", "fresh p50 ms", 2, "lower", plot=True, pool="fresh_ms", share=0.5),
    Column("fresh_p90_ms", "fresh p90 ms", 2, "lower", pool="fresh_ms", share=0.9),
    Column("start_ms", "start ms", better="lower", spread=True),
]
NEVER = '[instances]\nreuse = "never"\n'
FRESH = 30  # later requests of each process


def run(bench):
    result = Result(COLUMNS, f"{2 * bench.rounds} processes of each, {FRESH} more requests to each.")
    project, module = ssr.bundle(bench.folder())
    (project / "peko.toml").write_text((project / "peko.toml").read_text() + NEVER)
    compiled = bench.folder()

    def peko(name, settings=NEVER):
        store = peers.Store(bench.folder()).drop(name, settings)
        return lambda: peers.peko(store, name)

    def wasmtime(name, *flags):
        artifact = peers.wasmtime_compiled(peers.component(name), compiled)
        return lambda: peers.wasmtime(artifact, "--allow-precompiled", *flags, reuse=False)

    def script():
        store = peers.Store(bench.folder()).deploy(project, "ssr")
        return lambda: peers.peko(store, "ssr")

    def workerd():
        folder = bench.folder()
        return lambda: peers.workerd(folder, module, ssr.ENV)

    environment = {"WORKER_ENV": json.dumps(ssr.ENV)}
    page = '[env]\nSITE_NAME = "Cloudbook"\n' + NEVER
    made = [  # the first part of a name is the language
        ("C: peko", True, lambda: peko("hello-c")),
        ("C: wasmtime serve", False, lambda: wasmtime("hello-c")),
        ("Rust: peko", True, lambda: peko("json-api")),
        ("Rust: wasmtime serve", False, lambda: wasmtime("json-api")),
        ("JavaScript, component: peko", True, lambda: peko("ssr-component", page)),
        ("JavaScript, component: wasmtime serve", False, lambda: wasmtime("ssr-component", "--env", "SITE_NAME=Cloudbook")),
        ("JavaScript, script: peko", True, script),
        ("JavaScript, script: workerd", False, workerd),
        ("JavaScript, script: Node.js", False, lambda: lambda: peers.node("fetch.mjs", module, env=environment)),
    ]
    started = []
    for name, subject, make in made:
        bench.say(f"preparing {name}")
        try:
            start = make()
            with start():
                pass  # compiles, and fills caches of files
        except Exception as error:  # noqa: BLE001  (whatever a peer does, the case goes on)
            if subject:
                raise
            result.leave_out(name, in_short(error))
            continue
        kept = None if "peko" in name or "wasmtime" in name else "later requests are on the isolate that is there"
        started.append((Contestant(name, start, subject), start, result.row(name, subject, kept)))
    result.leave_out("nginx", "it runs no functions")
    bench.in_turn(started, result, "cold", bench.rounds, lambda contestant, start: sample(start))
    for name, bar in BARS_MS.items():
        median = next(row for row in result.rows if row.name == name).median("first_ms")
        result.judge(median < bar, f"{name}: first request {median:.2f} ms (bar {bar:g} ms)")
    return result


def sample(start):
    """A process for its start, and another one for its answers; our own clock runs beside the load, not on the server's CPU."""
    with on_cpu(two_cpus()[1]):
        begin = time.perf_counter()
        with start() as server, Client(server.port) as client:
            client.ok(server.host)
            begun = (time.perf_counter() - begin) * 1e3
        with start() as server, Client(server.port) as client:
            time.sleep(0.2)  # what a server does right after it began to listen is not the request's
            first = client.ok(server.host).milliseconds
            fresh = [client.ok(server.host).milliseconds for _ in range(FRESH)]
    return Round({"first_ms": first, "start_ms": begun}, {"fresh_ms": fresh})
