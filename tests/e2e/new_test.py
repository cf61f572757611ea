"""`peko new`: each template becomes a project that is built, tested by its own command and served, without a terminal
and with one; what exists is never touched, and what is stopped leaves nothing."""

import json
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import time
import tomllib
import unittest

from harness import CACHE, PEKO, READY, ROOT, Server, environment, main, run, temporary_folder, until

SAMPLES_NOT_OFFERED = {"hello-c", "ssr-component"}  # templates/templates.toml says why
BUILT_BY_CARGO = ROOT / "build/samples/cargo"  # the samples' own: what both need is compiled once
PROGRAM = pathlib.Path(PEKO).resolve()
COMMAND_SECONDS = 900  # a first build of all crates, on a busy machine


def listed():
    status, out, err = run("new", "--list", "--json")
    assert status == 0, err
    return {entry["name"]: entry for entry in json.loads(out)["templates"]}


def new(folder, *arguments, **more):
    """Makes a project: what --json says."""
    status, out, err = run("new", folder, "--json", *arguments, **more)
    assert status == 0, err
    return json.loads(out)


def shell(command, folder):
    """Runs what a person would type in the project's folder."""
    variables = environment(CARGO_NET_OFFLINE="true", PEKO_BIN=str(PROGRAM), PEKO_CACHE_DIR=str(CACHE),
                            npm_config_audit="false", npm_config_fund="false", npm_config_prefer_offline="true",
                            PYTHONDONTWRITEBYTECODE="1")
    for name in ("CARGO_TARGET_DIR", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"):
        variables.pop(name, None)
    done = subprocess.run(command, shell=True, cwd=folder, env=variables, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=COMMAND_SECONDS, check=False)
    assert done.returncode == 0, f"`{command}` in {folder}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def install(folder):
    """What has to be there before the project's commands work: packages of npm, and for speed the samples' crates."""
    if (folder / "package.json").exists():
        shell("npm ci --ignore-scripts", folder)
    if (folder / "Cargo.toml").exists():
        BUILT_BY_CARGO.mkdir(parents=True, exist_ok=True)
        (folder / "target").symlink_to(BUILT_BY_CARGO)


class EachTemplate(unittest.TestCase):
    def check(self, name):
        folder = temporary_folder() / f"my-{name}"
        made = new(folder, "--template", name)
        self.assertEqual((made["function"], made["template"]), (f"my-{name}", name))
        install(folder)
        if (folder / "tsconfig.json").exists():
            shell("npm run check", folder)
        shell(f"{PROGRAM} build", folder)
        self.assertRegex(shell(made["test"], folder), r"3 passed|# pass 3|ok +/api/hello")
        server = Server("dev", folder, ready=False)
        self.addCleanup(server.stop)
        server.wait_line(READY.search, COMMAND_SECONDS)  # the first script on a machine compiles the engine
        server.wait_ready()
        page = server.ask(f"my-{name}")
        self.assertEqual((page.status, page["content-type"]), (200, "text/html; charset=utf-8"))
        self.assertIn(f"<h1>Hello from my-{name}</h1>".encode(), page.body)
        hello = server.ask(f"my-{name}", "/api/hello?name=J%C3%BCrgen+%22J%22")
        self.assertEqual(hello["content-type"], "application/json")
        self.assertEqual(json.loads(hello.body), {"message": "Hello, world!" if name == "c" else 'Hello, Jürgen "J"!'})
        self.assertEqual(server.ask(f"my-{name}", "/nothing").status, 404)
        untracked = shell("git status --porcelain --untracked-files=all", folder)
        for built in ("target/", "build/", "node_modules/", ".peko/"):
            self.assertNotIn(built, untracked, "git ignores what is built")
        self.assertIn("?? peko.toml", untracked)

    def test_rust(self):
        self.check("rust")

    def test_ts(self):
        self.check("ts")

    def test_js(self):
        self.check("js")

    def test_c(self):
        self.check("c")


class Samples(unittest.TestCase):
    def test_all_are_offered(self):
        samples = {path.parent.name for path in (ROOT / "samples").glob("*/peko.toml")}
        self.assertEqual({name for name, entry in listed().items() if entry["sample"]}, samples - SAMPLES_NOT_OFFERED)
        rows = tomllib.loads((ROOT / "templates/templates.toml").read_text())["template"]
        self.assertEqual([row["folder"] for row in rows if not (ROOT / row["folder"]).is_dir()], [])

    def test_each_is_a_project_of_its_own(self):
        for name in (name for name, entry in listed().items() if entry["sample"]):
            with self.subTest(name):
                folder = temporary_folder() / f"my-{name}"  # names of their own: they keep entries by them
                made = new(folder, "--template", name)
                install(folder)
                shell(f"{PROGRAM} build", folder)
                shell(made["test"], folder)
                for file in ("peko.toml", "README.md"):
                    self.assertNotRegex((folder / file).read_text(), r"\.\./|scripts/|samples/", file)

    def test_is_the_same_byte_for_byte_but_for_its_name(self):
        folder = temporary_folder() / "image-resize"
        new(folder, "--template", "image-resize")
        sample = ROOT / "samples/image-resize"
        for path in (path for path in sorted(folder.rglob("*")) if path.is_file() and ".git" not in path.parts):
            original = sample / path.relative_to(folder)
            if path.name not in ("peko.toml", "README.md", ".gitignore"):
                self.assertEqual(path.read_bytes(), original.read_bytes(), path)
                self.assertEqual(os.access(path, os.X_OK), os.access(original, os.X_OK), path)


class Places(unittest.TestCase):
    def test_what_exists_is_not_touched(self):
        folder = temporary_folder()
        (folder / "app").mkdir()
        (folder / "app/notes.txt").write_text("mine")
        status, out, err = run("new", "app", "--template", "js", cwd=folder)
        self.assertEqual((status, out), (1, ""))
        self.assertIn("app is not empty, there is app/notes.txt", err)
        self.assertEqual([path.name for path in folder.rglob("*")], ["app", "notes.txt"])
        self.assertEqual((folder / "app/notes.txt").read_text(), "mine")

    def test_this_folder_when_it_is_empty(self):
        folder = temporary_folder() / "app"
        folder.mkdir()
        made = new(".", "--template", "js", cwd=folder)
        self.assertEqual(made["next"], ["npm install", "peko dev"])
        self.assertIn('name = "app"', (folder / "peko.toml").read_text())
        self.assertFalse([path for path in folder.iterdir() if path.name.startswith(".peko-new")])

    def test_a_repository_unless_there_is_one(self):
        folder = temporary_folder()
        self.assertTrue(new(folder / "a", "--template", "js")["git"])
        self.assertTrue((folder / "a/.git/HEAD").is_file())
        self.assertFalse(new(folder / "a/b", "--template", "js")["git"])
        self.assertFalse((folder / "a/b/.git").exists())
        self.assertFalse(new(folder / "c", "--template", "js", "--no-git")["git"])
        self.assertFalse((folder / "c/.git").exists())

    def test_a_folder_that_cannot_be_written(self):
        folder = temporary_folder()
        folder.chmod(0o555)
        self.addCleanup(folder.chmod, 0o755)
        user = "nobody" if os.geteuid() == 0 else None  # root may write everywhere
        folder.parent.chmod(folder.parent.stat().st_mode | 0o111)
        status, _, err = run("new", folder / "app", "--template", "js", user=user)
        self.assertEqual(status, 1)
        self.assertIn(str(folder), err)
        self.assertIn("permission denied", err.lower())
        self.assertEqual(list(folder.iterdir()), [])

    def test_names_that_are_none(self):
        folder = temporary_folder()
        for name, hint in (("My_App", "my-app"), ("a" * 64, "a" * 63), ("über", "ber"), ("-", "")):
            status, _, err = run("new", folder / name, "--template", "js")
            self.assertEqual(status, 2, name)
            self.assertIn("is not a function's name", err)
            self.assertIn(f'for instance "{hint}"' if hint else "1 to 63", err)
        self.assertEqual(list(folder.iterdir()), [])

    def test_names_that_cargo_does_not_take(self):
        folder = temporary_folder() / "2fa"
        new(folder, "--template", "rust")
        cargo = tomllib.loads((folder / "Cargo.toml").read_text())
        manifest = tomllib.loads((folder / "peko.toml").read_text())
        self.assertEqual((manifest["name"], cargo["package"]["name"]), ("2fa", "function-2fa"))
        self.assertTrue(manifest["component"].endswith("/function-2fa.wasm"))
        shell("cargo tree --offline --target wasm32-wasip2", folder)

    def test_stopping_leaves_nothing(self):
        folder = temporary_folder()
        (folder / "bin").mkdir()
        (folder / "bin/git").write_text("#!/bin/sh\ntouch ../../waits\nexec sleep 600\n")
        (folder / "bin/git").chmod(0o755)
        (folder / "work").mkdir()
        process = subprocess.Popen([PROGRAM, "new", folder / "work/deep/app", "--template", "js"],
                                   env=environment(PATH=f"{folder}/bin{os.pathsep}{os.environ['PATH']}"),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(process.kill)
        self.assertTrue(until((folder / "work/waits").exists))
        self.assertTrue(list((folder / "work/deep").iterdir()), "it is at work")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1, out)
        self.assertRegex(out, "peko new: stopped .*: nothing was made")
        self.assertEqual([path.name for path in (folder / "work").iterdir()], ["waits"])


class Person:
    """Somebody at a terminal who started a command."""

    def __init__(self, *arguments, cwd):
        self.pid, self.screen = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execve(PROGRAM, ["peko", *map(str, arguments)], environment(TERM="xterm"))
        self.seen = ""

    def _read(self, seconds):
        if not select.select([self.screen], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.screen, 65536)
        except OSError:  # the other end is closed
            return False
        self.seen += data.decode()
        return bool(data)

    def waits_for(self, text):
        end = time.monotonic() + 60
        while text not in self.seen and time.monotonic() < end:
            self._read(0.1)
        assert text in self.seen, self.seen

    def types(self, keys):
        os.write(self.screen, keys.encode())

    def leaves(self):
        """The exit status as waitpid gives it."""
        while self._read(60):
            pass
        return os.waitpid(self.pid, 0)[1]


class Asking(unittest.TestCase):
    def test_a_person_is_asked_for_name_and_template(self):
        folder = temporary_folder()
        person = Person("new", cwd=folder)
        person.waits_for("Name (or path) of the function: ")
        person.types("My App\n")
        person.waits_for('for instance "my-app"')
        person.types("my-app\n")
        person.waits_for("Template (number or name) [1]: ")
        plain = re.sub(r"\x1b\[\d*m", "", person.seen)
        self.assertIn(" 1  rust ", plain)
        self.assertIn(" 4  c ", plain)
        person.types("js\n")
        self.assertEqual(person.leaves(), 0, person.seen)
        self.assertIn("cd my-app", person.seen)
        self.assertTrue((folder / "my-app/src/index.js").is_file())

    def test_ctrl_c_at_a_question_makes_nothing(self):
        folder = temporary_folder()
        person = Person("new", "my-app", cwd=folder)
        person.waits_for("Template (number or name)")
        person.types("\x03")
        self.assertNotEqual(person.leaves(), 0)
        self.assertEqual(list(folder.iterdir()), [])

    def test_nobody_is_asked_without_a_terminal(self):
        status, _, err = run("new", "app", cwd=temporary_folder())
        self.assertEqual(status, 2)
        self.assertIn("--template is required: one of rust, ts, js, c", err)


if __name__ == "__main__":
    main()
