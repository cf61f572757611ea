"""Memory of warm instances

Many instances in one process, each of which has answered and waits for its next request: what one takes of resident memory. Of one
function, and with a function for each instance, whose code then counts too. RSS counts a page of compiled code in each mapping, PSS
shares it. (`bench/run scripts` measures instances of JavaScript engines, which are larger.)
"""

import re
import urllib.request
from pathlib import Path

from rig import peers
from rig.load import Load
from rig.client import Client
from rig.machine import Missing, available_bytes, in_short
from rig.process import free_port
from rig.result import Column, Result
from rig.wait import until

from cases import zipf

SIZES = (100, 1000, 5000)
COLUMNS = [
    *(Column(f"rss_{size}", f"RSS KiB each of {size:,}", 1, "lower", plot=True) for size in SIZES),
    *(Column(f"pss_{size}", f"PSS KiB of {size:,}", 1, "lower") for size in SIZES),
    Column("mappings", f"mappings each of {SIZES[-1]:,}", 1, "lower"),
]
SETTINGS = "[limits]\nwall_ms = 0\n[instances]\nidle_seconds = 3600\n"
MEMORY_SHARE_MAX = 0.5  # of what is available: beyond, a size is left out


class Process:
    """A server that is to have some instances. `fill` makes it have them."""

    def __init__(self, server, fill):
        self.server, self.fill = server, fill


def peko_flags(count):
    # All come at once, and half of the queue is for one function.
    return ("--instances", count + 100, "--functions-loaded-max", count, "--function-concurrency-max", count, "--queue-max", 2 * count)


def wait_for_warm(admin, wanted):
    """Until as many instances wait for their next request; some end their work after the answer."""
    def warm():
        with urllib.request.urlopen(f"http://127.0.0.1:{admin}/metrics", timeout=30) as page:
            return sum(map(int, re.findall(r"^peko_warm_instances\{.*\} (\d+)$", page.read().decode(), re.M)))

    until(lambda: warm() == wanted, f"{wanted} warm instances", 30, 0.5)


def all_at_once(server, count):
    """As many requests as there are to be instances, none of which ends before all have begun."""
    milliseconds = 2000 + count
    found = Load(path=f"/{milliseconds}", connections=count).run(server, seconds=milliseconds / 1000 + 5, count=count)
    if found["answered"] < count:
        raise Missing(f"{found['answered']:,} of {count:,} requests at the same time were answered")


def one_each(server, count):
    with Client(server.port) as client:
        for number in range(count):
            client.ok(f"f{number}.localhost")


def run(bench):
    result = Result(COLUMNS, "One process for each figure. Of each is taken off what a process with a single instance has, of a single "
                             "function; the rest is shared by all others.")

    def one_function(count):
        admin = free_port()
        server = peers.peko(peers.Store(bench.folder()).drop("sleep", SETTINGS), "sleep", *peko_flags(count),
                            "--admin", f"127.0.0.1:{admin}")
        return Process(server, lambda: (all_at_once(server, count), wait_for_warm(admin, count)))

    def function_each(count):
        store, admin = peers.Store(bench.folder()), free_port()
        for number in range(count):
            store.drop("hello-c", SETTINGS, function=f"f{number}")
        server = peers.peko(store, "f0", *peko_flags(count), "--admin", f"127.0.0.1:{admin}")
        return Process(server, lambda: (one_each(server, count), wait_for_warm(admin, count)))

    def wasmtime(count):
        server = peers.wasmtime(peers.component("sleep"), *peers.wasmtime_slots(count))
        return Process(server, lambda: all_at_once(server, count))

    def workerd(count):
        server = zipf.workerd(bench.folder(), count)
        return Process(server, lambda: one_each(server, count))

    for name, make in (("peko, one function", one_function), ("peko, a function each", function_each),
                       ("wasmtime serve, one function", wasmtime), ("workerd, a function each", workerd)):
        measure(bench, result, name, make)
    result.leave_out("Node.js", "it has one program in a process; what a process takes is in the case hello")
    result.leave_out("nginx", "it runs no functions")
    result.notes.append("wasmtime serve keeps what an instance had resident; workerd starts an isolate for each function")
    return result


def measure(bench, result, name, make):
    row, base = result.row(name, name.startswith("peko")), None
    for size in (1, *SIZES):
        known = max((values[0] for key, values in row.rounds.items() if key.startswith("rss")), default=0) * 1024
        if known * size > MEMORY_SHARE_MAX * available_bytes():
            result.leave_out(f"{name}, {size:,}", f"it would take {known * size / 2**30:.1f} GiB, too much for this machine")
            continue
        bench.say(f"{name}: {size:,} instances")
        try:
            process = make(size)
            with process.server as server:
                process.fill()
                memory = server.memory()
                mappings = len(Path(f"/proc/{server.pid}/maps").read_text().splitlines())
        except Exception as error:  # noqa: BLE001  (whatever a peer does, the case goes on)
            if row.subject:
                raise
            result.leave_out(f"{name}, {size:,}" if base else name, in_short(error))
            if base:
                continue
            return
        if base is None:
            base = memory
            continue
        rss, pss = ((after - then) / (size - 1) / 1024 for after, then in zip(memory, base, strict=True))
        row.add({f"rss_{size}": rss, f"pss_{size}": pss} | ({"mappings": mappings / size} if size == SIZES[-1] else {}))
