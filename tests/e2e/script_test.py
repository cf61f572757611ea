"""Scripts: from TypeScript to answers by `peko dev` and `peko build`, their errors with file and line."""

import json
import os
import shutil
import time
import unittest

from harness import GUESTS, ROOT, Server, environment, main, run, temporary_folder, until

ESBUILD = ROOT / "js/node_modules/.bin"

APP = """\
import { twice } from './lib/twice';

interface Env { NAME: string }

export default {
  async fetch(request: Request, env: Env, ctx: { waitUntil(p: Promise<unknown>): void }): Promise<Response> {
    const url = new URL(request.url);
    switch (url.pathname) {
      case '/': return new Response(`hello ${env.NAME}`);
      case '/twice': return Response.json({ twice: twice(await request.json()) });
      case '/echo': return new Response(request.body, { headers: { 'content-type': 'application/octet-stream' } });
      case '/throw': twice(null as never); break;
      case '/lost': lost(); Promise.reject('a text'); Promise.reject('handled').catch(() => {}); return new Response('ok');
      case '/later': ctx.waitUntil(Promise.resolve().then(() => console.log('later'))); return new Response('now');
      case '/cookies': return new Response(null, { status: 204, headers: [['set-cookie', 'a=1'], ['set-cookie', 'b=2']] });
    }
    return new Response('nothing', { status: 404 });
  },
};

async function lost(): Promise<void> {
  await null;
  throw new RangeError('nobody awaits this');
}
"""

TWICE = """\
interface Box { n: number }

export function twice(box: Box): number {
  return 2 * box.n;
}
"""


def project(source=APP, name="app", more=""):
    folder = temporary_folder() / name
    (folder / "src/lib").mkdir(parents=True)
    (folder / "src/index.ts").write_text(source)
    (folder / "src/lib/twice.ts").write_text(TWICE)
    (folder / "peko.toml").write_text(f'name = "{name}"\nscript = "src/index.ts"\n[env]\nNAME = "you"\n{more}')
    return folder


def with_esbuild():
    return {"PATH": f"{ESBUILD}{os.pathsep}{os.environ['PATH']}"}


class Scripts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        assert ESBUILD.is_dir(), "run js/build.sh first"
        cls.folder = project()
        cls.server = Server("dev", cls.folder, "--threads", "1", "--log", "json", env=with_esbuild())

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def ask(self, target="/", **options):
        return self.server.ask("app", target, **options)

    def test_answers_and_keeps_its_instance(self):
        self.assertEqual(self.ask().body, b"hello you")
        again = self.ask()
        self.assertEqual(again.body, b"hello you")
        self.server.log("request", id=again["peko-request-id"], cold=False)

    def test_reads_and_writes_bodies(self):
        self.assertEqual(json.loads(self.ask("/twice", method="POST", body=b'{"n": 21}').body), {"twice": 42})
        bytes_sent = os.urandom(300_000)
        self.assertEqual(self.ask("/echo", method="POST", body=bytes_sent).body, bytes_sent)

    def test_a_throw_names_file_and_line_and_harms_nobody(self):
        response = self.ask("/throw")
        self.assertEqual((response.status, response["peko-error"]), (500, "PEKO-EXCEPTION"))
        self.assertIn(b"TypeError", response.body)
        entry = self.server.log("trap", id=response["peko-request-id"])
        self.assertEqual(entry["code"], "PEKO-EXCEPTION")
        self.assertRegex(entry["cause"], "^TypeError: .*box is null")
        again = self.ask()
        self.server.log("request", id=again["peko-request-id"], status=200, cold=False)  # a throw costs no instance
        self.assertEqual(entry["backtrace"][0], "twice at src/lib/twice.ts:4:14")
        self.assertRegex(entry["backtrace"][1], r"fetch at src/index\.ts:12:\d+$")

    def test_tells_once_of_rejections_that_nobody_handles(self):
        response = self.ask("/lost")
        self.assertEqual((response.status, response.body), (200, b"ok"))
        request = response["peko-request-id"]
        self.server.log("guest", id=request, msg="Promise rejected but never handled: nobody awaits this")
        self.server.log("guest", id=request, msg='Promise rejected but never handled: "a text"')
        self.assertTrue(self.server.wait_line(lambda line: request in line and "lost@app.js:" in line))
        again = self.ask()
        self.server.log("request", id=again["peko-request-id"], cold=False)
        told = [line for line in self.server.lines if '"guest"' in line]
        self.assertFalse([line for line in told if again["peko-request-id"] in line], "not again by the next request")
        self.assertEqual(sum("never handled" in line for line in told), 2, "the third one is handled")

    def test_waits_for_what_it_said(self):
        response = self.ask("/later")
        self.assertEqual(response.body, b"now")
        self.server.log("guest", id=response["peko-request-id"], msg="later")

    def test_keeps_cookies_apart(self):
        response = self.ask("/cookies")
        self.assertEqual(response.status, 204)
        self.assertEqual([value for name, value in response.fields if name == "set-cookie"], ["a=1", "b=2"])


class Bundling(unittest.TestCase):
    def test_build_makes_a_bundle_with_its_map(self):
        folder = project()
        status, out, err = run("build", folder, env=environment(**with_esbuild()))
        self.assertEqual(status, 0, err)
        self.assertTrue((folder / ".peko/app.js").is_file() and (folder / ".peko/app.js.map").is_file())
        self.assertEqual((folder / ".peko/.gitignore").read_text(), "*\n")

    def test_without_esbuild_it_says_how_to_get_it(self):
        status, _, err = run("build", project(), env=environment(PATH="/nowhere"))
        self.assertEqual(status, 1)
        self.assertIn("npm install --save-dev esbuild", err)

    def test_a_mistake_in_the_source_is_shown_with_its_place(self):
        status, _, err = run("build", project("export default {\n  fetch( {\n"), env=environment(**with_esbuild()))
        self.assertEqual(status, 1)
        self.assertIn("src/index.ts cannot be bundled: see above", err)
        self.assertIn("index.ts:3:0", err)

    def test_a_file_alone_is_a_function(self):
        folder = temporary_folder()
        (folder / "one.js").write_text("export default () => new Response('one');\n")
        (folder / "two.mts").write_text("const x: number = 1;\nnull!.boot();\nexport default () => new Response('two');\n")
        server = Server("dev", folder / "one.js", folder / "two.mts", "--log", "json", env=with_esbuild())
        self.addCleanup(server.stop)
        self.assertEqual(server.ask("one").body, b"one")
        response = server.ask("two")
        self.assertEqual((response.status, response["peko-error"]), (500, "PEKO-EXCEPTION"))
        self.assertEqual(server.log("trap", id=response["peko-request-id"])["backtrace"], ["at two.mts:2:1"])
        self.assertEqual(server.ask("one").body, b"one")


class Deploying(unittest.TestCase):
    def setUp(self):
        self.store = temporary_folder()

    def peko(self, command, *arguments):
        status, out, err = run(command, *arguments, "--code", self.store, env=environment(**with_esbuild()))
        self.assertEqual(status, 0, out + err)
        return out

    def deploy(self, word):
        source = f"export default () => new Response('{word} ' + 1);\n"
        return self.peko("deploy", project(source, name="site"))

    def test_only_the_bundle_is_sent_and_versions_change_at_once(self):
        self.assertNotIn("store had", self.deploy("one"))
        objects = [path.relative_to(self.store).parts for path in self.store.rglob("*.js")]
        self.assertEqual([parts[0] for parts in objects], ["scripts"])
        self.assertFalse((self.store / "components").exists() or (self.store / "artifacts").exists())
        server = Server("serve", "--code", self.store, "--log", "json")
        self.addCleanup(server.stop)
        self.assertEqual(server.ask("site").body, b"one 1")
        self.deploy("two")
        self.assertTrue(until(lambda: server.ask("site").body == b"two 1"))
        self.assertIn("the store had the script", self.deploy("one"))
        self.assertTrue(until(lambda: server.ask("site").body == b"one 1"))
        self.peko("rollback", "site", "v2")
        self.assertTrue(until(lambda: server.ask("site").body == b"two 1"))
        self.assertEqual(server.ask("v1--site").body, b"one 1")
        known = json.loads(self.peko("versions", "site", "--json"))
        self.assertEqual([len(version["script"]) for version in known["versions"]], [64, 64, 64])

    def test_logs_of_a_deployed_script_name_its_sources(self):
        self.peko("deploy", project(name="site"))
        maps = [path.read_text() for path in self.store.rglob("*.map")]
        self.assertEqual(len(maps), 1)
        self.assertNotIn("interface Box", maps[0], "the sources themselves are not sent")
        self.assertLess(len(maps[0]), 4096)
        server = Server("serve", "--code", self.store, "--log", "json")
        self.addCleanup(server.stop)
        entry = server.log("trap", id=server.ask("site", "/throw")["peko-request-id"])
        self.assertEqual(entry["backtrace"][0], "twice at src/lib/twice.ts:4:14")
        self.peko("deploy", project("// a comment more\n" + APP, name="site"))
        self.assertEqual(len(list(self.store.rglob("*.js"))), 1, "the bundle is the same")
        self.assertTrue(until(lambda: server.ask("site")["peko-request-id"] and "src/index.ts:13:" in server.log(
            "trap", id=server.ask("site", "/throw")["peko-request-id"])["backtrace"][1]))

    def test_the_engine_is_compiled_once_for_all_nodes(self):
        key = temporary_folder() / "key"
        key.write_bytes(os.urandom(32))
        key.chmod(0o600)
        self.deploy("one")

        def node():
            server = Server("serve", "--code", self.store, "--key-file", key, cache=temporary_folder())
            self.addCleanup(server.stop)
            self.assertEqual(server.ask("site").body, b"one 1")
            return server

        self.assertTrue(node().wait_line(lambda line: "compiled" in line))
        self.assertTrue(until(lambda: list(self.store.glob("artifacts/*/*.cwasm"))), "a node stores what it compiled")
        self.assertTrue(node().wait_line(lambda line: "from the store" in line))
        report = json.loads(self.peko("deploy", project(name="other"), "--key-file", key, "--json"))
        self.assertEqual(report["artifact"]["status"], "there")
        (artifact,) = self.store.glob("artifacts/*/*.cwasm")
        self.check_that_nodes_with_many_functions_prepare_it(key, artifact)
        with artifact.open("r+b") as file:
            file.seek(1000)
            file.write(b"forged")
        forged = node()
        self.assertTrue(forged.wait_line(lambda line: "is refused and compiled here instead" in line))

    def check_that_nodes_with_many_functions_prepare_it(self, key, artifact):
        """They load each function when it is asked for, and nobody asks."""
        for number in range(100):
            shutil.copy(GUESTS / "hello.wasm", self.store / f"functions/f{number}.wasm")
        cache = temporary_folder()
        server = Server("serve", "--code", self.store, "--key-file", key, cache=cache)
        self.assertTrue(until(lambda: list(cache.glob(f"artifacts/*/{artifact.name}"))))
        server.stop()
        for number in range(100):
            (self.store / f"functions/f{number}.wasm").unlink()

    def test_a_changed_bundle_is_refused(self):
        self.deploy("one")
        bundle = next((self.store / "scripts").glob("*.js"))
        bundle.write_text(bundle.read_text().replace("one", "owned"))
        server = Server("serve", "--code", self.store, "--log", "json", cache=temporary_folder())
        self.addCleanup(server.kill)
        self.assertNotEqual(server.ask("site").status, 200)
        self.assertTrue(server.wait_line(lambda line: f"scripts/{bundle.name}" in line and "was changed after" in line))

    def test_collection_keeps_what_is_named(self):
        for word in ("one", "two", "three"):
            self.deploy(word)
        hours_ago = time.time() - 7200
        for bundle in (self.store / "scripts").iterdir():
            os.utime(bundle, (hours_ago, hours_ago))
        self.peko("gc", "--keep", "1")
        kept = [bundle.read_text() for bundle in (self.store / "scripts").glob("*.js")]
        self.assertEqual(len(kept), 2, "what serves, and what served before it")
        self.assertEqual(len(list((self.store / "scripts").glob("*.map"))), 2, "and their maps")
        self.assertTrue(any("three" in text for text in kept) and any("two" in text for text in kept), kept)


if __name__ == "__main__":
    main()
