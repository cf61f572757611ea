"""10,000 functions in a store: a node starts without reading them, brings each when it is asked for, and keeps few.

PEKO_E2E_FULL=1: all are asked for instead of a sample, and 2,000 in a bucket.
"""

import hashlib
import json
import os
import time
import unittest

from harness import SANITIZED, Server, main, temporary_folder
from stores import Bucket, Deployer, Folder, variant
from trouble_proxy import TroubleProxy

FULL = os.environ.get("PEKO_E2E_FULL") == "1"
COMPONENTS = 20  # different ones, which the functions share
LOADED_MAX = 50
START = 5 if FULL else 20  # seconds; 5 are promised, on a machine that has nothing else to do
FLAGS = ("--threads", "2", "--log", "json", "--functions-loaded-max", LOADED_MAX)
AT = "2026-01-31T12:00:00.000Z"


def record(name, digest, size):
    settings = {"routes": [], "env": {"GREETING": name}, "limits": {}, "allow": [], "reuse": "auto", "idle_seconds": 300}
    return {"format": 1, "function": name, "number": 1, "component": {"sha256": digest, "bytes": size}, "created": AT,
            "author": "a@b", "message": "", "settings": settings}


def pointer(name):
    serving = [{"version": 1, "weight": 100}]
    return {"format": 1, "function": name, "revision": 1, "versions": serving, "secrets": {},
            "history": [{"revision": 1, "change": "0" * 16, "versions": serving, "at": AT, "author": "a@b", "message": ""}]}


def name_of(number):
    return f"f{number}"


def fill(store, count, put):
    """Deploys `count` functions; every tenth is dropped in instead."""
    components = [variant("counter", f"many{number}") for number in range(COMPONENTS)]
    digests = [hashlib.sha256(component).hexdigest() for component in components]
    for component, digest in zip(components, digests):
        put(f"components/{digest}.wasm", component)
    for number in range(count):
        name, which = name_of(number), number // 10 % COMPONENTS
        if number % 10 == 0:
            store.drop(name, which, components[which])
            continue
        put(f"versions/{name}/1.json", json.dumps(record(name, digests[which], len(components[which]))).encode())
        put(f"functions/{name}/current.json", json.dumps(pointer(name)).encode())


class Many:
    """The same on each kind of store."""

    def assert_serves(self, server, number):
        answer = server.ask(name_of(number))
        self.assertEqual(answer.status, 200, f"{name_of(number)}: {answer}")
        expected = b"served: 1\n" + (b"" if number % 10 == 0 else b"GREETING=%s\n" % name_of(number).encode())
        self.assertEqual(answer.body, expected)

    def start(self, url, env):
        begin = time.monotonic()
        server = Server("serve", "--code", url, *FLAGS, cache=temporary_folder(), env=env)
        return server, time.monotonic() - begin

    def check(self, server, took, count, asked_for):
        """`asked_for`: the numbers of the functions that get a first request."""
        self.assertLess(took, START)
        at_start = server.rss()
        self.assertEqual(server.metrics()['peko_functions{state="not-loaded"}'], count)
        begin, half = time.monotonic(), 0
        for place, number in enumerate(asked_for):
            self.assert_serves(server, number)
            if place == len(asked_for) // 2:
                half = server.rss()
        asked = time.monotonic() - begin
        at_end = server.rss()
        self.assertLessEqual(server.metrics()['peko_functions{state="ready"}'], LOADED_MAX)
        mib = 1 << 20
        print(f"\n  {count} functions: start {took:.2f} s, {at_start / mib:.0f} MiB; {len(asked_for)} first requests in "
              f"{asked:.1f} s, then {at_end / mib:.0f} MiB, half way {half / mib:.0f} MiB")
        if not SANITIZED:
            self.assertLess(at_end - half, 32 * mib, "few stay loaded")
            self.assertLess(at_start, 400 * mib)


class InAFolder(Many, unittest.TestCase):
    COUNT = 10000
    UNREADABLE = 100

    @classmethod
    def setUpClass(cls):
        cls.store = Folder()
        first = {}

        def put(key, data):
            path = cls.store.root / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

        def drop(name, which, component):
            if which not in first:
                first[which] = cls.store.root / "functions" / f"{name}.wasm"
                first[which].write_bytes(component)
            else:
                os.link(first[which], cls.store.root / "functions" / f"{name}.wasm")

        cls.store.drop = drop
        fill(cls.store, cls.COUNT - cls.UNREADABLE, put)
        for number in range(cls.COUNT - cls.UNREADABLE, cls.COUNT):
            put(f"functions/{name_of(number)}/current.json", b"whoever reads this says so")

    def test_it_starts_soon_and_serves_each(self):
        server, took = self.start(self.store.url, {})
        refused = 'peko_store_refused_total{kind="record"}'
        self.assertNotIn(refused, server.metrics(), "no pointer is read at the start: some cannot be")
        self.check(server, took, self.COUNT, range(0, self.COUNT - self.UNREADABLE, 1 if FULL else 33))
        self.assertEqual(server.ask(name_of(self.COUNT - 1)).status, 500)
        self.assertEqual(server.metrics()[refused], 1, "and it would tell")

        Deployer(self.store).deploy("f1", "hello")
        begin = time.monotonic()
        while server.ask("f1").body != b"Hello, World!":
            self.assertLess(time.monotonic() - begin, 60)
        print(f"\n  a deploy among {self.COUNT} is live {time.monotonic() - begin:.2f} s after its end")
        server.stop()


class InABucket(Many, unittest.TestCase):
    COUNT = 2000 if FULL else 250

    def test_it_starts_soon_and_serves_each(self):
        store = Bucket()
        self.addCleanup(store.stop)
        store.drop = lambda name, _, component: store.put(f"functions/{name}.wasm", component)
        fill(store, self.COUNT, store.put)
        proxy = TroubleProxy(store.port)
        server, took = self.start(store.url_at(proxy.port), store.env)
        listings = [line for line in proxy.requests if "list-type=2" in line]
        read = [line for line in proxy.requests if line.startswith("GET") and line not in listings]
        self.assertEqual(read, [], "nothing is read at the start")
        self.assertGreater(len(listings), 0)
        self.check(server, took, self.COUNT, range(0, self.COUNT, 1 if FULL else 3))
        server.stop()


if __name__ == "__main__":
    main()
