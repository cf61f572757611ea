"""`--json` of every command has the shape that docs/commands.md shows."""

import json
import os
import re
import subprocess
import unittest

from harness import PATIENCE, PEKO, ROOT, environment, guest, main, run, temporary_folder
from terminal import commands

# Members that are there only sometimes: the page shows them, an answer may lack them.
SOMETIMES = {"nearest", "advice", "problem", "fix", "revision", "versions"}

ESBUILD = ROOT / "js/node_modules/.bin"
SAME = {"peko secret remove": "peko secret set"}


def documented():
    """Of each command, the examples on the page: "peko deploy" -> [object, ...]."""
    page = (ROOT / "docs/commands.md").read_text()
    return {section.split("\n")[0]: [json.loads(example) for example in re.findall(r"```json\n(.*?)```", section, re.S)]
            for section in page.split("\n## ")[1:]}


def difference(given, shown, place=""):
    """Why `given` has not the shape of `shown`; None when it has."""
    if type(given) is not type(shown):
        return f"{place}: {given!r} is not like {shown!r}"
    if isinstance(given, dict):
        for name in given.keys() | shown.keys():
            if name not in shown:
                return f"{place}.{name} is not documented"
            if name not in given:
                if name not in SOMETIMES:
                    return f"{place}.{name} is missing"
            elif found := difference(given[name], shown[name], f"{place}.{name}"):
                return found
    if isinstance(given, list):
        return next(filter(None, (difference(entry, shown[0], f"{place}[{at}]") for at, entry in enumerate(given))), None)
    return None


class Json(unittest.TestCase):
    def setUp(self):
        self.folder = temporary_folder()
        self.store = self.folder / "store"
        self.store.mkdir()
        (self.folder / "peko.toml").write_text('name = "shop"\ncomponent = "shop.wasm"\n')
        (self.folder / "shop.wasm").write_bytes(guest("hello").read_bytes())
        self.key = self.folder / "key"
        self.key.write_bytes(os.urandom(32))
        self.key.chmod(0o600)
        self.documented = documented()

    def ask(self, command, *arguments, status=0, like=0):
        """Runs it; its answer, which has the shape of an example on the page."""
        words = command.split()[1:]
        env = environment(PEKO_CODE=str(self.store), PATH=f"{ESBUILD}{os.pathsep}{os.environ['PATH']}")
        code, out, err = run(*words, *arguments, "--json", cwd=self.folder, env=env)
        self.assertEqual(code, status, out + err)
        self.assertEqual(out.count("\n"), 1, out)
        answer = json.loads(out)
        examples = self.documented["When it fails" if "error" in answer else SAME.get(command, command)]
        self.assertIsNone(difference(answer, examples[like]), f"{command}: {out}")
        return answer

    def test_from_a_build_to_the_end_of_a_function(self):
        self.ask("peko build", ".")
        self.ask("peko check", "shop.wasm")
        self.ask("peko deploy", "--dry-run", like=1)
        self.assertEqual(self.ask("peko deploy")["version"], "v1")
        self.ask("peko deploy", "--weight", "10")
        self.ask("peko versions")
        self.ask("peko versions", "shop", like=1)
        self.ask("peko rollback", "shop", "v1")
        self.ask("peko gc")
        self.ask("peko delete", "shop", "--yes")

    def test_a_script_with_static_files(self):
        (self.folder / "peko.toml").write_text('name = "site"\nscript = "site.js"\nassets = "public"\n')
        (self.folder / "site.js").write_text('export default { fetch: () => new Response("hello") };\n')
        (self.folder / "public").mkdir()
        (self.folder / "public/index.html").write_text("<p>start")
        self.assertEqual(self.ask("peko deploy", "--dry-run", like=3)["assets"], {"files": 1, "bytes": 8})
        answer = self.ask("peko deploy", like=2)
        self.assertEqual((answer["assets"], answer["artifact"]["status"]), ({"files": 1, "new": 1, "bytes_sent": 8}, "none"))

    def test_nodes_that_do_not_confirm(self):
        answer = self.ask("peko deploy", "--admin", "http://127.0.0.1:1", status=1)
        self.assertEqual((answer["ok"], answer["nodes"][0]["confirmed"]), (False, False))

    def test_secrets(self):
        self.ask("peko deploy")
        done = subprocess.run([PEKO, "secret", "set", "shop", "TOKEN", "--key-file", self.key, "--json"], input="s3cret\n", text=True,
                              capture_output=True, timeout=PATIENCE, env=environment(PEKO_CODE=str(self.store)))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIsNone(difference(json.loads(done.stdout), self.documented["peko secret set"][0]))
        self.assertNotIn("s3cret", done.stdout + done.stderr)
        self.assertEqual(self.ask("peko secret list", "shop")["secrets"], ["TOKEN"])
        self.ask("peko secret remove", "shop", "TOKEN")

    def test_what_this_is_and_where(self):
        self.ask("peko version")
        code, out, _ = run("doctor", "--json", "--listen", "127.0.0.1:0", "--admin", "off")
        self.assertIn(code, (0, 1))
        self.assertIsNone(difference(json.loads(out), self.documented["peko doctor"][0]))

    def test_a_new_project(self):
        self.ask("peko new", "shop", "--template", "js")
        self.ask("peko new", "--list", like=1)

    def test_a_component_that_cannot_run(self):
        answer = self.ask("peko check", guest("unknown-import"), status=1)
        self.assertEqual(answer["ok"], False)

    def test_failures_have_one_shape(self):
        for command, arguments, status, code in (
                ("peko check", ("nowhere.wasm",), 1, "not found"), ("peko build", ("nowhere",), 1, "not found"),
                ("peko versions", ("nobody",), 1, "not found"), ("peko rollback", ("nobody",), 1, "not found"),
                ("peko rollback", ("shop", "first"), 2, "usage"), ("peko delete", ("shop",), 2, "usage"),
                ("peko secret set", ("shop", "KEY"), 2, "usage"), ("peko deploy", ("--weigth", "10"), 2, "usage"),
                ("peko new", ("My_Shop", "--template", "js"), 2, "usage"),
                ("peko new", (".", "--name", "shop", "--template", "js"), 1, "conflict"),
                ("peko gc", ("--code", "gopher://x"), 2, "usage"), ("peko doctor", ("--listen", "x"), 2, "usage")):
            with self.subTest(command=command, arguments=arguments):
                self.assertEqual(self.ask(command, *arguments, status=status)["error"]["code"], code)

    def test_every_command_that_takes_it_is_on_the_page(self):
        for command in commands():
            name = " ".join(("peko", *command))
            flags = run("complete-words", *command, "--js")[1]
            if "--json" in flags:
                self.assertIn(SAME.get(name, name), self.documented)

    def test_a_shape_that_differs_is_seen(self):
        shown = {"ok": True, "list": [{"a": 1}]}
        self.assertIsNone(difference({"ok": False, "list": []}, shown))
        for given in ({"ok": True}, {"ok": 1, "list": []}, {"ok": True, "list": [{"a": "1"}]}, {**shown, "more": 1}):
            self.assertIsNotNone(difference(given, shown))


if __name__ == "__main__":
    main()
