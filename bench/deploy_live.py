#!/usr/bin/env python3
"""How long a change takes: from `peko deploy` to the first answer of the new version, on a folder and on a bucket.

A node with its usual settings serves a function; each round deploys new code (a component that the store has not seen, compiled and signed
by the deployer) and asks the function all the time. Three spans, each the median of the rounds:
  command: from the start of `peko deploy` to its end
  live:    from its start to the first answer of the new version
  after:   from its end to that answer; below zero: it was live before the command had ended
With `--admin` the command tells the node to look and waits until it has the new version; without, the node looks once a second.
"""

import argparse
import os
import secrets
import statistics
import sys
import threading
import time
import unittest

import rig

os.environ.setdefault("PEKO_BIN", str(rig.PEKO))
os.environ.setdefault("PEKO_GUESTS", str(rig.BUILD / "guests"))
sys.path.insert(0, str(rig.ROOT / "tests" / "e2e"))

from harness import Server, guest  # noqa: E402  (the folder is known only now)
from stores import PROVIDERS, Deployer, new_key  # noqa: E402

SIZES = {"10 KB": 0, "10 MB": 10_000_000}  # beside the guest's own
PAUSE = 0.002  # seconds between questions


def component(size):
    """A component that no store has seen, of about `size` more bytes than the guest."""
    extra = secrets.token_bytes(max(16, size))
    body = b"\x04mark" + extra
    length, left = b"", len(body)
    while left >= 0x80:
        length, left = length + bytes([left & 0x7F | 0x80]), left >> 7
    return guest("counter").read_bytes() + b"\0" + length + bytes([left]) + body


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
                    raise rig.Missing(f"a request failed: {answer}")
                self.first.setdefault(answer.body.split(b"GREETING=")[1].strip(), time.monotonic())
                time.sleep(PAUSE)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()

    def wait(self, greeting):
        end = time.monotonic() + 60
        while greeting not in self.first:
            if time.monotonic() > end or not self.thread.is_alive():
                raise rig.Missing("the new version did not come")
            time.sleep(PAUSE)
        return self.first[greeting]


def measure(store, key, server, admin, size, rounds):
    """(command, live) of each round, in seconds."""
    deployer, spans = Deployer(store, key), []
    flags = ["--admin", f"http://127.0.0.1:{admin}"] if admin else []
    deployer.deploy("live", component(size), "--env", "GREETING=before")
    while b"GREETING=before\n" not in server.ask("live").body:
        time.sleep(PAUSE)
    with Watcher(server) as watcher:
        for number in range(rounds):
            project = deployer.project("live", component(size))
            time.sleep(number % 10 / 10)  # not in step with the node's looks
            begin = time.monotonic()
            deployer.peko("deploy", project, *deployer.flags, "--env", f"GREETING={number}", *flags)
            end = time.monotonic()
            spans.append((end - begin, watcher.wait(str(number).encode()) - begin))
    return spans


def row(what, spans):
    command, live = ([span[i] for span in spans] for i in (0, 1))
    after = [l - c for c, l in spans]
    cells = [f"{statistics.median(span):.2f} s ({min(span):.2f} to {max(span):.2f})" for span in (command, live, after)]
    print(f"| {what} | " + " | ".join(cells) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    print("| store, component | command | live | after |\n|---|---|---|---|")
    for kind, provider in PROVIDERS.items():
        try:
            store = provider()
        except unittest.SkipTest as why:
            print(f"{kind}: left out: {why}", file=sys.stderr)
            continue
        key = new_key()
        server = Server("serve", "--code", store.url, "--log", "text", "--key-file", key, env=store.env)
        for name, size in SIZES.items():
            for told in (None, server.admin_port()):
                row(f"{kind}, {name}" + (", `--admin`" if told else ""), measure(store, key, server, told, size, options.rounds))
        server.stop()
        store.stop()


if __name__ == "__main__":
    try:
        main()
    except rig.Missing as missing:
        sys.exit(str(missing))
