"""gen/generate.py as a user meets it: checks, bad input, and the layout of a build nobody has seen."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from interpreters_here import ROOT, load_generate  # noqa: E402


class Checkout(unittest.TestCase):
    """Each test has a copy of gen/ and layouts/ of its own."""

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="tachyon-gen-")))
        shutil.copytree(ROOT / "gen", self.folder / "gen", ignore=shutil.ignore_patterns("__pycache__", "assets"))
        shutil.copytree(ROOT / "layouts", self.folder / "layouts")
        self.headers = self.folder / "layouts" / "tachyon" / "layouts"
        self.facts = self.folder / "layouts" / "facts"

    def generate(self, *arguments, **environment):
        run = subprocess.run([sys.executable, self.folder / "gen" / "generate.py", *map(str, arguments)],
                             capture_output=True, text=True, timeout=300,
                             env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment})
        return run.returncode, run.stdout, run.stderr

    def contents(self):
        return {path: path.read_bytes() for path in sorted((self.folder / "layouts").rglob("*")) if path.is_file()}

    def refused(self, result, *expected):
        """One clear line, exit 1, nothing written, not even a temporary file."""
        status, out, err = result
        self.assertEqual(status, 1, out + err)
        self.assertEqual(len(err.strip().splitlines()), 1, err)
        for text in expected:
            self.assertIn(text, err)
        self.assertNotIn("Traceback", err)


class Check(Checkout):
    def test_a_clean_checkout_passes(self):
        status, out, err = self.generate("--check")
        self.assertEqual((status, err), (0, ""), out)

    def test_one_byte_touched_fails_and_names_the_command(self):
        path = self.headers / "cpython_3_15_x86_64.hpp"
        data = bytearray(path.read_bytes())
        at = data.index(b".current_frame = {72}") + len(b".current_frame = {")
        data[at] ^= 1
        path.write_bytes(data)
        before = self.contents()
        status, out, _ = self.generate("--check")
        self.assertEqual(status, 1)
        self.assertIn("cpython_3_15_x86_64.hpp", out)
        self.assertIn("run: python3 gen/generate.py", out)
        self.assertEqual(self.contents(), before, "--check wrote something")
        self.assertEqual(self.generate()[0], 0)
        self.assertEqual(self.generate("--check")[0], 0)

    def test_every_single_file_is_compared(self):
        for path in sorted(self.headers.glob("*.hpp")):
            with self.subTest(path=path.name):
                data = path.read_bytes()
                path.write_bytes(data[:-1])
                self.assertEqual(self.generate("--check")[0], 1)
                path.write_bytes(data)

    def test_a_header_without_facts_is_noticed_and_removed(self):
        (self.headers / "cpython_3_99_x86_64.hpp").write_text("#pragma once\n")
        status, out, _ = self.generate("--check")
        self.assertEqual(status, 1)
        self.assertIn("cpython_3_99_x86_64.hpp: no facts", out)
        self.generate()
        self.assertFalse((self.headers / "cpython_3_99_x86_64.hpp").exists())

    def test_the_same_bytes_whatever_the_hash_seed(self):
        before = self.contents()
        for seed in ("1", "2", "77"):
            shutil.rmtree(self.headers)
            self.assertEqual(self.generate(PYTHONHASHSEED=seed)[0], 0)
            self.assertEqual(self.contents(), before)


class BadInput(Checkout):
    def edit(self, change):
        path = self.facts / "cpython-3.14-x86_64.json"
        facts = json.loads(path.read_text())
        change(facts)
        path.write_text(json.dumps(facts))

    def test_a_missing_member(self):
        self.edit(lambda facts: facts["members"]["frame"].pop("owner"))
        self.refused(self.generate(), "cpython-3.14-x86_64.json", "members.frame.owner is missing", "git")

    def test_a_member_that_is_no_integer(self):
        for value in ("70", 70.0, True, [70]):
            with self.subTest(value=value):
                self.edit(lambda facts: facts["members"]["frame"].update(owner=value))
                self.refused(self.generate(), "cpython-3.14-x86_64.json", "members.frame.owner is not an integer")

    def test_a_bit_field_without_a_mask(self):
        self.edit(lambda facts: facts["members"]["unicode"]["kind"].pop("mask"))
        self.refused(self.generate(), "members.unicode.kind is not an integer")

    def test_a_table_that_is_too_short(self):
        self.edit(lambda facts: facts["opcodes"]["deopt"].pop())
        self.refused(self.generate("--check"), "opcodes.deopt")

    def test_facts_under_another_name(self):
        shutil.move(self.facts / "cpython-3.14-x86_64.json", self.facts / "cpython-3.17-x86_64.json")
        self.refused(self.generate(), "cpython-3.17-x86_64.json", "rename it to cpython-3.14-x86_64.json")

    def test_facts_that_are_no_json(self):
        (self.facts / "cpython-3.14-x86_64.json").write_text("{")
        self.refused(self.generate(), "cpython-3.14-x86_64.json", "not JSON")

    def test_no_facts_at_all(self):
        shutil.rmtree(self.facts)
        self.refused(self.generate(), "layouts/facts", "git")

    def test_an_output_that_cannot_be_written_leaves_everything_as_it_was(self):
        # A folder stands where one of the headers belongs: not even root can write that.
        taken = self.headers / "schema.hpp"
        taken.unlink()
        taken.mkdir()
        (taken / "in_the_way").touch()
        (self.headers / "all.hpp").write_text("old")
        before = self.contents()
        self.refused(self.generate(), "schema.hpp", "writable")
        self.assertEqual(self.contents(), before)

    def test_no_such_path(self):
        self.refused(self.generate("--python", self.folder / "nowhere"), "nowhere: no such file")

    def test_a_folder_without_headers(self):
        self.refused(self.generate("--python", self.folder), "no Python.h in it", "include directory")

    def test_a_truncated_header_tree(self):
        tree = self.folder / "python3.14"
        tree.mkdir()
        (tree / "Python.h").touch()
        (tree / "pyconfig.h").touch()
        self.refused(self.generate("--python", tree), "patchlevel.h")
        (tree / "patchlevel.h").write_text('#define PY_MAJOR_VERSION 3\n#define PY_MINOR_VERSION 14\n'
                                           '#define PY_VERSION "3.14.0"\n')
        self.refused(self.generate("--python", tree), "internal", "libpython3.14-dev")
        (tree / "internal").mkdir()
        self.refused(self.generate("--python", tree), "python3.14", "PY_VERSION_HEX", "CPython's own headers")

    def test_an_interpreter_that_is_too_old(self):
        tree = self.folder / "python3.10"
        tree.mkdir()
        (tree / "Python.h").touch()
        (tree / "pyconfig.h").touch()
        (tree / "patchlevel.h").write_text('#define PY_MAJOR_VERSION 3\n#define PY_MINOR_VERSION 10\n'
                                           '#define PY_VERSION "3.10.1"\n')
        self.refused(self.generate("--python", tree), "3.10", "3.11 and newer")


class Instructions(Checkout):
    """What an instruction does to the walk is in a table that has to name every one."""

    def add(self, name, form_of=None):
        """A further instruction for 3.14: one of its own, or a specialised form of another."""
        for path in sorted(self.facts.glob("cpython-3.14*.json")):
            facts = json.loads(path.read_text())
            table = facts["opcodes"]
            number = next(n for n in range(255, 0, -1) if n not in table["ids"].values())
            table["ids"][name] = number
            table["deopt"][number] = number if form_of is None else table["ids"][form_of]
            path.write_text(json.dumps(facts))

    def classify(self, name, line):
        path = self.folder / "gen" / "opcodes.py"
        text = path.read_text()
        self.assertIn(f'    "{line}": """\n', text)
        path.write_text(text.replace(f'    "{line}": """\n', f'    "{line}": """\n        {name}\n'))

    def unclassified(self, name):
        before = self.contents()
        for arguments in ((), ("--check",)):
            self.refused(self.generate(*arguments), "CPython 3.14", name, "TABLE in gen/opcodes.py")
        self.assertEqual(self.contents(), before)

    def header(self):
        return (self.headers / "opcodes_3_14.hpp").read_text()

    def test_one_without_a_line_fails(self):
        self.add("CALL_SOMEHOW")
        self.unclassified("CALL_SOMEHOW")
        self.classify("CALL_SOMEHOW", "calls")
        self.assertEqual(self.generate()[0], 0)
        self.assertRegex(self.header(), r'"CALL_SOMEHOW", \d+, 0, Opcode::Kind::plain, Site::calls}')

    def test_a_specialised_form_without_a_line_fails(self):
        self.add("CALL_FROZEN_FUNCTION", form_of="CALL")
        self.unclassified("CALL_FROZEN_FUNCTION")
        self.classify("CALL_FROZEN_FUNCTION", "calls_c")
        self.assertEqual(self.generate()[0], 0)
        self.assertRegex(self.header(), r'"CALL_FROZEN_FUNCTION", \d+, 3, Opcode::Kind::specialised, Site::calls, true}')

    def test_all_without_a_line_are_named_at_once(self):
        self.add("SECOND_NEW")
        self.add("FIRST_NEW")
        self.unclassified("FIRST_NEW, SECOND_NEW")

    def test_an_instrumented_one_without_a_twin_fails(self):
        self.add("INSTRUMENTED_SOMETHING")
        self.unclassified("INSTRUMENTED_SOMETHING")

    def test_an_instrumented_one_is_what_its_twin_is(self):
        self.add("INSTRUMENTED_LOAD_ATTR")
        self.assertEqual(self.generate()[0], 0)
        self.assertRegex(self.header(), r'"INSTRUMENTED_LOAD_ATTR", 80, 9, Opcode::Kind::instrumented, Site::calls}')

    def test_a_form_that_calls_where_its_instruction_does_not_fails(self):
        self.add("CONTAINS_OP_OF_A_CLASS", form_of="CONTAINS_OP")
        self.classify("CONTAINS_OP_OF_A_CLASS", "calls")
        self.refused(self.generate(), "CONTAINS_OP_OF_A_CLASS: calls, but CONTAINS_OP", "stays", "gen/opcodes.py")


class WithHeaders(Checkout):
    def setUp(self):
        super().setUp()
        trees = [t for t in load_generate().header_trees() if not t.debug and not t.free_threaded]
        if not trees:
            self.skipTest("no header tree here; tests/interpreters gets them")
        self.tree = trees[-1]

    def compiler(self, script):
        path = self.folder / "cc"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return {"TACHYON_CC_X86_64": str(path), "TACHYON_CC_AARCH64": str(path)}

    def test_no_compiler(self):
        before = self.contents()
        result = self.generate("--python", self.tree.include, "--arch", "aarch64", TACHYON_CC_AARCH64="/no/such/cc")
        self.refused(result, "/no/such/cc", "install gcc-aarch64-linux-gnu", "TACHYON_CC_AARCH64")
        self.assertEqual(self.contents(), before)

    def test_a_compiler_that_fails(self):
        machine = os.uname().machine
        before = self.contents()
        broken = self.compiler(f'case "$*" in -dumpmachine) echo {machine}-linux-gnu;; *) echo "cc: error: disk full" >&2; exit 1;; esac')
        self.refused(self.generate("--python", self.tree.include, **broken), "cannot compile", "disk full")
        self.assertEqual(self.contents(), before)

    def test_a_known_build_needs_nothing(self):
        before = self.contents()
        status, out, _ = self.generate("--python", self.tree.include)
        self.assertEqual(status, 0)
        self.assertIn("nothing to register", out)
        self.assertEqual(self.contents(), before)

    def test_a_source_tree_and_a_build_tree_beside_it(self):
        source, build = self.folder / "cpython", self.folder / "out"
        shutil.copytree(self.tree.include, source / "Include", ignore=shutil.ignore_patterns("pyconfig.h"))
        status, out, err = self.generate("--python", source)
        self.refused((status, out, err), "cpython", "./configure")
        build.mkdir()
        shutil.copy(self.tree.pyconfig, build / "pyconfig.h")
        (build / "Makefile").write_text("VPATH=\t../cpython\nsrcdir=\t\t../cpython\n")
        status, out, err = self.generate("--python", build)
        self.assertEqual((status, err), (0, ""), out)
        self.assertIn("nothing to register", out)
        shutil.copy(self.tree.pyconfig, source / "pyconfig.h")
        status, out, err = self.generate("--python", source)
        self.assertEqual((status, err), (0, ""), out)
        self.assertIn("nothing to register", out)

    def next_minor(self):
        """The newest header tree, with a struct longer, a member renamed and one gone, as the next minor version."""
        old, new = self.tree.minor, self.tree.minor + 1
        place = self.folder / "inc"
        include = place / f"python3.{new}"
        shutil.copytree(self.tree.include, include)
        (include / "pyconfig.h").write_bytes(self.tree.pyconfig.read_bytes())

        def edit(name, *changes):
            path = include / name
            text = path.read_text()
            for pattern, replacement in changes:
                text, count = re.subn(pattern, replacement, text)
                self.assertGreater(count, 0, f"{name}: {pattern}")
            path.write_text(text)

        edit("patchlevel.h", (r"(PY_MINOR_VERSION\s+)\d+", rf"\g<1>{new}"), (rf'"3\.{old}\.\d+', f'"3.{new}.0'))
        edit("cpython/pystate.h", (r"(int what_event;)", r"\1 void *inserted;"),
             (r"\bdatastack_limit\b", "datastack_boundary"))
        return include, new

    def test_a_newer_minor_version_prints_what_changed_and_is_registered(self):
        include, new = self.next_minor()
        began = time.monotonic()
        status, out, err = self.generate("--python", include)
        self.assertEqual((status, err), (0, ""), out)
        self.assertLess(time.monotonic() - began, 60)
        self.assertRegex(out, r"moved +thread\.current_frame +72 -> 80")
        self.assertRegex(out, r"missing +thread\.datastack_limit +\d+ -> none")
        self.assertIn(f"registered cpython-3.{new}-", out)
        self.assertIn("next: ", out)
        self.assertEqual(self.generate("--check")[0], 0)
        self.assertIn(f"cpython_3_{new}_", (self.headers / "all.hpp").read_text())
        compiler = shutil.which("g++")
        if compiler is None:
            self.skipTest("registered; no g++ here to compile it with")
        source = self.folder / "all.cpp"
        source.write_text("#include <tachyon/layout/dispatch.hpp>\n"
                          f"static_assert(tachyon::all_layouts.back().build.minor == {new});\n")
        run = subprocess.run([compiler, "-std=c++20", "-fsyntax-only", f"-I{ROOT / 'include'}",
                              f"-I{self.folder / 'layouts'}", source], capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_a_newer_minor_version_with_an_instruction_of_its_own_is_not_registered(self):
        include, new = self.next_minor()
        ids = include / "opcode_ids.h"
        free = set(range(256)) - {int(n) for n in re.findall(r"^#define\s+\w+\s+(\d+)\s*$", ids.read_text(), re.M)}
        ids.write_text(ids.read_text() + f"#define CALL_ANEW {min(free)}\n")
        before = self.contents()
        self.refused(self.generate("--python", include), f"CPython 3.{new}", "CALL_ANEW", "TABLE in gen/opcodes.py")
        self.assertEqual(self.contents(), before)

    def test_a_version_that_cannot_be_walked_is_described_and_not_registered(self):
        include, new = self.next_minor()
        for path in sorted((include / "internal").glob("*.h")) + sorted(include.glob("cpython/*.h")):
            text = path.read_text(encoding="utf-8", errors="surrogateescape")
            if "co_linetable" in text:
                path.write_text(text.replace("co_linetable", "co_positions"), encoding="utf-8", errors="surrogateescape")
        before = self.contents()
        status, out, err = self.generate("--python", include)
        self.assertEqual((status, err), (0, ""), out)
        self.assertRegex(out, r"missing +code\.linetable")
        self.assertIn("not registered", out)
        self.assertEqual(self.contents(), before)

    def test_a_debug_build_is_compared_with_the_nearest_facts(self):
        trees = [t for t in load_generate().header_trees() if t.debug]
        if not trees:
            self.skipTest("no headers of a debug build here; tests/interpreters gets them")
        status, out, _ = self.generate("--python", trees[-1].include)
        self.assertEqual(status, 0)
        self.assertIn("debug", out)
        self.assertRegex(out, r"nearest: cpython-3\.\d+-\w+ \(3\.\S+\), \d+ places and \d+ sizes differ")


if __name__ == "__main__":
    unittest.main()
