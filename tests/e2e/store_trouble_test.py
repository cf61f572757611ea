"""Stores that are gone, hang, answer garbage or refuse, under load: what is cached is served on, and all recovers by itself.

PEKO_E2E_FULL=1: each trouble lasts a minute instead of seconds.
"""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import time
import unittest

from harness import PATIENCE, SANITIZED, Server, main, temporary_folder, until
from load import Load
from stores import Bucket, Deployer, Folder, variant
from trouble_proxy import KINDS, TroubleProxy

FULL = os.environ.get("PEKO_E2E_FULL") == "1"
SECONDS = 60 if FULL else 6
RATE = 100 if SANITIZED else 500
NOBODY = 65534
RECOVERY = 40  # seconds; a request to a server that hung takes 10 s to be given up
FLAGS = ("--threads", "2", "--log", "json", "--check-interval-ms", "200", "--functions-loaded-max", "2")


class Trouble:
    """What is shared: a store with functions, a node that has seen them all, and load."""

    NODE_AS = ()  # a command that starts the node as somebody else

    def prepare(self, store, url):
        self.store, self.cache = store, temporary_folder()
        self.addCleanup(store.stop)
        self.deployer = Deployer(store)
        self.deployer.deploy("steady", "hello")
        for name in ("rare", "seldom"):
            self.deployer.deploy(name, variant("counter", name), "--env", f"GREETING={name}")
        self.server = self.start(url)
        for name in ("rare", "seldom", "steady"):  # two stay loaded: the first one leaves again
            self.assertEqual(self.server.ask(name).status, 200)

    def start(self, url):
        return Server("serve", "--code", url, *FLAGS, cache=self.cache, env=self.store.env, prefix=self.NODE_AS)

    def is_up(self):
        return self.server.metrics()["peko_store_up"] == 1

    def lines(self, words):
        return sum(words in line for line in list(self.server.lines))

    def weather(self, kind, begin, end, must_go_down=True):
        """The store is in trouble between begin() and end(): steady and cached functions answer, and a change comes through afterwards."""
        revision = len(json.loads(self.deployer.peko("versions", "steady", "--json"))["history"])
        downs = self.lines("is down:")
        with Load(self.server.port, ["steady"], RATE) as load:
            begin()
            began = time.monotonic()
            turn = 0
            while (left := began + SECONDS - time.monotonic()) > 0 or (must_go_down and self.is_up() and -left < PATIENCE):
                name = ("rare", "seldom")[turn % 2]  # each makes the other leave: only the cache can bring it back
                response = self.server.ask(name)
                self.assertEqual((response.status, name in response.body.decode()), (200, True), f"{kind}: {name}: {response}")
                turn += 1
                time.sleep(0.1)
            if must_go_down:
                self.assertFalse(self.is_up(), f"{kind}: the metric tells")
                self.assertEqual(self.lines("is down:"), downs + 1, f"{kind}: told once")
            end()
            ended = time.monotonic()
            self.deployer.deploy("steady", variant("hello", f"{kind}{revision}"))
            self.assertTrue(until(lambda: self.revision() == revision + 1, RECOVERY), f"{kind}: it does not recover")
            recovered = time.monotonic() - ended
            self.assertTrue(until(self.is_up, PATIENCE), kind)
        print(f"\n  {kind}: {ended - began:.1f} s, {turn} functions loaded from the cache meanwhile; {load}; a deploy was live "
              f"{recovered:.1f} s after the end")
        self.assertEqual((load.bad(), load.failed), ([], 0), kind)
        self.assertGreater(turn, 2)
        self.assertGreater(load.count, SECONDS * RATE / 20)

    def revision(self):
        return json.loads(self.server.admin("/api/functions?name=steady").body)["functions"][0].get("revision")


class OnABucket(Trouble, unittest.TestCase):
    def setUp(self):
        store = Bucket()
        self.proxy = TroubleProxy(store.port)
        self.url = store.url_at(self.proxy.port)
        self.prepare(store, self.url)

    def make(self, kind):
        """Makes trouble, or ends it; the node has met it then."""
        self.proxy.trouble = kind
        if kind is not None:
            before = self.proxy.met[KINDS[kind]]
            self.assertTrue(until(lambda: self.proxy.met[KINDS[kind]] > before, PATIENCE), f"{kind} was not met")

    def test_each_kind_of_trouble(self):
        for kind in KINDS:
            with self.subTest(kind):
                self.weather(kind, lambda k=kind: self.make(k), lambda: self.make(None), must_go_down=FULL or kind == "busy")
        self.server.stop()

    def test_a_server_that_is_killed_and_started_again(self):
        def kill():
            self.store.process.kill()
            self.store.process.wait()

        self.weather("process killed", kill, self.store.start)
        self.server.stop()

    def test_a_start_without_it(self):
        self.server.stop()
        self.proxy.trouble = "killed"
        self.server = self.start(self.url)
        self.assertTrue(self.server.wait_line(lambda line: "starting WITHOUT the code store" in line), self.server.tail())
        self.assertFalse(self.is_up())
        self.assertEqual(self.server.ask("steady").body, b"Hello, World!")
        self.assertIn(b"GREETING=rare", self.server.ask("rare").body)
        self.assertEqual(self.server.ask("nobody").status, 404)
        self.proxy.trouble = None
        self.assertTrue(until(self.is_up, RECOVERY))
        self.server.stop()

    def test_a_deploy_into_trouble_says_so_and_changes_nothing(self):
        through_proxy = Deployer(self.store, url=self.url)
        before = {key: self.store.get(key) for key in self.store.keys("functions/")}
        self.make("busy")
        status, _, err = through_proxy.run("deploy", through_proxy.project("steady", "counter"), timeout=PATIENCE * 2)
        self.assertEqual(status, 1)
        self.assertIn("503", err)
        self.assertEqual({key: self.store.get(key) for key in self.store.keys("functions/")}, before)
        self.make(None)
        through_proxy.deploy("steady", "counter")
        self.server.stop()


class OnAFolder(Trouble, unittest.TestCase):
    def setUp(self):
        self.prepare(Folder(), None)

    def prepare(self, store, _):
        super().prepare(store, store.url)

    def test_a_folder_that_is_moved_away(self):
        away = self.store.root.with_name("away")
        self.weather("moved away", lambda: self.store.root.rename(away), lambda: away.rename(self.store.root))
        self.server.stop()

    def test_a_disk_that_is_not_mounted(self):
        """An empty folder in its place, as a mount point is: nothing was removed."""
        away = self.store.root.with_name("away")

        def unmount():
            self.store.root.rename(away)
            (self.store.root / "functions").mkdir(parents=True)

        def mount():
            shutil.rmtree(self.store.root)
            away.rename(self.store.root)

        self.weather("not mounted", unmount, mount)
        self.server.stop()



@unittest.skipUnless(os.geteuid() == 0, "only root may start a node as somebody else")
class OnAFolderOfOthers(Trouble, unittest.TestCase):
    """A node that may read the store and nothing more; root may read everything."""

    NODE_AS = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")

    def setUp(self):
        store = Folder()
        store.root.parent.chmod(0o755)
        self.prepare(store, store.url)

    def start(self, url):
        os.chown(self.cache, NOBODY, NOBODY)
        return super().start(url)

    def test_permissions_that_are_taken_away_and_given_back(self):
        for place in (self.store.root / "functions", self.store.root / "functions" / "steady"):
            with self.subTest(place.name):
                self.weather(f"{place.name} may not be read", lambda p=place: p.chmod(0), lambda p=place: p.chmod(0o755))
        self.server.stop()


@unittest.skipUnless(os.geteuid() == 0, "only root may mount a small disk")
class OnAFullDisk(Trouble, unittest.TestCase):
    def setUp(self):
        self.disk = temporary_folder()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", self.disk], capture_output=True, check=False).returncode:
            self.skipTest("a tmpfs cannot be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk], check=False)
        store = Folder()
        store.root = pathlib.Path(self.disk) / "store"
        (store.root / "functions").mkdir(parents=True)
        store.url = str(store.root)
        self.prepare(store, store.url)

    def test_a_deploy_says_so_and_changes_nothing(self):
        pointer = self.store.get("functions/steady/current.json")
        filler = self.disk / "filler"
        with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"x" * 4096):
                pass
        status, _, err = self.deployer.run("deploy", self.deployer.project("steady", variant("counter", "full")))
        self.assertEqual(status, 1)
        self.assertIn("No space left", err)
        self.assertEqual(self.store.get("functions/steady/current.json"), pointer)
        self.assertEqual(self.server.ask("steady").body, b"Hello, World!")
        filler.unlink()
        self.deployer.deploy("steady", variant("counter", "full"))
        self.assertTrue(until(lambda: self.server.ask("steady").body.startswith(b"served"), PATIENCE))
        self.server.stop()


if __name__ == "__main__":
    main()
