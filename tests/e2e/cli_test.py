"""What the command line says to people: help, mistakes with their place, and what to do next."""

import os
import unittest

from harness import CACHE, GUESTS, Server, guest, main, run, store, temporary_folder


def project(folder, name, manifest):
    (folder / name).mkdir()
    (folder / name / "peko.toml").write_text(manifest)
    return folder / name


class Arguments(unittest.TestCase):
    def test_help_and_version_go_to_stdout(self):
        for arguments in (("--help",), ("-h",), ("dev", "--help"), ("serve", "--help"), ("help",), ("help", "dev")):
            status, out, err = run(*arguments)
            self.assertEqual((status, err), (0, ""), arguments)
            self.assertIn("Examples:", out)
        self.assertIn("--cache-dir", run("serve", "--help")[1])
        status, out, err = run("--version")
        self.assertEqual((status, err), (0, ""))
        self.assertRegex(out, r"^peko \d+\.\d+\.\d+ \(wasmtime \d+\.\d+\.\d+\)")
        self.assertIn("AGPL", out)

    def test_wrong_usage_is_status_2_on_stderr(self):
        for arguments, words in (((), ("peko",)), (("dve",), ('"dve"', "did you mean dev?")), (("dev", "--lisen", "x"), ("--listen",)),
                                 (("serve",), ("--code",)), (("serve", "--code", "a", "--code", "b"), ("--code", "2 times")),
                                 (("dev", "--threads", "many"), ("--threads", '"many"')), (("dev", "--threads"), ("--threads", "value")),
                                 (("dev", "--listen", "3000"), ("127.0.0.1:3000",)), (("dev", "--log", "xml"), ("text, json or off",)),
                                 (("serve", "--code", "gopher://b"), ("not a code store", "s3://bucket/prefix")), (("dev", "--config", "/nowhere"), ("/nowhere",))):
            status, out, err = run(*arguments, cwd=temporary_folder())
            self.assertEqual((status, out), (2, ""), (arguments, err))
            for word in words:
                self.assertIn(word, err)

    def test_settings_of_the_environment_and_of_the_file_are_checked_with_their_place(self):
        folder = temporary_folder()
        (folder / "node.toml").write_text('threads = 1\nlisten = "127.0.0.1:0"\nthread = 2\ndomain = 5\n')
        status, _, err = run("serve", "--code", store({"hello": ""}), "--config", "node.toml", cwd=folder)
        self.assertEqual(status, 2)
        self.assertRegex(err, r"node\.toml:3:\d+: .*threads")
        self.assertRegex(err, r"node\.toml:4:\d+: ")
        status, _, err = run("dev", env={**os.environ, "PEKO_THREADS": "x"})
        self.assertEqual(status, 2)
        self.assertIn("PEKO_THREADS", err)


class Functions(unittest.TestCase):
    """Mistakes in what is to be served."""

    def dev(self, *paths, cwd=None):
        status, out, err = run("dev", "--no-watch", *paths, "--listen", "127.0.0.1:0", "--cache-dir", CACHE, cwd=cwd)
        self.assertEqual(status, 1, out + err)
        return out + err

    def test_a_manifest_is_checked_with_file_line_and_column(self):
        folder = temporary_folder()
        project(folder, "a", 'name = "A b"\ncomponent = "x.wasm"\n[limits]\nmemory_mg = 5\ncpu_ms = "fast"\nwall_ms = -1\n')
        text = self.dev(folder)
        for place, word in ((r"a/peko\.toml:1:\d+: ", "a-b"), (r"a/peko\.toml:4:\d+: ", "memory_mb"), (r"a/peko\.toml:5:\d+: ", "cpu_ms"),
                            (r"a/peko\.toml:6:\d+: ", "wall_ms")):
            self.assertRegex(text, place + f".*{word}")
        project(folder, "b", 'name = "b"\ncomponent = \n')
        self.assertRegex(self.dev(folder / "b"), r"b/peko\.toml:2:\d+: ")

    def test_what_is_no_component_is_told_what_it_is(self):
        folder, good = temporary_folder(), guest("hello").read_bytes()
        for name, data, words in (("core", b"\0asm\1\0\0\0", ("core WebAssembly module", "wasm32-wasip2")),
                                  ("text", b"#!/bin/sh\n", ("text",)),
                                  ("empty", b"", ("empty",)), ("cut", good[:5], ("cut off",)), ("wat", b"(component)", ("wasm-tools",)),
                                  ("half", good[:len(good) // 2], ("half.wasm",)), ("tail", good + b"garbage", ("tail.wasm",)),
                                  ("header", good[:8], ("incoming-handler",)), ("elf", b"\x7fELF" + b"\0" * 60, ("native code",)),
                                  ("gzip", b"\x1f\x8b" + b"\0" * 60, ("compressed",)),
                                  ("noise", bytes(range(128, 256)), ("not WebAssembly",))):
            with self.subTest(name):
                (folder / f"{name}.wasm").write_bytes(data)
                text = self.dev(folder / f"{name}.wasm")
                for word in (f"{name}.wasm", *words):
                    self.assertIn(word, text)
                self.assertIn("no function can be loaded", text)

    def test_paths_that_lead_to_no_function(self):
        folder = temporary_folder()
        (folder / "folder.wasm").mkdir()
        (folder / "app.py").write_text("export {}")
        for path, word in (("missing", "does not exist"), (".", "peko.toml"), ("app.py", "or a script"),
                           ("folder.wasm", "folder")):
            self.assertIn(word, self.dev(path, cwd=folder))

    def test_an_unreadable_component(self):
        folder = temporary_folder()
        file, user = folder / "secret.wasm", None
        file.write_bytes(guest("hello").read_bytes())
        file.chmod(0)
        if os.geteuid() == 0:  # who may read everything: somebody else tries
            user = 65534
            os.chown(folder, user, -1)
        status, out, err = run("dev", "--no-watch", file, "--listen", "127.0.0.1:0", "--cache-dir", folder / "cache", cwd=folder,
                               user=user)
        self.assertEqual(status, 1)
        self.assertIn("may not be read", out + err)

    def test_all_unknown_imports_are_named_and_a_missing_handler_too(self):
        text = self.dev(guest("unknown-import"))
        self.assertIn("foo:bar/baz@1.0.0", text)
        self.assertIn("wasi:http/incoming-handler", self.dev(guest("no-handler")))

    def test_a_component_that_was_not_built_names_the_command(self):
        folder = project(temporary_folder(), "a", 'name = "a"\ncomponent = "out/a.wasm"\n[build]\ncommand = "echo made"\n')
        text = self.dev(folder)
        self.assertIn("out/a.wasm", text)
        self.assertIn("echo made", text)

    def test_two_functions_of_one_name(self):
        folder = temporary_folder()
        for name in ("a", "b"):
            project(folder, name, f'name = "same"\ncomponent = "{guest("hello")}"\n')
        text = self.dev(folder)
        self.assertIn('"same"', text)
        self.assertIn("rename one", text)

    def test_a_default_that_is_not_there(self):
        status, out, err = run("dev", guest("hello"), "--default", "helo", "--listen", "127.0.0.1:0", "--cache-dir", CACHE)
        self.assertEqual(status, 2)
        self.assertIn("hello", out + err)
        server = Server("serve", "--code", store({"hello": ""}), "--default", "helo")  # it may be deployed later
        self.assertTrue(server.wait_line(lambda line: "helo" in line and "did you mean" in line), server.tail())
        server.stop()

    def test_stores_that_are_none(self):
        folder = temporary_folder()
        for path in (folder / "missing", guest("hello")):
            status, out, err = run("serve", "--code", path, "--listen", "127.0.0.1:0", "--cache-dir", CACHE)
            self.assertEqual(status, 1)
            self.assertIn(str(path), out + err)
        server = Server("serve", "--code", folder)  # functions may come later
        self.assertTrue(server.wait_line(lambda line: "has no functions yet" in line), server.tail())
        server.stop()

    def test_an_address_of_another_machine(self):
        status, out, err = run("dev", guest("hello"), "--listen", "192.0.2.1:3000", "--cache-dir", CACHE)
        self.assertEqual(status, 1)
        self.assertIn("192.0.2.1", out + err)


class Dev(unittest.TestCase):
    def test_one_bad_function_does_not_keep_the_others_from_serving(self):
        folder = temporary_folder()
        project(folder, "good", f'name = "good"\ncomponent = "{guest("hello")}"\n')
        project(folder, "typo", 'nam = "typo"\n')
        project(folder, "missing", 'name = "missing"\ncomponent = "x.wasm"\n[build]\ncommand = "make it"\n')
        project(folder, "imports", f'name = "imports"\ncomponent = "{guest("unknown-import")}"\n')
        server = Server("dev", folder)
        self.assertEqual(server.ask("good").body, b"Hello, World!")
        self.assertEqual(server.ask("missing").status, 500)
        self.assertEqual(server.ask("missing")["peko-error"], "PEKO-BUILD")
        self.assertEqual(server.ask("typo").status, 404)
        text = "\n".join(server.lines)
        self.assertRegex(text, r"typo/peko\.toml:1:\d+: ")
        self.assertIn("make it", text)
        self.assertIn("foo:bar/baz@1.0.0", text)
        self.assertIn(f"http://good.localhost:{server.port}/", text)
        server.stop()

    def test_one_function_answers_every_host(self):
        server = Server("dev", GUESTS / "hello.wasm")
        with server.connect() as connection:
            self.assertEqual(connection.get(f"127.0.0.1:{server.port}").body, b"Hello, World!")
        server.stop()

    def test_several_paths_and_names_made_of_files(self):
        folder = temporary_folder()
        (folder / "My_File.wasm").write_bytes(guest("hello").read_bytes())
        server = Server("dev", "My_File.wasm", guest("counter"), "--domain", "fn.test", cwd=folder)
        with server.connect() as connection:
            self.assertEqual(connection.get("my-file.fn.test").body, b"Hello, World!")
            self.assertEqual(connection.get("counter.fn.test").body, b"served: 1\n")
            self.assertEqual(connection.get("localhost").status, 404)
        server.stop()

    def test_the_log_can_be_closed(self):
        server = Server("serve", "--code", store({"hello": "", "trap": ""}), "--log", "off")
        before = len(server.lines)
        for _ in range(10):
            self.assertEqual(server.ask("hello").status, 200)
        server.ask("trap")
        self.assertTrue(server.wait_line(lambda line: "PEKO-TRAP" in line, 10))
        self.assertFalse([line for line in server.lines[before:] if "hello" in line])
        server.stop()


if __name__ == "__main__":
    main()
