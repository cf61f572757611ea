"""A thousand guests that wait cost a thousand waits at once, not a thread each and not one after another."""

import selectors
import time

from client import head
from harness import SANITIZED, Case, main

COUNT = 100 if SANITIZED else 1000


class Sleepers(Case):
    FUNCTIONS = {"sleep": "", "hello": ""}
    FLAGS = ("--threads", "1", "--log", "off")

    def sleep_together(self, count):
        """`count` requests for one second of sleep at once: the seconds that all of them took."""
        connections = [self.server.connect() for _ in range(count)]
        with selectors.DefaultSelector() as selector:
            begin = time.monotonic()
            for connection in connections:
                connection.send(head("GET", "sleep.localhost", "/1000"))
                selector.register(connection.socket, selectors.EVENT_READ, connection)
            left = count
            while left:
                ready = selector.select(60)
                self.assertTrue(ready, f"{left} sleepers never answered")
                for key, _ in ready:
                    response = key.data.read_response()
                    self.assertEqual((response.status, response.body[:9]), (200, b"slept ns:"), response)
                    selector.unregister(key.data.socket)
                    left -= 1
            took = time.monotonic() - begin
        for connection in connections:
            connection.close()
        return took

    def test_a_thousand_sleepers_take_little_more_than_one_sleep(self):
        one = self.sleep_together(1)
        for temperature in ("cold", "warm"):
            took = self.sleep_together(COUNT)
            print(f"{COUNT} {temperature} sleepers: {took:.2f} s, one: {one:.2f} s")
            self.assertLess(took, 2.5 * one, temperature)


class Overload(Case):
    FUNCTIONS = {"sleep": "", "hello": ""}
    FLAGS = ("--threads", "1", "--log", "json", "--instances", "8", "--function-concurrency-max", "8", "--queue-max", "2")

    def test_more_than_the_instances_allowed_are_refused_at_once_and_only_they(self):
        connections = [self.server.connect() for _ in range(20)]
        for connection in connections:
            connection.request("GET", "sleep.localhost", "/3000")
        responses = []
        for connection in connections:
            with connection:
                responses.append(connection.read_response())
        refused = [response for response in responses if response.status == 503]
        self.assertEqual((len(refused), len(responses)), (12, 20), [response.status for response in responses])
        for response in refused:
            self.assert_fault(response, 503, "PEKO-OVERLOADED")
            self.assertEqual(response["retry-after"], "1")
        at_once = [response for response in refused if self.log_of(response)["wall_ms"] < 500]
        self.assertGreaterEqual(len(at_once), 11)  # one waited in vain
        self.assert_serves()  # an idle sleeper made room

    def test_functions_take_turns_when_there_are_more_than_instances(self):
        for _ in range(30):
            self.assert_serves()
            self.assertEqual(self.ask("sleep", "/0").status, 200)


if __name__ == "__main__":
    main()
