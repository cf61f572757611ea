"""What somebody changed in a store behind Peko's back is refused, told and counted; the old version goes on serving; the
next deploy puts it right."""

import contextlib
import hashlib
import json
import re
import signal

from harness import PATIENCE, Server, main, temporary_folder, until
from receiver import Receiver
from stores import Deployer, new_key, on_each_store, variant

FLAGS = ("--threads", "1", "--log", "json", "--check-interval-ms", "100")


class Tampered:
    """The same on each kind of store."""

    @classmethod
    def setUpClass(cls):
        cls.store = cls.PROVIDER()
        cls.addClassCleanup(cls.store.stop)
        key = new_key()
        cls.deployer = Deployer(cls.store, key)
        cls.keyless = Deployer(cls.store)  # sends no artifact: the node needs the component
        cls.stranger = Deployer(cls.store, new_key())
        cls.receiver = cls.enterClassContext(Receiver())
        cls.server = Server("serve", "--code", cls.store.url, *FLAGS, "--key-file", key, cache=temporary_folder(),
                            env={**cls.store.env, "PEKO_ALERT_WEBHOOK": cls.receiver.url})

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def refused(self, kind):
        return self.server.metrics().get(f'peko_store_refused_total{{kind="{kind}"}}', 0)

    def state(self, name):
        [function] = json.loads(self.server.admin(f"/api/functions?name={name}").body)["functions"]
        return function

    def serves(self, name, greeting):
        return until(lambda: f"GREETING={greeting}\n".encode() in self.server.ask(name).body, PATIENCE)

    @contextlib.contextmanager
    def unseen(self):
        """The node does not look at the store meanwhile."""
        self.server.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.server.signal(signal.SIGCONT)

    def begin(self, name):
        """A function whose first version serves, and the component that its second one will have."""
        self.deployer.deploy(name, variant("counter", f"{name}-1"), "--env", "GREETING=one")
        self.assertTrue(self.serves(name, "one"), name)
        component = variant("counter", f"{name}-2")
        return component, hashlib.sha256(component).hexdigest()

    def assert_refused(self, name, kind, before, words):
        """The node has said so, loudly, and counted it; and the operator was told, once in a while."""
        loud = '"level":"error"'
        line = self.server.wait_line(lambda line: f"function {name}" in line and words in line and loud in line, PATIENCE)
        self.assertTrue(line, f"no line with {words}:\n{self.server.tail()}")
        self.assertTrue(until(lambda: self.refused(kind) > before, PATIENCE))
        alerted = until(lambda: any(message["event"] == "store-refused" for *_, message in self.receiver.posts), PATIENCE)
        self.assertTrue(alerted, self.receiver.posts)

    def assert_old_one_serves_until_the_next_deploy(self, name, words):
        self.assertTrue(self.serves(name, "one"), "the old version goes on")
        self.assertTrue(self.serves(name, "one"))
        self.assertIn(words, until(lambda: self.state(name).get("error"), PATIENCE))
        self.deployer.deploy(name, variant("counter", f"{name}-3"), "--env", "GREETING=three")
        self.assertTrue(self.serves(name, "three"), f"the next deploy puts it right:\n{self.server.tail()}")
        self.assertTrue(until(lambda: "error" not in self.state(name), PATIENCE))

    def test_a_component(self):
        for what, damage in (("same-size", lambda data: data[:-1] + b"?"), ("longer", lambda data: data + b"x"),
                             ("shorter", lambda data: data[:-1]), ("empty", lambda data: b"")):
            with self.subTest(what):
                name, before = f"component-{what}", self.refused("component")
                component, digest = self.begin(name)
                with self.unseen():
                    self.keyless.deploy(name, component, "--env", "GREETING=two")
                    self.store.put(f"components/{digest}.wasm", damage(component))
                words = "was changed after it was written"
                self.assert_refused(name, "component", before, words)
                self.assert_old_one_serves_until_the_next_deploy(name, words)

    def test_a_component_that_is_gone(self):
        component, digest = self.begin("component-gone")
        with self.unseen():
            self.keyless.deploy("component-gone", component, "--env", "GREETING=two")
            self.store.remove(f"components/{digest}.wasm")
        self.assert_old_one_serves_until_the_next_deploy("component-gone", "is missing in")

    def test_a_component_beside_a_good_artifact(self):
        """The artifact is signed and serves; that the component was changed is told all the same."""
        name, before = "beside", self.refused("component")
        component, digest = self.begin(name)
        with self.unseen():
            self.deployer.deploy(name, component, "--env", "GREETING=two")
            self.store.put(f"components/{digest}.wasm", component[:-1] + b"?")
        self.assertTrue(self.serves(name, "two"))
        self.assert_refused(name, "component", before, "was changed after it was written")

    def test_an_artifact(self):
        for what, damage in (("same-size", lambda data: data[:5000] + bytes([data[5000] ^ 1]) + data[5001:]),
                             ("shorter", lambda data: data[:-1]), ("signature", lambda data: data[:-32] + bytes(32)),
                             ("tiny", lambda _: b"x")):
            with self.subTest(what):
                name, before = f"artifact-{what}", self.refused("artifact")
                component, digest = self.begin(name)
                with self.unseen():
                    self.deployer.deploy(name, component, "--env", "GREETING=two")
                    [key] = [key for key in self.store.keys("artifacts/") if digest in key]
                    self.store.put(key, damage(self.store.get(key)))
                self.assertTrue(self.serves(name, "two"), "compiled by the node itself")
                self.assert_refused(name, "artifact", before, "is refused and compiled here")

    def test_an_artifact_of_another_component(self):
        """Signed with the right key, but not for this one."""
        name, before = "artifact-swapped", self.refused("artifact")
        component, digest = self.begin(name)
        with self.unseen():
            self.deployer.deploy(name, component, "--env", "GREETING=two")
            [key] = [key for key in self.store.keys("artifacts/") if digest in key]
            other = next(other for other in self.store.keys("artifacts/") if other != key)
            self.store.put(key, self.store.get(other))
        self.assertTrue(self.serves(name, "two"))
        self.assert_refused(name, "artifact", before, "is refused and compiled here")

    def test_an_artifact_that_is_signed_with_another_key(self):
        name, before = "stranger", self.refused("artifact")
        component, _ = self.begin(name)
        self.stranger.deploy(name, component, "--env", "GREETING=two")
        self.assertTrue(self.serves(name, "two"))
        self.assert_refused(name, "artifact", before, "is refused and compiled here")

    def test_a_version_record(self):
        def with_hash(data, text):
            return data.replace(json.loads(data)["component"]["sha256"].encode(), text)

        for what, damage in (("garbage", lambda _: b"\0\xff"), ("cut", lambda data: data[: len(data) // 2]),
                             ("other", lambda _: b'{"format":1,"function":"another","number":2}'),
                             ("hash", lambda data: with_hash(data, b"../../etc/passwd".ljust(64, b"0")))):
            with self.subTest(what):
                name, before = f"record-{what}", self.refused("record")
                component, _ = self.begin(name)
                with self.unseen():
                    self.deployer.deploy(name, component, "--env", "GREETING=two")
                    key = f"versions/{name}/2.json"
                    self.store.put(key, damage(self.store.get(key)))
                self.assert_refused(name, "record", before, f"versions/{name}/2.json")
                self.assert_old_one_serves_until_the_next_deploy(name, f"versions/{name}/2.json")

    def test_a_version_record_that_is_gone(self):
        name, before = "record-gone", self.refused("record")
        component, _ = self.begin(name)
        with self.unseen():
            self.deployer.deploy(name, component, "--env", "GREETING=two")
            self.store.remove(f"versions/{name}/2.json")
        self.assert_refused(name, "record", before, f"versions/{name}/2.json")
        self.assert_old_one_serves_until_the_next_deploy(name, f"versions/{name}/2.json")

    def test_a_pointer(self):
        """Until it is put back: no deploy changes what it cannot read."""
        for what, damage in (("garbage", lambda _: b"\0\xff"), ("cut", lambda data: data[: len(data) // 2]), ("empty", lambda _: b""),
                             ("missing-version", lambda data: re.sub(rb'("version": *)1\b', rb"\g<1>7", data)),
                             ("huge", lambda data: data + b" " * (3 << 20))):
            with self.subTest(what):
                name, before = f"pointer-{what}", self.refused("record")
                self.begin(name)
                key = f"functions/{name}/current.json"
                good = self.store.get(key)
                self.assertNotEqual(damage(good), good)
                self.store.put(key, damage(good))
                words = f"versions/{name}/7.json" if what == "missing-version" else f"functions/{name}/current.json"
                self.assert_refused(name, "record", before, words)
                self.assertTrue(self.serves(name, "one"))
                self.assertIn(words, self.state(name)["error"])
                if what != "missing-version":
                    status, _, err = self.deployer.run("deploy", self.deployer.project(name, "hello"))
                    self.assertEqual(status, 1, "nobody's history is thrown away by a deploy")
                    self.assertIn(key, err)
                    self.store.put(key, good)
                self.deployer.deploy(name, variant("counter", f"{name}-3"), "--env", "GREETING=three")
                self.assertTrue(self.serves(name, "three"))


OnAFolder, OnABucket = on_each_store(Tampered)


if __name__ == "__main__":
    main()
