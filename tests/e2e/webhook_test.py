"""Trouble is told to the operator's webhook: once, whole, to nobody else."""

import threading
import time
import unittest

from harness import Server, environment, main, run, store, until
from receiver import SECRET, Receiver

OVERLOADED = b"PEKO-OVERLOADED"


class Webhook(unittest.TestCase):
    def serve(self, url):
        return Server("serve", "--code", store({"sleep": "[limits]\nwall_ms = 0\n"}), "--threads", "1", "--instances", "1", "--log", "json",
                      env={"PEKO_ALERT_WEBHOOK": url})

    def overload(self, server):
        """Holds the only instance and asks for another until one is refused; how many were."""
        with server.connect() as holder:
            holder.request("GET", "sleep.localhost", "/4000")
            until(lambda: server.metrics()["peko_requests_in_flight"] >= 1)
            refused = sum(OVERLOADED in server.ask("sleep", "/1").body for _ in range(3))
            holder.read_response()
        self.assertGreater(refused, 0)
        self.assertGreaterEqual(server.metrics()["peko_unavailable_total"], refused)
        return refused

    def test_an_overload_is_told_once_and_tried_again_until_it_is_taken(self):
        with Receiver(statuses=[500, 503]) as receiver:
            server = self.serve(receiver.url)
            refused = self.overload(server)
            self.assertTrue(until(lambda: len(receiver.posts) == 3), receiver.posts)
            paths, types, messages = zip(*receiver.posts)
            self.assertEqual((set(paths), set(types)), ({f"/{SECRET}"}, {"application/json"}))
            message = messages[0]
            self.assertTrue(all(other == message for other in messages), messages)
            self.assertEqual((message["event"], message["state"]), ("unavailable", "firing"))
            self.assertIn(message["count"], range(1, refused + 1))
            self.assertRegex(message["since"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertTrue(message["node"].endswith(f":{server.port}"), message)
            self.assertIn("503", message["text"])

            begin = time.monotonic()
            while time.monotonic() - begin < 5:  # the alerts look each second
                self.overload(server)
            server.stop()
            self.assertEqual(len(receiver.posts), 3, "one message of a kind in five minutes")
            self.assertNotIn(SECRET, "\n".join(server.lines))

    def test_a_receiver_that_refuses_is_named_in_the_log_without_its_url(self):
        for status in (404, 302):
            with self.subTest(status=status), Receiver(statuses=[status]) as receiver:
                server = self.serve(receiver.url)
                self.overload(server)
                line = server.wait_line(lambda text: "could not be sent to alert_webhook" in text)
                self.assertIsNotNone(line)
                self.assertIn(f"status {status}", line)
                server.stop()
                self.assertEqual(len(receiver.posts), 1)
                self.assertNotIn(SECRET, "\n".join(server.lines))

    def test_a_node_stops_at_once_although_a_receiver_never_answers(self):
        with Receiver() as receiver:
            gate = threading.Event()
            receiver.server.RequestHandlerClass.do_POST = lambda handler: (receiver.posts.append(None), gate.wait())
            server = self.serve(receiver.url)
            self.overload(server)
            self.assertTrue(until(lambda: receiver.posts))
            begin = time.monotonic()
            server.stop()
            self.assertLess(time.monotonic() - begin, 10 / 2, "half of the time that a post may take")
            gate.set()

    def test_a_url_that_is_none_is_refused_without_being_shown(self):
        status, _, err = run("serve", "--code", store({}), env=environment(PEKO_ALERT_WEBHOOK=f"hooks.example/{SECRET}"))
        self.assertEqual(status, 2)
        self.assertIn("PEKO_ALERT_WEBHOOK", err)
        self.assertNotIn(SECRET, err)


if __name__ == "__main__":
    main()
