"""Where the time of a request went, for those who may know."""

import re
import unittest

from client import head
from harness import Server, guest, main, store

TOKEN = "0123456789abcdef0123456789abcdef"
ASKED = [("peko-timing", "1"), ("peko-admin-token", TOKEN)]
PHASE = re.compile(r"(\w+);dur=(\d+\.\d+)(?:;desc=([\w-]+))?")
FLAGS = ("--threads", "1", "--log", "json")


def phases(response):
    return {name: (float(time), reason) for name, time, reason in PHASE.findall(response["server-timing"])}


class ServerTiming(unittest.TestCase):
    def test_everybody_in_dev(self):
        server = Server("dev", guest("sleep"), *FLAGS)
        cold = server.ask("sleep", "/50")
        found = phases(cold)
        self.assertEqual(list(found), ["instantiate", "handler"])
        self.assertEqual(found["instantiate"][1], "first")
        self.assertGreater(found["instantiate"][0], 0)
        self.assertGreaterEqual(found["handler"][0], 50)
        wall = server.log("request", id=cold["peko-request-id"])["wall_ms"]
        self.assertLessEqual(sum(time for time, _ in found.values()), wall + 0.01)
        self.assertEqual(list(phases(server.ask("sleep", "/1"))), ["handler"], "a warm one was not made")
        server.stop()

    def test_the_operator_in_production(self):
        server = Server("serve", "--code", store({"hello": "", "headers": ""}), *FLAGS, env={"PEKO_ADMIN_TOKEN": TOKEN})
        self.assertIn("handler", phases(server.ask("hello", fields=ASKED)))
        for fields in ((), ASKED[:1], ASKED[1:], [ASKED[0], ("peko-admin-token", TOKEN[:-1])],
                       [ASKED[0], ("peko-admin-token", "")], [("peko-timing", "0"), ASKED[1]]):
            self.assertIsNone(server.ask("hello", fields=fields)["server-timing"], fields)
        seen = server.ask("headers", fields=[*ASKED, ("x-other", "kept"), ("peko-timing", "2")]).body.decode()
        self.assertNotIn(TOKEN, seen, "a function must not see the operator's secret")
        self.assertNotIn("peko-", seen)
        self.assertIn("x-other: kept", seen)
        self.assertFalse(any(TOKEN in line for line in server.lines))
        server.stop()

    def test_nobody_without_a_token(self):
        server = Server("serve", "--code", store({"hello": ""}), *FLAGS)
        for token in ("", TOKEN):
            self.assertIsNone(server.ask("hello", fields=[("peko-timing", "1"), ("peko-admin-token", token)])["server-timing"])
        server.stop()

    def test_waiting_for_an_instance_is_a_phase(self):
        server = Server("serve", "--code", store({"sleep": ""}), *FLAGS, "--instances", "1", env={"PEKO_ADMIN_TOKEN": TOKEN})
        connections = [server.connect(), server.connect()]
        for connection in connections:
            connection.send(head("GET", "sleep.localhost", "/300", ASKED))
        found = [phases(connection.read_response()) for connection in connections]
        waits = [times["queue"][0] for times in found if "queue" in times]
        self.assertEqual(len(waits), 1, "there is one instance")
        self.assertGreater(waits[0], 100)
        for connection in connections:
            connection.close()
        server.stop()


if __name__ == "__main__":
    main()
