"""Limits hold, are named, and crossing one harms nobody else."""

import json
import threading

from client import Broken, chunk, head
from harness import Case, main


class Limits(Case):
    FUNCTIONS = {
        "hello": "", "echo": "", "spin": "[limits]\ncpu_ms = 100\n", "sleep": "[limits]\nwall_ms = 300\n",
        "earlyhead": "[limits]\nwall_ms = 400\n", "memgrow": "[limits]\nmemory_mb = 8\n", "stack": "", "noresp": "",
        "postwork": "[limits]\ncpu_ms = 50\nwall_ms = 500\n", "logger": "[limits]\nlog_kb = 1\n",
        "headers": "[limits]\nuri_bytes = 100\nrequest_headers_kb = 1\n",
        "small": ("echo", "[limits]\nrequest_body_mb = 1\n"), "none": ("reader", "[limits]\nrequest_body_mb = 0\n"),
        "busy": ("spin", "[limits]\ncpu_ms = 300000\nwall_ms = 300\n"),
        "patient": ("sleep", "[limits]\nwall_ms = 0\n"),
    }

    def setUp(self):
        """A neighbour asks all the while, and nothing ever goes wrong for it."""
        self.stopping, self.asked, self.wrong = threading.Event(), 0, []
        self.neighbour = threading.Thread(target=self.be_neighbour)
        self.neighbour.start()

    def be_neighbour(self):
        with self.server.connect() as connection:
            while not self.stopping.is_set():
                try:
                    response = connection.get("hello.localhost")
                    if (response.status, response.body) != (200, b"Hello, World!"):
                        raise AssertionError(response)
                    self.asked += 1
                except (Broken, OSError, AssertionError) as error:
                    self.wrong.append(error)
                    return
                self.stopping.wait(0.001)

    def tearDown(self):
        self.stopping.set()
        self.neighbour.join()
        self.assertEqual(self.wrong, [])
        self.assertGreater(self.asked, 0)

    def fault(self, response, status, code, setting):
        self.assert_fault(response, status, code)
        entry = self.log_of(response)
        self.assertEqual((entry["code"], entry["setting"]), (code, setting))
        return entry

    def test_cpu(self):
        for _ in range(3):
            entry = self.fault(self.ask("spin"), 500, "PEKO-CPU", "cpu_ms")
            self.assertGreaterEqual(entry["cpu_ms"], 100)
            self.assertLess(entry["cpu_ms"], 200)
            self.assertRegex(entry["detail"], r"used \d+ ms of 100 ms")

    def test_wall_time_before_the_head(self):
        entry = self.fault(self.ask("sleep", "/20000"), 504, "PEKO-WALL", "wall_ms")
        self.assertGreaterEqual(entry["wall_ms"], 300)
        self.assertLess(entry["wall_ms"], 3000)
        self.assertRegex(entry["detail"], r"used \d+ ms of 300 ms")
        self.assertEqual(self.ask("sleep", "/1").status, 200)
        self.fault(self.ask("busy"), 504, "PEKO-WALL", "wall_ms")  # also while it computes

    def test_wall_time_after_the_head_breaks_the_transfer(self):
        with self.server.connect() as connection:
            connection.request("GET", "earlyhead.localhost", "/300")
            response = connection.read_head()
            self.assertEqual(response.status, 200)
            with self.assertRaises(Broken):
                connection.read_body(response)
        entry = self.log_of(response)
        self.assertEqual((entry["code"], entry["aborted"]), ("PEKO-WALL", True))

    def test_wall_time_of_a_client_that_does_not_send(self):
        with self.server.connect() as connection:
            connection.send(head("POST", "sleep.localhost", "/5000", (), 1000))
            self.fault(connection.read_response(), 504, "PEKO-WALL", "wall_ms")

    def test_no_wall_limit(self):
        self.assertEqual(self.ask("patient", "/700").status, 200)

    def test_work_after_the_response_is_limited_too(self):
        for target, code in (("/spin/5000", "PEKO-CPU"), ("/sleep/5000", "PEKO-WALL")):
            response = self.ask("postwork", target)
            self.assertEqual((response.status, response.body), (200, b"done\n"))
            entry = self.log_of(response)
            self.assertEqual((entry["status"], entry["code"]), (200, code))
            self.assertLess(entry["wall_ms"], 4000)

    def test_memory(self):
        pages = int(self.ask("memgrow").body.split()[-1])
        self.assertLessEqual(pages, 128)
        self.assertGreater(pages, 100)
        entry = self.fault(self.ask("memgrow", "/trap"), 500, "PEKO-MEMORY", "memory_mb")
        self.assertRegex(entry["detail"], r"used [\d.]+ MiB of 8 MiB")
        self.assertLessEqual(entry["memory_bytes"], 8 << 20)

    def test_stack(self):
        self.fault(self.ask("stack"), 500, "PEKO-STACK", "stack_kb")

    def test_uri(self):
        self.assertEqual(self.ask("headers", "/" + "a" * 99).status, 200)
        entry = self.fault(self.ask("headers", "/" + "a" * 100), 414, "PEKO-URI", "uri_bytes")
        self.assertRegex(entry["detail"], r"101 .*100")
        self.assertEqual(self.ask("hello", "/" + "a" * 8191).status, 200)
        self.fault(self.ask("hello", "/" + "a" * 8192), 414, "PEKO-URI", "uri_bytes")

    def test_headers(self):
        self.assertEqual(self.ask("headers", fields=[("x", "y" * 900)]).status, 200)
        entry = self.fault(self.ask("headers", fields=[("x", "y" * 1100)]), 431, "PEKO-HEADERS", "request_headers_kb")
        self.assertRegex(entry["detail"], r"\d+ .*1024|1 KiB")
        self.assertEqual(self.ask("hello", fields=[("x", "y" * 120_000)]).status, 200)
        self.fault(self.ask("hello", fields=[("x", "y" * 140_000)]), 431, "PEKO-HEADERS", "request_headers_kb")
        self.assertEqual(self.ask("hello", fields=[("x", "y")] * 199).status, 200)  # host is the 200th
        self.fault(self.ask("hello", fields=[("x", "y")] * 200), 431, "PEKO-HEADERS", "request_headers_kb")

    def test_a_body_known_to_be_too_long_is_refused_before_it_is_sent(self):
        self.assertEqual(self.ask("small", "/", "POST", body=b"x" * (1 << 20)).status, 200)
        for length in ((1 << 20) + 1, 1 << 40, (1 << 63) - 1):
            with self.server.connect() as connection:
                connection.send(head("POST", "small.localhost", "/", [("expect", "100-continue")], length))
                entry = self.fault(connection.read_response(), 413, "PEKO-BODY", "request_body_mb")
                self.assertRegex(entry["detail"], rf"{length} .*1 MiB")

    def test_a_body_that_turns_out_too_long_is_refused_or_broken(self):
        def upload(connection):
            try:
                for _ in range(40):
                    connection.send(chunk(b"x" * 65536))
            except OSError:
                pass  # refused on the way

        with self.server.connect() as connection:
            connection.send(head("POST", "none.localhost", "/1000000", (), "chunked"))
            thread = threading.Thread(target=upload, args=(connection,))
            thread.start()
            self.fault(connection.read_response(), 413, "PEKO-BODY", "request_body_mb")
            thread.join()
        with self.server.connect() as connection:  # echo's head is out long before
            connection.send(head("POST", "small.localhost", "/", (), "chunked"))
            thread = threading.Thread(target=upload, args=(connection,))
            thread.start()
            with self.assertRaises(Broken):
                connection.read_response()
            thread.join()

    def test_log_lines(self):
        target = "/" + "x" * 1500
        response = self.ask("logger", target)
        self.assertEqual(response.status, 200)
        self.server.log("guest", id=response["peko-request-id"], stream="stderr",
                        msg="[the rest of this request's output is cut: over log_kb of the function's [limits]]")
        lines = [e for e in self.server.entries("guest") if e["id"] == response["peko-request-id"] and "is cut" not in e["msg"]]
        self.assertEqual(sum(len(line["msg"]) for line in lines), 1024)

    def test_error_answers_are_json_for_those_who_prefer_it(self):
        for accept, is_json in (("application/json", True), ("application/problem+json, */*", True),
                                ("text/plain,application/json;q=0.5", False), ("*/*", False)):
            response = self.ask("noresp", fields=[("accept", accept)])
            self.assert_fault(response, 500, "PEKO-NO-RESPONSE")
            self.assertEqual(response["content-type"].startswith("application/json"), is_json, accept)
            if is_json:
                answer = json.loads(response.body)
                self.assertEqual((answer["error"], answer["request_id"]), ("PEKO-NO-RESPONSE", response["peko-request-id"]))


if __name__ == "__main__":
    main()
