"""What functions did, as the admin listener tells it: requests, logs, traps, `peko logs`."""

import json
import socket
import subprocess
import threading
import time
import unittest

from harness import PATIENCE, PEKO, Case, Server, environment, guest, main, run, store, temporary_folder, until

TOKEN = "0123456789abcdef"
HOSTILE = "</script><b>\x1b[31m\u202e\"'"


class Follower:
    """A GET /api/logs?follow=1. `lines`: the JSON objects so far."""

    def __init__(self, server, query="", fields=()):
        self.socket = socket.create_connection(("127.0.0.1", server.admin_port()))
        head = "".join(f"{name}: {value}\r\n" for name, value in fields)
        self.socket.sendall(f"GET /api/logs?follow=1{query} HTTP/1.1\r\nhost: localhost\r\n{head}\r\n".encode())
        self.text = ""
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while received := self.socket.recv(65536):
            self.text += received.decode()

    @property
    def lines(self):
        return [json.loads(line) for line in self.text.split("\n") if line.startswith("{") and line.rstrip("\r").endswith("}")]

    def wait(self, **expected):
        """The first line whose members equal `expected`."""
        def found():
            return next((line for line in self.lines if all(line.get(key) == value for key, value in expected.items())), None)
        line = until(found, 20)
        assert line, f"no line with {expected} in:\n{self.text[-3000:]}"
        return line

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.reader.join()
        self.socket.close()


class Inspected(Case):
    FUNCTIONS = {"hello": "", "logger": "", "backtrace": "", "trap": "", "spin": "[limits]\ncpu_ms = 50\n"}

    def api(self, target, **options):
        response = self.server.admin(target, **options)
        self.assertEqual(response.status, 200, response.body)
        return json.loads(response.body)

    def test_a_request_is_remembered_as_it_was_logged(self):
        response = self.ask("hello", "/a?b=c")
        logged = self.log_of(response)
        page = self.api(f"/api/requests/{response['peko-request-id']}")
        request = page["request"]
        self.assertEqual({**request, "peer": logged["peer"]}, logged)
        self.assertEqual(page["log"], [])
        self.assertIsNone(page["trap"])
        self.assertAlmostEqual(sum(phase["ms"] for phase in page["phases"]), request["wall_ms"], delta=0.01)
        self.assertIn("handler", [phase["name"] for phase in page["phases"]])
        listed = self.api("/api/requests?function=hello")["requests"]
        self.assertIn(request, listed)
        self.assertEqual({one["function"] for one in listed}, {"hello"})

    def test_lists_are_filtered_and_paged(self):
        ids = [self.ask("hello", f"/{i}")["peko-request-id"] for i in range(5)]
        failed = self.ask("spin")
        self.ask("nobody")
        ids_of = lambda query: [one["id"] for one in self.api(f"/api/requests?{query}")["requests"]]  # noqa: E731
        first = self.api("/api/requests?function=hello&limit=2")
        self.assertEqual([one["id"] for one in first["requests"]], ids[:2:-1])
        self.assertEqual(ids_of(f"function=hello&limit=2&before={first['next']}"), ids[2:0:-1])
        self.assertIn(failed["peko-request-id"], ids_of("errors=1"))
        self.assertIn(failed["peko-request-id"], ids_of("code=PEKO-CPU"))
        self.assertIn(failed["peko-request-id"], ids_of("status=5xx&function=spin"))
        self.assertNotIn(failed["peko-request-id"], ids_of("status=404"))
        unknown = self.api("/api/requests?status=404")["requests"][0]
        self.assertEqual(unknown["code"], "PEKO-NO-FUNCTION")
        self.assertNotIn("function", unknown)
        for bad in ("status=x", "limit=0", "functions=hello"):
            response = self.server.admin(f"/api/requests?{bad}")
            self.assertEqual(response.status, 400, bad)
            self.assertIn("error", json.loads(response.body))

    def test_a_failure_tells_where_and_what_was_printed(self):
        response = self.ask("backtrace", "/panic")
        page = until(lambda: (found := self.api(f"/api/requests/{response['peko-request-id']}"))["trap"] and found)
        self.assertEqual(page["request"]["code"], "PEKO-TRAP")
        self.assertIn("panicked at src/stock.rs:12:5", page["request"]["detail"])
        self.assertTrue(any("backtrace.c:" in frame for frame in page["trap"]["backtrace"]), page)
        self.assertIn("panicked at src/stock.rs:12:5", "".join(line["msg"] for line in page["log"]))

    def test_successes_do_not_push_failures_out(self):
        response = self.ask("trap")
        with self.server.connect() as connection:
            for _ in range(5000):
                connection.get("hello.localhost")
        self.assertIn(response["peko-request-id"], [one["id"] for one in self.api("/api/requests?errors=1&function=trap")["requests"]])
        self.assertLessEqual(len(self.api("/api/requests?function=hello&limit=1000")["requests"]), 1000)

    def test_unknown_requests_and_functions_say_so(self):
        self.assertEqual(self.server.admin("/api/requests/019e5b1c-7a2f-7c31-9d3a-2f0c5b7e8a10").status, 404)
        self.assertEqual(self.server.admin("/api/functions/nobody").status, 404)

    def test_a_function_shows_versions_instances_and_counts(self):
        for _ in range(3):
            self.ask("hello")
        function = until(lambda: (one := self.api("/api/functions/hello"))["warm_instances"] and one)
        self.assertGreaterEqual(function["requests"], 3)
        self.assertGreaterEqual(function["requests_lately"], 3)
        self.assertEqual(sum(version["idle"] for version in function["instances"]), function["warm_instances"])
        self.assertEqual(len(function["instances"][0]["component"]), 64)
        self.assertIn("first", function["cold_starts"])
        self.assertLessEqual(function["p50_ms"], function["p99_ms"])
        [listed] = self.api("/api/functions?q=hell")["functions"]
        self.assertEqual(listed["name"], "hello")

    def follow(self, *queries):
        """A follower each; nothing while others, who have gone, are still counted."""
        followers = [Follower(self.server, query) for query in queries]
        until(lambda: all("\r\n\r\n" in one.text for one in followers))
        if all("200 OK" in one.text for one in followers):
            return followers
        for one in followers:
            one.close()
        return None

    def test_followers_see_what_happens(self):
        everything, only = until(lambda: self.follow("&limit=0", "&limit=0&function=logger"))
        hello = self.ask("hello")["peko-request-id"]
        printed = self.ask("logger", "/said")["peko-request-id"]
        failed = self.ask("backtrace")["peko-request-id"]
        everything.wait(type="request", id=hello, status=200)
        everything.wait(type="guest", id=printed)
        everything.wait(type="trap", id=failed)
        only.wait(type="request", id=printed)
        time.sleep(0.5)
        self.assertEqual({line["function"] for line in only.lines}, {"logger"})
        kinds = [line["type"] for line in everything.lines if line["id"] == printed]
        self.assertEqual(kinds[-1], "request", "what was printed comes first")
        for follower in (everything, only):
            follower.close()

    def test_followers_are_few(self):
        followers = [Follower(self.server, "&limit=0") for _ in range(17)]
        until(lambda: all("\r\n\r\n" in one.text for one in followers))
        refused = [one for one in followers if "503 Service Unavailable" in one.text]
        self.assertGreater(len(refused), 0)
        self.assertIn("as many read the logs", refused[0].text)
        for one in followers:
            one.close()
        self.assertTrue(until(lambda: self.server.admin("/api/logs?limit=1").status == 200))

    def test_a_slow_reader_is_told_what_it_missed_and_harms_nobody(self):
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", self.server.admin_port()))
        slow.sendall(b"GET /api/logs?follow=1&limit=0&function=logger HTTP/1.1\r\nhost: localhost\r\n\r\n")
        self.assertIn(b"200 OK", slow.recv(1024))
        with self.server.connect() as connection:
            for i in range(3000):
                self.assertEqual(connection.get("logger.localhost", "/" + "x" * 7000).status, 200)
                if i % 20 == 0:
                    slow.recv(1024)  # slow, not gone
        slow.settimeout(20)
        received = b""
        while b'"type":"lost"' not in received:
            received = received[-100:] + slow.recv(1 << 16)
        slow.close()
        self.assert_serves()

    def test_other_sites_get_nothing(self):
        for fields in ([("origin", "http://evil.example")], [("sec-fetch-site", "cross-site")], [("sec-fetch-site", "same-site")]):
            self.assertEqual(self.server.admin("/api/logs", fields=fields).status, 403)
            self.assertEqual(self.server.admin("/api/requests", fields=fields).status, 403)
        self.assertEqual(self.server.admin("/api/requests", host="evil.example").status, 403)
        page = self.server.admin("/")
        self.assertEqual(page.status, 200)
        self.assertIn("script-src 'sha256-", page["content-security-policy"])


class Bounded(unittest.TestCase):
    def test_hostile_strings_stay_json(self):
        server = Server("serve", "--code", store({"logger": ""}), "--log", "json")
        printed = server.ask("logger", "/%3Cscript%3E")["peko-request-id"]
        with server.connect() as connection:
            connection.request("GET", "logger.localhost", "/", [("x-a", HOSTILE.encode("utf-8").decode("latin-1"))])
            connection.read_response()
        page = json.loads(server.admin(f"/api/requests/{printed}").body)
        self.assertEqual(page["request"]["target"], "/%3Cscript%3E")
        for line in server.admin("/api/logs").body.decode().splitlines():
            json.loads(line)
        server.stop()

    def test_settings_size_it_and_switch_it_off(self):
        folder = store({"hello": "", "logger": ""})
        small = Server("serve", "--code", folder, "--threads", "1", "--inspect-requests", "10", "--inspect-log-mb", "0")
        for _ in range(30):
            small.ask("hello")
        printed = small.ask("logger", "/said")["peko-request-id"]
        self.assertEqual(len(json.loads(small.admin("/api/requests").body)["requests"]), 10)
        self.assertEqual(json.loads(small.admin(f"/api/requests/{printed}").body)["log"], [])
        small.stop()
        off = Server("serve", "--code", folder, "--inspect-requests", "0")
        off.ask("hello")
        self.assertEqual(json.loads(off.admin("/api/requests").body), {"requests": []})
        off.stop()

    def test_a_thousand_functions_are_found_sorted_and_cheap(self):
        server = Server("serve", "--code", store({f"function-{i}": ("hello", "") for i in range(1000)} | {"broken": ("trap", "")}),
                        "--threads", "2", "--log", "off")
        with server.connect() as connection:
            for i in range(1000):
                self.assertEqual(connection.get(f"function-{i}.localhost").status, 200)
            for _ in range(3):
                connection.get("function-77.localhost")
        server.ask("broken")
        api = lambda query: json.loads(server.admin(f"/api/functions?{query}").body)  # noqa: E731
        recent = api("sort=recent&limit=3")
        self.assertEqual([one["name"] for one in recent["functions"]][:2], ["broken", "function-77"])
        self.assertEqual((recent["total"], recent["matching"]), (1001, 1001))
        self.assertEqual(api("q=function-99&limit=50")["matching"], 11)
        self.assertEqual([one["name"] for one in api("limit=2&offset=1")["functions"]], ["function-0", "function-1"])

        def timed(target):
            begin = time.perf_counter()
            response = server.admin(target)
            return time.perf_counter() - begin, len(response.body)

        page, everything = (min(timed(target) for _ in range(5)) for target in ("/api/functions?sort=recent&limit=50", "/api/functions"))
        print(f"\n50 of 1,001 functions, sorted: {page[0] * 1000:.1f} ms; all of them: {everything[0] * 1000:.1f} ms")
        self.assertLess(page[1] * 10, everything[1])
        server.stop()


class LogsCommand(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("serve", "--code", store({"hello": "", "logger": "", "backtrace": ""}), env={"PEKO_ADMIN_TOKEN": TOKEN})
        cls.admin = f"http://127.0.0.1:{cls.server.admin_port()}"
        cls.env = environment(PEKO_ADMIN_TOKEN=TOKEN)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def logs(self, *arguments, env=None):
        return run("logs", *arguments, "--admin", self.admin, env=env or self.env)

    def test_shows_what_was(self):
        request_id = self.server.ask("logger", "/said")["peko-request-id"]
        status, out, err = self.logs("logger")
        self.assertEqual((status, err), (0, ""))
        self.assertIn("stdout: /said", out)
        self.assertRegex(out, r"GET +200 /said")
        self.assertNotIn("\x1b", out)
        status, out, _ = self.logs("logger", "--json", "--lines", "2")
        self.assertEqual([json.loads(line)["function"] for line in out.splitlines()], ["logger", "logger"])
        status, out, _ = self.logs("--request", request_id)
        self.assertIn("handler", out)

    def test_shows_failures_with_their_places(self):
        request_id = self.server.ask("backtrace")["peko-request-id"]
        def shown():
            status, out, _ = self.logs("--errors", "--since", "10m")
            return status == 0 and request_id in out and "innermost at " in out
        self.assertTrue(until(shown))
        self.assertNotIn("logger", self.logs("--errors")[1])

    def test_says_what_is_wrong(self):
        for arguments, env, words in (
            (("nobody",), None, "has no function \"nobody\""),
            (("logegr",), None, "did you mean logger?"),
            ((), environment(), "PEKO_ADMIN_TOKEN"),
            (("--request", "019e5b1c"), None, "nothing is known of request"),
        ):
            status, out, err = self.logs(*arguments, env=env)
            self.assertEqual((status, out), (1, ""), arguments)
            self.assertIn(words, err)
            self.assertNotIn(TOKEN, err)
        status, _, err = run("logs", "--admin", "127.0.0.1:1")
        self.assertEqual(status, 1)
        self.assertIn("no node answers at http://127.0.0.1:1", err)

    def test_follows_and_ends_well_at_an_interrupt(self):
        following = subprocess.Popen([PEKO, "logs", "--follow", "--admin", self.admin], env=self.env, stdout=subprocess.PIPE, text=True)
        seen = []
        reader = threading.Thread(target=lambda: seen.extend(iter(following.stdout.readline, "")), daemon=True)
        reader.start()
        for target in ("/first", "/second"):
            self.server.ask("hello", target)
            self.assertTrue(until(lambda: any(target in line for line in seen)), seen)
        following.send_signal(2)
        self.assertEqual(following.wait(PATIENCE), 0)


    def test_ends_when_nobody_reads_any_more(self):
        for words in (("--follow",), ("--follow", "--json")):
            following = subprocess.Popen([PEKO, "logs", *words, "--admin", self.admin], env=self.env, stdout=subprocess.PIPE)
            self.addCleanup(following.kill)
            self.server.ask("hello", "/read")
            self.assertTrue(following.stdout.readline())
            following.stdout.close()
            self.assertEqual(following.wait(PATIENCE), 0)  # also when nothing happens: the node says each 5 s that it is there


class Reconnecting(unittest.TestCase):
    def test_a_follower_goes_on_with_the_node_that_comes_back(self):
        folder = store({"hello": ""})
        first = Server("serve", "--code", folder)
        port = first.admin_port()
        following = subprocess.Popen([PEKO, "logs", "hello", "--follow", "--admin", f"127.0.0.1:{port}"], env=environment(),
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        seen = []
        threading.Thread(target=lambda: seen.extend(iter(following.stdout.readline, "")), daemon=True).start()
        first.ask("hello", "/before")
        self.assertTrue(until(lambda: any("/before" in line for line in seen)), seen)
        first.stop()
        self.assertTrue(until(lambda: any("trying again" in line for line in seen)), seen)
        second = Server("serve", "--code", folder, env={"PEKO_ADMIN": f"127.0.0.1:{port}"})
        second.ask("hello", "/after")
        self.assertTrue(until(lambda: any("/after" in line for line in seen)), seen)
        self.assertEqual(sum("/before" in line for line in seen), 1)
        following.send_signal(15)
        self.assertEqual(following.wait(PATIENCE), 0)
        second.stop()


class Development(unittest.TestCase):
    def test_two_of_them_have_an_inspector_each(self):
        folder = temporary_folder()
        path = folder / "hello.wasm"
        path.write_bytes(guest("hello").read_bytes())
        env = {"PEKO_ADMIN": ""}  # an empty variable says nothing
        servers = [Server("dev", path, env=env), Server("dev", path, env=env)]
        self.assertNotEqual(servers[0].admin_port(), servers[1].admin_port())
        for server in servers:
            request_id = server.ask("hello")["peko-request-id"]
            self.assertEqual(server.admin(f"/api/requests/{request_id}").status, 200)
            server.stop()


if __name__ == "__main__":
    main()
