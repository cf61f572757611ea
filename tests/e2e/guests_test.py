"""Every guest of tests/guests behaves as its line in that README says."""

import json
import re
import subprocess
import unittest

from client import Broken
from harness import Case, Server, main, store

ENVIRONMENT = '[env]\nGREETING = "hello"\nEMPTY = ""\n'
GOOD = ["hello", "hello-min", "echo", "echo-splice", "big", "reader", "headers", "trailers", "earlyhead", "postwork", "sleep", "fetch",
        "logger", "json-api"]
BAD = ["noresp", "trap", "midtrap", "memgrow", "stack", "exit", "wrong-length", "unknown-import", "no-handler"]


class Good(Case):
    FUNCTIONS = {**dict.fromkeys(GOOD, ""), "counter": ENVIRONMENT,
                 "counter-never": ("counter", '[instances]\nreuse = "never"\n')}

    def test_hello_says_hello(self):
        for name in ("hello", "hello-min"):
            response = self.ask(name)
            self.assertEqual((response.status, response.body), (200, b"Hello, World!"))
            self.assertRegex(response["peko-request-id"], r"^[0-9a-f-]{36}$")
        self.assertEqual(self.ask("hello")["content-length"], "13")
        self.assertIsNotNone(self.ask("hello")["content-type"])

    def test_echo_gives_back_the_same_bytes_at_any_length(self):
        data = bytes(range(256)) * 8193
        for name in ("echo", "echo-splice"):
            for length in (0, 1, 65535, 65536, 65537, len(data)):
                for body in (data[:length], [data[:length // 3], data[length // 3:length]]):
                    pieces = [piece for piece in body if piece] if isinstance(body, list) else body
                    response = self.ask(name, "/", "POST", [("content-type", "x/y")], pieces)
                    self.assertEqual((response.status, response.body == data[:length]), (200, True), (name, length))
        self.assertEqual(self.ask("echo", "/", "POST", [("content-type", "x/y")], b"z")["content-type"], "x/y")

    def test_big_has_as_many_bytes_as_asked_for(self):
        for length in (0, 1, 65536, 1234567):
            response = self.ask("big", f"/{length}")
            self.assertEqual((response.status, len(response.body)), (200, length))
            self.assertEqual(response.body, (b"0123456789abcdef" * (length // 16 + 1))[:length])

    def test_counter_counts_up_and_sees_only_the_environment_of_its_manifest(self):
        with self.server.connect() as connection:
            for count in (1, 2, 3, 4):
                lines = connection.get("counter.localhost").body.decode().splitlines()
                self.assertEqual(lines, [f"served: {count}", "EMPTY=", "GREETING=hello"], lines)

    def test_counter_starts_anew_when_reuse_is_never(self):
        for _ in range(3):
            response = self.ask("counter-never")
            self.assertEqual(response.body, b"served: 1\n")
        self.assertEqual(self.log_of(response)["reason"], "not-reusable")

    def test_logger_is_logged_with_function_and_request_id(self):
        response = self.ask("logger", "/some%20path")
        self.assertEqual(response.body, b"logged\n")
        for stream in ("stdout", "stderr"):
            line = self.server.log("guest", id=response["peko-request-id"], stream=stream)
            self.assertEqual((line["function"], line["msg"]), ("logger", f"{stream}: /some%20path"))

    def test_json_api_prices_an_order(self):
        items = [{"sku": "a", "quantity": 2, "price_cents": 100}, {"sku": "b", "quantity": 1, "price_cents": 500}]
        response = self.ask("json-api", "/", "POST", [], json.dumps({"customer": "c", "items": items}).encode())
        lines = [{"sku": "b", "quantity": 1, "total_cents": 500}, {"sku": "a", "quantity": 2, "total_cents": 200}]
        priced = {"customer": "c", "lines": lines, "net_cents": 700, "tax_cents": 133, "total_cents": 833}
        self.assertEqual(json.loads(response.body), priced)
        for wrong in (b"", b"{", b'{"customer": "c", "items": []}', b'{"customer": "c", "items": [{"sku": "a"}]}',
                      json.dumps({"customer": "c", "items": [items[0] | {"quantity": 10**18}]}).encode()):
            response = self.ask("json-api", "/", "POST", [], wrong)
            self.assertEqual((response.status, list(json.loads(response.body))), (400, ["error"]), wrong)

    def test_sleep_sleeps(self):
        slept = int(re.search(rb"slept ns: (\d+)", self.ask("sleep", "/50").body).group(1))
        self.assertGreaterEqual(slept, 50_000_000)

    def test_fetch_is_denied_while_nothing_is_allowed(self):
        for target in ("/127.0.0.1:1/", "/example.com/x", "/[::1]:80/"):
            response = self.ask("fetch", target)
            self.assertEqual((response.status, response.body), (502, b"error-code 15\n"), target)

    def test_reader_leaves_the_connection_in_step(self):
        for length in (1000, 60_000, 5_000_000):
            with self.server.connect() as connection:
                connection.send(b"POST /1000 HTTP/1.1\r\nhost: reader.localhost\r\ncontent-length: %d\r\n\r\n" % length)
                connection.send(b"GET /stolen HTTP/1.1\r\n\r\n".ljust(1000, b"x"))
                response = connection.read_response()
                self.assertEqual(response.body, b"read: 1000\n")
                if response["connection"] == "close":
                    continue
                try:
                    connection.send(b"x" * (length - 1000))
                    self.assertEqual(connection.get("hello.localhost").body, b"Hello, World!")
                except (Broken, ConnectionError):
                    self.assertGreater(length, 65536, "a small rest is discarded and the connection kept")
        self.assert_serves()

    def test_reader_answers_when_the_body_is_shorter_than_it_asks_for(self):
        self.assertEqual(self.ask("reader", "/1000", "POST", body=b"123").body, b"read: 3\n")

    def test_headers_shows_what_the_client_sent_and_nothing_of_the_hop(self):
        response = self.ask("headers", "/a%2Fb?c=d&e", "PATCH", [("X-Two", "1"), ("x-two", "2"), ("connection", "x-hop"), ("x-hop", "1"),
                                                                 ("te", "trailers"), ("cookie", "a=b; c=d")])
        lines = response.body.decode().splitlines()
        self.assertEqual(lines[:4], ["method: PATCH", "target: /a%2Fb?c=d&e", "scheme: http", "authority: headers.localhost"])
        self.assertEqual([line for line in lines[4:] if not line.startswith("host:")], ["x-two: 1", "x-two: 2", "cookie: a=b; c=d"])
        self.assertEqual(self.ask("headers", "/", "M-SEARCH").body.decode().splitlines()[0], "method: M-SEARCH")

    def test_trailers_go_both_ways(self):
        with self.server.connect() as connection:
            connection.send(b"POST / HTTP/1.1\r\nhost: trailers.localhost\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n"
                            b"3\r\nabc\r\n0\r\nx-sum: 42\r\nAuthorization: x\r\n\r\n")
            response = connection.read_response()
            self.assertEqual((response.status, response.body), (200, b"trailers\n"))
            self.assertEqual(sorted(response.trailers), [("x-guest", "trailers"), ("x-sum", "42")])
            self.assertEqual(connection.get("trailers.localhost").trailers, [("x-guest", "trailers")])

    def test_earlyhead_streams(self):
        with self.server.connect() as connection:
            connection.request("GET", "earlyhead.localhost", "/300")
            response = connection.read_head()
            self.assertEqual((response.status, connection.buffer), (200, b""))
            self.assertEqual(list(connection.body_pieces(response)), [b"early\n", b"late\n"])

    def test_postwork_answers_before_it_works(self):
        with self.server.connect() as connection:
            for target in ("/spin/20", "/sleep/20"):
                response = connection.get("postwork.localhost", target)
                self.assertEqual((response.status, response.body), (200, b"done\n"))
                self.assertGreaterEqual(self.log_of(response)["wall_ms"], 20)
        response = self.ask("postwork", "/trap")
        self.assertEqual((response.status, response.body), (200, b"done\n"))
        self.assertEqual(self.log_of(response)["code"], "PEKO-TRAP")
        self.assertEqual(self.log_of(self.ask("postwork", "/spin/1"))["reason"], "trap")


class Bad(Case):
    FUNCTIONS = dict.fromkeys(["hello", "exit", *BAD], "")

    def test_faults_have_their_code_and_cost_the_instance(self):
        for name, target, code in (("noresp", "/", "PEKO-NO-RESPONSE"), ("trap", "/", "PEKO-TRAP"), ("stack", "/", "PEKO-STACK"),
                                   ("exit", "/", "PEKO-EXIT"), ("exit", "/1", "PEKO-EXIT"), ("memgrow", "/trap", "PEKO-MEMORY")):
            with self.subTest(name=name, target=target):
                self.ask(name, target)
                response = self.ask(name, target)
                self.assert_fault(response, 500, code)
                entry = self.log_of(response)
                self.assertEqual((entry["function"], entry["status"], entry["code"]), (name, 500, code))
                self.assertTrue(entry["cold"], "the instance of the fault before was discarded")
        self.assert_serves()

    def test_a_trap_is_logged_with_kind_and_backtrace(self):
        response = self.ask("trap")
        self.assertIn("unreachable", self.log_of(response)["detail"])
        entry = self.server.log("trap", id=response["peko-request-id"])
        self.assertRegex(entry["backtrace"][0], r"handle|wasm function")

    def test_midtrap_is_a_broken_transfer(self):
        for version in ("1.1", "1.0"):
            for connection_field in ("keep-alive", "close"):
                with self.subTest(version=version, connection=connection_field), self.server.connect() as connection:
                    connection.send(f"GET / HTTP/{version}\r\nhost: midtrap.localhost\r\nconnection: {connection_field}\r\n\r\n".encode())
                    with self.assertRaises(Broken) as broken:
                        connection.read_response()
                    if version == "1.0":  # without framing only a reset tells
                        self.assertIn("reset", str(broken.exception))
        self.assert_serves()

    def test_curl_sees_midtrap_as_broken(self):
        for flags in ([], ["--http1.0"], ["-H", "connection: close"]):
            done = subprocess.run(["curl", "-sS", "-m", "20", "-o", "/dev/null", *flags, "-H", "host: midtrap.localhost",
                                   f"http://127.0.0.1:{self.server.port}/"], capture_output=True, text=True, check=False)
            self.assertIn(done.returncode, (18, 56), (flags, done))

    def test_memgrow_reaches_its_limit_and_answers(self):
        response = self.ask("memgrow")
        self.assertEqual(response.status, 200)
        pages = int(re.search(rb"pages: (\d+)", response.body).group(1))
        self.assertLessEqual(pages, 2048)
        self.assertGreater(pages, 2048 - 32)

    def test_exit_after_a_whole_response_leaves_the_response(self):
        response = self.ask("exit", "/late")
        self.assertEqual(response.status, 200)
        self.assertTrue(response.body)

    def test_wrong_length_is_a_broken_transfer(self):
        for target in ("/", "/long"):
            with self.subTest(target=target), self.server.connect() as connection:
                connection.request("GET", "wrong-length.localhost", target)
                try:
                    response = connection.read_response()
                except Broken as broken:
                    self.assertLessEqual(len(broken.received), 5)
                else:  # as long as it said, and nothing after it
                    self.assertEqual((target, response.body, connection.rest()), ("/long", b"12345", b""))
            entry = self.server.log("request", function="wrong-length", target=target)
            self.assertEqual((entry["code"], entry["aborted"]), ("PEKO-TRAP", True))
        self.assert_serves()

    def test_components_that_cannot_be_loaded_say_so_and_harm_nobody(self):
        for name, word in (("unknown-import", "foo:bar/baz@1.0.0"), ("no-handler", "wasi:http/incoming-handler")):
            self.assert_fault(self.ask(name), 500, "PEKO-BAD-COMPONENT")
            self.assertTrue(self.server.wait_line(lambda line, n=name, w=word: n in line and w in line, 5), (name, word))
        self.assert_serves()


class TextLog(unittest.TestCase):
    def test_lines_name_the_function_and_failures_the_request_for_people_too(self):
        server = Server("serve", "--code", store({"logger": "", "trap": ""}), "--threads", "1", "--log", "text")
        server.ask("logger", "/a")
        for stream in ("stdout", "stderr"):
            line = server.wait_line(lambda line, s=stream: f"{s}: /a" in line, 20)
            self.assertIsNotNone(line, server.tail())
            self.assertIn("logger", line)
        request = server.ask("trap")["peko-request-id"]
        line = server.wait_line(lambda line: "PEKO-TRAP" in line, 20)
        self.assertIn(request, line)
        server.stop()


if __name__ == "__main__":
    main()
