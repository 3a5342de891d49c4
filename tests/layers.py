#!/usr/bin/env python3
"""Data flows one way: checks every include in include/ and layouts/ against the table below.

    tests/layers.py               check the tree; print file:line of each offending include
    tests/layers.py --self-test   check that the checker notices what it should

A folder may include itself, base, what the table lists, and what those may include in turn.
"""

import os
import re
import sys
import tempfile
import unittest

MAY = {
    "base": (),
    "memory": (),
    "sample": (),
    "codec": ("sample",),
    "layout": ("memory", "layouts"),
    "layouts": ("layout",),  # generated; registered by layout/, described by layout/
    "mode": ("sample",),
    "target": ("memory", "layout"),
    "unwind": ("memory", "layout", "target", "sample"),
    "tasks": ("memory", "layout", "target", "sample", "unwind"),
    "kernel": ("memory", "layout", "unwind"),
    "sampler": ("unwind", "tasks", "mode", "codec", "kernel"),
    "render": ("codec",),
    "collect": ("sample", "codec", "render"),
    "live": ("sample", "collect"),
}

# Slow to compile, or absent from the compilers we support. Tools and tests may use them.
FORBIDDEN = {
    "regex": "1.1 s in every file that includes it",
    "iostream": "0.5 s in every file, and a global constructor",
    "sstream": "0.5 s in every file; append to a std::string",
    "fstream": "0.5 s in every file; use codec/output_file.hpp",
    "filesystem": "0.9 s in every file",
    "functional": "std::function allocates and hides the call; take a template parameter",
    "format": "g++ 12 has none; use to_chars",
    "expected": "g++ 12 has none; use base/result.hpp",
}

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def reachable(folder):
    """What a folder may include: the transitive closure of its row."""
    reached, todo = {"base", folder}, list(MAY[folder])
    while todo:
        next_folder = todo.pop()
        if next_folder not in reached:
            reached.add(next_folder)
            todo += MAY[next_folder]
    return reached


def folder_of(header):
    """'tachyon/unwind/frames.hpp' -> 'unwind'; the two files at the top -> ''."""
    parts = header.split("/")
    return parts[1] if len(parts) > 2 else ""


def offences(root):
    found = []
    for base in ("include", "layouts"):
        for place, folders, names in os.walk(os.path.join(root, base)):
            folders.sort()
            for name in sorted(n for n in names if n.endswith((".hpp", ".h"))):
                path = os.path.join(place, name)
                header = os.path.relpath(path, os.path.join(root, base))
                shown = os.path.join(base, header)
                folder = folder_of(header)
                if header in ("tachyon/tachyon.hpp", "tachyon/version.hpp"):
                    continue
                if folder not in MAY:
                    found.append(f"{shown}:1: {folder or header} is not a folder of this table")
                    continue
                with open(path, encoding="utf-8") as text:
                    for number, line in enumerate(text, 1):
                        include = INCLUDE.match(line)
                        if include:
                            wrong = judge(folder, include.group(1))
                            if wrong:
                                found.append(f"{shown}:{number}: {wrong}")
    return found


def judge(folder, included):
    """Why this include is wrong, or None."""
    if included in FORBIDDEN:
        return f"<{included}>: {FORBIDDEN[included]}"
    if not included.startswith("tachyon/"):
        return None
    if included == "tachyon/tachyon.hpp":
        return "includes the umbrella; include what is used"
    target = folder_of(included)
    if target == "" or target in reachable(folder):
        return None
    allowed = ", ".join(sorted(reachable(folder) - {folder}))
    return f"{folder}/ must not include <{included}>; it may include {allowed}"


class SelfTest(unittest.TestCase):
    def tree(self, files):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name, text in files.items():
            path = os.path.join(folder.name, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="ascii") as out:
                out.write(text)
        return folder.name

    def test_an_include_against_the_arrows_is_found_with_its_line(self):
        root = self.tree({"include/tachyon/memory/a.hpp":
                          "#pragma once\n#include <tachyon/unwind/b.hpp>\n"})
        self.assertEqual(offences(root), [
            "include/tachyon/memory/a.hpp:2: memory/ must not include <tachyon/unwind/b.hpp>; "
            "it may include base"])

    def test_an_include_along_the_arrows_is_fine(self):
        root = self.tree({"include/tachyon/live/a.hpp":
                          "#include <tachyon/collect/b.hpp>\n#include <tachyon/codec/c.hpp>\n",
                          "layouts/tachyon/layouts/x.hpp": "#include <tachyon/layout/c.hpp>\n",
                          "include/tachyon/version.hpp": "\n"})
        self.assertEqual(offences(root), [])

    def test_quotes_and_spaces_hide_nothing(self):
        root = self.tree({"include/tachyon/base/a.hpp": ' #  include "tachyon/memory/b.hpp"\n'})
        self.assertEqual(len(offences(root)), 1)

    def test_slow_headers_are_found(self):
        root = self.tree({"include/tachyon/base/a.hpp": "#include <regex>\n"})
        self.assertEqual(offences(root), [
            "include/tachyon/base/a.hpp:1: <regex>: 1.1 s in every file that includes it"])

    def test_an_unknown_folder_is_found(self):
        root = self.tree({"include/tachyon/util/a.hpp": "#pragma once\n"})
        self.assertEqual(offences(root),
                         ["include/tachyon/util/a.hpp:1: util is not a folder of this table"])

    def test_the_table_has_no_cycle_but_that_of_the_generated_layouts(self):
        for folder in MAY:
            for other in reachable(folder) - {folder, "base"}:
                if {folder, other} != {"layout", "layouts"}:
                    self.assertNotIn(folder, reachable(other), f"{folder} and {other}")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return unittest.main(argv=[sys.argv[0], "-v"])
    if len(sys.argv) > 1:
        sys.exit(__doc__)
    found = offences(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
