"""`peko doctor` on this machine: what it finds wrong is wrong, and what it advises mends it. Also the manual page and what
`make install` puts where."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import unittest

from harness import PATIENCE, PEKO, ROOT, environment, guest, main, run, store, temporary_folder


def doctor(*arguments, **options):
    """The exit status, and the checks by subject."""
    status, out, err = run("doctor", "--json", *arguments, **options)
    assert err == "", err
    answer = json.loads(out)
    assert answer["ok"] == (status == 0), out
    return status, {check["subject"]: check for check in answer["checks"]}


class Doctor(unittest.TestCase):
    FREE = ("--listen", "127.0.0.1:0", "--admin", "off")

    def test_this_machine_can_run_peko(self):
        status, checks = doctor(*self.FREE)
        self.assertEqual(status, 0, checks)
        for subject in ("CPU", "compiler", "memory", "cache", "data"):
            self.assertIn(checks[subject]["status"], ("ok", "warn"), checks[subject])
        for check in checks.values():
            self.assertEqual("fix" in check, check["status"] != "ok", check)

    def test_a_port_in_use_names_who_has_it(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            status, checks = doctor("--listen", f"127.0.0.1:{port}", "--admin", "off")
            self.assertEqual(status, 1)
            self.assertIn(f"process {os.getpid()}", checks["--listen"]["detail"])
        self.assertEqual(doctor("--listen", f"127.0.0.1:{port}", "--admin", "off")[1]["--listen"]["status"], "ok")

    def test_a_store_and_a_cache_that_are_not_there(self):
        file = temporary_folder() / "file"
        file.write_text("")
        status, checks = doctor(*self.FREE, "--code", file / "store", "--cache-dir", file / "cache")
        self.assertEqual(status, 1)
        self.assertEqual((checks["code store"]["status"], checks["cache"]["status"]), ("fail", "fail"))
        status, checks = doctor(*self.FREE, "--data-dir", file / "data")
        self.assertEqual((status, checks["data"]["status"], checks["data"]["fix"]), (1, "fail", "--data-dir FOLDER"))
        status, checks = doctor(*self.FREE, "--code", store({"hello": ""}), "--cache-dir", file.parent)
        self.assertIn("1 function", checks["code store"]["detail"])
        self.assertEqual(checks["cache"]["status"], "ok")

    def test_a_project_with_a_mistake_and_one_without(self):
        folder = temporary_folder()
        (folder / "peko.toml").write_text(f'name = "api"\ncomponent = "{guest("hello")}"\nnmae = 1\n')
        status, checks = doctor(*self.FREE, folder)
        self.assertEqual(status, 1)
        self.assertRegex(checks["settings"]["detail"], r"peko\.toml:3:1: ")
        (folder / "peko.toml").write_text(f'name = "api"\ncomponent = "{guest("hello")}"\n')
        status, checks = doctor(*self.FREE, folder)
        self.assertEqual((status, checks["component"]["status"]), (0, "ok"), checks)
        (folder / "Cargo.toml").write_text("")
        status, checks = doctor(*self.FREE, folder, env=environment(PATH="/nowhere"))
        self.assertEqual((status, checks["Rust"]["status"]), (1, "fail"))

    def test_people_see_the_same(self):
        status, out, err = run("doctor", *self.FREE, env=environment(PATH="/nowhere"))
        self.assertEqual((status, err), (0, ""))
        self.assertIn("  warn  Rust", out)
        self.assertIn("-> install Rust by https://rustup.rs", out)


class Installed(unittest.TestCase):
    @unittest.skipUnless(shutil.which("mandoc"), "mandoc is not installed")
    def test_the_manual_page_is_right(self):
        page = run("man")[1]
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning"], input=page, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        shown = subprocess.run(["mandoc", "-T", "utf8"], input=page, capture_output=True, text=True, timeout=PATIENCE).stdout
        shown = shown.replace("_\b", "")
        for words in ("--functions-loaded-max", "PEKO_CODE", "peko secret set", "XDG_CACHE_HOME"):
            self.assertIn(words, shown)

    def test_make_install_puts_everything_in_its_place(self):
        root = temporary_folder()
        subprocess.run(["make", "-s", "-C", ROOT, "install-files", f"PEKO={PEKO}", f"DESTDIR={root}", "PREFIX=/usr"], check=True,
                       timeout=PATIENCE, capture_output=True)
        files = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
        self.assertEqual(files, {"usr/bin/peko", "usr/share/man/man1/peko.1", "usr/share/bash-completion/completions/peko",
                                 "usr/share/zsh/site-functions/_peko", "usr/share/fish/vendor_completions.d/peko.fish"})
        self.assertTrue(os.access(root / "usr/bin/peko", os.X_OK))
        self.assertIn(".Sh EXIT STATUS", (root / "usr/share/man/man1/peko.1").read_text())
        self.assertTrue(pathlib.Path(root / "usr/share/zsh/site-functions/_peko").read_text().startswith("#compdef peko"))


if __name__ == "__main__":
    main()
