#!/usr/bin/env python3
"""Friendly and hostile load in a loop against one `peko serve`: nothing lost among the friendly, memory and files flat.

SOAK_SECONDS says how long (default 3600), PEKO_BIN which binary. Friendly clients ask on kept connections and compare each answer with
the one that is right; hostile ones make every attack of e2e/hostile.py, send half requests, vanish. The first part of the time is
warm-up; after it the medians of resident memory and of open files at the beginning and at the end are compared, and in the later half
of the time a line is fitted through the memory, so that a slow leak shows. The series is printed. Exit status 1 on failure.
"""

import math
import os
import pathlib
import random
import re
import shutil
import statistics
import sys
import threading
import time
import traceback
import typing

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

import hostile  # noqa: E402
from client import Broken, Connection, chunk, head  # noqa: E402
from harness import ROOT, SANITIZED, Server, store  # noqa: E402

SECONDS = float(os.environ.get("SOAK_SECONDS") or 3600)
WARM_UP = 0.3  # of the time: instances, caches and allocators reach their sizes
FRIENDS, FOES = 3, 4
PAUSE = 0.002  # of a friend between two requests
SAMPLES = 200
# What memory may differ between the beginning and the end: allocators keep some, and instances of ssr-component have several MiB each.
MEMORY_BYTES, MEMORY_SHARE = 24 << 20, 0.1
# What memory may gain in the later half of the time, of a line through the samples, beyond twice the error of its slope: 4 MiB in half an
# hour would be a GiB in five days. A shorter run than LONG still warms up.
DRIFT_BYTES, LONG = 4 << 20, 1800
ROWS = 20  # of the printed series
FILES = 2 * (FRIENDS + FOES)  # connections come and go

GUESTS = ["hello", "hello-min", "echo", "echo-splice", "big", "reader", "trailers", "postwork", "sleep"]
BUILT = ["hello-c", "rest-api", "ssr-component"]


class Friend(threading.Thread):
    """Asks for what it knows the answer of."""

    def __init__(self, server, seed, end):
        super().__init__(daemon=True)
        self.server, self.random, self.end = server, random.Random(seed), end
        self.asked, self.lost, self.slowest = 0, [], 0.0

    def run(self):
        connection = self.server.connect()
        while time.monotonic() < self.end:
            number = self.random.randrange(1_000_000)
            begin = time.monotonic()
            try:
                self.ask_one(connection, number)
            except Exception:  # whatever it is, a friend's answer is lost
                self.lost.append(traceback.format_exc(limit=-2))
                connection.close()
                connection = self.server.connect()
            self.asked += 1
            self.slowest = max(self.slowest, time.monotonic() - begin)
            time.sleep(PAUSE)
        connection.close()

    def ask_one(self, connection, number):
        kind = number % 11
        if kind < 3:
            self.expect(connection.get(("hello", "hello-min", "hello-c")[kind] + ".localhost"), 200, b"Hello, World!" if kind < 2 else None)
        elif kind < 5:
            body = self.random.randbytes(self.random.randrange(50_000))  # what the kernel takes before anybody reads the answer
            connection.request("POST", ("echo", "echo-splice")[kind - 3] + ".localhost", "/", (), body)
            self.expect(connection.read_response(), 200, body)
        elif kind == 5:
            size = number % 300_000
            self.expect(connection.get("big.localhost", f"/{size}"), 200, (b"0123456789abcdef" * (size // 16 + 1))[:size])
        elif kind == 6:
            connection.request("POST", "reader.localhost", "/1000", (), b"r" * 3000)
            self.expect(connection.read_response(), 200, b"read: 1000\n")
        elif kind == 7:
            response = connection.get("trailers.localhost")
            self.expect(response, 200, b"trailers\n")
            assert response.trailers == [("x-guest", "trailers")], response.trailers
        elif kind == 8:
            self.expect(connection.get("postwork.localhost", "/spin/1"), 200, b"done\n")
        elif kind == 9:
            assert self.expect(connection.get("sleep.localhost", "/5"), 200).body.startswith(b"slept ns: ")
        elif number % 5:
            assert self.expect(connection.get("rest-api.localhost", "/todos?limit=1"), 200).body.startswith((b"[", b"{"))
        else:
            assert b"</html>" in self.expect(connection.get("ssr-component.localhost"), 200).body

    @staticmethod
    def expect(response, status, body=None):
        assert response.status == status and body in (None, response.body), repr(response)
        return response


class Foe(threading.Thread):
    """Attacks; an attack that ends otherwise than the table says counts."""

    def __init__(self, server, seed, end):
        super().__init__(daemon=True)
        self.server, self.random, self.end = server, random.Random(seed), end
        self.attacks, self.wrong = 0, []

    def run(self):
        while time.monotonic() < self.end:
            self.attacks += 1
            if self.random.random() < 0.2:
                self.vanish()
                continue
            attack = self.random.choice(hostile.ATTACKS)
            shown, identity = attack.make(self.server)
            if not attack.is_expected(shown):
                self.wrong.append(f"{attack}: {shown}, {self.logged(identity)}")

    def logged(self, identity):
        """What the server's log says of that request; at once, for Watch drops the lines."""
        try:
            return self.server.log("request", id=identity)
        except AssertionError:
            return f"nothing in the log of request {identity}"

    def vanish(self):
        """Half a request, or a whole one whose answer nobody waits for."""
        choose = self.random.choice
        try:
            with self.server.connect(timeout=1, receive_buffer=4096) as connection:
                bytes_out = head("POST", f"{choose(GUESTS)}.localhost", "/2000000", (), choose([None, 100_000, "chunked"]))
                bytes_out += chunk(b"v" * self.random.randrange(1, 20_000))
                connection.send(bytes_out[:self.random.randrange(1, len(bytes_out))])
                if self.random.random() < 0.5:
                    connection.fill()
                choose([connection.close, connection.reset])()
        except (Broken, OSError):
            pass  # no worse than it deserves


class Sample(typing.NamedTuple):
    """What is seen of the server `since` seconds after the begin. `instances`: bytes of all instances' memories, as the node counts."""

    since: float
    resident: int
    instances: int
    files: int


class Watch:
    """Samples of the server's memory and files; keeps the log short and counts what must not be in it."""

    def __init__(self, server):
        self.server, self.samples, self.internal = server, [], []
        self.admin = server.admin_port()  # told by the first lines, which look() drops

    def look(self, since):
        files = len(os.listdir(f"/proc/{self.server.process.pid}/fd"))
        self.samples.append(Sample(since, self.server.rss(), self.instances(), files))
        with self.server.changed:
            lines, self.server.lines[:] = list(self.server.lines), []
        self.internal += [line for line in lines if "PEKO-INTERNAL" in line]

    def instances(self):
        with Connection(self.admin) as connection:
            page = connection.get("localhost", "/metrics").body.decode()
        return int(re.search(r'^peko_memory_bytes{kind="instances"} (\d+)$', page, re.M)[1])

    def after(self, share):
        """The samples of the time after that share of it."""
        return [sample for sample in self.samples if sample.since >= SECONDS * share] or self.samples[-1:]

    def ends(self, column):
        """Medians of the first and the last quarter after the warm-up."""
        warm = [getattr(sample, column) for sample in self.after(WARM_UP)]
        quarter = max(1, len(warm) // 4)
        return statistics.median(warm[:quarter]), statistics.median(warm[-quarter:])

    def drift(self):
        """What resident memory gains in the later half by least squares, and twice the error of that; bytes."""
        later = self.after(0.5)
        if len(later) < 3:
            return 0.0, 0.0
        times, sizes = [sample.since for sample in later], [sample.resident for sample in later]
        slope, base = statistics.linear_regression(times, sizes)
        squares = sum((size - base - slope * at) ** 2 for at, size in zip(times, sizes))
        spread = sum((at - statistics.mean(times)) ** 2 for at in times)
        return slope * SECONDS / 2, 2 * math.sqrt(squares / (len(later) - 2) / spread) * SECONDS / 2

    def series(self):
        """ROWS lines of text: medians of as many parts of the time."""
        part = max(1, len(self.samples) // ROWS)
        yield f"{'seconds':>8} {'resident MiB':>13} {'of it instances':>16} {'open files':>11}"
        for at in range(0, len(self.samples), part):
            since, resident, instances, files = map(statistics.median, zip(*self.samples[at:at + part]))
            yield f"{since:8.0f} {resident / 2**20:13.1f} {instances / 2**20:16.1f} {files:11.0f}"


def start():
    folder = store({**dict.fromkeys(GUESTS, ""), **hostile.FUNCTIONS})
    for name in BUILT:
        built = ROOT / "build" / "samples" / f"{name}.wasm"
        if not built.is_file():
            sys.exit(f"soak: {built} is missing: make samples")
        shutil.copyfile(built, folder / "functions" / f"{name}.wasm")
    # Its instances grow by some 20 KB a request until they are retired at half of this; with the default that takes longer than a soak.
    (folder / "functions" / "ssr-component.toml").write_text("[limits]\nmemory_mb = 32\n")
    return Server("serve", "--code", folder, "--threads", "2", "--log", "json", "--admin", "127.0.0.1:0")


def main():
    server = start()
    begin = time.monotonic()
    end = begin + SECONDS
    friends = [Friend(server, seed, end) for seed in range(FRIENDS)]
    foes = [Foe(server, seed, end) for seed in range(100, 100 + FOES)]
    for client in friends + foes:
        client.start()
    watch = Watch(server)
    while (now := time.monotonic()) < end and server.process.poll() is None:
        watch.look(now - begin)
        time.sleep(min(SECONDS / SAMPLES, max(0, end - now)))
    for client in friends + foes:
        client.join(60)
    return report(server, watch, friends, foes)


def report(server, watch, friends, foes):
    (memory, memory_end), (files, files_end) = watch.ends("resident"), watch.ends("files")
    drift, error = watch.drift()
    print("\n".join(watch.series()))
    lost = [text for friend in friends for text in friend.lost]
    wrong = [text for foe in foes for text in foe.wrong]
    print(f"{SECONDS:.0f} s: {sum(friend.asked for friend in friends)} friendly requests, {len(lost)} lost, "
          f"slowest {max(friend.slowest for friend in friends):.2f} s; "
          f"{sum(foe.attacks for foe in foes)} attacks, {len(wrong)} ended otherwise")
    print(f"after {SECONDS * WARM_UP:.0f} s of warm-up: resident {memory / 2**20:.1f} MiB, at the end {memory_end / 2**20:.1f} MiB, "
          f"in the later half {drift / 2**20:+.1f} +- {error / 2**20:.1f} MiB; open files {files:.0f}, at the end {files_end:.0f}")
    failures = [f"lost: {text}" for text in lost[:5]] + [f"attack: {text}" for text in wrong[:10]]
    failures += [f"a bug in Peko: {line}" for line in watch.internal[:5]]
    if any(client.is_alive() for client in friends + foes):
        failures.append("a client still waits for an answer")
    if not SANITIZED and memory_end > memory * (1 + MEMORY_SHARE) + MEMORY_BYTES:
        failures.append("memory grew")
    if not SANITIZED and SECONDS >= LONG and drift - error > DRIFT_BYTES:
        failures.append("memory grows")
    if files_end > files + FILES:
        failures.append("open files grew")
    if server.process.poll() is None:
        try:
            server.stop()
        except AssertionError as error:
            failures.append(str(error))
    else:
        failures.append(f"the server ended with {server.process.poll()}:\n{server.tail()}")
    for failure in failures:
        print(f"FAIL: {failure}")
    if not failures:
        print("PASS")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
