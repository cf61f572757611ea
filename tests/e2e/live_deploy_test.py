"""Deploys, a roll back, a dropped component and a removal while requests come all the time: none of them fails."""

import os
import time

from harness import PATIENCE, SANITIZED, Server, guest, main, until
from load import Load
from stores import Deployer, new_key, on_each_store, variant

FULL = os.environ.get("PEKO_E2E_FULL") == "1"
RATE = 200 if SANITIZED else 2000  # requests a second
LANES = 2
# Seconds from the end of a command until nobody gets the old state: the promise, for a machine that has nothing else to
# do; else generous.
LIVE = 2 if FULL else 15


class LiveDeploy:
    """The same on each kind of store."""

    def setUp(self):
        self.store = self.PROVIDER()
        self.addCleanup(self.store.stop)
        key = new_key()
        self.deployer = Deployer(self.store, key)
        self.deploy("live", "one")
        self.deploy("leaving", "leaving")
        self.drop("bystander", "counter")
        self.drop("swapped", "counter")
        self.server = Server("serve", "--code", self.store.url, "--threads", LANES, "--log", "json", "--key-file", key,
                             env=self.store.env)

    def deploy(self, name, greeting):
        """A version with code of its own, which answers with this greeting."""
        self.deployer.deploy(name, variant("counter", greeting), "--env", f"GREETING={greeting}")

    def drop(self, name, source):
        self.store.put(f"functions/{name}.wasm", guest(source).read_bytes())

    def text(self, name):
        response = self.server.ask(name)
        return response.body.decode() if response.status == 200 else str(response.status)

    def change(self, name, wanted, how):
        """Makes a change and waits until it is live; when it was made."""
        how()
        made = time.monotonic()
        self.assertTrue(until(lambda: wanted in self.text(name), PATIENCE), f"{name} does not become {wanted}: {self.text(name)}")
        return made

    def cold_starts(self):
        """(function, reason) -> how many."""
        found = {}
        for name, value in self.server.metrics().items():
            if name.startswith("peko_cold_starts_total{"):
                labels = dict(part.split("=") for part in name[name.index("{") + 1:-1].replace('"', "").split(","))
                found[labels["function"], labels["reason"]] = int(value)
        return found

    def started_on_each_loop(self, name):
        """Whether each loop has had an instance; asks once more, over a new connection, which may be any loop's."""
        self.assertEqual(self.server.ask(name).status, 200)
        return self.cold_starts().get((name, "first"), 0) == LANES

    def test_no_request_fails_and_each_change_is_live_soon(self):
        for name in ("live", "leaving", "bystander", "swapped"):
            self.assertTrue(until(lambda name=name: self.started_on_each_loop(name), PATIENCE), f"{name} runs on each loop")
        with Load(self.server.port, ["live", "bystander", "swapped", "leaving"], RATE) as load:
            time.sleep(1)  # of nothing but load, to compare with
            calm = self.cold_starts()
            two = self.change("live", "GREETING=two", lambda: self.deploy("live", "two"))
            back = self.change("live", "GREETING=one", lambda: self.deployer.peko("rollback", "live"))
            three = self.change("live", "GREETING=three", lambda: self.deploy("live", "three"))
            swapped = self.change("swapped", "Hello, World!", lambda: self.drop("swapped", "hello"))
            self.change("fresh", "served: ", lambda: self.drop("fresh", "counter"))
            gone = self.change("leaving", "404", lambda: self.deployer.peko("delete", "leaving", "--yes"))
            time.sleep(1)
        cold = self.cold_starts()
        print(f"\n{self.PROVIDER.__name__}: {load}")

        self.assertEqual(load.bad(allowed=[("leaving", 404)]), [])
        self.assertEqual(load.failed, 0)
        if not SANITIZED:
            self.assertGreater(load.per_second, RATE / 10, "there was load")

        live = {text.split("GREETING=")[1].strip(): seen for (_, text), seen in load.seen["live"].items()}
        self.assertEqual(set(live), {"one", "two", "three"})
        served, [(leaving, left), (gone_status, nobody)] = load.seen["swapped"], sorted(load.seen["leaving"].items())
        self.assertEqual((leaving[0], gone_status[0]), (200, 404))
        self.assertLess(left.last, nobody.last, "it stays away")
        took = {"deploy v2, first new answer": live["two"].first - two,
                "rollback, last old answer": live["two"].last - back,
                "deploy v3, last old answer": live["one"].last - three,
                "dropped component, last old answer": served[200, "served\n"].last - swapped,
                "delete, last old answer": left.last - gone}
        for what, seconds in took.items():
            print(f"  {what}: {seconds:+.2f} s after the end of the change")
            self.assertLess(seconds, LIVE, what)

        self.assertEqual({key: count for key, count in cold.items() if key[0] == "bystander" and key[1] != "scale-out"},
                         {key: count for key, count in calm.items() if key[0] == "bystander" and key[1] != "scale-out"})
        reasons = {reason for (name, reason) in cold if name in ("live", "swapped")}
        self.assertLessEqual(reasons, {"first", "new-version", "scale-out"})
        self.assertLessEqual(cold.get(("live", "new-version"), 0), 3 * LANES, "at most one for each loop and change")
        self.assertEqual(cold["live", "first"], calm["live", "first"], "what takes over is no first start")
        self.server.stop()


OnAFolder, OnABucket = on_each_store(LiveDeploy)


if __name__ == "__main__":
    main()
