#!/usr/bin/env python3
"""peko_load against a server that misbehaves by plan: what it says must be what happened. PEKO_LOAD is the program."""

import array
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

STALL = 0.5  # seconds
HANG_UP = b"<and hangs up>"


class Peer:
    """A server on threads. `answer(number, head)` gives the bytes to send for a request; it accepts none for some seconds."""

    def __init__(self, test, answer, backlog=256, deaf_seconds=0):
        self.answer, self.heads, self.lock, self.deaf_seconds = answer, [], threading.Lock(), deaf_seconds
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=backlog)
        self.port = self.listener.getsockname()[1]
        test.addCleanup(self.listener.close)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        time.sleep(self.deaf_seconds)
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        got = b""
        with connection:
            while True:
                while b"\r\n\r\n" not in got:
                    try:
                        piece = connection.recv(65536)
                    except OSError:
                        return
                    if not piece:
                        return
                    got += piece
                head, got = got.split(b"\r\n\r\n", 1)
                with self.lock:
                    self.heads.append(head.decode())
                    number = len(self.heads)
                length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")), 0)
                while len(got) < length:
                    got += connection.recv(65536)
                got = got[length:]
                answer = self.answer(number, head)
                try:
                    connection.sendall(answer.removesuffix(HANG_UP))
                except OSError:
                    return
                if b"connection: close" in head or answer.endswith(HANG_UP):
                    return


OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Load(unittest.TestCase):
    def run_load(self, peer, *flags):
        command = [os.environ["PEKO_LOAD"], "--port", str(peer.port), *map(str, flags)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_it_asks_as_often_as_it_is_told(self):
        peer = Peer(self, lambda number, head: OK)
        said = self.run_load(peer, "--count", 100, "--connections", 5, "--path", "/a?b", "--field", "x-a: 1", "--host", "h")
        self.assertEqual((said["answered"], said["failed"], said["body_bytes"], said["dialled"]), (100, {}, 200, 5))
        self.assertEqual(len(peer.heads), 100)
        self.assertEqual(set(peer.heads), {"GET /a?b HTTP/1.1\r\nhost: h\r\nx-a: 1"})

    def test_a_stall_is_charged_to_all_that_it_delayed(self):
        """Open loop: a server that stops for half a second delays all requests that were due meanwhile, though only one of them
        is sent. A generator that waited with it would see one slow request in hundreds."""
        begin = []

        def stalls_once(number, head):
            begin.append(time.monotonic())
            if number == 100:
                time.sleep(STALL)
            return OK

        said = self.run_load(Peer(self, stalls_once), "--rate", 400, "--seconds", 1.5, "--connections", 1)
        self.assertEqual(said["unanswered"], 0)
        self.assertGreater(said["latency_us"]["max"], STALL * 1e6 * 0.9)
        self.assertGreater(said["latency_us"]["p90"], STALL * 1e6 * 0.2)
        self.assertLess(said["latency_us"]["p50"], STALL * 1e6)
        closed = self.run_load(Peer(self, stalls_once), "--count", 400, "--connections", 1)
        self.assertLess(closed["latency_us"]["p99"], STALL * 1e6 * 0.9)

    def test_what_is_never_answered_counts_as_long_as_it_waited(self):
        never = threading.Event()
        self.addCleanup(never.set)

        def hangs(number, head):
            if number > 10:
                never.wait(30)
            return OK

        said = self.run_load(Peer(self, hangs), "--rate", 100, "--seconds", 0.5, "--connections", 2)
        self.assertEqual(said["answered"], 10)
        self.assertGreater(said["unanswered"], 10)
        self.assertGreater(said["latency_us"]["p90"], 2e6)

    def test_connecting_is_no_part_of_a_latency(self):
        """Open loop: with so short a queue most connections are refused room at first, and the kernel tries again after a second."""
        peer = Peer(self, lambda number, head: OK, backlog=1, deaf_seconds=0.3)
        said = self.run_load(peer, "--rate", 200, "--seconds", 0.5, "--connections", 10, "--lead-in", 0)
        self.assertEqual((said["dialled"], said["unanswered"], said["failed"]), (10, 0, {}))
        self.assertLess(said["latency_us"]["max"], 0.5e6)

    def test_the_first_latencies_are_not_kept(self):
        kept = {}
        for lead_in in (None, 0, 5):
            with tempfile.NamedTemporaryFile() as file:
                flags = [] if lead_in is None else ["--lead-in", lead_in]
                said = self.run_load(Peer(self, lambda number, head: OK), "--rate", 500, "--seconds", 0.5, "--latencies", file.name, *flags)
                latencies = array.array("f", file.read())
            kept[lead_in] = len(latencies) / said["answered"]
            self.assertEqual(said["latency_us"].get("max"), max(latencies, default=None))
        self.assertEqual((kept[0], kept[5]), (1, 0))
        self.assertGreater(kept[None], 0.4)  # 0.3 of 0.5 seconds
        self.assertLess(kept[None], 0.8)

    def test_it_tells_when_it_was_late_itself(self):
        peer = Peer(self, lambda number, head: OK)
        command = [os.environ["PEKO_LOAD"], "--port", str(peer.port), "--rate", "200", "--seconds", "1.5", "--connections", "4"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as load:
            while not peer.heads:
                time.sleep(0.01)
            time.sleep(0.5)
            load.send_signal(signal.SIGSTOP)
            time.sleep(STALL)
            load.send_signal(signal.SIGCONT)
            said = json.loads(load.communicate(timeout=30)[0])
        self.assertGreater(said["send_lag_us"]["max"], STALL * 1e6 * 0.8)
        self.assertLess(said["send_lag_us"]["p50"], STALL * 1e6 * 0.2)

    def test_its_own_lateness_is_not_that_of_a_server_whose_connections_are_taken(self):
        def slow(number, head):
            time.sleep(0.1)
            return OK

        said = self.run_load(Peer(self, slow), "--rate", 100, "--seconds", 0.5, "--connections", 1)
        self.assertGreater(said["latency_us"]["p50"], 0.5e6)
        self.assertLess(said["send_lag_us"]["p50"], 0.1e6)

    def test_its_rate_does_not_depend_on_the_answers(self):
        said = self.run_load(Peer(self, lambda number, head: OK), "--rate", 500, "--seconds", 2, "--connections", 20)
        self.assertGreater(said["answered"], 850)  # 1,000 expected; a Poisson process varies by some 32
        self.assertLess(said["answered"], 1150)

    def test_failures_are_told_by_reason(self):
        def fails(number, head):
            return {1: b"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n", 2: b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nbad",
                    3: HANG_UP, 4: b"nonsense\r\n\r\n", 5: b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort" + HANG_UP}.get(number, OK)

        said = self.run_load(Peer(self, fails), "--count", 20, "--connections", 1, "--expect-bytes", 2)
        self.assertEqual(said["failed"]["status 503"], 1)
        self.assertEqual(said["failed"]["a body of 3 bytes"], 1)
        self.assertEqual(said["failed"]["connection lost"], 3)
        self.assertEqual(said["answered"], 15)

    def test_a_server_that_is_not_there_ends_it(self):
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = gone.getsockname()[1]
        done = subprocess.run([os.environ["PEKO_LOAD"], "--port", str(port), "--seconds", "30"], capture_output=True, text=True,
                              timeout=20, check=False)
        self.assertEqual(json.loads(done.stdout)["answered"], 0)

    def test_each_request_may_have_a_connection_of_its_own(self):
        peer = Peer(self, lambda number, head: OK)
        said = self.run_load(peer, "--count", 50, "--connections", 4, "--per-connection", 1, "--sources", 3)
        self.assertEqual((said["answered"], said["dialled"], said["failed"]), (50, 50, {}))
        self.assertTrue(all("connection: close" in head for head in peer.heads))

    def test_requests_may_be_pipelined(self):
        said = self.run_load(Peer(self, lambda number, head: OK), "--count", 200, "--connections", 2, "--pipeline", 16)
        self.assertEqual((said["answered"], said["failed"]), (200, {}))

    def test_bodies_come_back(self):
        body = b"b" * 300_000
        answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        said = self.run_load(Peer(self, lambda number, head: answer), "--count", 5, "--connections", 1, "--method", "POST",
                             "--body-bytes", len(body), "--expect-bytes", len(body))
        self.assertEqual((said["answered"], said["body_bytes"]), (5, 5 * len(body)))

    def test_popular_functions_are_asked_more(self):
        peer = Peer(self, lambda number, head: OK)
        self.run_load(peer, "--count", 2000, "--host", "f{}.test", "--hosts", 100, "--zipf", 1)
        first = sum("host: f0.test" in head for head in peer.heads)
        last = sum("host: f99.test" in head for head in peer.heads)
        self.assertGreater(first, 10 * max(1, last))  # 100 times as popular
        self.assertGreater(len(set(peer.heads)), 50)

    def test_wrong_usage_is_told(self):
        for flags in (["--port", "1"], ["--port", "1", "--seconds", "1", "--rate", "5", "--pipeline", "2"], ["--seconds", "1"]):
            done = subprocess.run([os.environ["PEKO_LOAD"], *flags], capture_output=True, text=True, check=False, timeout=20)
            self.assertNotEqual(done.returncode, 0, flags)
            self.assertTrue(done.stderr, flags)


if __name__ == "__main__":
    unittest.main()
