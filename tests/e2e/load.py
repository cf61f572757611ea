"""Steady load on functions of a server: a process of its own, so that what the test does does not slow it down.

    with Load(port, ["a", "b"], rate=2000) as load:
        ...
    load.seen["a"]     what it answered: (status, text) -> Seen(first, last, count), times of time.monotonic()
    load.failures      what broke, with when; load.per_second, load.slowest

Requests are sent when they are due, several on one connection without waiting (pipelining), whether or not those before
have been answered. The text of an answer is its body; the number that counter writes is left out.
"""

import collections
import json
import re
import selectors
import socket
import subprocess
import sys
import time

PATIENCE = 60  # seconds until the last answers must have come
SECONDS_UNANSWERED = 20  # of a request: then it has failed
TICK = 0.005
PIPELINED_MOST = 16
FAILURES_KEPT = 20

Seen = collections.namedtuple("Seen", "first last count")


class Load:
    """A context manager; what it saw is there when it has ended."""

    def __init__(self, port, functions, rate, connections=16):
        self.command = [sys.executable, "-B", __file__, str(port), str(rate), str(connections), *functions]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "running\n"
        return self

    def __exit__(self, *_):
        try:
            told = json.loads(self.process.communicate(timeout=PATIENCE)[0])
        finally:
            self.process.kill()
            self.process.wait()
        self.failures, self.failed = told["failures"], told["failed"]
        self.count, self.per_second, self.slowest = told["count"], told["per_second"], told["slowest"]
        self.seen = {name: {(status, text): Seen(*seen) for status, text, *seen in rows} for name, rows in told["seen"].items()}

    def bad(self, allowed=()):
        """What went wrong; `allowed`: (function, status) that are no failure."""
        wrong = list(self.failures)
        for name, rows in self.seen.items():
            wrong += [(name, status, text, seen) for (status, text), seen in rows.items()
                      if status != 200 and (name, status) not in allowed]
        return wrong

    def __str__(self):
        return f"{self.count} requests, {self.per_second:.0f} a second, the slowest took {self.slowest * 1000:.0f} ms"


class _Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.waiting = collections.deque()  # (function, when it was sent)
        self.unsent = b""
        self.received = b""

    def send(self, name, request):
        self.waiting.append((name, time.monotonic()))
        self.unsent += request

    def flush(self):
        if self.unsent:
            try:
                self.unsent = self.unsent[self.socket.send(self.unsent):]
            except BlockingIOError:
                pass

    def answers(self):
        """(status, body) of each whole response that has come; raises at the end of the stream."""
        try:
            data = self.socket.recv(1 << 18)
        except BlockingIOError:
            return
        if not data:
            raise ConnectionError("the connection was closed")
        self.received += data
        while (head_end := self.received.find(b"\r\n\r\n")) >= 0:
            head = self.received[:head_end].lower()
            begin = head_end + 4
            length = re.search(rb"\r\ncontent-length: (\d+)", head)
            if length:
                end = after = begin + int(length[1])
            else:  # chunked; no body here has that line in it
                last = b"0\r\n\r\n"
                end = begin if self.received.startswith(last, begin) else self.received.find(b"\r\n" + last, begin)
                after = end + len(last) + (0 if end == begin else 2)
            if end < 0 or after > len(self.received):
                return
            body = self.received[begin:end]
            if not length:
                body = b"".join(body.split(b"\r\n")[1::2])
            self.received = self.received[after:]
            yield int(head[9:12]), body


class _Generator:
    def __init__(self, port, rate, connections, names):
        self.port, self.rate, self.names = port, rate, names
        self.requests = {name: f"GET / HTTP/1.1\r\nhost: {name}.localhost\r\n\r\n".encode() for name in names}
        self.selector = selectors.DefaultSelector()
        self.connections = [self.connect() for _ in range(connections)]
        self.selector.register(sys.stdin, selectors.EVENT_READ)
        self.seen = {name: {} for name in names}
        self.failures, self.failed, self.sent, self.answered, self.slowest = [], 0, 0, 0, 0.0

    def connect(self):
        connection = _Connection(self.port)
        self.selector.register(connection.socket, selectors.EVENT_READ, connection)
        return connection

    def fail(self, connection, why):
        now = time.monotonic()
        for name, sent in connection.waiting:
            self.failed += 1
            self.failures.append((name, str(why), f"sent {now - sent:.3f} s before", now))
        del self.failures[FAILURES_KEPT:]
        self.selector.unregister(connection.socket)
        connection.socket.close()
        at = self.connections.index(connection)
        try:
            self.connections[at] = self.connect()
        except OSError:  # nobody listens any more
            del self.connections[at]

    def take(self, connection):
        try:
            for status, body in connection.answers():
                name, sent = connection.waiting.popleft()
                now = time.monotonic()
                text = re.sub(rb"served: \d+", b"served", body).decode("latin-1")
                first, _, count = self.seen[name].get((status, text), (now, now, 0))
                self.seen[name][status, text] = (first, now, count + 1)
                self.slowest = max(self.slowest, now - sent)
                self.answered += 1
        except OSError as error:
            self.fail(connection, error)

    def send_due(self, due):
        free = [connection for connection in self.connections if len(connection.waiting) < PIPELINED_MOST]
        for _ in range(min(due, len(free) * PIPELINED_MOST)):
            connection = free[self.sent % len(free)]
            if len(connection.waiting) >= PIPELINED_MOST:
                break
            name = self.names[self.sent % len(self.names)]
            connection.send(name, self.requests[name])
            self.sent += 1

    def run(self):
        begin, running, end = time.monotonic(), True, None
        sent_of_pause = 0  # what could not be sent in time is left out, not made up for
        while running or any(connection.waiting for connection in self.connections):
            now = time.monotonic()
            if running:
                due = int((now - begin) * self.rate) - self.sent - sent_of_pause
                before = self.sent
                self.send_due(due)
                sent_of_pause += max(0, due - (self.sent - before))
            elif now - end > SECONDS_UNANSWERED:
                for connection in list(self.connections):
                    self.fail(connection, "no answer")
                break
            for connection in list(self.connections):
                try:
                    connection.flush()
                    if connection.waiting and now - connection.waiting[0][1] > SECONDS_UNANSWERED:
                        self.fail(connection, "no answer")
                except OSError as error:
                    self.fail(connection, error)
            for key, _ in self.selector.select(TICK):
                if key.data is not None:
                    self.take(key.data)
                else:  # the test ends it
                    self.selector.unregister(sys.stdin)
                    running, end = False, time.monotonic()
        return {"seen": {name: [(*key, *value) for key, value in rows.items()] for name, rows in self.seen.items()},
                "failures": self.failures, "failed": self.failed, "count": self.answered, "slowest": self.slowest,
                "per_second": self.answered / (end - begin)}


if __name__ == "__main__":
    generator = _Generator(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
    print("running", flush=True)
    print(json.dumps(generator.run()))
