"""Everything at once, at random: guests that fail, clients that vanish, broken HTTP. The node serves on and ends as usual."""

import random
import threading
import time
import unittest

from client import Broken, chunk, head
from harness import Server, main, store

SECONDS = 8
CLIENTS = 12
LIMITS = "[limits]\ncpu_ms = 40\nwall_ms = 600\nmemory_mb = 8\n"
NAMES = ["hello", "echo", "echo-splice", "big", "reader", "headers", "trailers", "earlyhead", "postwork", "sleep", "fetch",
         "logger", "noresp",
         "trap", "midtrap", "memgrow", "stack", "exit", "wrong-length", "counter", "spin", "unknown-import"]
TARGETS = ["/", "/1", "/20", "/200", "/100000", "/3000000", "/trap", "/late", "/long", "/spin/30", "/sleep/50", "/%00", "/?" + "q" * 3000]
SEED = 7


class Client(threading.Thread):
    """One hostile user; what it sees matters only when it asks hello politely."""

    def __init__(self, server, seed, end):
        super().__init__()
        self.server, self.random, self.end = server, random.Random(seed), end
        self.requests, self.polite, self.wrong = 0, 0, []

    def run(self):
        while time.monotonic() < self.end:
            self.requests += 1
            try:
                if self.random.random() < 0.2:
                    self.ask_politely()
                else:
                    self.misbehave()
            except (Broken, OSError, AssertionError, ValueError, IndexError):
                pass  # misbehaviour may be answered by anything but harm

    def ask_politely(self):
        try:
            response = self.server.ask("hello")
            if (response.status, response.body) != (200, b"Hello, World!"):
                self.wrong.append(response)
            self.polite += 1
        except (Broken, OSError) as error:
            self.wrong.append(error)

    def misbehave(self):
        choose = self.random.choice
        with self.server.connect(timeout=0.5, receive_buffer=choose([None, 4096])) as connection:
            for _ in range(self.random.randint(1, 4)):
                body = choose([None, 0, 5, 70_000, "chunked"])
                connection.send(self.mutate(head(choose(["GET", "POST", "HEAD", "PUT"]), f"{choose(NAMES)}.localhost", choose(TARGETS),
                                                 choose([(), [("expect", "100-continue")], [("connection", "close")]]), body)))
                if body == "chunked":
                    for _ in range(self.random.randint(0, 5)):
                        connection.send(self.mutate(chunk(b"y" * choose([1, 100, 40_000]))))
                    connection.send(self.mutate(b"0\r\n\r\n"))
                elif body:
                    connection.send(b"x" * self.random.randint(0, body) if self.random.random() < 0.3 else b"x" * body)
            reads = self.random.randint(0, 3)
            for _ in range(reads):
                connection.read_response()
            choose([connection.close, connection.reset, lambda: connection.socket.shutdown(1), connection.fill])()

    def mutate(self, data):
        """Mostly the same bytes, sometimes a few others."""
        if self.random.random() > 0.15:
            return data
        data = bytearray(data)
        for _ in range(self.random.randint(1, 3)):
            at = self.random.randrange(len(data))
            data[at:at + self.random.randint(0, 2)] = self.random.randbytes(self.random.randint(0, 2))
            if not data:
                break
        return bytes(data)


class Chaos(unittest.TestCase):
    def test_neighbours_are_served_through_chaos_and_the_node_ends_as_usual(self):
        for end_in_the_middle in (False, True):
            functions = store({name: "" if name == "hello" else LIMITS for name in NAMES})
            server = Server("serve", "--code", functions, "--threads", "2", "--log",
                            "json", "--drain-seconds", "5")
            seconds = 1 if end_in_the_middle else SECONDS
            clients = [Client(server, SEED + number, time.monotonic() + seconds + end_in_the_middle) for number in range(CLIENTS)]
            for client in clients:
                client.start()
            if end_in_the_middle:
                time.sleep(seconds)
                server.stop()
            for client in clients:
                client.join()
            print(f"{sum(client.requests for client in clients)} requests, {sum(client.polite for client in clients)} of them polite")
            self.assertGreater(sum(client.polite for client in clients), 0)
            if not end_in_the_middle:
                self.assertEqual([wrong for client in clients for wrong in client.wrong], [])
                self.assertEqual(server.ask("hello").body, b"Hello, World!")
                self.assertEqual([entry for entry in server.entries() if entry.get("code") == "PEKO-INTERNAL"], [])
                server.stop()


if __name__ == "__main__":
    main()
