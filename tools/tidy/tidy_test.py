"""Each rule finds what it is for (a case that must be found) and leaves good code alone (a case that must not)."""

import os
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import calls  # noqa: E402
import docs  # noqa: E402
import files  # noqa: E402
import rooms  # noqa: E402
from tree import Tree, read_rooms, without_comments_and_strings  # noqa: E402

ROOMS = {"base": [], "net": ["base"], "http": ["net"], "cli": ["base"]}


class Case(unittest.TestCase):
    def problems(self, rule, contents, executable=()):
        """What `rule` says about a tree of these files: path -> text."""
        with tempfile.TemporaryDirectory() as folder:
            for path, text in contents.items():
                file = Path(folder) / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
                os.chmod(file, 0o755 if path in executable else 0o644)
            return [str(problem) for problem in rule(Tree.load(folder, ROOMS))]

    def assert_found(self, rule, contents, *parts, **options):
        found = self.problems(rule, contents, **options)
        self.assertTrue(any(all(part in problem for part in parts) for problem in found), f"{parts} not in {found}")

    def assert_clean(self, rule, contents, **options):
        self.assertEqual(self.problems(rule, contents, **options), [])


class Rooms(Case):
    def include(self, path, line):
        return {path: f"#pragma once\n{line}\n"}

    def test_a_room_includes_only_rooms_below_it(self):
        self.assert_found(
            rooms.check_includes,
            self.include("src/net/a.hpp", '#include "http/b.hpp"'),
            "src/net/a.hpp:2",
            "net may not include http",
        )
        self.assert_clean(rooms.check_includes, self.include("src/http/a.hpp", '#include "base/b.hpp"'))

    def test_an_include_names_its_room(self):
        self.assert_found(
            rooms.check_includes, self.include("src/net/a.hpp", '#include "b.hpp"'), 'write "room/file.hpp"'
        )
        self.assert_clean(rooms.check_includes, self.include("src/net/a.hpp", "#include <vector>"))

    def test_a_room_is_declared(self):
        self.assert_found(rooms.check_includes, self.include("src/new_room/a.hpp", ""), "room new_room is not declared")

    def test_a_library_belongs_to_a_room(self):
        for header in [
            "peko_bridge.h",
            "sys/epoll.h",
            "toml++/toml.h",
            "boost/asio.hpp",
            "CLI/CLI.hpp",
            "openssl/evp.h",
        ]:
            line = f"#include <{header}>"
            self.assert_found(
                rooms.check_includes,
                self.include("src/cli/a.cpp" if "CLI" not in header else "src/net/a.cpp", line),
                ".cpp:2",
                header,
            )
        self.assert_found(
            rooms.check_includes, self.include("src/net/a.cpp", '#include "peko_bridge.h"'), "only engine"
        )
        self.assert_clean(rooms.check_includes, self.include("src/net/a.cpp", "#include <sys/epoll.h>"))
        self.assert_clean(rooms.check_includes, self.include("src/cli/a.cpp", "#include <CLI/CLI.hpp>"))
        self.assert_clean(rooms.check_includes, self.include("src/http/a_test.cpp", "#include <sys/socket.h>"))

    def test_each_room_has_a_short_readme(self):
        good = {f"src/{room}/README.md": "# room\n" for room in ROOMS}
        self.assert_clean(rooms.check_room_parts, good)
        self.assert_found(rooms.check_room_parts, {**good, "src/net/README.md": "line\n" * 41}, "41 lines")
        good.pop("src/net/README.md")
        self.assert_found(rooms.check_room_parts, good, "src/net/README.md", "each room has a README.md")

    def test_each_source_is_built(self):
        cmake = {"src/net/CMakeLists.txt": "peko_room(net SOURCES a.cpp TESTS a_test.cpp)"}
        self.assert_clean(rooms.check_sources_are_built, {**cmake, "src/net/a.cpp": "", "src/net/a_test.cpp": ""})
        self.assert_found(
            rooms.check_sources_are_built, {**cmake, "src/net/b_test.cpp": ""}, "b_test.cpp", "never built"
        )
        self.assert_found(rooms.check_sources_are_built, {**cmake, "src/net/test.cpp": ""}, "never built")


class Calls(Case):
    BAD = [
        "  throw Error();", "std::cout << 1;", 'printf("x");', "int x = rand();", "std::mt19937 luck;",
        "std::this_thread::sleep_for(1s);", "usleep(5);", "strcpy(a, b);", "sprintf(a, b);", "int x = atoi(s);",
        "int x = std::stoi(s);", "long x = strtol(s, 0, 10);", "thread.detach();", "using namespace std;", "std::regex r;",
        "assert(x);", "#include <cassert>", 'system("ls");', 'popen("ls");', "localtime(&t);",
        "std::async(f);", "::signal(SIGINT, f);",
    ]  # fmt: skip
    GOOD = [
        "// throw it away", 'text = "std::cout";', "PEKO_ASSERT(x, y);", "static_assert(x);", "std::from_chars(a, b, c);",
        "void operand(int);", "loop.system(1);", "std::thread thread;", "fmt::format(a);", "using namespace std::chrono_literals;",
        "snprintf(a, 1, b);", "std::mutex m;", "int throws = 0;", "asleep(1);", "std::system_error e;", 'R"(rand())";', "1'000'000; // '",
        "::signal(SIGPIPE, SIG_IGN);", "// tidy: the thread is paced by the clock\nusleep(5);", "rand();  // tidy: a reason",
    ]  # fmt: skip

    def test_banned_calls_name_what_to_use(self):
        for line in self.BAD:
            with self.subTest(line):
                self.assert_found(calls.check_banned_calls, {"src/net/a.cpp": f"\n{line}\n"}, "src/net/a.cpp:2: ", ": ")

    def test_good_calls_pass(self):
        for line in self.GOOD:
            with self.subTest(line):
                self.assert_clean(calls.check_banned_calls, {"src/net/a.cpp": f"{line}\n"})

    def test_the_terminal_belongs_to_cli(self):
        self.assert_clean(calls.check_banned_calls, {"src/cli/a.cpp": "std::cout << 1;"})
        self.assert_found(calls.check_banned_calls, {"src/cli/a.cpp": "throw 1;"}, "throw")

    def test_rust_is_finished_and_silent(self):
        self.assert_found(calls.check_banned_calls, {"bridge/src/a.rs": "todo!()"}, "finish it")
        self.assert_found(calls.check_banned_calls, {"bridge/src/a.rs": 'eprintln!("x")'}, "no output of its own")
        self.assert_clean(
            calls.check_banned_calls, {"bridge/src/a.rs": "// println!\n", "samples/a/main.rs": 'println!("x")'}
        )

    def test_nothing_is_left_unfinished(self):
        self.assert_found(calls.check_unfinished, {"docs/a.md": "x\nTODO: y"}, "docs/a.md:2")
        self.assert_clean(calls.check_unfinished, {"docs/a.md": "a list of todos, TODOS", "docs/images/a.svg": "TODO"})

    def test_casts_are_explained(self):
        cast = "auto x = reinterpret_cast<char*>(y);\n"
        self.assert_found(calls.check_casts_are_explained, {"src/net/a.cpp": cast}, "Safety:")
        self.assert_clean(calls.check_casts_are_explained, {"src/net/a.cpp": "// Safety: bytes.\n" + cast})
        self.assert_found(calls.check_casts_are_explained, {"bridge/src/a.rs": "let x = unsafe { f() };"}, "Safety:")
        self.assert_clean(
            calls.check_casts_are_explained, {"bridge/src/a.rs": "// Safety: x.\nlet x = unsafe { f() };"}
        )


class Files(Case):
    def test_whitespace(self):
        self.assert_found(files.check_whitespace, {"a.cpp": "\tx\n"}, "a tab")
        self.assert_found(files.check_whitespace, {"a.md": "x \n"}, "space at the end")
        self.assert_found(files.check_whitespace, {"a.cpp": "x" * 121 + "\n"}, "121 columns")
        self.assert_found(files.check_whitespace, {"a.cpp": "x"}, "no line end")
        self.assert_clean(
            files.check_whitespace, {"a.cpp": "x" * 120 + "\n", "Makefile": "a:\n\tb\n", "a.md": "x" * 200 + "\n"}
        )
        self.assert_clean(
            files.check_whitespace, {"fuzz/corpus/h1/a.txt": "GET / \t", "samples/a/b.ts": "x" * 200 + "\n"}
        )

    def test_length(self):
        self.assert_found(files.check_length, {"src/net/a.cpp": "x\n" * 601}, "601 lines: give")
        self.assert_found(files.check_length, {"src/net/a.cpp": "x\n" * 401}, "warning: 401 lines")
        self.assert_clean(files.check_length, {"src/net/a.cpp": "x\n" * 400, "src/net/a_test.cpp": "x\n" * 900})

    def test_names_and_guards(self):
        self.assert_found(files.check_names_and_guards, {"src/net/WarmPool.cpp": ""}, "snake_case")
        self.assert_found(files.check_names_and_guards, {"src/net/a.h": ""}, ".hpp")
        self.assert_found(files.check_names_and_guards, {"src/net/a.hpp": ""}, "#pragma once")
        hpp = {"src/net/a.hpp": "#pragma once\n"}
        self.assert_found(files.check_names_and_guards, {**hpp, "src/net/a.cpp": "#include <x>\n"}, "the first include")
        self.assert_clean(files.check_names_and_guards, {**hpp, "src/net/a.cpp": '#include "net/a.hpp"\n'})

    def test_nothing_names_one_machine(self):
        self.assert_found(files.check_machines, {"a.md": "see /ro" + "ot/x\n"}, "a.md:1", "one machine")
        self.assert_found(
            files.check_machines, {"package-lock.json": "https://registry.npm" + "js.org/x\n"}, "registry"
        )
        self.assert_clean(files.check_machines, {"a.md": "src/work/x, ~/x, /etc/x, https://example.com/root/x\n"})

    def test_scripts(self):
        good = "#!/usr/bin/env bash\n# what\nset -euo pipefail\n"
        self.assert_clean(files.check_scripts, {"scripts/a.sh": good}, executable=["scripts/a.sh"])
        self.assert_found(files.check_scripts, {"scripts/a.sh": good}, "executable")
        self.assert_found(files.check_scripts, {"scripts/a.sh": "#!/bin/sh\n"}, "pipefail", executable=["scripts/a.sh"])

    def test_copies(self):
        same = {"samples/a/peko_dev.py": "x\n", "samples/b/peko_dev.py": "x\n", "samples/a/test/peko.mjs": "y\n"}
        self.assert_clean(files.check_copies, same)
        other = {**same, "samples/b/peko_dev.py": "z\n"}
        self.assert_found(files.check_copies, other, "samples/b/peko_dev.py", "differs from samples/a/peko_dev.py")


class Docs(Case):
    def test_links_lead_somewhere(self):
        self.assert_found(docs.check_links, {"docs/a.md": "[x](b.md)"}, "docs/a.md:1", "leads nowhere: b.md")
        text = "[x](b.md#y) [z](https://example.com) [top](#top) [up](../README.md) `[code](no.md)`\n```\n[no](no.md)\n```\n"
        self.assert_clean(docs.check_links, {"docs/a.md": text, "docs/b.md": "", "README.md": ""})

    def test_the_map_is_true(self):
        rows = "".join(f"| `{room}/` | x |\n" for room in ROOMS)
        self.assert_clean(docs.check_map, {docs.MAP: rows + "| `control/` | (later) x |\n"})
        self.assert_found(docs.check_map, {docs.MAP: rows + "| `attic/` | x |\n"}, "there is no room attic")
        self.assert_found(docs.check_map, {docs.MAP: rows.replace("| `net/`", "| `net`")}, "room net is missing")
        self.assert_found(docs.check_map, {"README.md": ""}, "is missing")


class Reading(unittest.TestCase):
    def test_comments_and_strings_are_blanked_in_place(self):
        code = without_comments_and_strings('a /* b\nb */ c "d//" e // f\n\'"\' g 1\'000 h "\\"" i')
        self.assertEqual([line.split() for line in code.split("\n")], [["a"], ["c", "e"], ["g", "1'000", "h", "i"]])

    def test_rooms_are_read_from_cmakes_table(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("base: \nnet: base\nhttp: base net\n")
            file.flush()
            self.assertEqual(read_rooms(file.name), {"base": [], "net": ["base"], "http": ["base", "net"]})


if __name__ == "__main__":
    unittest.main()
