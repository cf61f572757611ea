"""A node starts, drains and stops; what it compiled outlives it, and nothing else gets into its cache."""

import os
import signal
import subprocess
import time
import unittest

from client import Broken, head
from harness import PEKO, Server, environment, main, run, store, temporary_folder, until

FLAGS = ("--log", "json", "--threads")


class Stopping(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.store = store({"hello": "", "earlyhead": "", "sleep": "", "spin": "[limits]\ncpu_ms = 300000\nwall_ms = 0\n",
                           "postwork": "", "echo": ""})

    def start(self, *flags, threads=2):
        return Server("serve", "--code", self.store, *FLAGS, threads, *flags)

    def begin(self, server, name="earlyhead", target="/700"):
        """A request whose head has been answered."""
        connection = server.connect()
        connection.request("GET", f"{name}.localhost", target)
        return connection, connection.read_head()

    def refuses(self, server):
        try:
            server.connect().close()
        except (ConnectionRefusedError, ConnectionResetError):  # the latter while the listener closes
            return True
        return False

    def test_a_request_under_way_is_finished_and_nothing_new_is_begun(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                server = self.start()
                connection, response = self.begin(server)
                idle = server.connect()
                self.assertEqual(idle.get("hello.localhost").status, 200)
                server.signal(number)
                self.assertTrue(until(lambda s=server: self.refuses(s), 20), "it still accepts")
                self.assertEqual(idle.rest(), b"")  # an idle connection is closed cleanly
                connection.read_body(response)
                self.assertEqual(response.body, b"early\nlate\n")
                self.assertEqual(connection.rest(), b"")
                self.assertEqual(server.wait(), 0)

    def test_a_response_of_a_stopping_node_says_that_the_connection_closes(self):
        server = self.start(threads=1)
        connection = server.connect()
        connection.request("GET", "sleep.localhost", "/800")
        with server.connect() as other:
            other.get("hello.localhost")  # answered later on the same loop: the first has begun
        server.signal()
        response = connection.read_response()
        self.assertEqual((response.status, response["connection"]), (200, "close"))
        self.assertEqual(server.wait(), 0)

    def test_work_after_a_response_is_finished(self):
        server = self.start()
        response = server.ask("postwork", "/sleep/600")
        server.signal()
        entry = server.log("request", id=response["peko-request-id"])
        self.assertGreaterEqual(entry["wall_ms"], 600)
        self.assertNotIn("code", entry)
        self.assertEqual(server.wait(), 0)

    def test_the_second_signal_ends_it_at_once(self):
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            server = self.start()
            self.begin(server, target="/10000")
            server.signal(number)
            self.assertTrue(until(lambda s=server: self.refuses(s), 20))
            begin = time.monotonic()
            server.signal(number)
            self.assertEqual(server.wait(), status)
            self.assertLess(time.monotonic() - begin, 5)

    def test_what_does_not_end_in_time_is_cut_off_visibly(self):
        server = self.start("--drain-seconds", "1")
        connection, response = self.begin(server, target="/14000")
        spinner, unread = server.connect(), server.connect()
        spinner.request("GET", "spin.localhost")
        unread.send(head("POST", "echo.localhost", "/", (), 100_000_000) + b"x" * 100_000)
        unread.read_head()
        server.signal()
        with self.assertRaises(Broken):
            connection.read_body(response)
        self.assertEqual(server.wait(20), 0)
        with self.assertRaises(Exception):
            answer = spinner.read_response()
            self.assertEqual(answer.status, 200)  # an error is as good as a break

    def test_it_stops_under_load(self):
        server = self.start()
        connections = [server.connect() for _ in range(50)]
        for connection in connections:
            connection.send(head("GET", "hello.localhost") * 100)
        server.signal()
        self.assertEqual(server.wait(), 0)

    def test_a_signal_while_it_starts_ends_it(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            cache = temporary_folder()
            process = subprocess.Popen([PEKO, "serve", "--code", self.store, "--listen", "127.0.0.1:0", "--cache-dir", cache],
                                       env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.assertTrue(until(lambda c=cache: any(c.iterdir())))
            process.send_signal(number)
            self.assertIn(process.wait(20), (0, -number, 128 + number))

    def test_an_address_in_use_is_told_before_anything_is_compiled(self):
        server, cache = self.start(), temporary_folder()
        address = f"127.0.0.1:{server.port}"
        for command in (("serve", "--code", self.store), ("dev", self.store / "functions" / "hello.wasm")):
            status, out, err = run(*command, "--listen", address, "--cache-dir", cache)
            self.assertEqual(status, 1, err)
            self.assertIn(f"{address} is in use", out + err)
        self.assertEqual(list(cache.rglob("*.cwasm")), [])
        server.stop()
        again = Server("serve", "--code", self.store, *FLAGS, 2, listen=address)  # at once, in spite of TIME_WAIT
        self.assertEqual(again.ask("hello").status, 200)
        again.stop()


class Cache(unittest.TestCase):
    """Functions hello and counter, each test with a cache of its own."""

    def setUp(self):
        self.store, self.cache = store({"hello": "", "counter": ""}), temporary_folder() / "new" / "cache"

    def serve(self):
        """Starts, asks both functions, stops. Returns what the start said."""
        server = Server("serve", "--code", self.store, "--log", "text", "--threads", "1", cache=self.cache)
        self.assertEqual(server.ask("hello").body, b"Hello, World!")
        self.assertEqual(server.ask("counter").body, b"served: 1\n")
        server.stop()
        return "\n".join(server.lines)

    def artifacts(self):
        return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in self.cache.rglob("*.cwasm")}

    def test_the_second_start_compiles_nothing(self):
        self.assertEqual(self.serve().count("compiled in"), 2)
        before = self.artifacts()
        self.assertEqual(len(before), 2)
        said = self.serve()
        self.assertEqual((said.count("compiled in"), said.count("from the cache")), (0, 2), said)
        self.assertEqual(self.artifacts(), before)

    def test_the_cache_is_closed_to_others_and_clean(self):
        self.serve()
        for path in self.cache.rglob("*"):
            self.assertEqual(path.stat().st_mode & 0o077, 0, path)
            self.assertNotIn("compile-", path.name)

    def test_a_changed_component_is_compiled(self):
        self.serve()
        wasm = self.store / "functions" / "hello.wasm"
        wasm.write_bytes(wasm.read_bytes() + b"\x00\x03\x01x\x00")  # one more custom section
        self.assertEqual(self.serve().count("compiled in"), 1)

    def test_a_forged_artifact_is_refused_reported_and_replaced(self):
        def flip(path, other):
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 1
            path.write_bytes(data)

        def cut(path, other):
            os.truncate(path, path.stat().st_size - 1)

        def empty(path, other):
            os.truncate(path, 0)

        def exchange(path, other):
            path.write_bytes(other.read_bytes())

        def unsign(path, other):
            os.truncate(path, path.stat().st_size - 32)

        def forge_signature(path, other):
            path.write_bytes(path.read_bytes()[:-32] + b"\0" * 32)

        def open_to_all(path, other):
            path.chmod(0o666)

        def link(path, other):
            path.rename(path.with_suffix(".real"))
            path.symlink_to(path.with_suffix(".real"))

        self.serve()
        for attack in (flip, cut, empty, exchange, unsign, forge_signature, open_to_all, link):
            with self.subTest(attack.__name__):
                one, other = sorted(self.cache.rglob("*.cwasm"))
                attack(one, other)
                said = self.serve()
                self.assertIn("refused", said)
                self.assertIn(one.name, said)
                self.assertEqual((said.count("compiled in"), said.count("from the cache")), (1, 1), said)
                self.assertEqual(self.serve().count("from the cache"), 2)

    def test_several_processes_share_a_cache(self):
        processes = [subprocess.Popen([PEKO, "serve", "--code", self.store, "--listen", "127.0.0.1:0", "--log", "text", "--cache-dir",
                                       self.cache], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                     for _ in range(4)]
        said = [[] for _ in processes]
        for process, lines in zip(processes, said):
            for line in process.stdout:
                lines.append(line)
                if "listening on" in line:
                    break
            process.terminate()
            lines.append(process.communicate(timeout=60)[0])
        for process, lines in zip(processes, said):
            text = "".join(lines)
            self.assertEqual(process.returncode, 0, text)
            self.assertNotIn("failed", text)
            self.assertNotIn("refused", text)
        self.assertEqual(self.serve().count("from the cache"), 2)


if __name__ == "__main__":
    main()
