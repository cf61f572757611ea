"""From `peko deploy` to the first answer of the new version

A node with its usual settings serves a function, on a folder and on a bucket; each round deploys code that the store has not seen
(compiled and signed by the deployer) and asks the function all the time. `command`: from the start of the command to its end; `live`:
from its start to the first new answer; `after`: from its end to that answer (below zero: live before the command had ended). With
`--admin` the command tells the node and waits; without, the node looks once a second. No peer takes part.
"""

import os
import secrets
import threading
import time
import unittest

from rig import peers
from rig.machine import BUILD, Missing, two_cpus
from rig.noise import Watch
from rig.result import Column, Result
from rig.wait import until

from cases.dev_save import harness, stopped

SIZES = {"10 KB": 0, "10 MB": 10_000_000}  # beside the guest's own
PAUSE = 0.002  # seconds between questions
COLUMNS = [
    Column("command_s", "command s", 2, "lower", spread=True),
    Column("live_s", "live s", 2, "lower", spread=True, plot=True),
    Column("after_s", "after s", 2, "lower", spread=True),
]


def component(size):
    """A component that no store has seen, of about `size` more bytes than the guest: a custom section of noise."""
    extra = secrets.token_bytes(max(16, size))
    body = b"\x04mark" + extra
    length, left = b"", len(body)
    while left >= 0x80:
        length, left = length + bytes([left & 0x7F | 0x80]), left >> 7
    return peers.component("counter").read_bytes() + b"\0" + length + bytes([left]) + body


class Watcher:
    """Asks a function all the time; when each greeting came first."""

    def __init__(self, server):
        self.server, self.first, self.ended = server, {}, threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        with self.server.connect() as connection:
            while not self.ended.is_set():
                answer = connection.get("live.localhost")
                if answer.status != 200:
                    raise Missing(f"a request failed: {answer}")
                self.first.setdefault(answer.body.split(b"GREETING=")[1].strip(), time.monotonic())
                time.sleep(PAUSE)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()

    def wait(self, greeting):
        until(lambda: greeting in self.first or not self.thread.is_alive(), "the new version", pause=PAUSE)
        if greeting not in self.first:
            raise Missing("the function could not be asked any more")
        return self.first[greeting]


def measure(bench, row, deployer, server, admin, size):
    flags = ["--admin", f"http://127.0.0.1:{admin}"] if admin else []
    deployer.deploy("live", component(size), "--env", "GREETING=before")
    until(lambda: b"GREETING=before\n" in server.ask("live").body, "the first version", pause=PAUSE)
    with Watcher(server) as watcher:
        for number in range(bench.rounds):
            bench.say(f"{row.name}: deploy {number + 1}")
            project = deployer.project("live", component(size))
            time.sleep(number * 0.3 % 1)  # not in step with the node's looks
            watch, begin = Watch(two_cpus()), time.monotonic()
            deployer.peko("deploy", project, *deployer.flags, "--env", f"GREETING={number}", *flags)
            end = time.monotonic()
            live = watcher.wait(str(number).encode())
            row.add({"command_s": end - begin, "live_s": live - begin, "after_s": live - end}, watch.stop())


def run(bench):
    os.environ["PEKO_GUESTS"] = str(BUILD / "guests")
    tests = harness()
    import stores  # noqa: PLC0415  (as above)

    result = Result(COLUMNS, f"{bench.rounds} deploys each.")
    for kind, provider in stores.PROVIDERS.items():
        try:
            store = provider()
        except unittest.SkipTest as why:
            result.leave_out(kind, str(why))
            continue
        key = stores.new_key()
        flags = ("--code", store.url, "--log", "text", "--key-file", key)
        with stopped(store), stopped(tests.Server("serve", *flags, env=store.env)) as server:
            for name, size in SIZES.items():
                for told in (None, server.admin_port()):
                    row = result.row(f"{kind}, {name}" + (", --admin" if told else ""), subject=True)
                    measure(bench, row, stores.Deployer(store, key), server, told, size)
    return result
