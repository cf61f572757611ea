"""Deploying to a folder by the commands: what they do, what they say, and that two at once lose nothing."""

import json
import os
import pathlib
import pty
import secrets
import select
import shutil
import signal
import subprocess
import termios
import time
import unittest

from harness import PATIENCE, PEKO, environment, guest, main, run, temporary_folder, until


class Case(unittest.TestCase):
    """A store, a node key and a project of its own for each test."""

    def setUp(self):
        self.folder = temporary_folder()
        self.store = self.folder / "store"
        self.store.mkdir()
        self.key = self.folder / "node.key"
        self.key.write_bytes(secrets.token_bytes(32))
        self.key.chmod(0o600)

    def project(self, source="hello", name="api", more=""):
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        shutil.copyfile(guest(source), folder / "made.wasm")
        (folder / "peko.toml").write_text(
            f'name = "{name}"\ncomponent = "a.wasm"\n[build]\ncommand = "cp made.wasm a.wasm && echo built"\n{more}')
        return folder

    def peko(self, *arguments, status=0, **options):
        """(stdout, stderr) of a command on the store, which must end with `status`."""
        code, out, err = run(*arguments, "--code", self.store, **options)
        self.assertEqual(code, status, f"peko {arguments}:\n{out}{err}")
        return out, err

    def json(self, *arguments, **options):
        return json.loads(self.peko(*arguments, "--json", **options)[0])

    def files(self, below=""):
        folder = self.store / below
        return sorted(str(path.relative_to(self.store)) for path in folder.rglob("*")
                      if path.is_file() and not any(part.startswith(".") for part in path.relative_to(self.store).parts))


class Life(Case):
    def test_from_the_first_version_to_none(self):
        project = self.project()
        dry = self.json("deploy", project, "--dry-run")
        self.assertEqual((dry["dry_run"], dry["component"]["there"]), (True, False))
        self.assertEqual(self.files("functions"), [])

        out, _ = self.peko("deploy", project, "--message", "first", "--key-file", self.key)
        for words in ("built", "+ checked", "+ compiled", "+ sent", "+ current", "api v1 is live", "http://api.localhost:8080/"):
            self.assertIn(words, out)
        self.assertIn("functions/api/current.json", self.files())
        self.assertEqual(len(self.files("artifacts")), 1)
        self.assertEqual(len(self.files("components")), 1)

        out, _ = self.peko("deploy", project, "--env", "GREETING=hi", "--key-file", self.key)
        self.assertIn("v2, the store had the component", out)
        self.assertIn("the store has the machine code", out)
        self.assertIn(f"peko rollback api v1 --code {self.store}", out)
        self.assertEqual(len(self.files("components") + self.files("artifacts")), 2)

        self.project("echo")
        canary = self.json("deploy", project, "--weight", "10")
        self.assertEqual(canary["versions"], [{"version": "v2", "weight": 90}, {"version": "v3", "weight": 10}])
        self.assertEqual(canary["artifact"]["status"], "left-to-nodes")

        told = self.json("versions", "api")
        self.assertEqual([entry["version"] for entry in told["versions"]], ["v3", "v2", "v1"])
        self.assertEqual(told["versions"][2]["message"], "first")
        self.assertEqual([entry["revision"] for entry in told["history"]], [3, 2, 1])
        self.assertIn("90 %", self.peko("versions", "api")[0])
        self.assertIn("v2 90 %, v3 10 %", self.peko("versions")[0])

        self.assertEqual(self.json("rollback", "api", "v1")["revision"], 4)
        self.assertIn("api v2", self.peko("rollback", "api", "v2", "--message", "again")[0])

        self.peko("delete", "api", status=2)
        self.assertIn("peko rollback api", self.peko("delete", "api", "--yes")[0])
        self.assertIn("api v2", self.peko("rollback", "api")[0])

    def test_gc_keeps_what_is_needed(self):
        for source in ("hello", "echo", "reader", "sleep"):
            self.peko("deploy", self.project(source))
        self.assertIn("would remove", self.peko("gc", "--keep", "1", "--dry-run")[0])
        self.assertEqual(len(self.files("versions")), 4)
        self.assertEqual(self.json("gc", "--keep", "1")["ok"], True)
        self.assertEqual(len(self.files("versions")), 2, "what serves, and what served before it")
        self.assertEqual(len(self.files("components")), 4, "code younger than an hour may belong to a deploy that is under way")
        hour_ago = time.time() - 2 * 3600
        for name in self.files("components"):
            os.utime(self.store / name, (hour_ago, hour_ago))
        self.peko("gc", "--keep", "1")
        self.assertEqual(len(self.files("components")), 2)

    def test_secrets_are_never_seen(self):
        self.peko("deploy", self.project())
        value = "hunter2-" + secrets.token_hex(8)
        done = subprocess.run([PEKO, "secret", "set", "api", "PASSWORD", "--code", self.store, "--key-file", self.key],
                              input=value + "\n", capture_output=True, text=True, env=environment(), timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.peko("secret", "list", "api")[0], "PASSWORD\n")
        told = done.stdout + done.stderr + self.peko("versions", "api", "--json")[0]
        stored = b"".join((self.store / name).read_bytes() for name in self.files())
        self.assertNotIn(value, told)
        self.assertNotIn(value.encode(), stored)
        self.assertIn("give --key-file", self.peko("secret", "set", "api", "B", status=2)[1])
        self.peko("secret", "remove", "api", "PASSWORD")
        self.assertIn("no secrets", self.peko("secret", "list", "api")[0])


class Mistakes(Case):
    def test_say_what_is_wrong_and_change_nothing(self):
        project = self.project()
        text = self.folder / "text.wasm"
        text.write_text("hello")
        big = self.project("hello", "big", "[limits]\ncomponent_mb = 1\n")
        with open(big / "made.wasm", "ab") as file:
            file.truncate(2 << 20)
        broken = self.project("hello", "broken", "nonsense = 1\n")
        failing = self.folder / "failing"
        failing.mkdir()
        (failing / "peko.toml").write_text('name = "failing"\ncomponent = "a.wasm"\n[build]\ncommand = "no-such-tool"\n')
        for arguments, words in (((self.folder / "absent",), ("absent does not exist",)),
                                 ((text,), ("text.wasm is text", )),
                                 ((guest("unknown-import"),), ("cannot run", )),
                                 ((big,), ("PEKO-COMPONENT",)),
                                 ((broken,), ("broken/peko.toml:5:", "nonsense")),
                                 ((failing,), ("status 127", "no-such-tool"))):
            _, err = self.peko("deploy", *arguments, status=1)
            for word in words:
                self.assertIn(word, err)
        self.assertEqual(self.files(), [])
        status, _, err = run("deploy", project, "--code", "s4://bucket", cwd=self.folder)
        self.assertEqual(status, 2)
        self.assertIn("s3://bucket/prefix", err)
        status, _, err = run("deploy", project, cwd=self.folder)
        self.assertEqual(status, 2)
        self.assertIn("--code", err)

    @unittest.skipIf(os.geteuid() != 0, "needs another user, so root")
    def test_of_a_store_that_may_not_be_written_names_it(self):
        project = self.project()
        self.folder.chmod(0o755)
        for path in (project, *project.iterdir()):
            path.chmod(0o777 if path.is_dir() else 0o666)
        status, out, err = run("deploy", project, "--code", self.store, user="nobody", env=environment(HOME="/nonexistent"))
        self.assertEqual(status, 1, out)
        self.assertIn(str(self.store), err)
        self.assertRegex(err.lower(), "permission|denied|not permitted|may not")

    def test_of_unknown_functions_and_versions(self):
        self.assertIn("nope", self.peko("versions", "nope", status=1)[1])
        self.assertIn("nope", self.peko("rollback", "nope", status=1)[1])
        self.peko("deploy", self.project())
        self.assertIn("v7", self.peko("rollback", "api", "v7", status=1)[1])


class Terminal(Case):
    """What needs a person at a terminal."""

    def on_terminal(self, *arguments):
        """A command whose three streams are a new terminal: (process, its other end)."""
        person, program = pty.openpty()
        process = subprocess.Popen([PEKO, *map(str, arguments)], stdin=program, stdout=program, stderr=program,
                                   env=environment(TERM="xterm"), start_new_session=True)
        os.close(program)
        self.addCleanup(os.close, person)
        return process, person

    def seen(self, person, words, patience=PATIENCE):
        """Reads the terminal until it shows the words."""
        text, end = "", time.monotonic() + patience
        while words not in text and time.monotonic() < end:
            if select.select([person], [], [], 0.1)[0]:
                try:
                    text += os.read(person, 4096).decode("utf-8", "replace")
                except OSError:  # the other end is closed
                    break
        self.assertIn(words, text)
        return text

    def test_ctrl_c_ends_the_build_and_all_that_it_started(self):
        project = self.project()
        (project / "peko.toml").write_text('name = "api"\ncomponent = "a.wasm"\n[build]\n'
                                           'command = "echo $$ > shell; sleep 1000 & echo $! > child; wait"\n')
        process = subprocess.Popen([PEKO, "deploy", project, "--code", self.store], env=environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertTrue(until(lambda: (project / "child").exists() and (project / "child").read_text().strip()))
        child = (project / "child").read_text().strip()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 1)
        self.assertIn("stopped (Interrupt)", err)

        def gone():
            try:
                return pathlib.Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()[0] in "ZX"
            except OSError:
                return True
        self.assertTrue(until(gone, 10))
        self.assertEqual(self.files(), [])

    def test_a_secret_is_asked_for_and_not_shown(self):
        self.peko("deploy", self.project())
        process, person = self.on_terminal("secret", "set", "api", "PASSWORD", "--code", self.store, "--key-file", self.key)
        self.seen(person, "Value of PASSWORD")
        hidden = lambda: not termios.tcgetattr(person)[3] & termios.ECHO
        self.assertTrue(until(hidden), "what is typed is shown")
        os.write(person, b"hunter2\n")
        shown = self.seen(person, "PASSWORD of api")
        self.assertNotIn("hunter2", shown)
        self.assertEqual(process.wait(PATIENCE), 0)

    def test_delete_asks(self):
        self.peko("deploy", self.project())
        process, person = self.on_terminal("delete", "api", "--code", self.store)
        self.seen(person, "[y/N]")
        os.write(person, b"n\n")
        self.seen(person, "nothing has changed")
        self.assertEqual(process.wait(PATIENCE), 1)
        process, person = self.on_terminal("delete", "api", "--code", self.store)
        self.seen(person, "[y/N]")
        os.write(person, b"y\n")
        self.seen(person, "removed")
        self.assertEqual(process.wait(PATIENCE), 0)


if __name__ == "__main__":
    main()
