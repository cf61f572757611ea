"""What happens in a code store reaches a running node: changes, removals, damage, outages; and nothing of it reaches users."""

import hashlib
import json
import os
import threading
import time
import unittest

from client import Broken
from harness import Case, Server, guest, main, store, temporary_folder, until
from stores import variant

FLAGS = ("--threads", "2", "--log", "json", "--check-interval-ms", "100")
LIVE = 10  # seconds; the promise is 2 s, on a machine that has nothing else to do


def put(path, data):
    """Writes as a careful person does: a reader sees the old file or the new one."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(data)
    fresh.rename(path)


class Load:
    """Asks a function all the time; what it answers and what went wrong."""

    def __init__(self, server, name, connections=4):
        self.server, self.name, self.answers, self.failures = server, name, [], []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._run) for _ in range(connections)]
        for thread in self.threads:
            thread.start()

    def _run(self):
        with self.server.connect() as connection:
            while not self.stopping.is_set():
                try:
                    response = connection.get(f"{self.name}.localhost")
                except Broken as error:
                    self.failures.append(error)
                    return
                (self.answers if response.status == 200 else self.failures).append(response)

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        return len(self.answers)


class Dropped(Case):
    """Components that are dropped into functions/, replaced and removed."""

    FUNCTIONS = {"hello": ""}
    FLAGS = FLAGS

    @classmethod
    def setUpClass(cls):
        cls.store = store(cls.FUNCTIONS)
        cls.folder = cls.store / "functions"
        cls.server = Server("serve", "--code", cls.store, *cls.FLAGS)

    def body(self, name):
        return self.ask(name).body

    def drop(self, name, source, settings=None):
        if settings is not None:
            put(self.folder / f"{name}.toml", settings.encode())
        put(self.folder / f"{name}.wasm", source if isinstance(source, bytes) else guest(source).read_bytes())

    def remove(self, name):
        for path in self.folder.glob(f"{name}.*"):
            path.unlink()

    def test_a_new_one_is_live_at_once(self):
        self.assertEqual(self.ask("fresh").status, 404)
        self.drop("fresh", "counter")
        self.assertTrue(until(lambda: self.ask("fresh").status == 200, LIVE))
        self.assertTrue(self.body("fresh").startswith(b"served: "))

    def test_a_replaced_one_goes_live_and_no_request_fails(self):
        self.drop("swap", "hello")
        self.assertTrue(until(lambda: self.body("swap") == b"Hello, World!", LIVE))
        load = Load(self.server, "swap")
        for source, answer in (("counter", b"served: "), ("hello", b"Hello, World!"), ("counter", b"served: ")):
            self.drop("swap", source)
            self.assertTrue(until(lambda a=answer: self.body("swap").startswith(a), LIVE))
        self.assertGreater(load.stop(), 0)
        self.assertEqual(load.failures, [])

    def test_a_removed_one_is_gone(self):
        self.drop("leaves", "hello")
        self.assertTrue(until(lambda: self.ask("leaves").status == 200, LIVE))
        self.remove("leaves")
        self.assertTrue(until(lambda: self.ask("leaves").status == 404, LIVE))
        self.assertEqual(self.ask("leaves")["peko-error"], "PEKO-NO-FUNCTION")
        self.drop("leaves", "counter")
        self.assertTrue(until(lambda: self.ask("leaves").status == 200, LIVE), "and may come back")

    def test_a_broken_one_leaves_the_old_one_serving(self):
        self.drop("firm", "hello")
        self.assertTrue(until(lambda: self.body("firm") == b"Hello, World!", LIVE))
        load = Load(self.server, "firm", connections=2)
        for bad in (b"", b"no wasm at all", guest("hello").read_bytes()[:1000], guest("unknown-import").read_bytes()):
            before = self.server.metrics()["peko_load_failures_total"]
            self.drop("firm", bad)
            self.assertTrue(until(lambda b=before: self.server.metrics()["peko_load_failures_total"] > b, LIVE))
            self.assertEqual(self.body("firm"), b"Hello, World!")
        self.assertTrue(any("the old one goes on serving" in line for line in self.server.lines), self.server.tail())
        [function] = json.loads(self.server.admin("/api/functions?name=firm").body)["functions"]
        self.assertEqual(function["state"], "loaded")
        self.assertIn("foo:bar/baz@1.0.0", function["error"])
        self.drop("firm", variant("hello", "mended"))
        self.assertTrue(until(lambda: "error" not in json.loads(self.server.admin("/api/functions?name=firm").body)["functions"][0], LIVE))
        self.assertGreater(load.stop(), 0)
        self.assertEqual(load.failures, [])

    def test_settings_come_and_change_with_it(self):
        self.drop("set", "counter", '[env]\nGREETING = "one"\n')
        self.assertTrue(until(lambda: b"GREETING=one" in self.body("set"), LIVE))
        put(self.folder / "set.toml", b'routes = ["api.example/v1/*"]\n[env]\nGREETING = "two"\n')
        self.assertTrue(until(lambda: b"GREETING=two" in self.body("set"), LIVE))
        with self.server.connect() as connection:
            self.assertIn(b"GREETING=two", connection.get("api.example", "/v1/x").body)
        put(self.folder / "set.toml", b"nonsense = 1\n")
        self.assertTrue(self.server.wait_line(lambda line: "unknown key" in line and "functions/set.toml:1:1" in line, LIVE))
        self.assertIn(b"GREETING=two", self.body("set"))

    def test_a_refresh_looks_at_once_and_answers_when_it_is_done(self):
        slow = Server("serve", "--code", self.store, "--threads", "2", "--log", "json", "--check-interval-ms", "3600000")
        self.drop("refreshed", "hello")
        self.assertEqual(slow.ask("refreshed").status, 404)
        for source, answer in (("hello", b"Hello, World!"), ("counter", b"served: 1\n")):
            self.drop("refreshed", source)
            response = slow.admin("/api/refresh", "POST")
            self.assertEqual(response.status, 200, response)
            self.assertEqual(json.loads(response.body), {"done": True, "failed": [], "under_way": []})
            self.assertEqual(slow.ask("refreshed").body, answer, "whoever asks after the answer gets the new one")
        self.drop("refreshed", b"broken")
        answer = json.loads(slow.admin("/api/refresh", "POST").body)
        self.assertEqual(answer["failed"], ["refreshed"])
        self.assertEqual(slow.admin("/api/refresh").status, 405)
        self.assertEqual(json.loads(slow.admin("/api/functions?name=nobody").body), {"functions": []})
        slow.stop()

    def test_what_is_no_function_is_told_once(self):
        put(self.folder / "lonely.toml", b"")
        self.assertTrue(self.server.wait_line(lambda line: "lonely.toml has no component" in line, LIVE))
        time.sleep(0.5)
        self.assertEqual(sum("lonely.toml" in line for line in self.server.lines), 1)


class Deployer:
    """Writes what `peko deploy` writes, and what nobody should: objects of the store's layout."""

    SETTINGS = {"routes": [], "env": {}, "limits": {}, "allow": [], "reuse": "auto", "idle_seconds": 300}

    def __init__(self, folder, name):
        self.store, self.name, self.revision, self.number, self.history = folder, name, 0, 0, []

    def write(self, key, data):
        path = self.store / key
        path.parent.mkdir(parents=True, exist_ok=True)
        put(path, data if isinstance(data, bytes) else json.dumps(data).encode())

    def version(self, source, **settings):
        """A new version, not current yet; its number."""
        data = source if isinstance(source, bytes) else guest(source).read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        self.number += 1
        self.write(f"components/{digest}.wasm", data)
        self.write(f"versions/{self.name}/{self.number}.json",
                   {"format": 1, "function": self.name, "number": self.number, "component": {"sha256": digest, "bytes": len(data)},
                    "created": "2026-01-31T12:00:00.000Z", "author": "a@b", "message": "", "settings": {**self.SETTINGS, **settings}})
        return self.number

    def point(self, *versions, secrets=None):
        """Makes these the versions that serve: numbers, or (number, weight)."""
        self.revision += 1
        weights = [{"version": v[0], "weight": v[1]} if isinstance(v, tuple) else {"version": v, "weight": 100} for v in versions]
        self.history.insert(0, {"revision": self.revision, "change": f"{self.revision:016x}", "versions": weights,
                                "at": "2026-01-31T12:00:00.000Z", "author": "a@b", "message": ""})
        self.write(f"functions/{self.name}/current.json", {"format": 1, "function": self.name, "revision": self.revision,
                                                           "versions": weights, "secrets": secrets or {}, "history": self.history})

    def deploy(self, source, **settings):
        number = self.version(source, **settings)
        self.point(number)
        return number


class Deployed(unittest.TestCase):
    """Versions: deployed, rolled back, weighted, tampered with."""

    @classmethod
    def setUpClass(cls):
        cls.store, cls.cache = store({"hello": ""}), temporary_folder()
        cls.server = Server("serve", "--code", cls.store, *FLAGS, cache=cls.cache)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def deployer(self, name):
        return Deployer(self.store, name)

    def state(self, name):
        functions = json.loads(self.server.admin(f"/api/functions?name={name}").body)["functions"]
        return functions[0] if functions else None

    def reaches(self, deployer):
        """The node has the deployer's last change."""
        return until(lambda: (self.state(deployer.name) or {}).get("revision") == deployer.revision, LIVE)

    def test_deploys_and_rollbacks_under_load(self):
        todo = self.deployer("todo")
        first = todo.deploy("hello")
        self.assertTrue(until(lambda: self.server.ask("todo").status == 200, LIVE))
        load = Load(self.server, "todo")
        second = todo.deploy("counter", env={"GREETING": "two"})
        self.assertTrue(self.reaches(todo))
        self.assertIn(b"GREETING=two", self.server.ask("todo").body)
        todo.point(first)
        self.assertTrue(self.reaches(todo))
        self.assertEqual(self.server.ask("todo").body, b"Hello, World!")
        todo.point(second)
        self.assertTrue(self.reaches(todo))
        self.assertEqual(self.state("todo")["versions"], [{"version": "v2", "weight": 100}])
        self.assertGreater(load.stop(), 0)
        self.assertEqual(load.failures, [])

    def test_weights_share_the_requests_and_change_without_cold_starts(self):
        split = self.deployer("split")
        one, two = split.version("hello"), split.version("counter")
        split.point((one, 50), (two, 50))
        self.assertTrue(self.reaches(split))
        answers = [self.server.ask("split") for _ in range(60)]
        self.assertEqual({answer["peko-version"] for answer in answers}, {"v1", "v2"})
        pinned = {self.server.ask("split", fields=[("peko-version", "v2")]).body[:7] for _ in range(10)}
        self.assertEqual(pinned, {b"served:"})
        before = self.server.ask("split", fields=[("peko-version", "v2")]).body
        split.point((one, 99), (two, 1))
        self.assertTrue(self.reaches(split))
        after = self.server.ask("split", fields=[("peko-version", "v2")]).body
        self.assertNotEqual(after, b"served: 1\n", f"the instance of before ({before}) goes on")

    def test_a_preview_host_answers_with_its_version(self):
        shown = self.deployer("shown")
        shown.deploy("hello")
        shown.version("counter")
        self.assertTrue(until(lambda: self.server.ask("shown").status == 200, LIVE))
        self.assertEqual(self.server.ask("v2--shown").body, b"served: 1\n")
        self.assertEqual(self.server.ask("v1--shown").body, b"Hello, World!")
        self.assertEqual(self.server.ask("v9--shown").status, 404)

    def test_a_removed_one_is_gone_and_a_rollback_brings_it_back(self):
        gone = self.deployer("gone")
        first = gone.deploy("hello")
        self.assertTrue(until(lambda: self.server.ask("gone").status == 200, LIVE))
        gone.point()
        self.assertTrue(until(lambda: self.server.ask("gone").status == 404, LIVE))
        self.assertIsNone(self.state("gone"))
        gone.point(first)
        self.assertTrue(until(lambda: self.server.ask("gone").status == 200, LIVE))

    def test_a_tampered_component_is_refused_and_the_old_version_serves(self):
        victim = self.deployer("victim")
        victim.deploy("hello")
        self.assertTrue(until(lambda: self.server.ask("victim").status == 200, LIVE))
        good = variant("counter", "good")
        number = victim.version(good)
        [component] = (self.store / "components").glob(hashlib.sha256(good).hexdigest() + "*")
        put(component, variant("counter", "evil"))
        victim.point(number)
        self.assertTrue(self.server.wait_line(lambda line: "was changed after it was written" in line and component.name in line, LIVE),
                        self.server.tail())
        self.assertEqual(self.server.metrics()['peko_store_refused_total{kind="component"}'], 1)
        self.assertEqual(self.server.ask("victim").body, b"Hello, World!")
        self.assertIn("was changed", self.state("victim")["error"])
        put(component, good)
        self.assertEqual(self.server.admin("/api/refresh", "POST").status, 200)
        self.assertEqual(self.server.ask("victim").body, b"served: 1\n")

    def test_a_tampered_artifact_is_refused_and_compiled_here(self):
        engine = next(self.cache.glob("artifacts/*")).name
        forged = self.deployer("forged")
        data = variant("hello", "forged")
        digest = hashlib.sha256(data).hexdigest()
        forged.write(f"artifacts/{engine}/{digest}.cwasm", b"\x7fELF" + os.urandom(5000))
        forged.deploy(data)
        self.assertTrue(until(lambda: self.server.ask("forged").status == 200, LIVE))
        self.assertTrue(self.server.wait_line(lambda line: f"{digest}.cwasm" in line and "is refused and compiled here" in line, LIVE))
        self.assertEqual(self.server.metrics()['peko_store_refused_total{kind="artifact"}'], 1)

    def test_garbage_in_place_of_a_pointer_changes_nothing(self):
        firm = self.deployer("garbage")
        firm.deploy("hello")
        self.assertTrue(until(lambda: self.server.ask("garbage").status == 200, LIVE))
        for bad in (b"", b"{}", b"\0" * 1000, b'{"format":2}'):
            before = self.server.metrics().get('peko_store_refused_total{kind="record"}', 0)
            firm.write("functions/garbage/current.json", bad)
            self.assertTrue(until(lambda b=before: self.server.metrics().get('peko_store_refused_total{kind="record"}', 0) > b, LIVE))
            self.assertEqual(self.server.ask("garbage").body, b"Hello, World!")
        firm.point(1)
        self.assertTrue(self.reaches(firm))

    def test_a_secret_of_another_key_keeps_the_old_version(self):
        sealed = self.deployer("sealed")
        sealed.deploy("hello")
        self.assertTrue(until(lambda: self.server.ask("sealed").status == 200, LIVE))
        number = sealed.version("counter")
        sealed.point(number, secrets={"TOKEN": "s1." + "A" * 64})
        self.assertTrue(self.server.wait_line(lambda line: "the secret TOKEN of sealed" in line, LIVE), self.server.tail())
        self.assertEqual(self.server.ask("sealed").body, b"Hello, World!")


class Outage(unittest.TestCase):
    """The store goes away: what is cached serves on, a start included, and recovery needs nobody."""

    def setUp(self):
        self.store, self.cache = store({"hello": "", "counter": ""}), temporary_folder()
        self.away = self.store.with_name(self.store.name + ".away")

    def test_a_store_that_goes_and_comes_back(self):
        server = Server("serve", "--code", self.store, *FLAGS, cache=self.cache)
        load = Load(server, "hello", connections=2)
        self.store.rename(self.away)
        self.assertTrue(server.wait_line(lambda line: "is down:" in line, LIVE), server.tail())
        self.assertEqual(server.metrics()["peko_store_up"], 0)
        self.assertEqual(server.ask("counter").status, 200)
        self.assertEqual(server.admin("/api/refresh", "POST").status, 503)
        put(self.away / "functions" / "hello.wasm", variant("hello", "meanwhile"))
        self.away.rename(self.store)
        self.assertTrue(server.wait_line(lambda line: "is up again" in line, LIVE), server.tail())
        self.assertTrue(until(lambda: server.metrics()["peko_store_up"] == 1, LIVE))
        self.assertTrue(server.wait_line(lambda line: '"function hello' in line and server.lines.index(line) > 5, LIVE))
        self.assertGreater(load.stop(), 0)
        self.assertEqual(load.failures, [])
        self.assertEqual(sum("is down:" in line for line in server.lines), 1, "told once")
        server.stop()

    def test_a_start_without_the_store(self):
        Server("serve", "--code", self.store, *FLAGS, cache=self.cache).stop()
        self.store.rename(self.away)
        server = Server("serve", "--code", self.store, *FLAGS, cache=self.cache)
        self.assertTrue(server.wait_line(lambda line: "starting WITHOUT the code store" in line), server.tail())
        self.assertEqual(server.ask("hello").body, b"Hello, World!")
        self.assertEqual(server.ask("counter").body, b"served: 1\n")
        self.assertEqual(server.ask("nobody").status, 404)
        put(self.away / "functions" / "new.wasm", guest("hello").read_bytes())
        self.away.rename(self.store)
        self.assertTrue(until(lambda: server.ask("new").status == 200, LIVE))
        server.stop()

    def test_a_store_that_is_suddenly_empty_is_believed_the_second_time(self):
        server = Server("serve", "--code", self.store, *FLAGS, cache=self.cache)
        for path in (self.store / "functions").iterdir():
            path.unlink()
        self.assertTrue(server.wait_line(lambda line: "is suddenly empty" in line, LIVE), server.tail())
        self.assertTrue(until(lambda: server.ask("hello").status == 404, LIVE))
        server.stop()


class Many(unittest.TestCase):
    """A store with more functions than are loaded at a start, and a node that keeps few of them."""

    COUNT = 2000

    @classmethod
    def setUpClass(cls):
        cls.store = store({"f0": ("counter", "")})
        for i in range(1, cls.COUNT):
            os.link(cls.store / "functions" / "f0.wasm", cls.store / "functions" / f"f{i}.wasm")

    def test_each_is_loaded_when_it_is_asked_for_and_few_stay(self):
        begin = time.monotonic()
        server = Server("serve", "--code", self.store, *FLAGS, "--functions-loaded-max", "20")
        self.assertLess(time.monotonic() - begin, 30, "it does not read them all")
        self.assertTrue(until(lambda: server.metrics()["peko_ready"]), "it listens shortly before it is ready")
        self.assertEqual(server.metrics()['peko_functions{state="not-loaded"}'], self.COUNT)
        for i in range(0, self.COUNT, 40):
            self.assertEqual(server.ask(f"f{i}").body, b"served: 1\n")
        self.assertLessEqual(server.metrics()['peko_functions{state="ready"}'], 20)
        with server.connect() as connection:
            self.assertEqual(connection.get("f0.localhost").body, b"served: 1\n", "unloaded meanwhile, and loaded again")
            self.assertEqual(connection.get("f0.localhost").body, b"served: 2\n")
        self.assertEqual(len(json.loads(server.admin("/api/functions").body)["functions"]), self.COUNT)
        self.assertNotIn('"f1"', server.admin("/metrics").body.decode(), "what nobody asks costs no series")
        server.stop()


if __name__ == "__main__":
    main()
