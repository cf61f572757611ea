#!/usr/bin/env python3
"""Density: what warm instances cost in memory, all of them in one process.

Cases, each in a process of its own:
  hello-c, a function each: N functions with the same component, one request to each: what a function costs loaded, and its instance;
  sleep, one function:      N requests that wait at the same time, so that N instances of one function are alive and then idle;
  ssr-component, one function: M requests whose bodies are held back until all M instances wait for them.

RSS counts a page of the artifact once for each mapping, PSS shares it; the difference before and after the requests, divided by their
number, is the cost of an instance. How many are alive is what the node's metrics say at the end: one that had to make room for another
is not. Says what the machine allows (open files, mappings) beside what was used.
"""

import argparse
import asyncio
import re
import resource
import shutil
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import rig

SETTINGS = "[limits]\nwall_ms = 0\n[instances]\nidle_seconds = 3600\n"


def memory(pid):
    """Resident and proportional bytes, and the number of mappings."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    rss, pss = (int(re.search(rf"^{kind}:\s+(\d+) kB", text, re.M)[1]) << 10 for kind in ("Rss", "Pss"))
    return rss, pss, sum(1 for _ in Path(f"/proc/{pid}/maps").open())


def warm(admin, wanted):
    """How many instances wait for their next request, once all `wanted` do or 15 s have passed: some end their work after the answer."""
    end = time.monotonic() + 15
    while True:
        with urllib.request.urlopen(f"http://127.0.0.1:{admin}/metrics", timeout=30) as page:
            found = re.findall(r"^peko_warm_instances\{.*\} (\d+)$", page.read().decode(), re.M)
        alive = sum(map(int, found))
        if alive >= wanted or time.monotonic() > end:
            return alive
        time.sleep(0.5)


async def answer(reader):
    """Reads one response to its end; its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.I)
    if length:
        await reader.readexactly(int(length[1]))
    else:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    return int(head.split()[1])


async def connect(port, head):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head.encode())
    await writer.drain()
    return reader, writer


async def each(port, count):
    """One request after another, each to a function of its own."""
    statuses = []
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in range(count):
        writer.write(f"GET / HTTP/1.1\r\nhost: f{number}.localhost\r\n\r\n".encode())
        statuses.append(await answer(reader))
    writer.close()
    return statuses


async def together(port, count, head, rest=b""):
    """`count` requests that are all under way before any of them ends; then `rest` is sent to each."""
    open_ones = []
    for _ in range(count):
        open_ones.append(await connect(port, head))
    if rest:
        await asyncio.sleep(5)  # each has started and waits for its body
        for _, writer in open_ones:
            writer.write(rest)
    statuses = await asyncio.gather(*(answer(reader) for reader, _ in open_ones))
    for _, writer in open_ones:
        writer.close()
    return statuses


def hellos(port, count):
    return each(port, count)


def sleepers(port, count):
    milliseconds = 5000 + count * 2  # more than connecting takes
    return together(port, count, f"GET /{milliseconds} HTTP/1.1\r\nhost: f0.localhost\r\n\r\n")


def renderers(port, count):
    body = b"name=density&text=held+back"
    head = ("POST /sightings HTTP/1.1\r\nhost: f0.localhost\r\ncontent-type: application/x-www-form-urlencoded\r\n"
            f"content-length: {len(body)}\r\n\r\n")
    return together(port, count, head, body)


def store(component, functions):
    folder = Path(tempfile.mkdtemp(prefix="peko-density-"))
    (folder / "functions").mkdir()
    for number in range(functions):
        shutil.copy(rig.component(component), folder / "functions" / f"f{number}.wasm")
        (folder / "functions" / f"f{number}.toml").write_text(SETTINGS)
    return folder


def measure(title, component, functions, ask, instances, accepted):
    folder = store(component, functions)
    admin = rig.free_port()
    try:
        command = [rig.PEKO, "serve", "--code", folder, "--listen", "127.0.0.1:{port}", "--cache-dir", rig.BUILD / "bench-cache",
                   "--threads", "1", "--log", "off", "--instances", str(instances + 100),
                   "--functions-loaded-max", str(functions), "--function-concurrency-max", str(instances),
                   "--admin", f"127.0.0.1:{admin}"]
        with rig.Server(title, command, cpus="0-1") as server:
            pid = server.process.pid
            before = memory(pid)
            statuses = asyncio.run(ask(server.port, instances))
            after = memory(pid)
            alive = warm(admin, instances)
            files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
            if not server.process.poll() is None:
                raise rig.Missing(f"{title}: the server ended")
    finally:
        shutil.rmtree(folder)
    wrong = [status for status in statuses if status not in accepted]
    per = [(a - b) / instances / 1024 for a, b in zip(after[:2], before[:2], strict=True)]
    print(f"{title:<34} {alive:>6} {before[0] / 2**20:>9.0f} {after[0] / 2**20:>9.0f} {after[1] / 2**20:>9.0f} "
          f"{per[0]:>9.1f} {per[1]:>9.1f} {after[2]:>8} {files:>6}" + (f"  {len(wrong)} REFUSED: {set(wrong)}" if wrong else ""))
    return not wrong and alive == instances


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--small", type=int, default=5000, help="instances of hello-c and sleep")
    arguments.add_argument("--large", type=int, default=200, help="instances of ssr-component")
    arguments.add_argument("--check", action="store_true", help="exit with 1 when an instance was refused")
    options = arguments.parse_args()

    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    mappings = Path("/proc/sys/vm/max_map_count").read_text().strip()
    print(f"open files {most}, vm.max_map_count {mappings}; memory in MiB, of an instance in KiB")
    print(f"{'case':<34} {'alive':>6} {'RSS idle':>9} {'RSS':>9} {'PSS':>9} {'RSS each':>9} {'PSS each':>9} {'mappings':>8} {'files':>6}")
    passed = [measure("hello-c, a function each", "hello-c", options.small, hellos, options.small, {200}),
              measure("sleep, one function", "sleep", 1, sleepers, options.small, {200}),
              measure("ssr-component, one function", "ssr-component", 1, renderers, options.large, {422})]  # the form is incomplete
    print("PASS: all alive at once" if all(passed) else "FAIL: some were refused")
    return 0 if all(passed) or not options.check else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except rig.Missing as missing:
        sys.exit(f"bench: {missing}")
