"""More requests than a node can take: they wait a little, in fair order, and the rest is refused early and cheaply."""

import collections
import selectors
import threading
import time

from client import head
from harness import Case, Server, main, store, until

WAIT = 1.0  # seconds that a request may wait for an instance


class Flood(Case):
    """`sleep` may run 4 calls at once and have 4 more wait; the node 8 and 8."""

    FUNCTIONS = {"sleep": "", "hello": "", "patient": ("sleep", ""), "hasty": ("sleep", "[limits]\nwall_ms = 100\n")}
    FLAGS = ("--threads", "1", "--log", "json", "--instances", "16", "--concurrency-max", "8", "--queue-max", "8")

    def together(self, requests):
        """Sends all at once: (name, milliseconds of sleep). Their responses with the seconds each took, in the same order."""
        connections, taken = [self.server.connect() for _ in requests], {}
        with selectors.DefaultSelector() as selector:
            begin = time.monotonic()
            for connection, (name, sleep) in zip(connections, requests):
                connection.send(head("GET", f"{name}.localhost", f"/{sleep}"))
                selector.register(connection.socket, selectors.EVENT_READ, connection)
            while len(taken) < len(requests):
                for key, _ in selector.select(60):
                    taken[key.data] = key.data.read_response(), time.monotonic() - begin
                    selector.unregister(key.data.socket)
        for connection in connections:
            connection.close()
        return [taken[connection] for connection in connections]

    def send(self, name, sleep, count):
        connections = [self.server.connect() for _ in range(count)]
        for connection in connections:
            # Ends its call, so that the next test finds room.
            self.addCleanup(lambda c=connection: c.socket.fileno() < 0 or c.reset())
            connection.send(head("GET", f"{name}.localhost", f"/{sleep}"))
        return connections

    def begin(self, name, sleep, count):
        """Sends as many requests and waits until no more of this function fit, not even in its queue."""
        connections = self.send(name, sleep, count)
        self.assertTrue(until(lambda: self.ask(name, "/0").status == 503))
        return connections

    def assert_overloaded(self, response):
        self.assert_fault(response, 503, "PEKO-OVERLOADED")
        self.assertEqual(response["retry-after"], "1")
        return self.log_of(response)

    def test_those_who_find_no_instance_wait_their_turn(self):
        answers = self.together([("sleep", 300)] * 8)
        self.assertEqual([response.status for response, _ in answers], [200] * 8)
        waits = sorted(self.log_of(response).get("queue_ms", 0) for response, _ in answers)
        self.assertEqual(waits[:4], [0] * 4)
        self.assertGreater(waits[4], 100)

    def test_beyond_the_queue_they_are_refused_at_once(self):
        answers = self.together([("sleep", 500)] * 20)
        refused = [response for response, _ in answers if response.status != 200]
        self.assertEqual(len(refused), 12, "four run and four wait")
        for response in refused:
            entry = self.assert_overloaded(response)
            self.assertIn("wait already", entry["detail"])
            self.assertLess(entry["wall_ms"], 300)
            self.assertEqual(entry["cpu_ms"], 0)

    def test_nobody_waits_for_longer_than_a_second(self):
        answers = self.together([("sleep", 3000)] * 8)
        refused = [response for response, _ in answers if response.status != 200]
        self.assertEqual(len(refused), 4)
        for response in refused:
            entry = self.assert_overloaded(response)
            self.assertGreaterEqual(entry["queue_ms"], WAIT * 1000)
            self.assertLess(entry["queue_ms"], 2 * WAIT * 1000)
            self.assertRegex(entry["detail"], r"waited \d+ ms")

    def test_nobody_waits_for_longer_than_the_wall_limit(self):
        answers = self.together([("hasty", 5000)] * 8)
        for response, _ in answers:
            self.assertIn(response["peko-error"], ("PEKO-WALL", "PEKO-OVERLOADED"))
            self.assertLess(self.log_of(response)["wall_ms"], 900)

    def test_a_flood_on_one_function_is_nothing_to_another(self):
        flood = self.begin("sleep", 3000, 30)
        answers = self.together([("patient", 100)] * 8)
        self.assertEqual([response.status for response, _ in answers], [200] * 8)
        for _ in range(50):
            response = self.ask("hello")
            self.assertEqual(response.status, 200)
            self.assertNotIn("queue_ms", self.log_of(response))
        statuses = collections.Counter(connection.read_response().status for connection in flood)
        self.assertEqual(statuses, {200: 4, 503: 26})

    def test_a_body_is_not_read_of_a_request_that_is_refused(self):
        self.begin("sleep", 5000, 8)
        with self.server.connect() as connection:
            connection.send(head("POST", "sleep.localhost", "/", [("expect", "100-continue")], 1 << 20))
            entry = self.assert_overloaded(connection.read_response())
            self.assertEqual(entry["bytes_in"], 0)

    def test_who_leaves_while_it_waits_takes_no_instance(self):
        busy = self.send("sleep", 601, 7)
        self.assertTrue(until(lambda: self.server.metrics()["peko_requests_in_flight"] == 7))
        leaver, = self.begin("sleep", 601, 1)  # one that waits, because it came last
        leaver.reset()
        entry = self.server.log("request", target="/601", client_gone=True)
        self.assertEqual(entry["cpu_ms"], 0)
        self.assertGreater(entry["queue_ms"], 0)
        self.assertEqual([connection.read_response().status for connection in busy], [200] * 7)


class ColdFlood(Case):
    """Many functions asked for the first time at once, more than there are instances."""

    COUNT = 60
    FUNCTIONS = {"hello": "", **{f"f{number}": ("hello", "") for number in range(COUNT)}}
    FLAGS = ("--threads", "2", "--log", "json", "--instances", "16")

    def test_all_are_served_and_the_neighbour_with_them(self):
        self.assert_serves()
        statuses, stop = collections.Counter(), threading.Event()

        def neighbour():
            with self.server.connect() as connection:
                while not stop.is_set():
                    statuses[connection.get("hello.localhost").status] += 1

        watching = threading.Thread(target=neighbour)
        watching.start()
        for _ in range(30):  # faster than a busy machine lets the reaper free what they evict
            connections = [self.server.connect() for _ in range(self.COUNT)]
            for number, connection in enumerate(connections):
                connection.send(head("GET", f"f{number}.localhost"))
            for connection in connections:
                response = connection.read_response()
                self.assertEqual((response.status, response.body), (200, b"Hello, World!"), response)
                connection.close()
        stop.set()
        watching.join()
        self.assertEqual(list(statuses), [200])


class MemoryBudget(Case):
    """Instances of some 8 MiB each, and 64 MiB for all."""

    FUNCTIONS = {"hello": "", "grown": ("memgrow", "[limits]\nmemory_mb = 8\n"),
                 **{f"big{number}": ("memgrow", "[limits]\nmemory_mb = 60\n") for number in range(3)}}
    FLAGS = ("--threads", "1", "--log", "json", "--memory-budget-mb", "64")

    def test_a_function_that_grows_gets_no_more_than_there_is_for_all(self):
        for number in range(3):
            for _ in range(3):
                self.assertEqual(self.ask(f"big{number}").status, 200)  # it is told that it cannot have more
        self.assert_serves()
        self.assertEqual(self.ask("grown").status, 200)

    def test_what_cannot_be_had_is_overload_and_not_the_functions_limit(self):
        folder = store({"hello": "", "big": ("memgrow", "[limits]\nmemory_mb = 60\n")})
        server = Server("serve", "--code", folder, "--threads", "1", "--log", "json", "--memory-budget-mb", "16")
        response = server.ask("big", "/trap")
        self.assertEqual((response.status, response["peko-error"]), (503, "PEKO-OVERLOADED"))
        self.assertIn("memory_budget_mb", server.log("request", id=response["peko-request-id"])["detail"])
        self.assertEqual(server.ask("hello").status, 200)
        server.stop()


if __name__ == "__main__":
    main()
