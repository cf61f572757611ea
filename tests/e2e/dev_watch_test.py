"""`peko dev` while somebody works: saves of every kind, builds that fail, hang and are killed, projects that come and go."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import unittest

from harness import PEKO, ROOT, Server, environment, guest, main, run, temporary_folder, until
from load import Load

FULL = os.environ.get("PEKO_E2E_FULL") == "1"
SAVES = 1000 if FULL else 100
RATE = 50  # requests a second
ESBUILD = {"PATH": f"{ROOT / 'js/node_modules/.bin'}{os.pathsep}{os.environ['PATH']}"}
SCRIPT = "import {{ word }} from './lib/word';\nexport default {{ fetch: () => new Response(`${{word}} {}`) }};\n"

# A build that copies a component. `source` says which one and how it fails.
BUILD = """
. ./source
echo "building $guest"
test -n "$fails" && { echo "source:2:1: error: $fails" >&2; exit 1; }
test -n "$hangs" && { echo $$ > pid; trap '' TERM; while :; do sleep 1; done; }
test -n "$dies" && kill -9 $$
cp "$guest" out.new && mv out.new out.wasm
"""


def save(path, text):
    """As editors do that never leave half a file: beside it, then over it."""
    beside = path.with_name(f".{path.name}.goutputstream-1")
    beside.write_text(text)
    os.replace(beside, path)


def script(folder, word="one"):
    (folder / "src/lib").mkdir(parents=True)
    (folder / "src/lib/word.ts").write_text("export const word: string = 'hello';\n")
    (folder / "src/index.ts").write_text(SCRIPT.format(word))
    (folder / "peko.toml").write_text(f'name = "{folder.name}"\nscript = "src/index.ts"\n')
    return folder


def copied(folder, source="hello", more=""):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "build.sh").write_text(BUILD)
    (folder / "source").write_text(f"guest={guest(source)}\n")
    (folder / "peko.toml").write_text(f'name = "{folder.name}"\ncomponent = "out.wasm"\n{more}\n'
                                      '[build]\ncommand = "sh build.sh"\nwatch = ["source", "build.sh"]\n')
    return folder


def lives(pid):
    """Whether a process is there, and no zombie that nobody has asked about."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def children(pid):
    """All that descends from a process."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found += [int(path.parent.name), *children(int(path.parent.name))]
    return found


def command_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""  # it has just ended


class Dev(unittest.TestCase):
    POLL = False

    def start(self, *paths, ready=True, **options):
        env = {**ESBUILD, **({"PEKO_WATCH": "poll"} if self.POLL else {})}
        server = Server("dev", *paths, "--threads", "2", env=env, ready=ready, **options)
        self.addCleanup(lambda: server.process.poll() is None and server.kill())
        return server

    def text(self, server, name):
        response = server.ask(name)
        return response.body.decode() if response.status == 200 else f"{response.status} {response['peko-error']}"

    def assert_becomes(self, server, name, wanted):
        self.assertTrue(until(lambda: wanted in self.text(server, name)),
                        f"{name} does not become {wanted}: {self.text(server, name)}\n{server.tail()}")

    def assert_said(self, server, pattern):
        self.assertTrue(server.wait_line(lambda line: re.search(pattern, line)), f"nobody says {pattern}:\n{server.tail()}")


class Scripts(Dev):
    def test_every_way_to_save(self):
        folder = script(temporary_folder() / "app")
        server = self.start(folder)
        self.assertEqual(self.text(server, "app"), "hello one")
        index, word = folder / "src/index.ts", folder / "src/lib/word.ts"
        index.write_text(SCRIPT.format("two"))
        self.assert_becomes(server, "app", "hello two")
        save(index, SCRIPT.format("three"))
        self.assert_becomes(server, "app", "hello three")
        word.write_text("export const word: string = 'goodbye';\n")  # what it imports
        self.assert_becomes(server, "app", "goodbye three")
        os.replace(word, word.with_suffix(".ts~"))  # vim's way: move it away, write it anew
        word.write_text("export const word: string = 'again';\n")
        self.assert_becomes(server, "app", "again three")
        self.assert_said(server, r"\+ app  .*src/index.ts: live in [\d.]+ m?s")
        server.stop()

    def test_a_mistake_is_shown_and_the_old_version_serves_on(self):
        folder = script(temporary_folder() / "app")
        server = self.start(folder)
        (folder / "src/index.ts").write_text("import './lib/new';\nexport default { fetch( {\n")
        self.assert_said(server, "the build failed; what served before goes on serving")
        self.assert_said(server, r"index\.ts:3:0")
        self.assertEqual(self.text(server, "app"), "hello one")
        (folder / "src/index.ts").write_text("import './lib/new';\n" + SCRIPT.format("two"))
        self.assert_said(server, r'Could not resolve "./lib/new"')
        (folder / "src/lib/new.ts").write_text("globalThis.x = 1;\n")  # a new file repairs it
        self.assert_becomes(server, "app", "hello two")
        server.stop()

    def test_a_first_build_that_fails_is_an_answer(self):
        folder = script(temporary_folder() / "app")
        (folder / "src/index.ts").write_text("export default { fetch( {\n")
        server = self.start(folder)
        self.assertEqual(self.text(server, "app"), "500 PEKO-BUILD")
        (folder / "src/index.ts").write_text(SCRIPT.format("two"))
        self.assert_becomes(server, "app", "hello two")
        server.stop()

    def test_saves_under_load_fail_no_request(self):
        folder = script(temporary_folder() / "app", "0")
        server = self.start(folder, "--log", "off")
        self.assertEqual(self.text(server, "app"), "hello 0")
        took = []
        with server.connect() as connection, Load(server.port, ["app"], RATE) as load:
            for number in range(1, SAVES + 1):
                save(folder / "src/index.ts", SCRIPT.format(number))
                begin, wanted = time.monotonic(), f"hello {number}".encode()
                while (answer := connection.get("app.localhost")).body != wanted:
                    self.assertEqual(answer.status, 200, answer)
                    self.assertLess(time.monotonic(), begin + 60, f"{number} is not live: {answer}")
                took.append(time.monotonic() - begin)
        print(f"\n{SAVES} saves: median {1000 * sorted(took)[SAVES // 2]:.0f} ms; {load}")
        self.assertEqual(load.bad(), [])
        self.assertEqual(load.failed, 0)
        server.stop()


class PolledScripts(Scripts):
    POLL = True
    test_saves_under_load_fail_no_request = None


class Builds(Dev):
    def setUp(self):
        self.folder = copied(temporary_folder() / "api")

    def source(self, name="hello", **how):
        lines = [f"guest={guest(name)}", *(f"{key}='{value}'" for key, value in how.items())]
        save(self.folder / "source", "\n".join(lines) + "\n")

    def test_builds_what_is_missing_and_what_changes(self):
        server = self.start(self.folder)
        self.assertEqual(self.text(server, "api"), "Hello, World!")
        self.source("counter")
        self.assert_becomes(server, "api", "served: ")
        server.stop()
        self.assertFalse(any("building" in line for line in server.lines), "a quick build that succeeds is quiet")
        again = self.start(self.folder)
        self.assert_said(again, r"\+ api .*from the cache")
        self.assertIn("served: ", self.text(again, "api"), "what is up to date is not built again")
        again.stop()

    def test_a_failure_is_shown_whole_and_repaired(self):
        server = self.start(self.folder)
        self.source(fails="no such thing")
        self.assert_said(server, r"building /")
        self.assert_said(server, r"source:2:1: error: no such thing")
        self.assert_said(server, r"the build failed with status 1: `sh build.sh`")
        self.assertEqual(self.text(server, "api"), "Hello, World!")
        self.source("counter")
        self.assert_becomes(server, "api", "served: ")
        server.stop()

    def test_a_build_that_is_killed_kills_nothing_else(self):
        server = self.start(self.folder)
        self.source(dies="1")
        self.assert_said(server, r"the build failed with status 137: .*; Killed ended it")
        self.assertEqual(self.text(server, "api"), "Hello, World!")
        self.source("counter")
        self.assert_becomes(server, "api", "served: ")
        server.stop()

    def test_a_build_that_hangs_gives_way_to_the_next_save(self):
        server = self.start(self.folder)
        self.source(hangs="1")
        self.assertTrue(until((self.folder / "pid").is_file))
        self.assertEqual(self.text(server, "api"), "Hello, World!")
        self.source("counter")
        self.assert_becomes(server, "api", "served: ")
        self.assertFalse(lives((self.folder / "pid").read_text().strip()))
        server.stop()

    def test_an_end_during_a_build_leaves_nothing(self):
        for number in (signal.SIGINT, signal.SIGHUP):  # Ctrl-C; the terminal was closed
            server = self.start(self.folder)
            self.source(hangs="1")
            self.assertTrue(until((self.folder / "pid").is_file))
            left = children(server.process.pid)
            self.assertTrue(left)
            server.signal(number)
            self.assertEqual(server.wait(), 0)
            self.assertEqual([pid for pid in left if lives(pid)], [])
            (self.folder / "pid").unlink()
            self.source()

    def compiler(self, server):
        """The process that waits for what a build makes; None when there is none."""
        workers = [pid for pid in children(server.process.pid) if b"--rehearsal" in command_of(pid)]
        self.assertLessEqual(len(workers), 1)
        return workers[0] if workers else None

    def test_a_compiler_waits_for_what_a_build_makes(self):
        server = self.start(self.folder, cache=temporary_folder())  # where it is not compiled already
        self.source("counter", hangs="1")
        waiting = until(lambda: self.compiler(server))
        self.assertTrue(waiting)
        self.assertTrue(until((self.folder / "pid").is_file))
        self.source(fails="not yet")
        self.assert_said(server, "error: not yet")
        self.assertEqual(self.compiler(server), waiting, "it waits for the next build")
        self.source("counter")
        self.assert_becomes(server, "api", "served: ")
        self.assertFalse(lives(waiting))
        server.stop()

    def test_a_compiler_that_is_killed_while_it_waits_is_not_missed(self):
        server = self.start(self.folder, cache=temporary_folder())
        save(self.folder / "build.sh", "while ! test -e go; do sleep 0.1; done\n" + BUILD)
        waiting = until(lambda: self.compiler(server))
        self.assertTrue(waiting)
        os.kill(waiting, signal.SIGKILL)
        save(self.folder / "source", f"guest={guest('counter')}\n")
        (self.folder / "go").touch()
        self.assert_becomes(server, "api", "served: ")
        self.assertFalse(any("killed" in line for line in server.lines), server.tail())
        server.stop()

    def test_settings_are_read_again(self):
        server = self.start(self.folder)
        manifest = self.folder / "peko.toml"
        before = manifest.read_text()
        self.source("counter")
        self.assert_becomes(server, "api", "served: ")
        save(manifest, before + "[limits]\nmemory = 5\n")
        self.assert_said(server, r'peko\.toml:\d+:\d+: unknown key "memory"')
        self.assertIn("served: ", self.text(server, "api"))
        save(manifest, 'routes = ["more.example/*"]\n' + before)

        def routed():
            with server.connect() as connection:
                return connection.get("more.example").status == 200
        self.assertTrue(until(routed))
        save(manifest, before.replace('"api"', '"renamed"'))
        self.assert_becomes(server, "renamed", "served: ")
        server.stop()

    def test_a_slow_build_is_shown_while_it_runs(self):
        (self.folder / "build.sh").write_text("echo first\nsleep 3\n" + BUILD)
        server = self.start(self.folder, ready=False)
        self.assert_said(server, r"api \| first")
        self.assertFalse(any("+ api" in line for line in server.lines))
        self.assert_said(server, r"\+ api +built in")
        server.kill()

    def test_a_component_alone_is_swapped_by_a_rename(self):
        component = temporary_folder() / "alone.wasm"
        shutil.copyfile(guest("hello"), component)
        server = self.start(component)
        self.assertEqual(self.text(server, "alone"), "Hello, World!")
        component.write_bytes(guest("counter").read_bytes()[:1000])
        self.assert_said(server, "it cannot be loaded; what served before goes on serving")
        self.assertEqual(self.text(server, "alone"), "Hello, World!")
        shutil.copyfile(guest("counter"), component.with_suffix(".new"))
        os.replace(component.with_suffix(".new"), component)
        self.assert_becomes(server, "alone", "served: ")
        server.stop()


class Projects(Dev):
    def test_come_and_go(self):
        folder = temporary_folder()
        copied(folder / "a")
        server = self.start(folder)
        self.assertEqual(self.text(server, "a"), "Hello, World!")
        with server.connect() as connection:
            self.assertEqual(connection.get("127.0.0.1").status, 200, "the only one answers for every name")
        copied(folder / "b", "counter")
        self.assert_becomes(server, "b", "served: ")
        with server.connect() as connection:
            self.assertEqual(connection.get("127.0.0.1").status, 404)
        shutil.rmtree(folder / "a")
        self.assert_becomes(server, "a", "served: ")  # b is the only one now
        self.assert_said(server, r"- a +was removed")
        server.stop()

    def test_are_built_at_once_and_apart(self):
        folder = temporary_folder()
        copied(folder / "good")
        (copied(folder / "bad") / "source").write_text(f"guest={guest('hello')}\nfails=never\n")
        server = self.start(folder)
        self.assertEqual(self.text(server, "good"), "Hello, World!")
        self.assertEqual(self.text(server, "bad"), "500 PEKO-BUILD")
        self.assertIn(b"source:2:1: error: never", server.ask("bad").body)
        (folder / "bad/source").write_text(f"guest={guest('counter')}\n")
        self.assert_becomes(server, "bad", "served: ")
        server.stop()


class PolledProjects(Projects):
    POLL = True


class Commands(Dev):
    def test_no_watch_leaves_changes_alone(self):
        folder = copied(temporary_folder() / "api")
        server = self.start(folder, "--no-watch")
        self.assertFalse(any("Watching" in line for line in server.lines))
        save(folder / "source", f"guest={guest('counter')}\n")
        time.sleep(0.5)
        self.assertEqual(self.text(server, "api"), "Hello, World!")
        server.stop()

    def test_no_watch_fails_when_nothing_serves(self):
        folder = copied(temporary_folder() / "api")
        (folder / "source").write_text("fails=always\n")
        status, out, err = run("dev", folder, "--no-watch", "--listen", "127.0.0.1:0")
        self.assertEqual(status, 1, out + err)
        self.assertIn("source:2:1: error: always", out)
        self.assertIn("peko dev: no function can be loaded", err)

    def test_open_shows_the_first_function(self):
        folder, tools = copied(temporary_folder() / "api"), temporary_folder()
        (tools / "xdg-open").write_text(f"#!/bin/sh\necho \"$1\" > {tools}/opened.new; mv {tools}/opened.new {tools}/opened\n")
        (tools / "xdg-open").chmod(0o755)
        server = Server("dev", folder, "--open", env={"PATH": f"{tools}:{os.environ['PATH']}", "DISPLAY": ":0"})
        self.addCleanup(server.kill)
        self.assertTrue(until((tools / "opened").is_file))
        self.assertEqual((tools / "opened").read_text(), f"http://api.localhost:{server.port}/\n")

    def test_a_second_ctrl_c_ends_at_once(self):
        folder = copied(temporary_folder() / "api")
        server = self.start(folder)
        with server.connect() as connection:
            connection.send(b"POST / HTTP/1.1\r\nhost: api.localhost\r\ncontent-length: 5\r\n\r\n")
            server.signal(signal.SIGINT)
            self.assert_said(server, "a second signal stops at once")
            server.signal(signal.SIGINT)
            self.assertIn(server.wait(), (0, 128 + signal.SIGINT))

    def test_reads_no_terminal_codes_of_anybody(self):
        folder = copied(temporary_folder() / "api")
        (folder / "source").write_text("fails=$(printf 'x\\033[2Jy\\033]0;title\\007z')\n")
        server = self.start(folder, ready=False)
        self.assert_said(server, "error: xyz")
        self.assertFalse(any("\x1b" in line for line in server.lines), server.tail())
        server.kill()


class OnATerminal(unittest.TestCase):
    """By script(1), which gives it a terminal."""

    @unittest.skipUnless(shutil.which("script"), "script(1) is not installed")
    def test_the_last_error_stays_below_the_log(self):
        folder = script(temporary_folder() / "app")
        record = temporary_folder() / "typescript"
        command = f"{PEKO} dev {folder} --listen 127.0.0.1:0 --cache-dir {os.environ.get('PEKO_E2E_CACHE') or temporary_folder()}"
        env = environment(TERM="xterm", **ESBUILD)
        process = subprocess.Popen(["script", "-qfec", command, str(record)], env=env, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, start_new_session=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)

        def shows(text):
            return until(lambda: record.is_file() and text in record.read_text(errors="replace"))
        self.assertTrue(shows("Watching for changes"))
        (folder / "src/index.ts").write_text("export default { fetch( {\n")
        def footer():
            return record.read_text(errors="replace").split("\x1b[?7l")[-1]
        self.assertTrue(until(lambda: "index.ts:" in footer()), footer())
        (folder / "src/index.ts").write_text(SCRIPT.format("two"))
        self.assertTrue(shows("live in"))
        self.assertTrue(until(lambda: "\x1b[?7l" not in record.read_text(errors="replace").split("\x1b[J")[-1]))


if __name__ == "__main__":
    main()
