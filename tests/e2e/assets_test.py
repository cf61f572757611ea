"""Static files beside a function: by `peko dev` from the folder, by `peko serve` from a folder and from a bucket."""

import gzip
import hashlib
import json
import os
import random
import shutil
import time
import unittest

from harness import PATIENCE, SANITIZED, Server, guest, main, temporary_folder, until
from stores import Deployer, Folder, on_each_store

SCRIPT = "".join(f"console.log({number});\n" for number in range(2000)).encode()
BIG = random.Random(1).randbytes(3_000_000)  # read from a file piece by piece
FILES = {
    "index.html": b"<!doctype html><p>start",
    "about.html": b"<p>about",
    "docs/index.html": b"<p>docs",
    "app.js": SCRIPT,
    "app.3f9a0c1b.js": SCRIPT,
    "a b.txt": b"spaces",
    "empty.txt": b"",
    "big.bin": BIG,
    ".hidden": b"secret",
    ".well-known/security.txt": b"Contact: mailto:a@example.com",
}
FUNCTION = b"Hello, World!"  # what the guest answers to all that is no file
REVALIDATED = "public, max-age=0, must-revalidate"


def write(folder, files):
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def site(folder, files=None, component=True, more=""):
    """A project named site with files in public/."""
    folder.mkdir(exist_ok=True)
    write(folder / "public", FILES if files is None else files)
    if component:
        shutil.copyfile(guest("hello"), folder / "a.wasm")
    code = 'component = "a.wasm"\n' if component else ""
    (folder / "peko.toml").write_text(f'name = "site"\n{code}assets = "public"\n{more}')
    return folder


class Answers:
    """What both ways of serving have in common. `self.server` serves FILES as `site`."""

    CACHE_CONTROL = REVALIDATED

    def ask(self, target="/", **options):
        return self.server.ask("site", target, **options)

    def test_files_come_before_the_function(self):
        for target, body, kind in (("/", FILES["index.html"], "text/html; charset=utf-8"),
                                   ("/index.html", FILES["index.html"], "text/html; charset=utf-8"),
                                   ("/about", FILES["about.html"], "text/html; charset=utf-8"),
                                   ("/about?x=1", FILES["about.html"], "text/html; charset=utf-8"),
                                   ("/docs/", FILES["docs/index.html"], "text/html; charset=utf-8"),
                                   ("/app.js", SCRIPT, "text/javascript; charset=utf-8"),
                                   ("/a%20b.txt", b"spaces", "text/plain; charset=utf-8"),
                                   ("/empty.txt", b"", "text/plain; charset=utf-8"),
                                   ("/big.bin", BIG, "application/octet-stream"),
                                   ("/.well-known/security.txt", FILES[".well-known/security.txt"], "text/plain; charset=utf-8")):
            with self.subTest(target):
                response = self.ask(target)
                self.assertEqual((response.status, response["content-type"]), (200, kind), response)
                self.assertEqual(response.body, body)
                self.assertEqual(response["content-length"], str(len(body)))
                self.assertEqual(response["x-content-type-options"], "nosniff")
                self.assertEqual(response["cache-control"], self.CACHE_CONTROL)
                self.assertRegex(response["etag"], r'^"[0-9a-f]{32}"$')
                self.assertRegex(response["peko-request-id"], r"^[0-9a-f-]{36}$")

    def test_the_rest_is_the_functions(self):
        for target in ("/nothing", "/About", "/docs/x", "/.hidden", "/%2ehidden", "/../peko.toml", "/%2e%2e/peko.toml",
                       "/docs%2findex.html", "/docs/..%2findex.html", "//index.html", "/index.html%00", "/index.html/",
                       "/a%2520b.txt", "/app.js.br", "/public/app.js"):
            with self.subTest(target):
                response = self.ask(target)
                self.assertEqual((response.status, response.body), (200, FUNCTION), response)
        self.assertEqual(self.ask("/about", method="POST", body=b"x").body, FUNCTION)
        self.assertEqual(self.ask("/about", method="DELETE").body, FUNCTION)

    def test_a_folder_gets_its_slash_at_this_host(self):
        response = self.ask("/docs?a=b")
        self.assertEqual((response.status, response["location"]), (307, "/docs/?a=b"))
        self.assertEqual(self.ask("//docs").body, FUNCTION)  # never a redirect to another host
        self.assertEqual(self.ask("/%2fdocs").body, FUNCTION)

    def test_head_has_the_same_fields_and_no_body(self):
        for target in ("/app.js", "/big.bin"):
            whole, head = self.ask(target), self.ask(target, method="HEAD")
            changing = ("date", "peko-request-id")
            self.assertEqual([field for field in head.fields if field[0] not in changing],
                             [field for field in whole.fields if field[0] not in changing])
            self.assertEqual(head.body, b"")

    def test_what_the_client_has_is_not_sent_again(self):
        tag = self.ask("/app.js")["etag"]
        response = self.ask("/app.js", fields=[("if-none-match", f'"x", W/{tag}')])
        self.assertEqual((response.status, response["etag"], response["content-length"]), (304, tag, None))
        self.assertEqual(response["cache-control"], self.CACHE_CONTROL)
        self.assertEqual(self.ask("/app.js", fields=[("if-none-match", '"x"')]).status, 200)
        refused = self.ask("/app.js", fields=[("if-match", '"x"')])
        self.assertEqual((refused.status, refused["cache-control"]), (412, "no-store"))

    def test_ranges(self):
        tag = self.ask("/big.bin")["etag"]
        for asked, first, last in (("bytes=0-0", 0, 0), ("bytes=1000000-1999999", 1_000_000, 1_999_999),
                                   ("bytes=2999990-", 2_999_990, 2_999_999), ("bytes=-7", 2_999_993, 2_999_999)):
            response = self.ask("/big.bin", fields=[("range", asked)])
            self.assertEqual((response.status, response["content-range"]), (206, f"bytes {first}-{last}/3000000"))
            self.assertEqual(response.body, BIG[first:last + 1])
        beyond = self.ask("/big.bin", fields=[("range", "bytes=3000000-")])
        self.assertEqual((beyond.status, beyond["content-range"], beyond.body), (416, "bytes */3000000", b""))
        self.assertEqual(beyond["cache-control"], "no-store")
        self.assertEqual(self.ask("/big.bin", fields=[("range", "bytes=0-1,5-6")]).status, 200)
        self.assertEqual(self.ask("/about", fields=[("range", "bytes=3-7")]).body, b"about")
        self.assertEqual(self.ask("/big.bin", fields=[("range", "bytes=0-4"), ("if-range", tag)]).status, 206)
        self.assertEqual(self.ask("/big.bin", fields=[("range", "bytes=0-4"), ("if-range", '"old"')]).status, 200)

    def test_the_log_and_the_metrics_tell(self):
        response = self.ask("/about")
        line = self.server.log("request", id=response["peko-request-id"])
        self.assertEqual((line["asset"], line["status"], line["bytes_out"], line["cpu_ms"]), (True, 200, 8, 0))
        told = json.loads(self.server.admin(f"/api/requests/{response['peko-request-id']}").body)["request"]
        self.assertEqual((told["asset"], told["cold"]), (True, False))
        other = self.server.log("request", id=self.ask("/nothing")["peko-request-id"])
        self.assertNotIn("asset", other)
        self.assertGreaterEqual(self.server.metrics()['peko_asset_requests_total{function="site"}'], 1)

    def test_many_on_one_connection(self):
        with self.server.connect() as connection:
            for _ in range(20):
                self.assertEqual(connection.get("site.localhost", "/app.js").body, SCRIPT)
                self.assertEqual(connection.get("site.localhost", "/nothing").body, FUNCTION)
                self.assertEqual(connection.get("site.localhost", "/big.bin").body, BIG)
                self.assertEqual(connection.get("site.localhost", "/docs").status, 307)

    def test_a_client_that_leaves_harms_nobody(self):
        for _ in range(20):
            connection = self.server.connect(receive_buffer=4096)
            connection.request("GET", "site.localhost", "/big.bin")
            connection.read_head()
            connection.reset()
        self.assertEqual(self.ask("/big.bin").body, BIG)

    def test_a_slow_client_gets_all(self):
        with self.server.connect(receive_buffer=4096) as connection:
            connection.request("GET", "site.localhost", "/big.bin")
            time.sleep(0.3)
            self.assertEqual(connection.read_response().body, BIG)


class Dev(Answers, unittest.TestCase):
    """`peko dev`: from the folder, as it is now."""

    CACHE_CONTROL = "no-cache"

    @classmethod
    def setUpClass(cls):
        cls.folder = site(temporary_folder() / "site")
        cls.server = Server("dev", cls.folder, "--threads", "2", "--log", "json")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def test_changes_are_seen_at_once(self):
        path = self.folder / "public/new.css"
        self.assertEqual(self.ask("/new.css").body, FUNCTION)
        for number in range(50):
            path.write_bytes(b"a{}" * number)
            self.assertEqual(self.ask("/new.css").body, b"a{}" * number)
        path.unlink()
        self.assertEqual(self.ask("/new.css").body, FUNCTION)

    def test_links_never_lead_out_of_the_folder(self):
        link = self.folder / "public/link.txt"
        link.symlink_to("../peko.toml")
        self.addCleanup(link.unlink)
        self.assertEqual(self.ask("/link.txt").body, FUNCTION)
        inside = self.folder / "public/inside.txt"
        inside.symlink_to("about.html")
        self.addCleanup(inside.unlink)
        self.assertEqual(self.ask("/inside.txt").body, b"<p>about")

    def test_nothing_but_files_is_opened(self):
        os.mkfifo(self.folder / "public/pipe")
        self.addCleanup((self.folder / "public/pipe").unlink)
        self.assertEqual(self.ask("/pipe").body, FUNCTION)

    def test_without_the_folder_the_function_answers(self):
        folder = site(temporary_folder() / "site", {})
        shutil.rmtree(folder / "public", ignore_errors=True)
        server = Server("dev", folder, "--threads", "1")
        self.assertEqual(server.ask("site", "/about").body, FUNCTION)
        write(folder / "public", {"about.html": b"there now"})
        self.assertEqual(server.ask("site", "/about").body, b"there now")
        server.stop()

    def test_a_file_above_the_limit_says_so(self):
        folder = site(temporary_folder() / "site", {"a.bin": b"x" * (1 << 20) + b"x"}, more="[limits]\nasset_mb = 1\n")
        server = Server("dev", folder, "--threads", "1")
        response = server.ask("site", "/a.bin")
        self.assertEqual((response.status, response["peko-error"]), (503, "PEKO-STORE"))
        self.assertIn(b"asset_mb", response.body)
        server.stop()

    def test_assets_alone(self):
        folder = site(temporary_folder() / "site", component=False)
        server = Server("dev", folder, "--threads", "1")
        self.assertEqual(server.ask("site", "/about").body, b"<p>about")
        missing = server.ask("site", "/nothing")
        self.assertEqual((missing.status, missing["peko-error"]), (404, "PEKO-NO-ASSET"))
        self.assertIn(b"no such file in", missing.body)
        write(folder / "public", {"404.html": b"<p>lost"})
        for target in ("/nothing", "/nothing/", "/%2ehidden"):
            with self.subTest(target):
                lost = server.ask("site", target)
                self.assertEqual((lost.status, lost.body, lost["etag"], lost["cache-control"]), (404, b"<p>lost", None, "no-cache"))
                head = server.ask("site", target, method="HEAD")
                self.assertEqual((head.status, head.body, head["content-length"]), (404, b"", "7"))
        self.assertEqual(server.ask("site", "/404.html").status, 200)
        (folder / "public/404.html").unlink()
        write(folder / "public", {"404.html.html": b"x", "404.html/index.html": b"x"})
        self.assertEqual(server.ask("site", "/nothing")["peko-error"], "PEKO-NO-ASSET")
        refused = server.ask("site", "/about", method="POST", body=b"x")
        self.assertEqual((refused.status, refused["allow"]), (405, "GET, HEAD"))
        server.stop()


class Deployed:
    """`peko deploy` and `peko serve`."""

    def setUp(self):
        self.store = self.PROVIDER()
        self.addCleanup(self.store.stop)
        self.deployer = Deployer(self.store)
        self.folder = site(self.deployer.folder / "site")

    def serve(self, cache=None, store=None, *flags):
        server = Server("serve", "--code", (store or self.store).url, "--threads", "2", "--log", "json", "--check-interval-ms", "100",
                        *flags, env=self.store.env, cache=cache)
        self.addCleanup(lambda: server.process.poll() is None and server.stop())
        return server

    def deploy(self, *flags):
        return json.loads(self.deployer.peko("deploy", self.folder, "--json", *flags))

    def test_all_answers(self):
        """Everything that Answers asks, of one node."""
        self.deploy()
        self.server = self.serve(temporary_folder())
        for name in dir(Answers):
            if name.startswith("test_"):
                with self.subTest(name):
                    getattr(Answers, name)(self)

    ask, CACHE_CONTROL = Answers.ask, Answers.CACHE_CONTROL

    def test_compressed_forms_are_chosen_by_the_client(self):
        self.deploy()
        server = self.serve()
        plain = server.ask("site", "/app.js")
        self.assertEqual((plain["content-encoding"], plain["vary"], plain.body), (None, "accept-encoding", SCRIPT))
        packed = server.ask("site", "/app.js", fields=[("accept-encoding", "gzip")])
        self.assertEqual((packed["content-encoding"], packed["vary"]), ("gzip", "accept-encoding"))
        self.assertEqual(gzip.decompress(packed.body), SCRIPT)
        best = server.ask("site", "/app.js", fields=[("accept-encoding", "gzip, deflate, br, zstd")])
        self.assertEqual(best["content-encoding"], "br")
        self.assertLess(len(best.body), len(packed.body))
        self.assertEqual(len({plain["etag"], packed["etag"], best["etag"]}), 3)
        again = server.ask("site", "/app.js", fields=[("accept-encoding", "br"), ("if-none-match", best["etag"])])
        self.assertEqual((again.status, again["vary"]), (304, "accept-encoding"))
        self.assertEqual(server.ask("site", "/big.bin", fields=[("accept-encoding", "br")])["vary"], None)

    def test_names_that_change_with_their_bytes_are_kept_for_ever(self):
        self.deploy()
        server = self.serve()
        kept = server.ask("site", "/app.3f9a0c1b.js")
        self.assertEqual(kept["cache-control"], "public, max-age=31536000, immutable")
        for field in (("range", "bytes=9999999-"), ("if-match", '"x"')):
            self.assertEqual(server.ask("site", "/app.3f9a0c1b.js", fields=[field])["cache-control"], "no-store")

    def test_each_file_is_sent_once(self):
        first = self.deploy()["assets"]
        self.assertEqual((first["files"], first["new"]), (9, 8))  # .hidden is left out, two are the same
        self.assertEqual(self.deploy()["assets"], {"files": 9, "new": 0, "bytes_sent": 0})
        write(self.folder / "public", {"about.html": b"<p>changed"})
        self.assertEqual(self.deploy()["assets"], {"files": 9, "new": 1, "bytes_sent": 10})
        write(self.folder / "public", {"about.html": b"<p>about"})
        self.assertEqual(self.deploy()["assets"]["new"], 0)
        text = self.deployer.peko("deploy", self.folder)
        self.assertIn("9 files, 0 new, 0 B", text)

    def test_a_version_has_its_own_files(self):
        self.deploy()
        server = self.serve()
        self.assertEqual(server.ask("site", "/about").body, b"<p>about")
        write(self.folder / "public", {"about.html": b"<p>second"})
        (self.folder / "public/docs/index.html").unlink()
        self.deploy()
        self.assertTrue(until(lambda: server.ask("site", "/about").body == b"<p>second"))
        self.assertEqual(server.ask("site", "/docs/").body, FUNCTION)
        self.assertEqual(server.ask("v1--site", "/about").body, b"<p>about")
        self.deployer.peko("rollback", "site", "v1")
        self.assertTrue(until(lambda: server.ask("site", "/about").body == b"<p>about"))
        self.assertEqual(server.ask("site", "/docs/").body, b"<p>docs")

    def test_a_canary_keeps_its_clients(self):
        self.deploy()
        write(self.folder / "public", {"about.html": b"<p>second"})
        self.deploy("--weight", "50")
        server = self.serve()
        seen = {}
        for _ in range(100):
            response = server.ask("site", "/about")
            seen[response["peko-version"]] = response.body
            self.assertEqual(response["cache-control"], "private, max-age=0, must-revalidate")
            self.assertEqual(server.ask("site", "/about", fields=[("cookie", response["set-cookie"].split(";")[0])]).body, response.body)
        self.assertEqual(seen, {"v1": b"<p>about", "v2": b"<p>second"})
        self.assertIsNone(server.ask("site", "/app.3f9a0c1b.js")["set-cookie"])

    def test_assets_alone(self):
        folder = site(self.deployer.folder / "alone", {**FILES, "404.html": b"<p>lost"}, component=False)
        self.assertNotIn("component", json.loads(self.deployer.peko("deploy", folder, "--json")))
        server = self.serve()
        self.assertEqual(server.ask("site", "/about").body, b"<p>about")
        missing = server.ask("site", "/nothing")
        self.assertEqual((missing.status, missing.body, missing["etag"]), (404, b"<p>lost", None))
        self.assertEqual(server.ask("site", "/nothing", method="HEAD").status, 404)
        self.assertEqual(server.ask("site", "/nothing", method="POST", body=b"x").status, 405)
        self.assertIn("v1", self.deployer.peko("versions", "site"))
        self.deployer.peko("deploy", self.folder)  # from now on with a function
        self.assertTrue(until(lambda: server.ask("site", "/nothing").body == FUNCTION))
        self.deployer.peko("rollback", "site", "v1")
        self.assertTrue(until(lambda: server.ask("site", "/nothing").status == 404))

    def test_what_is_cached_serves_without_the_store(self):
        self.deploy()
        cache = temporary_folder()
        server = self.serve(cache)
        for target in ("/about", "/big.bin"):
            self.assertEqual(server.ask("site", target).status, 200)
        server.stop()
        self.store.stop()
        if self.PROVIDER is Folder:
            self.store.root.rename(self.store.root.with_name("away"))
        server = self.serve(cache)
        self.assertEqual(server.ask("site", "/about").body, b"<p>about")
        self.assertEqual(server.ask("site", "/big.bin").body, BIG)
        response = server.ask("site", "/docs/")
        self.assertEqual((response.status, response["peko-error"]), (503, "PEKO-STORE"), response)
        self.assertEqual(server.ask("site", "/nothing").body, FUNCTION)

    def test_damage_in_the_store_is_refused(self):
        self.deploy()
        server = self.serve(temporary_folder())
        key = f"assets/{hashlib.sha256(FILES['about.html']).hexdigest()}"
        self.store.put(key, b"<p>About")
        response = server.ask("site", "/about")
        self.assertEqual((response.status, response["peko-error"]), (503, "PEKO-STORE"), response)
        self.assertTrue(server.wait_line(lambda line: "was changed after it was written" in line))
        self.assertEqual(server.metrics()['peko_store_refused_total{kind="asset"}'], 1)
        self.store.put(key, FILES["about.html"])
        self.assertEqual(server.ask("site", "/about").body, FILES["about.html"])

    def test_a_version_waits_for_its_index(self):
        self.deploy()
        server = self.serve(temporary_folder())
        self.assertEqual(server.ask("site", "/about").body, b"<p>about")
        before = set(self.store.keys("indexes/"))
        write(self.folder / "public", {"about.html": b"<p>second"})
        self.deploy("--weight", "50")
        fresh = (set(self.store.keys("indexes/")) - before).pop()
        good = self.store.get(fresh)
        for bad in (b"", b"garbage", b'{"format":1,"files":{}}', good.replace(b"about", b"../ab")):
            self.deployer.peko("rollback", "site", "v1")
            self.store.put(fresh, bad)
            node = self.serve(temporary_folder())
            self.assertNotEqual(node.ask("v2--site", "/about").status, 200)
            self.assertEqual(node.ask("site", "/about").body, b"<p>about")
            node.stop()

    def test_a_list_that_lies_about_sizes_harms_nobody(self):
        self.deploy()
        index = json.loads(self.store.get(self.store.keys("indexes/")[0]))
        index["files"]["about.html"]["bytes"] = 1_000_000
        index["files"]["big.bin"]["bytes"] = 20_000_000
        index["files"]["app.3f9a0c1b.js"]["bytes"] = 1_000_000  # it has the same bytes as app.js
        lies = json.dumps(index, separators=(",", ":")).encode()
        self.store.put(f"indexes/{hashlib.sha256(lies).hexdigest()}.json", lies)
        record_key, = self.store.keys("versions/site/")
        record = json.loads(self.store.get(record_key))
        record["assets"].update(sha256=hashlib.sha256(lies).hexdigest(), bytes=len(lies))
        self.store.put(record_key, json.dumps(record).encode())
        server = self.serve(temporary_folder())
        self.assertEqual(server.ask("site", "/app.js").body, SCRIPT)
        for target in ("/about", "/big.bin", "/app.3f9a0c1b.js"):
            for field in (("range", "bytes=900000-900009"), ("accept", "*/*")):
                response = server.ask("site", target, fields=[field])
                self.assertEqual((response.status, response["peko-error"]), (503, "PEKO-STORE"), target)
        self.assertEqual(server.ask("site", "/docs/").body, b"<p>docs")

    def test_a_damaged_cache_is_mended(self):
        self.deploy()
        cache = temporary_folder()
        server = self.serve(cache)
        self.assertEqual(server.ask("site", "/big.bin").body, BIG)
        server.stop()
        kept = cache / "assets" / hashlib.sha256(BIG).hexdigest()
        kept.write_bytes(kept.read_bytes()[:-1] + b"?")
        server = self.serve(cache)
        self.assertEqual(server.ask("site", "/big.bin").body, BIG)
        self.assertEqual(kept.read_bytes(), BIG)

    def test_little_memory_is_enough(self):
        write(self.folder / "public", {f"n/{number}.txt": str(number).encode() * 20_000 for number in range(100)})
        self.deploy()
        server = self.serve(None, None, "--asset-memory-mb", "1")
        for _ in range(2):
            for number in range(100):
                self.assertEqual(server.ask("site", f"/n/{number}.txt").body, str(number).encode() * 20_000)

    def test_collection_keeps_what_versions_need(self):
        self.deploy()
        self.deployer.peko("gc", "--keep", "1")
        server = self.serve(temporary_folder())
        self.assertEqual(server.ask("site", "/big.bin").body, BIG)

    def test_a_dry_run_changes_nothing(self):
        before = self.store.keys()
        report = self.deploy("--dry-run")
        self.assertEqual(report["assets"]["files"], 9)
        self.assertEqual(self.store.keys(), before)


globals().update({case.__name__: case for case in on_each_store(Deployed)})


class Mistakes(unittest.TestCase):
    """What a deploy says, and that it changes nothing."""

    def setUp(self):
        self.deployer = Deployer(Folder())
        self.folder = site(self.deployer.folder / "site", {"index.html": b"x"})

    def refused(self, *words, manifest=None):
        if manifest is not None:
            (self.folder / "peko.toml").write_text(manifest)
        status, _, err = self.deployer.run("deploy", self.folder)
        self.assertEqual(status, 1, err)
        for word in words:
            self.assertIn(word, err)
        self.assertEqual(self.deployer.store.keys(), [])

    def test_a_folder_that_is_not_there(self):
        shutil.rmtree(self.folder / "public")
        self.refused("public", "is not there")

    def test_the_project_itself(self):
        for folder in (".", "..", "", "public/.."):
            self.refused("peko.toml:3:", "folder of its own", manifest=f'name = "site"\ncomponent = "a.wasm"\nassets = "{folder}"\n')

    def test_a_link_that_leads_out(self):
        (self.folder / "public/link").symlink_to("/etc/passwd")
        self.refused("public/link", "leads out of the folder")

    def test_a_file_that_is_too_large(self):
        write(self.folder / "public", {"a.bin": b"x" * ((1 << 20) + 1)})
        self.refused("PEKO-ASSETS", "public/a.bin", "asset_mb",
                     manifest='name = "site"\ncomponent = "a.wasm"\nassets = "public"\n[limits]\nasset_mb = 1\n')

    def test_too_many_files(self):
        write(self.folder / "public", {f"{number}.txt": b"x" for number in range(3)})
        self.refused("PEKO-ASSETS", "asset_files",
                     manifest='name = "site"\ncomponent = "a.wasm"\nassets = "public"\n[limits]\nasset_files = 3\n')

    def test_a_name_that_is_no_text(self):
        with open(os.fsencode(self.folder / "public") + b"/bad\xff.txt", "wb"):
            pass
        self.refused("not UTF-8")


class Many(unittest.TestCase):
    """As many files as there may be."""

    def test_twenty_thousand_files(self):
        count = 500 if SANITIZED else 20_000
        deployer = Deployer(Folder())
        folder = site(deployer.folder / "site", {f"d{number % 100}/{number}.txt": str(number).encode() for number in range(count)})
        status, out, err = deployer.run("deploy", folder, "--json", timeout=5 * PATIENCE)
        self.assertEqual(status, 0, err)
        self.assertEqual(json.loads(out)["assets"]["files"], count)
        server = Server("serve", "--code", deployer.url, "--threads", "1", "--log", "json")
        self.addCleanup(server.stop)
        for number in (0, 1, count // 2, count - 1):
            self.assertEqual(server.ask("site", f"/d{number % 100}/{number}.txt").body, str(number).encode())


if __name__ == "__main__":
    main()
