"""What the cases share: servers pinned to one CPU, a load generator on another, CPU time per request.

Requests per second do not separate fast servers on two cores, because the load generator is the bound; CPU time per request does. It
is read from /proc/PID/stat before and after each round, over all threads. Rounds of all servers alternate, so that what else the machine
does hits all alike; medians are compared, as ratios.
"""

import contextlib
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
COMPONENTS = (BUILD / "samples", BUILD / "guests")
PEKO = Path(os.environ.get("PEKO_BIN", BUILD / "release" / "peko"))
WASMTIME = Path(os.environ.get("WASMTIME_BIN", BUILD / "peers" / "bin" / "wasmtime"))
SERVER_CPU, LOAD_CPU = "0", "1"


class Missing(Exception):
    """Something that the benchmark needs is not there; the text says what to do."""


def need(program, hint):
    found = shutil.which(str(program))
    if not found:
        raise Missing(f"{program} is missing: {hint}")
    return found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def component(name):
    """The file of a sample or a test guest."""
    for folder in COMPONENTS:
        if (folder / f"{name}.wasm").exists():
            return folder / f"{name}.wasm"
    raise Missing(f"{name}.wasm is not built: make samples guests")


class Server:
    """A server process, pinned; a context manager. `command` is a list with {port} in it."""

    def __init__(self, name, command, host="localhost", cpus=SERVER_CPU, cwd=None):
        self.name = name
        self.port = free_port()
        self.host = host
        self.command = ["taskset", "-c", cpus] + [str(word).format(port=self.port) for word in command]
        self.cwd = cwd
        self.log = tempfile.TemporaryFile()

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=self.log, cwd=self.cwd)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return self
            time.sleep(0.05)
        self.log.seek(0)
        raise Missing(f"{self.name} did not start:\n{self.log.read().decode(errors='replace')}")

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def pids(self):
        """The process and its children: nginx works in one."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [self.process.pid, *map(int, children)]

    def cpu_seconds(self):
        ticks = 0
        for pid in self.pids():
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


def peko_serve(functions, name="peko", flags=(), **server):
    """Peko with some samples or test guests as functions, each at <name>.localhost."""
    if not PEKO.exists():
        raise Missing(f"{PEKO} is missing: make build")
    store = Path(tempfile.mkdtemp(prefix="peko-bench-"))
    (store / "functions").mkdir()
    for function in functions:
        shutil.copy(component(function), store / "functions")
    command = [PEKO, "serve", "--code", store, "--listen", "127.0.0.1:{port}", "--cache-dir", BUILD / "bench-cache",
               "--admin", "off", *flags]
    return Server(name, command, host=f"{functions[0]}.localhost", **server)


class Round:
    """One run of wrk against a server."""

    def __init__(self, server, seconds, connections):
        wrk = need("wrk", "apt-get install wrk (make bench does)")
        command = ["taskset", "-c", LOAD_CPU, wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--latency",
                   "-H", f"Host: {server.host}", f"http://127.0.0.1:{server.port}/"]
        cpu = server.cpu_seconds()
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        cpu = server.cpu_seconds() - cpu
        if "Non-2xx" in text or "Socket errors" in text:
            raise Missing(f"{server.name} failed under load:\n{text}")
        requests = int(re.search(r"(\d+) requests in", text)[1])
        self.cpu_us = cpu * 1e6 / requests
        self.per_second = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
        self.p99_ms = to_ms(re.search(r"^\s+99%\s+(\S+)", text, re.M)[1])


def to_ms(text):
    value, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(value) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[unit]


def alternate(servers, rounds, seconds, connections):
    """Runs `rounds` rounds on each server in turn; the first one of each warms it up and is not counted."""
    results = {server.name: [] for server in servers}
    for number in range(rounds + 1):
        for server in servers:
            result = Round(server, seconds if number else 1, connections)
            if number:
                results[server.name].append(result)
            print(f"\r  round {number} of {rounds}: {server.name:<40}", end="", file=sys.stderr, flush=True)
    print("\r" + " " * 70 + "\r", end="", file=sys.stderr)
    return results


def median(rounds, field):
    return statistics.median(getattr(r, field) for r in rounds)


def spread(rounds, field):
    values = [getattr(r, field) for r in rounds]
    return f"{min(values):.2f}..{max(values):.2f}"
