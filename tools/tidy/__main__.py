"""tidy: the habits of this code that a program can check. Each finding names the better way.

python3 tools/tidy --root . --rooms build/<preset>/rooms.txt
"""

import argparse
import sys

import calls
import docs
import files
import rooms
from tree import Tree, read_rooms

RULES = rooms.RULES + calls.RULES + files.RULES + docs.RULES


def main():
    parser = argparse.ArgumentParser(prog="tidy", description=__doc__.splitlines()[0])
    parser.add_argument("--root", default=".", help="the source tree (default: this folder)")
    parser.add_argument("--rooms", required=True, help="the rooms that CMake declared: rooms.txt of a build folder")
    arguments = parser.parse_args()

    tree = Tree.load(arguments.root, read_rooms(arguments.rooms))
    problems = sorted({problem for rule in RULES for problem in rule(tree)}, key=lambda p: (p.path, p.line, p.message))
    for problem in problems:
        print(problem)
    errors = sum(not problem.warning for problem in problems)
    print(f"tidy: {len(tree.files)} files, {len(RULES)} rules, {errors} problems, {len(problems) - errors} warnings")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
