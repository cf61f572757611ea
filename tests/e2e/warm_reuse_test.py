"""Instances are kept and used again: many requests, few instances, flat memory. PEKO_E2E_FULL=1 asks a million times."""

import os

from client import head
from harness import SANITIZED, Case, main

COUNT = 1_000_000 if os.environ.get("PEKO_E2E_FULL") else 20_000 if SANITIZED else 200_000
DEPTH = 64
WARM_UP = 20_000
GROWTH_MAX = 4 << 20
LOOPS = 2


class WarmReuse(Case):
    FUNCTIONS = {"hello": "", "counter": ""}
    FLAGS = ("--threads", str(LOOPS), "--log", "off")

    def hammer(self, connection, count):
        """`count` requests to hello, DEPTH of them pipelined in one write."""
        burst = head("GET", "hello.localhost") * DEPTH
        for _ in range(count // DEPTH):
            connection.send(burst)
            ended = connection.buffer
            while ended.count(b"Hello, World!") < DEPTH:
                self.assertTrue(connection.fill(), "the server closed a kept connection")
                ended = connection.buffer
            self.assertEqual(ended.count(b"HTTP/1.1 200 "), DEPTH)
            connection.buffer = b""

    def test_memory_is_flat(self):
        connections = [self.server.connect() for _ in range(4)]
        for connection in connections:
            self.hammer(connection, WARM_UP // len(connections))
        before = self.server.rss()
        for _ in range(10):
            for connection in connections:
                self.hammer(connection, COUNT // len(connections) // 10)
        growth = self.server.rss() - before
        print(f"{COUNT} requests: memory grew by {growth >> 10} KiB of {before >> 20} MiB")
        for connection in connections:
            connection.close()
        if not SANITIZED:
            self.assertLess(growth, GROWTH_MAX)

    def test_memory_is_flat_over_short_connections(self):
        def knock(count):
            for _ in range(count):
                self.assert_serves()

        knock(500)
        before = self.server.rss()
        knock(300 if SANITIZED else 3000)
        if not SANITIZED:
            self.assertLess(self.server.rss() - before, GROWTH_MAX)

    def test_instances_are_bounded_by_what_runs_at_once(self):
        rounds, answers = 30, []
        connections = [self.server.connect() for _ in range(64)]
        for _ in range(rounds):
            for connection in connections:
                connection.request("GET", "counter.localhost")
            for connection in connections:
                answers.append(int(connection.read_response().body.split()[1]))
        for connection in connections:
            connection.close()
        # counter never waits: an instance a loop serves them all, and one more where a slice ended in the middle of a call: few on
        # a quiet machine, some on a busy one.
        instances = answers.count(1)
        self.assertLessEqual(instances, 8 * LOOPS)
        for count in range(1, max(answers) + 1):
            self.assertLessEqual(answers.count(count), instances)
        self.assertEqual(len(answers), rounds * 64)


if __name__ == "__main__":
    main()
