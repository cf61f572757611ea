#!/usr/bin/env python3
"""Scripts on the shared engine beside a component of their own: what is stored, the first request, memory, CPU.

Each case is deployed to one store, and one `peko serve` of one thread serves it:
  stored:  bytes of the code in the store, and of the machine code that is the function's alone;
  first:   the first request of a function that has just been deployed, from an open connection: the node has its code and the
           engine, and no instance of it. Milliseconds, and milliseconds of the node's CPU; medians over the deploys. (A later
           version of a function that has instances gets one before it takes over: nobody waits for it.)
  idle:    memory of a warm idle instance: many requests whose bodies are held back until all instances wait, then the growth
           of PSS and of private memory through their number;
  warm:    CPU of a request to one warm instance, the fetching of its page included.

Says PASS when the code of hono-api is below 100 KB.
"""

import argparse
import asyncio
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

import rig
from density import answer, connect

CODE_BYTES_MAX = 100_000
SAMPLES = rig.ROOT / "samples"
WARM_REQUESTS = 500


class Case:
    """`form`: a request whose handler reads its body."""

    def __init__(self, title, project, page, form, body):
        self.title, self.project, self.page, self.form, self.body = title, SAMPLES / project, page, form, body.encode()

    @property
    def name(self):
        return re.search(r'^name = "(.+)"', (self.project / "peko.toml").read_text(), re.M)[1]


FORM = "application/x-www-form-urlencoded"
CASES = [
    Case("hono-api, a script", "hono-api", "/", "POST /links HTTP/1.1\r\ncontent-type: application/json\r\n", "{}"),
    Case("ssr, a script", "ssr", "/", f"POST /sightings HTTP/1.1\r\ncontent-type: {FORM}\r\n", "name=n&text=t"),
    Case("ssr, a component", "ssr-component", "/", f"POST /sightings HTTP/1.1\r\ncontent-type: {FORM}\r\n", "name=n&text=t"),
]


def cpu_ms(pid):
    """CPU of all threads of a process so far, in milliseconds, finer than ticks."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6


def memory(pid):
    """Proportional and private bytes."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kib = {kind: int(re.search(rf"^{kind}:\s+(\d+) kB", text, re.M)[1]) for kind in ("Pss", "Private_Dirty", "Private_Clean")}
    return kib["Pss"] << 10, kib["Private_Dirty"] + kib["Private_Clean"] << 10


class Node:
    """A node over a store of its own; a context manager."""

    def __init__(self, folder, instances):
        self.store, self.key = folder / "store", folder / "key"
        self.store.mkdir()
        self.key.write_bytes(os.urandom(32))
        self.key.chmod(0o600)
        self.admin = f"127.0.0.1:{rig.free_port()}"
        command = [rig.PEKO, "serve", "--code", self.store, "--listen", "127.0.0.1:{port}", "--admin", self.admin,
                   "--cache-dir", folder / "cache", "--key-file", self.key, "--threads", "1", "--log", "off",
                   "--instances", str(instances + 50), "--function-concurrency-max", str(instances + 10)]
        os.environ["STATE_DIRECTORY"] = str(folder)
        self.server = rig.Server("peko", command, cpus="0-1", cwd=folder)

    def __enter__(self):
        self.server.__enter__()
        return self

    def __exit__(self, *_):
        self.server.__exit__()

    @property
    def pid(self):
        return self.server.process.pid

    def deploy(self, case, *more):
        """Makes a version current on the node; what `peko deploy --json` says."""
        command = [rig.PEKO, "deploy", case.project, "--code", self.store, "--key-file", self.key, "--no-build", "--json",
                   "--admin", f"http://{self.admin}", *more]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise rig.Missing(f"deploying {case.title} failed: {done.stdout}{done.stderr}\n`make samples` builds the samples")

    def first(self, case, number):
        """Milliseconds, and those of CPU, of the first request to a new function with this code."""
        name = f"{case.name}-{number}"
        self.deploy(case, "--name", name)
        with socket.create_connection(("127.0.0.1", self.server.port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            time.sleep(0.3)  # the version has arrived; nothing else is under way
            cpu, begin = cpu_ms(self.pid), time.perf_counter()
            connection.sendall(f"GET {case.page} HTTP/1.1\r\nhost: {name}.localhost\r\nconnection: close\r\n\r\n".encode())
            got = b"".join(iter(lambda: connection.recv(1 << 18), b""))
            took = (time.perf_counter() - begin) * 1e3
            if not got.startswith(b"HTTP/1.1 200"):
                raise rig.Missing(f"{case.title} answered {got[:300].decode(errors='replace')}")
            return took, cpu_ms(self.pid) - cpu

    async def warm(self, case):
        """Milliseconds of CPU of a request, on an instance that has answered some."""
        reader, writer = await connect(self.server.port, "")
        request = f"GET {case.page} HTTP/1.1\r\nhost: {case.name}.localhost\r\n\r\n".encode()

        async def ask(count):
            for _ in range(count):
                writer.write(request)
                await answer(reader)

        await ask(WARM_REQUESTS // 5)
        before = cpu_ms(self.pid)
        await ask(WARM_REQUESTS)
        used = (cpu_ms(self.pid) - before) / WARM_REQUESTS
        writer.close()
        return used

    async def idle(self, case, instances):
        """PSS and private bytes of an idle instance."""
        head = f"{case.form}host: {case.name}.localhost\r\ncontent-length: {len(case.body)}\r\n\r\n"
        before = memory(self.pid)
        open_ones = [await connect(self.server.port, head) for _ in range(instances)]
        await asyncio.sleep(2 + instances / 20)  # each instance waits for its body
        for _, writer in open_ones:
            writer.write(case.body)
        await asyncio.gather(*(answer(reader) for reader, _ in open_ones))
        for _, writer in open_ones:
            writer.close()
        await asyncio.sleep(1)
        after = memory(self.pid)
        return [(a - b) / instances for a, b in zip(after, before, strict=True)]


def stored(node, before):
    """What the last deploy added to the store: code, and machine code."""
    added = set(files(node.store)) - before
    size = {"code": 0, "machine": 0}
    for file in added:
        kind = {"scripts": "code", "components": "code", "artifacts": "machine"}.get(file.relative_to(node.store).parts[0])
        if kind and file.suffix != ".map":
            size[kind] += file.stat().st_size
    return size["code"], size["machine"]


def files(folder):
    return {file for file in folder.rglob("*") if file.is_file()}


def measure(case, deploys, instances):
    folder = Path(tempfile.mkdtemp(prefix="peko-bench-"))
    try:
        with Node(folder, instances) as node:
            engine = Case("one line", folder, "/", "", "")  # so that the engine is there, and its machine code not counted
            (folder / "peko.toml").write_text('name = "one"\nscript = "one.js"\n')
            (folder / "one.js").write_text("export default () => new Response('1');\n")
            node.deploy(engine)
            before = files(node.store)
            node.deploy(case)
            code, machine = stored(node, before)
            firsts = [node.first(case, number) for number in range(deploys)]
            warm = asyncio.run(node.warm(case))
            pss, private = asyncio.run(node.idle(case, instances))
    finally:
        shutil.rmtree(folder)
    first, cpu = (statistics.median(column) for column in zip(*firsts, strict=True))
    print(f"{case.title:<20} {code / 1e3:>9.0f} {machine / 1e6:>9.1f} {first:>9.1f} {cpu:>9.1f} {pss / 2**20:>9.2f} "
          f"{private / 2**20:>9.2f} {warm:>9.2f}", flush=True)
    return code


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--deploys", type=int, default=10)
    arguments.add_argument("--instances", type=int, default=50, help="alive at once, for memory")
    arguments.add_argument("--check", action="store_true", help="exit with 1 when the code is too large")
    options = arguments.parse_args()
    os.environ["PATH"] = f"{rig.ROOT / 'js/node_modules/.bin'}{os.pathsep}{os.environ['PATH']}"  # esbuild

    print(f"{'':<20} {'code':>9} {'machine':>9} {'first':>9} {'first':>9} {'idle':>9} {'idle':>9} {'warm':>9}")
    print(f"{'':<20} {'KB':>9} {'MB':>9} {'ms':>9} {'ms CPU':>9} {'MiB PSS':>9} {'private':>9} {'ms CPU':>9}")
    sizes = [measure(case, options.deploys, options.instances) for case in CASES if (case.project / "peko.toml").exists()]
    passed = sizes[0] < CODE_BYTES_MAX
    print(f"{'PASS' if passed else 'FAIL'}: the code of hono-api has {sizes[0] / 1e3:.0f} KB, at most {CODE_BYTES_MAX / 1e3:.0f}")
    return 0 if passed or not options.check else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except rig.Missing as missing:
        sys.exit(f"bench: {missing}")
