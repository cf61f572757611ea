"""Scripts on the shared engine beside a component of their own

What is stored (code, and machine code that is the function's alone), the first request of a function that has just been deployed (the
node has its code and the engine, and no instance), memory of a warm idle instance, CPU time of a warm request with the fetching of
its page. No peer takes part.
"""

import asyncio
import re
import time
from pathlib import Path

from rig import peers
from rig.client import Client
from rig.machine import ROOT, Missing, two_cpus
from rig.noise import Watch
from rig.process import free_port, on_cpu
from rig.result import Column, Result

CODE_KB_MAX = 100
INSTANCES, WARM_REQUESTS = 200, 500
AT_ONCE = 25  # instances that are asked for in a second: a request waits no longer for one
PATIENCE = 60  # seconds, for the answers of all instances
FORM = "application/x-www-form-urlencoded"
COLUMNS = [
    Column("code_kb", "code KB", better="lower"),
    Column("machine_mb", "machine code MB", 1, "lower"),
    Column("first_ms", "first ms", 1, "lower", spread=True, plot=True),
    Column("first_cpu_ms", "first CPU ms", 1, "lower"),
    Column("idle_pss_mib", "idle PSS MiB", 2, "lower", plot=True),
    Column("idle_private_mib", "private MiB", 2, "lower"),
    Column("warm_cpu_ms", "warm CPU ms", 2, "lower", spread=True, plot=True),
]


class Function:
    """A sample. `form`: a request whose handler reads its body, and finds it wrong by `status`: so nothing is written anywhere."""

    def __init__(self, title, project, form, body, status):
        self.title, self.project, self.form, self.body = title, ROOT / "samples" / project, form, body.encode()
        self.status = status

    @property
    def name(self):
        return re.search(r'^name = "(.+)"', (self.project / "peko.toml").read_text(), re.M)[1]


SIGHTING = f"POST /sightings HTTP/1.1\r\ncontent-type: {FORM}\r\n"
FUNCTIONS = [
    Function("hono-api, a script", "hono-api", "POST /links HTTP/1.1\r\ncontent-type: application/json\r\n", "{}", 400),
    Function("ssr, a script", "ssr", SIGHTING, "name=n&text=t", 422),
    Function("ssr, a component", "ssr-component", SIGHTING, "name=n&text=t", 422),
]


class Node:
    """A node over a store of its own, which has the engine of scripts; a context manager."""

    def __init__(self, folder):
        self.store = peers.Store(folder)
        self.store.deploy_script(peers.SCRIPTS / "hello_worker.mjs", "one")
        self.admin = f"127.0.0.1:{free_port()}"
        self.server = peers.peko(self.store, "one", "--admin", self.admin, "--instances", INSTANCES + 50,
                                 "--function-concurrency-max", INSTANCES + 10)

    def __enter__(self):
        self.server.__enter__()
        return self

    def __exit__(self, *_):
        self.server.__exit__()

    def deploy(self, function, name):
        """Makes it current on the node, which has fetched it when this returns."""
        self.store.deploy(function.project, name, "--no-build", "--admin", f"http://{self.admin}")

    def cpu_ms(self):
        return self.server.cpu_ns() / 1e6

    def memory(self):
        """Proportional and private bytes."""
        text = Path(f"/proc/{self.server.pid}/smaps_rollup").read_text()
        kib = {kind: int(re.search(rf"^{kind}:\s+(\d+) kB", text, re.M)[1]) for kind in ("Pss", "Private_Dirty", "Private_Clean")}
        return kib["Pss"] << 10, (kib["Private_Dirty"] + kib["Private_Clean"]) << 10

    def first(self, function, number):
        """Milliseconds, and those of CPU, of the first request to a new function with this code."""
        name = f"{function.name}-{number}"
        self.deploy(function, name)
        with on_cpu(two_cpus()[1]), Client(self.server.port) as client:
            time.sleep(0.3)  # the version has arrived; nothing else is under way
            before = self.cpu_ms()
            return client.ok(f"{name}.localhost").milliseconds, self.cpu_ms() - before

    def warm(self, function):
        """Milliseconds of CPU of a request, on an instance that has answered some."""
        with Client(self.server.port) as client:
            for _ in range(WARM_REQUESTS // 5):
                client.ok(f"{function.name}.localhost")
            before = self.cpu_ms()
            for _ in range(WARM_REQUESTS):
                client.ok(f"{function.name}.localhost")
            return (self.cpu_ms() - before) / WARM_REQUESTS

    async def idle(self, function):
        """PSS and private bytes of an idle instance: bodies are held back until all instances wait for them."""
        head = f"{function.form}host: {function.name}.localhost\r\nconnection: close\r\ncontent-length: {len(function.body)}\r\n\r\n"
        before, held = self.memory(), []
        for number in range(1, INSTANCES + 1):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
            writer.write(head.encode())
            held.append((reader, writer))
            if number % AT_ONCE == 0:
                await asyncio.sleep(1)
        await asyncio.sleep(2)
        for _, writer in held:
            writer.write(function.body)
        answers = await asyncio.wait_for(asyncio.gather(*(reader.read() for reader, _ in held)), PATIENCE)
        failed = [answer for answer in answers if answer.split()[1:2] != [str(function.status).encode()]]
        if failed:
            raise Missing(f"{len(failed)} of {INSTANCES} requests failed: {failed[0][:300].decode(errors='replace')}")
        for _, writer in held:
            writer.close()
        await asyncio.sleep(1)
        return [(after - then) / INSTANCES for after, then in zip(self.memory(), before, strict=True)]


def files(folder):
    return {file for file in folder.rglob("*") if file.is_file()}


def stored(node, before):
    """What the last deploy added to the store: code, and machine code."""
    size = {"code": 0, "machine": 0}
    for file in files(node.store.folder) - before:
        kind = {"scripts": "code", "components": "code", "artifacts": "machine"}.get(file.relative_to(node.store.folder).parts[0])
        if kind and file.suffix != ".map":
            size[kind] += file.stat().st_size
    return size["code"], size["machine"]


def measure(bench, row, function):
    with Node(bench.folder()) as node:
        before = files(node.store.folder)
        bench.say(f"{function.title}: deploying")
        node.deploy(function, function.name)
        code, machine = stored(node, before)
        row.add({"code_kb": code / 1e3, "machine_mb": machine / 1e6})
        for number in range(2 * bench.rounds):
            bench.say(f"{function.title}: first request, {number + 1} of {2 * bench.rounds}")
            watch = Watch(two_cpus())
            first, cpu = node.first(function, number)
            row.add({"first_ms": first, "first_cpu_ms": cpu}, watch.stop())
        for _ in range(bench.rounds):
            watch = Watch(two_cpus())
            row.add({"warm_cpu_ms": node.warm(function)}, watch.stop())
        pss, private = asyncio.run(node.idle(function))
        row.add({"idle_pss_mib": pss / 2**20, "idle_private_mib": private / 2**20})


def run(bench):
    result = Result(COLUMNS, f"{INSTANCES} instances for memory, {WARM_REQUESTS} requests a round for CPU.")
    for function in FUNCTIONS:
        measure(bench, result.row(function.title, subject=True), function)
    code = result.rows[0].median("code_kb")
    result.judge(code < CODE_KB_MAX, f"the code of hono-api has {code:.0f} KB (bar {CODE_KB_MAX} KB)")
    return result
