"""A function that fails in its own code tells why and where: in the log always, to the client only in `peko dev`."""

import pathlib
import re
import unittest

from harness import ROOT, Case, Server, guest, main, store, temporary_folder

SOURCE = (ROOT / "tests/guests/backtrace.c").read_text().splitlines()
REASON = "panicked at src/stock.rs:12:5: index out of bounds: the len is 3 but the index is 7"


def line_of(words):
    """The number of the line of backtrace.c that holds these words."""
    return next(number for number, line in enumerate(SOURCE, 1) if words in line)


class Traps(Case):
    FUNCTIONS = {"hello": "", "backtrace": "[limits]\ncpu_ms = 50\n", "trap": "", "exit": "", "surface": "[env]\nNAME = \"value\"\n"}

    def trap_of(self, response):
        return self.server.log("trap", id=response["peko-request-id"])

    def assert_places(self, entry):
        """Functions, files and lines, also of what the compiler has inlined."""
        for function, words in (("inlined", "{ innermost(what); }"), ("outer_function", "inlined(what);"),
                                ("handle", "outer_function(n < 2")):
            wanted = re.compile(rf"{function} at .*backtrace\.c:{line_of(words)}:\d+$")
            self.assertTrue(any(wanted.match(frame) for frame in entry["backtrace"]), (function, entry))

    def test_a_trap_names_function_file_and_line_of_each_frame(self):
        response = self.ask("backtrace")
        self.assert_fault(response, 500, "PEKO-TRAP")
        entry = self.trap_of(response)
        self.assertEqual((entry["function"], entry["code"]), ("backtrace", "PEKO-TRAP"))
        self.assertRegex(entry["backtrace"][0], rf"^innermost at .*backtrace\.c:{line_of('= 0;')}:\d+$")
        self.assert_places(entry)

    def test_what_the_guest_said_last_is_the_reason(self):
        response = self.ask("backtrace", "/panic")
        self.assertNotIn(b"stock", response.body)
        for entry in (self.trap_of(response)["cause"], self.log_of(response)["detail"]):
            self.assertEqual(entry, f"{REASON} (wasm trap: out of bounds memory access)")
        self.assertEqual(self.log_of(self.ask("backtrace"))["detail"], "wasm trap: out of bounds memory access")

    def test_a_cpu_limit_tells_where_the_guest_was(self):
        response = self.ask("backtrace", "/spin")
        self.assert_fault(response, 500, "PEKO-CPU")
        entry = self.trap_of(response)
        self.assertEqual(entry["code"], "PEKO-CPU")
        self.assert_places(entry)

    def test_without_debug_information_there_are_names_or_numbers(self):
        self.assertRegex(self.trap_of(self.ask("trap"))["backtrace"][0], "handle|wasm function")
        self.assertGreater(len(self.trap_of(self.ask("exit"))["backtrace"]), 0)

    def test_a_flood_of_traps_is_reported_whole_and_harms_nobody(self):
        ids = {self.ask("trap")["peko-request-id"] for _ in range(200)}
        self.assert_serves()
        for one in ids:
            self.server.log("trap", id=one)

    def test_wasi_gives_configuration_and_levels_and_denies_sockets(self):
        self.assertEqual(self.ask("surface", "/config/NAME").body, b"some value")
        response = self.ask("surface", "/log")
        self.server.log("guest", id=response["peko-request-id"], level="warn", msg="ctx: warn words")
        self.assertEqual(self.ask("surface", "/tcp").body, b"error-code 1")
        self.assertEqual(self.ask("surface", "/clock").body, b"monotonic 100000, wall 0 100000, offgrid 0")
        self.assertEqual(self.ask("surface", "/sleep/1500000/5").body, b"early 0")
        response = self.ask("surface", "/random/4294967296/1")
        self.assert_fault(response, 500, "PEKO-TRAP")
        self.assertIn("asked wasi:random for 4294967296 bytes", self.log_of(response)["detail"])


class Development(unittest.TestCase):
    def test_dev_tells_the_client_the_reason(self):
        folder = temporary_folder()
        path = folder / "backtrace.wasm"
        path.write_bytes(guest("backtrace").read_bytes())
        server = Server("dev", path, "--clock-resolution-us", "2000")
        response = server.ask("backtrace", "/panic")
        self.assertEqual(response.body.decode(), f"PEKO-TRAP: The function failed. {REASON} (wasm trap: out of bounds memory access)\n")
        self.assertTrue(server.wait_line(lambda line: "innermost at " in line, 20), server.tail())
        server.stop()

    def test_a_component_that_has_changed_since_is_not_asked(self):
        path = pathlib.Path(store({"backtrace": ""})) / "functions/backtrace.wasm"
        server = Server("dev", path, "--no-watch", "--threads", "1", "--log", "json")  # `serve` keeps the component by its hash
        path.write_bytes(path.read_bytes() + b"\0\2\1x")  # an empty custom section
        entry = server.log("trap", id=server.ask("backtrace")["peko-request-id"])
        self.assertEqual([frame for frame in entry["backtrace"] if ".c:" in frame], [])
        self.assertIn("innermost", entry["backtrace"][0])
        server.stop()


if __name__ == "__main__":
    main()
