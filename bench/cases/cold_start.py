"""Cold start from a compiled artifact

`first`: the first request of a process that has just begun to listen, from sending it on an open connection to its answer; no page of
the compiled code has been touched. `fresh`: later ones, each on an instance made for it. `start`: from starting the process to its
first answer. Fetching and compiling components is part of none; workerd and Node.js compile their script in each.
"""

import json
import socket
import time

from rig import peers, stats
from rig.machine import Missing, two_cpus
from rig.method import Contestant
from rig.noise import Watch
from rig.result import Column, Result

from cases import ssr

BARS_MS = {"C: peko": 1.0, "JavaScript, component: peko": 10.0}
COLUMNS = [
    Column("first_ms", "first ms", 2, "lower", spread=True, plot=True),
    Column("fresh_p50_ms", "fresh p50 ms", 2, "lower", plot=True),
    Column("fresh_p99_ms", "fresh p99 ms", 2, "lower"),
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
        except Missing as missing:
            if subject:
                raise
            result.leave_out(name, missing.short())
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
    """A process of its own."""
    watch, begin = Watch(two_cpus()), time.perf_counter()
    with start() as server, socket.create_connection(("127.0.0.1", server.port)) as connection:
        ask(connection, server.host)
        begun = (time.perf_counter() - begin) * 1e3
    with start() as server, socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        time.sleep(0.2)  # what a server does right after it began to listen is not the request's
        first = ask(connection, server.host)
        fresh = [ask(connection, server.host) for _ in range(FRESH)]
    return {"first_ms": first, "fresh_p50_ms": stats.quantile(fresh, 0.5), "fresh_p99_ms": stats.quantile(fresh, 0.99),
            "start_ms": begun}, watch.stop()


def ask(connection, host):
    """Milliseconds from sending a request to having its response."""
    request = f"GET / HTTP/1.1\r\nhost: {host}\r\n\r\n".encode()
    begin = time.perf_counter()
    connection.sendall(request)
    got = b""
    while b"\r\n\r\n" not in got:
        got += receive(connection)
    head, body = got.split(b"\r\n\r\n", 1)
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    if b"content-length" in fields:
        while len(body) < int(fields[b"content-length"]):
            body += receive(connection)
    else:
        while not body.endswith(b"0\r\n\r\n"):
            body += receive(connection)
    took = (time.perf_counter() - begin) * 1e3
    if head.split()[1] != b"200":
        raise Missing(f"{host} answered {head.decode()}")
    return took


def receive(connection):
    data = connection.recv(1 << 18)
    if not data:
        raise Missing("the connection was closed in a response")
    return data
