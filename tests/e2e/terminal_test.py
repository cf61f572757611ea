"""docs/terminal.md shows what the program says, mistakes have a way out, and docs/errors.md knows every code."""

import difflib
import re
import unittest

from harness import ROOT, main
from terminal import MISTAKES, Scene, record

# What a message that helps has: one of these.
WAY_OUT = (r"did you mean|\bgive\b|choose|\brun\b|build|write|correct|\badd\b|install|use |rename|see |make |a-z|"
           r"give|peko doctor|expected|for instance|\bname\b|a store is|whole number from")


class Terminal(unittest.TestCase):
    maxDiff = None

    def test_the_recording_in_the_docs_is_what_the_program_says(self):
        kept = (ROOT / "docs/terminal.md").read_text()
        now = record()
        if kept != now:
            self.fail("docs/terminal.md is old, run `make docs`:\n" +
                      "\n".join(difflib.unified_diff(kept.splitlines(), now.splitlines(), "docs/terminal.md", "now", lineterm="")))

    def test_every_mistake_fails_and_says_what_to_do(self):
        for title, play in MISTAKES.items():
            with self.subTest(title):
                scene = Scene()
                play(scene)
                for command in scene.shown().split("$ peko ")[1:]:
                    self.assertRegex(command, r"\[exit status [12]\]\n", "a mistake is no success")
                    self.assertNotRegex(command, "exception|abort|assert|errno", command)
                    self.assertRegex(command, WAY_OUT, "there is nothing to do next")


class Codes(unittest.TestCase):
    """docs/errors.md and the source."""

    def test_each_code_has_a_section_and_each_section_a_code(self):
        source = "".join(path.read_text() for path in (ROOT / "src").rglob("*.cpp") if not path.name.endswith("_test.cpp"))
        codes = set(re.findall(r'"\[?(PEKO-[A-Z-]+[A-Z])\b', source))
        self.assertGreater(len(codes), 15)
        page = (ROOT / "docs/errors.md").read_text()
        self.assertEqual(set(re.findall(r"^### (PEKO-[A-Z-]+)$", page, re.M)), codes)

    def test_each_section_has_the_status_of_the_source(self):
        table = re.findall(r'\{"(PEKO-[A-Z-]+)", (\d+), ', (ROOT / "src/edge/fault.cpp").read_text())
        self.assertGreater(len(table), 15)
        page = (ROOT / "docs/errors.md").read_text()
        for code, status in table:
            section = page.split(f"### {code}\n")[1].split("\n#")[0]
            if code != "PEKO-SUBREQUESTS":  # never an answer
                self.assertIn(status, section, code)


if __name__ == "__main__":
    main()
