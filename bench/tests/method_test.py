#!/usr/bin/env python3
"""How a case is measured: by servers of our own, which do what is planned. No peer and no peko_load."""

import contextlib
import os
import stat
import sys
import tempfile
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rig import load, method  # noqa: E402  (the folder is known only now)
from rig.client import Client  # noqa: E402
from rig.load import Load  # noqa: E402
from rig.machine import Missing, in_short  # noqa: E402
from rig.method import Bench, Contestant, Round  # noqa: E402
from rig.process import Server, on_cpu  # noqa: E402
from rig.result import Result  # noqa: E402
from rig.wait import until  # noqa: E402

SERVER = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # one write an answer
    def do_GET(self):
        sum(range(20_000)); {work}  # some CPU time, of which ticks see enough
        self.send_response(200); self.send_header("content-length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def server(work="body = b'hello'"):
    return Server([sys.executable, "-c", SERVER.replace("{work}", work), "{port}"], patience=20)


class InTurn(unittest.TestCase):
    """`turn` is a case of contestants that are names."""

    def turn(self, names, rounds, measure, subjects=()):
        result, seen = Result([], ""), []
        contestants = [Contestant(name, contextlib.nullcontext, name in subjects) for name in names]
        with Bench(rounds=rounds) as bench:
            started = bench.start(contestants, result)

            def one(contestant, _):
                seen.append(contestant.name)
                return measure(contestant.name)

            bench.in_turn(started, result, "testing", rounds, one)
        return result, "".join(seen)

    def test_each_round_begins_with_another_one(self):
        result, seen = self.turn("abc", 4, lambda name: Round({"figure": 1}))
        self.assertEqual(seen, "abc" "bca" "cab" "abc")
        self.assertEqual([len(row.rounds["figure"]) for row in result.rows], [4, 4, 4])

    def test_a_peer_that_fails_is_taken_out_and_named_and_the_others_go_on(self):
        failures = iter((Missing("it fell\nand broke"),))

        def measure(name):
            if name == "b" and seen_twice.append(name) is None and len(seen_twice) == 2:
                raise next(failures)
            return Round({"figure": 1})

        seen_twice = []
        result, seen = self.turn("abc", 3, measure)
        self.assertEqual(seen, "abc" "bca" "ac")
        self.assertEqual([row.name for row in result.rows], ["a", "c"])
        self.assertEqual(result.absent, [{"name": "b", "why": "it fell and broke"}])

    def test_whatever_a_peer_raises_the_case_goes_on(self):
        result, _ = self.turn("ab", 1, lambda name: Round({"figure": 1 / (name == "b")}))
        self.assertEqual([row.name for row in result.rows], ["b"])
        self.assertIn("ZeroDivisionError", result.absent[0]["why"])

    def test_our_own_failure_ends_it(self):
        with self.assertRaises(ZeroDivisionError):
            self.turn("ab", 1, lambda name: Round({"figure": 1 / (name == "b")}), subjects="a")

    def test_what_gives_no_round_is_not_counted(self):
        result, _ = self.turn("ab", 3, lambda name: None)
        self.assertEqual([row.as_json()["rounds"] for row in result.rows], [0, 0])

    def test_noise_of_a_round_marks_it(self):
        result, _ = self.turn("a", 2, lambda name: Round({"figure": 1}, noise="late"))
        self.assertTrue(all("late" in who for who in result.rows[0].as_json()["noisy"]))

    def test_a_server_that_is_taken_out_is_ended(self):
        result = Result([], "")
        with Bench(rounds=1) as bench:
            started = bench.start([Contestant("a", server), Contestant("b", server)], result)
            kept, gone = started[0][1], started[1][1]

            def measure(contestant, _):
                if contestant.name == "b":
                    raise Missing("no")
                return Round({})

            bench.in_turn(started, result, "testing", 1, measure)
            self.assertIsNone(kept.process.poll())
            self.assertIsNotNone(gone.process.poll())


class Compare(unittest.TestCase):
    """With the generator replaced: what it was told, and what it says of each."""

    def compare(self, contestants, outcome=None, **more):
        calls = []

        def run(self, on, rate=0, seconds=0, count=0, **_):
            calls.append((on.port, "warm" if count else "open" if rate else "closed", self.expect_bytes))
            with Client(on.port) as client:
                for _ in range(300):
                    client.ok(on.host)
            return {"answered": 300, "unanswered": 0, "failed": {}, "seconds": 0.5, "latencies": [1.0] * 30, "send_lag_us": {"p99": 5},
                    **(outcome or {})}

        with mock.patch.object(Load, "run", run), Bench(rounds=3, seconds=0.1) as bench:
            return bench.compare(contestants, Load(), "", columns=method.LOAD_COLUMNS, **more), calls

    def test_the_warm_up_is_not_counted_and_each_answer_has_the_length_of_the_first(self):
        result, calls = self.compare([Contestant("a", server, subject=True)])
        self.assertEqual([kind for _, kind, _ in calls], ["warm", *["closed"] * 4, *["open"] * 3])
        self.assertEqual({expected for _, _, expected in calls}, {5})
        row = result.rows[0]
        self.assertEqual((len(row.rounds["cpu_us"]), len(row.rounds["latency_us"])), (3, 3))
        self.assertEqual(row.median("p50_us"), 1)
        self.assertIsNone(row.median("p99_us"))
        self.assertGreater(row.median("busy"), 0)

    def test_who_answers_other_bytes_is_taken_out(self):
        other = Contestant("other", lambda: server("body = b'HELLO'"))
        excused = Contestant("excused", lambda: server("body = b'HELLO'"), work="loud")
        result, _ = self.compare([Contestant("a", server, subject=True), other, excused], latency=False)
        self.assertEqual([row.name for row in result.rows], ["a", "excused"])
        self.assertIn("is not that of a", result.absent[0]["why"])

    def test_a_generator_that_was_late_marks_the_round(self):
        late = {"send_lag_us": {"p99": load.LAG_MAX_US + 1}}
        result, _ = self.compare([Contestant("a", server, subject=True)], late)
        self.assertEqual(sum("late" in who for who in result.rows[0].as_json()["noisy"]), 3)

    def test_longer_rounds_are_made_where_little_is_missing_for_a_p99(self):
        self.assertEqual(method.latency_seconds(20_000, 5, 1), 1)
        self.assertAlmostEqual(method.latency_seconds(200, 5, 1), 1.3)
        self.assertAlmostEqual(method.latency_seconds(10, 5, 1), 2.2)  # 20 requests


class Generator(unittest.TestCase):
    """By a program that says what it is told to."""

    def run_load(self, said, status=0, **how):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "generator"
            file.write_text(f"#!/bin/sh\necho '{said}'\nexit {status}\n")
            file.chmod(file.stat().st_mode | stat.S_IXUSR)
            fake = mock.Mock(port=1, host="localhost", said=lambda: "last words")
            with mock.patch.object(load, "GENERATOR", file):
                return Load().run(fake, **how)

    def test_failures_are_told_with_the_last_words_of_the_server(self):
        for said, how in (('{"failed": {"status 500": 3}, "answered": 9, "unanswered": 0}', {"seconds": 1}),
                          ('{"failed": {"status 500": 3}, "answered": 9, "unanswered": 0}', {"rate": 5, "seconds": 1}),
                          ('{"failed": {}, "answered": 9, "unanswered": 1}', {"seconds": 1}),
                          ('{"failed": {}, "answered": 0, "unanswered": 0}', {"seconds": 1})):
            with self.assertRaisesRegex(Missing, "last words", msg=said):
                self.run_load(said, **how)

    def test_an_open_loop_may_have_unanswered_requests_and_failures_where_they_are_fine(self):
        self.assertEqual(self.run_load('{"failed": {}, "answered": 9, "unanswered": 1}', rate=5, seconds=1)["unanswered"], 1)
        found = self.run_load('{"failed": {"status 500": 3}, "answered": 9, "unanswered": 0}', rate=5, seconds=1, failures_fine=True)
        self.assertEqual(found["failed"], {"status 500": 3})

    def test_a_generator_that_fails_or_is_missing_is_told(self):
        with self.assertRaisesRegex(Missing, "the load failed: no"):
            self.run_load("no", status=1, seconds=1)
        with mock.patch.object(load, "GENERATOR", Path("/nowhere")), self.assertRaisesRegex(Missing, "make bench builds it"):
            Load().run(mock.Mock(port=1), seconds=1)


class Processes(unittest.TestCase):
    def test_children_count_also_after_their_end(self):
        spin = "import time; end = time.process_time() + 0.3\\nwhile time.process_time() < end: pass"
        work = f"import subprocess; subprocess.run([sys.executable, '-c', '''{spin}''']); body = b'x'"
        with server(work) as one, Client(one.port) as client:
            before, ns = one.cpu(), one.cpu_ns()
            client.ok(one.host)
            self.assertGreaterEqual(sum(one.cpu()) - sum(before), 0.25)
            self.assertGreater(one.cpu_ns(), ns)

    def test_living_children_of_threads_count(self):
        work = "import subprocess; subprocess.Popen(['sleep', '20']); body = b'x'"
        with server(work) as one, Client(one.port) as client:
            client.ok(one.host)
            pids = one.pids()
            self.assertEqual(len(pids), 2)
            self.assertGreater(one.memory()[0], 1 << 20)
            os.kill(pids[1], 9)

    def test_peak_memory_can_be_forgotten(self):
        with server("body = b'x' * (60 << 20) if self.path == '/big' else b'x'") as one, Client(one.port) as client:
            client.ok(one.host, path="/big")
            self.assertGreater(one.peak(), 60 << 20)
            client.ok(one.host)
            one.forget_peak()
            self.assertLess(one.peak(), 60 << 20)

    def test_one_that_dies_is_told_with_its_last_words(self):
        with self.assertRaisesRegex(Missing, "did not start:\nlast words"), Server(["sh", "-c", "echo last words; exit 3"]):
            pass
        with server("import os; print('last words', flush=True); os._exit(3)") as one:
            with Client(one.port) as client, self.assertRaisesRegex(Missing, "closed in a response"):
                client.ok(one.host)
            one.process.wait(20)
            for read in (one.cpu, one.cpu_ns, one.memory):
                with self.assertRaisesRegex(Missing, "ended with status 3:\nlast words"):
                    read()

    def test_no_cpu_time_is_an_error_and_no_figure(self):
        with self.assertRaisesRegex(Missing, "no CPU time"):
            method.cpu_figures((1, 1), (1, 1), {"answered": 5, "seconds": 1})

    def test_we_can_measure_on_one_cpu(self):
        allowed = os.sched_getaffinity(0)
        with on_cpu(min(allowed)):
            self.assertEqual(os.sched_getaffinity(0), {min(allowed)})
        self.assertEqual(os.sched_getaffinity(0), allowed)


class Asking(unittest.TestCase):
    """Client, by the library's server."""

    def setUp(self):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.path == "/late":
                    time.sleep(1)
                self.send_response(404 if self.path == "/no" else 200)
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                with contextlib.suppress(OSError):  # some clients do not wait
                    self.wfile.write(b"%x;a=b\r\n%s\r\n0\r\n\r\n" % (len(body), body))

            def log_message(self, *_):
                pass

        one = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=one.serve_forever, daemon=True).start()
        self.addCleanup(one.server_close)
        self.addCleanup(one.shutdown)
        self.port = one.server_port

    def test_an_answer_in_pieces_is_put_together(self):
        with Client(self.port) as client:
            for size in (10, 100_000):
                answer = client.ok("h", method="POST", body=b"x" * size)
                self.assertEqual((answer.status, answer.body), (200, b"x" * size))
                self.assertGreater(answer.milliseconds, 0)

    def test_another_status_is_told_or_given(self):
        with Client(self.port) as client:
            self.assertEqual(client.ask("h", path="/no", method="POST", body=b"why").status, 404)
            with self.assertRaisesRegex(Missing, "h answered 404: why"):
                client.ok("h", path="/no", method="POST", body=b"why")

    def test_no_answer_in_time_and_no_server_are_told(self):
        with Client(self.port, patience=0.1) as client, self.assertRaisesRegex(Missing, "did not answer"):
            client.ok("h", path="/late", method="POST", body=b"x")
        with self.assertRaisesRegex(Missing, "no connection to port 1"):
            Client(1)


class Waiting(unittest.TestCase):
    def test_it_ends(self):
        self.assertEqual(until(lambda: 7, "seven"), 7)
        with self.assertRaisesRegex(Missing, "rain: not within 0.01 s"):
            until(lambda: False, "rain", 0.01)

    def test_an_error_is_told_in_a_line(self):
        self.assertEqual(in_short(Missing("a\nb\nc\n")), "a c")
        self.assertEqual(in_short(ValueError("a")), "ValueError: a")


if __name__ == "__main__":
    unittest.main()
