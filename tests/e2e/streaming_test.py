"""Bodies of any length flow in both directions through bounded memory, and stop when the client leaves."""

import hashlib
import subprocess
import threading

from client import Connection, chunk, head
from harness import SANITIZED, Case, main, temporary_folder, until

MIB = 1 << 20
LENGTH = 100 * MIB
GROWTH_MAX = 16 * MIB
PIECE = bytes(range(256)) * 256


def pieces(length=LENGTH):
    for _ in range(length // len(PIECE)):
        yield PIECE


def digest(parts):
    total, state = 0, hashlib.sha256()
    for part in parts:
        total += len(part)
        state.update(part)
    return total, state.hexdigest()


class Peak:
    """The most memory that the server had while the block ran, above what it had before."""

    def __init__(self, server):
        self.server, self.stopping, self.growth = server, threading.Event(), 0
        self.before = server.rss()
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        while not self.stopping.wait(0.02):
            self.growth = max(self.growth, self.server.rss() - self.before)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()


class Streaming(Case):
    FUNCTIONS = {"hello": "", "counter": "", "echo": '[limits]\ncpu_ms = 20000\nwall_ms = 120000\n',
                 "echo-splice": '[limits]\ncpu_ms = 20000\nwall_ms = 120000\n', "big": '[limits]\nwall_ms = 120000\ncpu_ms = 20000\n',
                 "earlyhead": "", "sleep": "", "reader": "", "keeper": "[limits]\nwall_ms = 2000\n",
                 "spin": "[limits]\ncpu_ms = 300000\nwall_ms = 0\n"}

    def setUp(self):
        for name in ("hello", "echo", "echo-splice", "big"):  # warm, so that growth is what bodies cost
            self.ask(name, "/1", "POST", body=b"x")

    def assert_bounded(self, peak):
        if not SANITIZED:  # a sanitizer keeps freed memory
            self.assertLess(peak.growth, GROWTH_MAX)

    def echo(self, name, body_length):
        with self.server.connect() as connection:
            def upload():
                connection.send(head("POST", f"{name}.localhost", "/", (), body_length))
                for piece in pieces():
                    connection.send(piece if body_length else chunk(piece))
                if not body_length:
                    connection.send(b"0\r\n\r\n")

            thread = threading.Thread(target=upload)
            thread.start()
            response = connection.read_head()
            self.assertEqual(response.status, 200)
            got = digest(connection.body_pieces(response))
            thread.join()
        return got

    def test_100_mib_are_echoed_in_bounded_memory(self):
        expected = digest(pieces())
        for name in ("echo", "echo-splice"):
            for length in (LENGTH, ""):
                with self.subTest(name=name, chunked=not length), Peak(self.server) as peak:
                    self.assertEqual(self.echo(name, length), expected)
                self.assert_bounded(peak)

    def test_curl_gets_its_file_back(self):
        folder = temporary_folder()
        with open(folder / "sent", "wb") as file:
            file.writelines(pieces())
        for flags in ([], ["-H", "transfer-encoding: chunked"]):
            with Peak(self.server) as peak:
                subprocess.run(["curl", "-sSf", "-m", "120", *flags, "-H", "host: echo.localhost", "-T", folder / "sent", "-o",
                                folder / "got", f"http://127.0.0.1:{self.server.port}/"], check=True)
            self.assertEqual((folder / "sent").read_bytes(), (folder / "got").read_bytes())
            self.assert_bounded(peak)

    def test_a_client_that_does_not_read_stops_the_guest(self):
        with Peak(self.server) as peak, Connection(self.server.port, receive_buffer=4096) as connection:
            connection.request("GET", "big.localhost", f"/{LENGTH}")
            response = connection.read_head()
            until(lambda: False, 1)
            used = self.server.cpu_seconds()
            until(lambda: False, 1)
            self.assertLess(self.server.cpu_seconds() - used, 0.2, "nobody turns in circles while the client waits")
            self.assert_serves()
            connection.socket.setsockopt(1, 8, MIB)
            self.assertEqual(sum(map(len, connection.body_pieces(response))), LENGTH)
        self.assert_bounded(peak)

    def test_many_clients_that_do_not_read_cost_little_each(self):
        connections = [Connection(self.server.port, receive_buffer=4096) for _ in range(20)]
        with Peak(self.server) as peak:
            for connection in connections:
                connection.request("GET", "big.localhost", f"/{LENGTH}")
                connection.read_head()
            until(lambda: False, 1)
            self.assert_serves()
        for connection in connections:
            connection.close()
        if not SANITIZED:
            self.assertLess(peak.growth, len(connections) * 2 * MIB)

    def test_a_client_that_writes_slowly_is_waited_for(self):
        with self.server.connect() as connection:
            connection.send(head("POST", "echo.localhost", "/", (), 10))
            for byte in b"0123456789":
                connection.send(bytes([byte]))
                self.assert_serves()
            self.assertEqual(connection.read_response().body, b"0123456789")

    def test_both_directions_flow_at_once(self):
        with self.server.connect() as connection:
            connection.send(head("POST", "echo.localhost", "/", (), "chunked"))
            connection.send(chunk(b"first"))
            response = connection.read_head()
            body = connection.body_pieces(response)
            self.assertEqual(next(body), b"first")
            for number in range(50):
                connection.send(chunk(b"piece %d" % number))
                self.assertEqual(next(body), b"piece %d" % number)
            connection.send(b"0\r\n\r\n")
            self.assertEqual(list(body), [])

    def test_a_guest_sees_that_an_upload_broke(self):
        for end in (b"zz\r\n", b"5\r\nabcdeXX", None):
            with self.subTest(end=end), self.server.connect() as connection:
                connection.send(head("POST", "reader.localhost", "/1000", (), "chunked") + chunk(b"begin"))
                if end is None:
                    connection.socket.shutdown(1)
                else:
                    connection.send(end)
                response = connection.read_response()
                self.assertIn(response.body, (b"read: 5\n", b"read: 10\n"))
                self.assertEqual((response["connection"], connection.rest()), ("close", b""))
        self.assert_serves()

    def abandoned(self, way, name, target, body=None):
        """Begins a request, leaves, and returns its line in the log, which must come soon."""
        connection, seen = self.server.connect(), len(self.server.entries())
        connection.send(head("POST", f"{name}.localhost", target, (), body))
        if body:
            connection.send(chunk(b"x" * 1000))
        if name in ("earlyhead", "big", "echo"):
            connection.read_head()
        else:
            self.assert_serves()  # by now the request has begun
        getattr(connection, way)()
        lines = until(lambda: [entry for entry in self.server.entries()[seen:] if entry.get("function") == name], 10)
        self.assertTrue(lines, "the request goes on without its client")
        return lines[0]

    def test_a_client_that_resets_ends_its_request_at_once(self):
        for name, target, body in (("sleep", "/10000", None), ("earlyhead", "/5000", None), ("big", f"/{LENGTH}", None),
                                   ("echo", "/", "chunked"), ("spin", "/", None)):
            with self.subTest(name=name):
                entry = self.abandoned("reset", name, target, body)
                self.assertTrue(entry.get("client_gone"), entry)
                self.assertLess(entry["wall_ms"], 4000)
        self.assert_serves()
        used = self.server.cpu_seconds()
        until(lambda: False, 1)
        self.assertLess(self.server.cpu_seconds() - used, 0.3, "no guest goes on after its client left")

    def test_a_client_that_closes_ends_its_request_with_the_next_byte(self):
        # Closing looks like the end of what the client sends; only what is sent to it then tells that nobody reads.
        for name, target, body in (("earlyhead", "/300", None), ("big", f"/{LENGTH}", None), ("echo", "/", "chunked")):
            with self.subTest(name=name):
                self.assertLess(self.abandoned("close", name, target, body)["bytes_out"], LENGTH // 2)
        self.assert_serves()

    def test_what_is_left_of_an_upload_ends_with_its_request(self):
        sent = b"s" * 2 * MIB  # long enough to be lent to the guest
        for kept, broken in (("/keep/0", True), ("/keep/100000", True), (f"/keep/{len(sent)}", False)):
            with self.subTest(kept=kept):
                self.assertEqual(self.ask("keeper", kept, "POST", body=sent).body, b"kept: " + kept[6:].encode())
                read = self.ask("keeper", "/read", "POST", body=sent)
                self.assertEqual(read.body, b"read: 0, error-code 7" if broken else b"read: 0, ended", "connection-terminated")
                self.assertFalse(self.log_of(read)["cold"], "another instance has no stream to read")

    def test_an_upload_that_is_answered_before_its_end_ends_with_its_request(self):
        with self.server.connect() as connection:
            connection.send(head("POST", "keeper.localhost", "/keep/5", (), "chunked") + chunk(b"begin"))
            self.assertEqual(connection.read_response().body, b"kept: 5")
            read = self.ask("keeper", "/read")
            self.assertEqual(read.body, b"read: 0, error-code 7", "connection-terminated")
            self.assertFalse(self.log_of(read)["cold"], "another instance has no stream to read")

    def test_abandoned_requests_leave_nothing_behind(self):
        def abandon():
            connection = self.server.connect()
            connection.send(head("POST", "echo.localhost", "/", (), LENGTH) + b"x" * 100_000)
            connection.read_head()
            connection.reset()

        for _ in range(200):
            abandon()
        until(lambda: False, 0.5)
        before = self.server.rss()
        for _ in range(1000):
            abandon()
        self.assert_serves()
        if not SANITIZED:
            self.assertLess(self.server.rss() - before, 4 * MIB)


if __name__ == "__main__":
    main()
