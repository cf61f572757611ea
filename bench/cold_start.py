#!/usr/bin/env python3
"""Cold starts: the first request of a compiled function, beside `wasmtime serve` with the same component precompiled by it.

Two figures, each from the request sent (on a connection that is open) to the response received:
  first: the first request of a process that has just begun to listen. The compiled component is mapped already, in both servers; no
         page of it was touched. A process for each sample, both servers in turn.
  fresh: later requests of the same processes, each on an instance made for it (Peko: reuse = "never"; wasmtime serve: as it does).

Fetching and compiling are not part of either. Says PASS when Peko's median of `first` is under the bar of each function.
"""

import argparse
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import rig

BARS_MS = {"hello-c": 1.0, "ssr-component": 10.0}
# The fastest that wasmtime serve offers; compiling and serving must agree.
WASMTIME_FLAGS = ("-O", "pooling-allocator=y")


def peko(function, folder):
    (folder / "functions").mkdir()
    shutil.copy(rig.component(function), folder / "functions")
    (folder / "functions" / f"{function}.toml").write_text('[instances]\nreuse = "never"\n')
    command = [rig.PEKO, "serve", "--code", folder, "--listen", "127.0.0.1:{port}", "--cache-dir", rig.BUILD / "bench-cache",
               "--threads", "1", "--log", "off"]
    return lambda: rig.Server("peko", command, host=f"{function}.localhost")


def wasmtime(function, folder):
    program = rig.need(rig.WASMTIME, "scripts/bench-peers.sh builds it (make bench does)")
    artifact = folder / f"{function}.cwasm"
    subprocess.run([program, "compile", *WASMTIME_FLAGS, "-W", "component-model=y", rig.component(function), "-o", artifact], check=True)
    command = [program, "serve", "--addr", "127.0.0.1:{port}", "-Scli", *WASMTIME_FLAGS, "--allow-precompiled", artifact]
    return lambda: rig.Server("wasmtime serve", command)


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
        raise rig.Missing(f"{host} answered {head.decode()}")
    return took


def receive(connection):
    data = connection.recv(1 << 18)
    if not data:
        raise rig.Missing("the connection was closed in a response")
    return data


def sample(start, fresh):
    """A process of its own: the time of its first request, and those of `fresh` more."""
    with start() as server, socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        time.sleep(0.2)  # what a server does right after it began to listen is not the request's
        return ask(connection, server.host), [ask(connection, server.host) for _ in range(fresh)]


def compare(function, options):
    with tempfile.TemporaryDirectory(prefix="peko-bench-") as folder:
        servers = {name: start(function, Path(folder)) for name, start in (("peko", peko), ("wasmtime serve", wasmtime))}
        first, fresh = {name: [] for name in servers}, {name: [] for name in servers}
        for number in range(options.rounds + 1):
            for name, start in servers.items():
                took, more = sample(start, options.fresh)
                if number:  # the first one of each fills caches of files
                    first[name].append(took)
                    fresh[name] += more
    for name in servers:
        print(f"{function:<14} {name:<16} {statistics.median(first[name]):>9.2f} {min(first[name]):>7.2f} {max(first[name]):>7.2f} "
              f"{statistics.median(fresh[name]):>13.2f} {sorted(fresh[name])[len(fresh[name]) * 99 // 100]:>7.2f}")
    return statistics.median(first["peko"]) < BARS_MS[function]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=15, help="processes of each server")
    arguments.add_argument("--fresh", type=int, default=50, help="further requests of each process")
    arguments.add_argument("--check", action="store_true", help="exit with 1 when a bar is missed")
    options = arguments.parse_args()

    print(f"cold starts in ms, {options.rounds} processes each, {options.fresh} more requests to each")
    print(f"{'function':<14} {'server':<16} {'first: p50':>9} {'min':>7} {'max':>7} {'fresh: p50':>13} {'p99':>7}")
    passed = {function: compare(function, options) for function in BARS_MS}
    for function, bar in BARS_MS.items():
        print(f"{'PASS' if passed[function] else 'FAIL'}: first request of {function} (bar {bar:g} ms, median)")
    return 0 if all(passed.values()) or not options.check else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except rig.Missing as missing:
        sys.exit(f"bench: {missing}")
