"""`peko check` and loading say the same of a file: what it is, what is missing, what to do."""

import json
import unittest

from harness import CACHE, ROOT, guest, main, run, temporary_folder


def section(number, contents):
    assert len(contents) < 128
    return bytes([number, len(contents)]) + contents


def component(imports=(), exports=()):
    """A component (component model, Binary.md) that imports empty instances, and exports the first of them."""
    named = lambda name: b"\0" + bytes([len(name)]) + name.encode()
    parts = [b"\0asm\x0d\0\x01\0", section(7, b"\x01\x42\0")]
    parts += [section(10, bytes([1]) + named(name) + b"\x05\0") for name in imports]
    parts += [section(11, bytes([1]) + named(name) + b"\x05\0\0") for name in exports]
    return b"".join(parts)


HANDLER = "wasi:http/incoming-handler@0.2.0"
TYPES = "wasi:http/types@0.2.0"


class Check(unittest.TestCase):
    def check(self, path, *flags):
        return run("check", path, *flags)

    def test_what_peko_runs_passes(self):
        for name in ("hello", "surface"):
            status, out, err = self.check(guest(name))
            self.assertEqual((status, err), (0, ""), out)
            self.assertIn("Peko can run it.", out)
            self.assertIn(f"  export    {HANDLER}\n", out)
        self.assertIn("  provided  wasi:sockets/tcp-create-socket@0.2.9\n", out)
        self.assertIn("  provided  wasi:io/streams@0.2.12\n", out)

    def test_the_samples_pass(self):
        for sample in (ROOT / "build/samples").glob("*.wasm"):
            self.assertEqual(self.check(sample)[0], 0, sample)

    def test_each_import_is_told_with_what_to_do(self):
        folder = temporary_folder()
        path = folder / "a.wasm"
        path.write_bytes(component((TYPES, "wasi:blobstore/blobstore@0.2.0", "wasi:config/store@0.3.1", "a:b/c"), (HANDLER,)))
        status, out, _ = self.check(path)
        self.assertEqual(status, 1)
        self.assertRegex(out, r"  provided  wasi:http/types@0\.2\.0\n")
        status, out, _ = self.check(path, "--json")
        told = json.loads(out)
        self.assertEqual((status, told["ok"]), (1, False))
        self.assertEqual([entry["status"] for entry in told["imports"]][1:], ["unknown", "version", "unknown"])
        self.assertEqual(told["imports"][2]["nearest"], "wasi:config/store@0.2.0-rc.1")

    def test_loading_tells_the_same(self):
        folder = temporary_folder()
        command, newer, preview1 = folder / "command.wasm", folder / "newer.wasm", folder / "preview1.wasm"
        command.write_bytes(component((TYPES,), ("wasi:cli/run@0.2.3",)))
        newer.write_bytes(component(("wasi:http/types@0.3.0",), ("wasi:http/handler@0.3.0",)))
        preview1.write_bytes(b"\0asm\1\0\0\0\2\x24\1\x16wasi_snapshot_preview1\x08fd_write\0\0")
        cut = folder / "cut.wasm"
        cut.write_bytes(guest("hello").read_bytes()[:-100])
        text, empty = folder / "text.wasm", folder / "empty.wasm"
        text.write_text("hello")
        empty.write_bytes(b"")
        for path, words in ((command, "it is a command (it exports wasi:cli/run"), (newer, "made for WASI 0.3"),
                            (preview1, "core module for WASI 0.1"), (cut, "it is cut off"),
                            (guest("no-handler"), "it exports run and no wasi:http/incoming-handler"),
                            (guest("unknown-import"), "foo:bar/baz@1.0.0: not an interface of WASI"),
                            (text, "is text, not WebAssembly"), (empty, "is empty")):
            status, out, err = self.check(path)
            self.assertEqual(status, 1, path)
            self.assertIn(words, out + err)
            status, out, err = run("dev", "--no-watch", path, "--listen", "127.0.0.1:0", "--cache-dir", CACHE)
            self.assertEqual(status, 1, path)
            self.assertIn(words, out + err)

    def test_wrong_usage_is_status_2(self):
        for arguments in ((), ("a", "b"), ("--jsno", "a")):
            self.assertEqual(run("check", *arguments)[0], 2, arguments)
        status, out, err = self.check("/nowhere.wasm")
        self.assertEqual(status, 1)
        self.assertIn("/nowhere.wasm does not exist", err)


if __name__ == "__main__":
    main()
