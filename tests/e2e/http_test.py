"""HTTP/1.1 on the wire: connections, pipelining, framing, and what smugglers try."""

import socket
import subprocess
import threading

from client import chunk, head
from harness import Case, main

GET = "GET / HTTP/1.1\r\nhost: hello.localhost\r\n"
POST = "POST / HTTP/1.1\r\nhost: echo.localhost\r\n"
STOLEN = "GET /smuggled HTTP/1.1\r\nhost: hello.localhost\r\n\r\n"

# What is refused: bytes, and the status of the only answer. Most are two messages to one reader and one to another.
REFUSED = {
    "both lengths": (POST + "content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" + STOLEN, 400),
    "both lengths, other order": (POST + "transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n" + STOLEN, 400),
    "two lengths": (POST + "content-length: 3\r\ncontent-length: 4\r\n\r\nabc" + STOLEN, 400),
    "length list": (POST + "content-length: 3, 4\r\n\r\nabc" + STOLEN, 400),
    "signed length": (POST + "content-length: +3\r\n\r\nabc" + STOLEN, 400),
    "negative length": (POST + "content-length: -1\r\n\r\n" + STOLEN, 400),
    "hex length": (POST + "content-length: 0x3\r\n\r\nabc" + STOLEN, 400),
    "huge length": (POST + "content-length: 99999999999999999999\r\n\r\n" + STOLEN, 400),
    "unknown coding": (POST + "transfer-encoding: gzip\r\n\r\n" + STOLEN, 501),
    "obscured coding": (POST + "transfer-encoding: xchunked\r\n\r\n0\r\n\r\n" + STOLEN, 501),
    "chunked not last": (POST + "transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n" + STOLEN, None),
    "chunked twice": (POST + "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" + STOLEN, 400),
    "coding in 1.0": (POST.replace("1.1", "1.0") + "transfer-encoding: chunked\r\n\r\n0\r\n\r\n" + STOLEN, 400),
    "space before colon": (POST + "content-length : 3\r\n\r\nabc" + STOLEN, 400),
    "folded field": (POST + "x: 1\r\n transfer-encoding: chunked\r\n\r\n" + STOLEN, 400),
    "bare LF": (GET + "x: 1\ncontent-length: 5\r\n\r\n" + STOLEN, 400),
    "bare CR": (GET + "x: 1\rcontent-length: 5\r\n\r\n" + STOLEN, 400),
    "NUL in a value": (GET + "x: \0\r\n\r\n" + STOLEN, 400),
    "two hosts": (GET + "host: echo.localhost\r\n\r\n" + STOLEN, 400),
    "no host": ("GET / HTTP/1.1\r\n\r\n" + STOLEN, 400),
    "space in the target": ("GET /a b HTTP/1.1\r\nhost: hello.localhost\r\n\r\n" + STOLEN, 400),
    "HTTP/0.9": ("GET /\r\n\r\n" + STOLEN, 400),
    "HTTP/2 preface": ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + STOLEN, 505),
    "CONNECT": ("CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n" + STOLEN, 501),
    "unknown expectation": (POST + "expect: tea\r\ncontent-length: 3\r\n\r\nabc" + STOLEN, 417),
}

# Chunks that are no chunks, after a good head.
BAD_CHUNKS = ["g\r\n", "-1\r\n", "0x3\r\nabc\r\n", "3 \r\nabc\r\n", "3\nabc\r\n", "3\r\nabcX\r\n", "ffffffffffffffffff\r\n",
              "3;a\rb\r\nabc\r\n",
              "0\r\nx y: 1\r\n\r\n"]


class Http(Case):
    FUNCTIONS = {"hello": "", "echo": "", "headers": 'routes = ["api.example.com/v1/*", "api.example.com/exact"]\n', "big": "",
                 "reader": "", "wrong-length": "", "sleep": 'routes = ["api.example.com/v1/sleep/*"]\n', "earlyhead": ""}

    def raw(self, data, shut=False):
        with self.server.connect() as connection:
            connection.send(data if isinstance(data, bytes) else data.encode("latin-1"))
            if shut:
                connection.socket.shutdown(socket.SHUT_WR)
            return connection.rest()

    def test_smuggling_gets_exactly_one_refusal_and_a_close(self):
        for name, (data, status) in REFUSED.items():
            with self.subTest(name):
                answer = self.raw(data)
                self.assertEqual(answer.count(b"HTTP/1.1 "), 1, answer)
                self.assertIn(int(answer.split()[1]), [status] if status else (400, 501), answer)
                self.assertIn(b"\r\npeko-error: PEKO-BAD-REQUEST\r\n", answer)
                self.assertIn(b"\r\nconnection: close\r\n", answer.lower())
        self.assert_serves()
        self.assertEqual([e for e in self.server.entries() if "smuggled" in e.get("target", "")], [])

    def test_bad_chunks_end_the_connection(self):
        for bad in BAD_CHUNKS:
            for name in ("reader", "echo"):
                with self.subTest(bad=bad, name=name):
                    answer = self.raw(POST.replace("echo", name) + "transfer-encoding: chunked\r\n\r\n" + bad + STOLEN)
                    self.assertLessEqual(answer.count(b"HTTP/1.1 "), 1, answer)
                    self.assertNotIn(b"Hello", answer)
        self.assertEqual([e for e in self.server.entries() if "smuggled" in e.get("target", "")], [])

    def test_connections_are_kept(self):
        with self.server.connect() as connection:
            for _ in range(10):
                self.assertIsNone(connection.get("hello.localhost")["connection"])
                connection.request("POST", "echo.localhost", body=b"abc")
                self.assertEqual(connection.read_response().body, b"abc")

    def test_pipelined_requests_are_answered_in_order(self):
        with self.server.connect() as connection:
            burst = b""
            for number in range(50):
                burst += head("POST", "echo.localhost", "/", (), 8) + b"%08d" % number
                burst += head("POST", "echo.localhost", "/", (), "chunked") + chunk(b"c%d" % number) + b"0\r\n\r\n"
                burst += head("GET", "sleep.localhost" if number % 25 == 0 else "hello.localhost", "/20")
            connection.send(burst)
            for number in range(50):
                self.assertEqual(connection.read_response().body, b"%08d" % number)
                self.assertEqual(connection.read_response().body, b"c%d" % number)
                self.assertEqual(connection.read_response().status, 200)

    def test_head_has_no_body(self):
        with self.server.connect() as connection:
            for name in ("hello", "big", "nobody"):
                connection.request("HEAD", f"{name}.localhost")
                response = connection.read_response("HEAD")
                self.assertEqual(response.status, 404 if name == "nobody" else 200)
            connection.request("HEAD", "wrong-length.localhost")  # says a length and writes less, as every answer to HEAD
            self.assertEqual(connection.read_response("HEAD")["content-length"], "100")
            self.assertEqual(connection.get("hello.localhost").body, b"Hello, World!")

    def test_http_1_0(self):
        answer = self.raw("GET / HTTP/1.0\r\nhost: big.localhost\r\n\r\n")
        self.assertNotIn(b"transfer-encoding", answer.lower())
        self.assertEqual(len(answer.split(b"\r\n\r\n", 1)[1]), 1 << 20)
        answer = self.raw("GET / HTTP/1.0\r\nhost: hello.localhost\r\nconnection: keep-alive\r\n\r\n", shut=True)
        self.assertTrue(answer.endswith(b"Hello, World!"))

    def test_connection_close_is_obeyed(self):
        answer = self.raw(GET + "connection: close\r\n\r\n" + STOLEN)
        self.assertEqual(answer.count(b"HTTP/1.1 "), 1)
        self.assertIn(b"\r\nconnection: close\r\n", answer.lower())

    def test_100_continue(self):
        with self.server.connect() as connection:
            connection.send(head("POST", "echo.localhost", "/", [("expect", "100-continue")], 3))
            self.assertEqual(connection.read_head().status, 100)
            connection.send(b"abc")
            self.assertEqual(connection.read_response().body, b"abc")
            connection.send(head("POST", "nobody.localhost", "/", [("expect", "100-continue")], 3))
            self.assertEqual(connection.read_head().status, 404)  # and no 100 before
        done = subprocess.run(["curl", "-sSf", "-m", "20", "-H", "expect: 100-continue", "-H", "host: echo.localhost",
                               "--data-binary", "curl",
                               f"http://127.0.0.1:{self.server.port}/"], capture_output=True, check=True)
        self.assertEqual(done.stdout, b"curl")

    def test_a_client_may_close_its_half_and_still_be_answered(self):
        self.assertTrue(self.raw(GET + "\r\n", shut=True).endswith(b"Hello, World!"))
        self.assertIn(b"slept ns", self.raw("GET /200 HTTP/1.1\r\nhost: sleep.localhost\r\n\r\n", shut=True))
        self.assertIn(b"abc", self.raw(POST + "content-length: 3\r\n\r\nabc", shut=True))

    def test_bytes_may_come_one_by_one(self):
        with self.server.connect() as connection:
            for byte in (POST + "transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + GET + "\r\n").encode():
                connection.send(bytes([byte]))
            self.assertEqual(connection.read_response().body, b"abc")
            self.assertEqual(connection.read_response().body, b"Hello, World!")

    def test_a_head_that_does_not_come_is_not_waited_for(self):
        with self.server.connect() as slow, self.server.connect() as silent:
            slow.send(b"GET / HTTP/1.1\r\nhost: hello.localhost\r\nx: ")
            stop = threading.Event()

            def drip():
                while not stop.wait(0.5):
                    try:
                        slow.send(b"y")
                    except OSError:
                        return

            thread = threading.Thread(target=drip)
            thread.start()
            answer = slow.rest()  # ends, although bytes keep coming
            stop.set()
            thread.join()
            self.assertIn(answer[:12], (b"HTTP/1.1 408", b""))
            self.assert_serves()
            self.assertEqual(silent.get("hello.localhost").status, 200)  # it had not begun, so it was waited for

    def test_hosts_choose_functions(self):
        for host in ("hello.localhost", "HELLO.LocalHost", "hello.localhost:3000", "hello.localhost.",
                     f"hello.localhost:{self.server.port}"):
            with self.server.connect() as connection:
                self.assertEqual(connection.get(host).body, b"Hello, World!", host)
        for host in ("nobody.localhost", "localhost", "hello.example.com", "hello", "xhello.localhost", "a.hello.localhost", "127.0.0.1"):
            with self.server.connect() as connection:
                self.assert_fault(connection.get(host), 404, "PEKO-NO-FUNCTION")

    def test_routes_choose_functions(self):
        with self.server.connect() as connection:
            for target, status, word in (("/v1/x", 200, b"method: GET"), ("/v1/sleep/5", 200, b"slept"), ("/exact", 200, b"method"),
                                         ("/exact?q", 200, b"method"), ("/exact/", 404, b"NO-FUNCTION"), ("/v2", 404, b"NO-FUNCTION")):
                response = connection.get("API.example.com:80", target)
                self.assertEqual((response.status, word in response.body), (status, True), (target, response))

    def test_an_absolute_target_wins_over_the_host_field(self):
        self.assertIn(b"Hello", self.raw("GET http://hello.localhost/ HTTP/1.1\r\nhost: big.localhost\r\nconnection: close\r\n\r\n"))

    def test_reserved_paths_are_pekos_on_every_host(self):
        for host in ("hello.localhost", "nobody.localhost", "127.0.0.1"):
            with self.server.connect() as connection:
                self.assertEqual((connection.get(host, "/.peko/health").body), b"ok\n")
                self.assert_fault(connection.get(host, "/.peko/other"), 404, "PEKO-NO-FUNCTION")
        self.assertEqual(self.ask("hello", "/.peko/health", "HEAD").status, 200)
        with self.server.connect() as connection:
            connection.request("POST", "hello.localhost", "/.peko/health", body=b"abc")
            self.assertEqual(connection.read_response().status, 200)
            self.assertEqual(connection.get("hello.localhost").body, b"Hello, World!")


class Default(Case):
    FUNCTIONS = {"hello": "", "headers": ""}
    FLAGS = ("--threads", "1", "--log", "json", "--default", "hello", "--domain", "fn.example.com")

    def test_the_default_answers_every_other_host(self):
        for host, word in (("headers.fn.example.com", b"method"), ("hello.localhost", b"Hello"), ("anything", b"Hello"),
                           ("[::1]:80", b"Hello")):
            with self.server.connect() as connection:
                self.assertIn(word, connection.get(host).body)
        with self.server.connect() as connection:
            connection.send(b"GET / HTTP/1.0\r\n\r\n")  # no host at all
            self.assertIn(b"Hello", connection.rest())


if __name__ == "__main__":
    main()
