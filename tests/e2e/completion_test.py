"""Completion in the shells that people have: bash, zsh and fish, each a real one, the first two on a pseudo-terminal."""

import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import time
import unittest

from harness import PATIENCE, PEKO, environment, guest, main, run, temporary_folder

BINARIES = str(pathlib.Path(PEKO).resolve().parent)


def deployed():
    """A folder store with two functions, one of them with two versions."""
    folder = temporary_folder()
    for name in ("api", "api", "site"):
        status, out, err = run("deploy", guest("hello"), "--name", name, "--code", folder, "--message", name)
        assert status == 0, out + err
    return folder


class Shell:
    """An interactive shell on a terminal of its own."""

    def __init__(self, *command, folder):
        self.screen = ""
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(environment(PATH=f"{BINARIES}:/usr/bin:/bin", TERM="dumb", HOME=str(folder), PS1="ready> "))
            os.execvp(command[0], command)

    def close(self):
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self.terminal)

    def type(self, text):
        self.screen = ""
        os.write(self.terminal, text.encode())

    def wait(self, pattern):
        """Reads until the screen has it; what was read."""
        end = time.monotonic() + PATIENCE
        while not re.search(pattern, self.screen):
            if time.monotonic() > end:
                raise AssertionError(f"{pattern!r} does not come; the screen: {self.screen!r}")
            if select.select([self.terminal], [], [], 0.1)[0]:
                self.screen += os.read(self.terminal, 4096).decode(errors="replace").replace("\a", "")
        return self.screen

    def complete(self, typed, pattern, tabs=1):
        """Types, presses the tab key, waits for what it shows, and clears the line."""
        self.type(typed + "\t" * tabs)
        found = self.wait(pattern)
        self.type("\x15\n")  # Ctrl-U
        self.wait("ready> ")
        return found


class Terminal:
    """What every shell does. `start` gives one that has read the script."""

    @classmethod
    def setUpClass(cls):
        cls.store = deployed()

    def setUp(self):
        self.folder = temporary_folder()
        (self.folder / "project-one").mkdir()
        self.shell = self.start()
        self.addCleanup(self.shell.close)

    def test_a_command(self):
        self.shell.complete("peko vers", "versions?")
        self.shell.complete("peko rollb", "rollback ")

    def test_a_flag(self):
        self.shell.complete("peko serve --function-c", "--function-concurrency-max ")

    def test_the_value_of_a_flag(self):
        self.shell.complete("peko dev --log js", "--log json ")
        self.shell.complete("peko dev --log=js", "--log=json ")

    def test_a_path(self):
        self.shell.complete("peko dev proj", "project-one/")
        self.shell.complete("peko serve --code=proj", "--code=project-one/")

    def test_a_function_of_the_store_and_its_version(self):
        self.shell.complete(f"peko rollback --code {self.store} si", f"{self.store} site ")
        found = self.shell.complete(f"peko rollback --code {self.store} api v", "v1[^-]*v2|v2[^-]*v1", tabs=2)
        self.assertIn("v2", found)

    def test_all_commands_of_a_command(self):
        found = self.shell.complete("peko secret ", "remove[^|]*set|set[^|]*remove", tabs=2)
        self.assertIn("list", found)


@unittest.skipUnless(shutil.which("bash"), "bash is not installed")
class Bash(Terminal, unittest.TestCase):
    def start(self):
        shell = Shell("bash", "--norc", "--noprofile", "-i", folder=self.folder)
        shell.wait("ready> ")
        shell.type('eval "$(peko completion bash)"; echo so""urced\n')
        shell.wait("sourced[^$]*ready> ")
        return shell


@unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
class Zsh(Terminal, unittest.TestCase):
    def start(self):
        shell = Shell("zsh", "-f", "-i", folder=self.folder)
        shell.wait("ready> ")
        shell.type("autoload -Uz compinit; compinit -u -D; source <(peko completion zsh); echo so''urced\n")
        shell.wait("sourced[^$]*ready> ")
        return shell


@unittest.skipUnless(shutil.which("fish"), "fish is not installed")
class Fish(unittest.TestCase):
    """fish can be asked without a terminal."""

    def complete(self, typed, folder=None):
        folder = folder or temporary_folder()
        script = 'peko completion fish | source; complete --do-complete "$argv[1]"'
        done = subprocess.run(["fish", "--no-config", "-c", script, typed], cwd=folder, capture_output=True, text=True, timeout=PATIENCE,
                              env=environment(PATH=f"{BINARIES}:/usr/bin:/bin", HOME=str(folder)))
        self.assertEqual(done.stderr, "")
        return [line.split("\t")[0] for line in done.stdout.splitlines()]

    def test_commands_flags_and_values(self):
        self.assertEqual(self.complete("peko rollb"), ["rollback"])
        self.assertEqual(self.complete("peko serve --function-c"), ["--function-concurrency-max"])
        self.assertEqual(self.complete("peko dev --log j"), ["json"])
        self.assertEqual(self.complete("peko dev --log=j"), ["--log=json"])

    def test_paths(self):
        folder = temporary_folder()
        (folder / "project-one").mkdir()
        self.assertEqual(self.complete("peko dev proj", folder), ["project-one/"])

    def test_functions_and_versions(self):
        code = deployed()
        self.assertEqual(self.complete(f"peko rollback --code {code} s"), ["site"])
        self.assertEqual(sorted(self.complete(f"peko rollback --code {code} api v")), ["v1", "v2"])


class Words(unittest.TestCase):
    """What the scripts ask for."""

    def test_a_store_that_is_gone_or_far_away_offers_nothing_and_says_nothing(self):
        for code in ("/nowhere", "s3://bucket/prefix", "gopher://x"):
            self.assertEqual(run("complete-words", "rollback", "--code", code, ""), (0, ":nothing\n", ""))

    def test_settings_that_are_wrong_disturb_nobody(self):
        folder = temporary_folder()
        (folder / "peko-node.toml").write_text("code = 5\n")
        self.assertEqual(run("complete-words", "rollback", "", cwd=folder), (0, ":nothing\n", ""))

    def test_every_shell_has_a_script_and_no_other_has(self):
        for shell in ("bash", "zsh", "fish"):
            status, out, err = run("completion", shell)
            self.assertEqual((status, err), (0, ""))
            self.assertIn("complete-words", out)
        status, out, err = run("completion", "tcsh")
        self.assertEqual((status, out), (2, ""))
        self.assertIn("bash", err)


if __name__ == "__main__":
    main()
