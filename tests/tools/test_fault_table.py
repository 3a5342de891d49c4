"""tests/faults: the table of faults in tests/README.md names tests that there are."""

import os
import subprocess
import sys
import tempfile
import unittest

NEEDS = ""

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

TABLE = """
## Faults

| fault | test | outcome |
|---|---|---|
| **The target** | | |
| exits | {} | report whole |

## Fuzzers
"""


class Faults(unittest.TestCase):
    def listed(self, *words):
        return subprocess.run([sys.executable, f"{TESTS}/faults", "--list", *words],
                              capture_output=True, text=True, check=False)

    def of_cell(self, cell):
        with tempfile.NamedTemporaryFile("w", suffix=".md", encoding="utf-8") as table:
            table.write(TABLE.format(cell))
            table.flush()
            return self.listed("--table", table.name)

    def test_our_table(self):
        done = self.listed()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertGreater(len(done.stdout.splitlines()), 100)

    def test_names_of_every_kind(self):
        for cell, wanted in (
            ("`tools/test_fault_table.py test_our_table`, `test_made_up`",
             ["tools/test_fault_table.py test_fault_table.Faults.test_our_table",
              "tools/test_fault_table.py test_fault_table.Faults.test_made_up"]),
            ("`tools/filter.cpp`, fuzzers `recording_*`", None),
            ('`target/process.cpp "an ended process is not its successor"`',
             ["process: an ended process is not its successor"]),
        ):
            done = self.of_cell(cell)
            self.assertEqual((done.returncode, done.stderr), (0, ""), cell)
            self.assertTrue(done.stdout.splitlines(), cell)
            if wanted:
                self.assertEqual(done.stdout.splitlines(), wanted)

    def test_made_up(self):
        for cell, name in (
            ("`tools/test_fault_table.py test_of_nothing`", "tools/test_fault_table.py test_of_nothing"),
            ("`tools/test_nothing.py`", "tools/test_nothing.py"),
            ("`target/process.cpp \"a process sings\"`", "target/process.cpp a process sings"),
            ("`target/nothing.cpp`", "target/nothing.cpp"),
            ("fuzzer `nothing`", "nothing"),
            ("by hand", "by hand"),
            ("", "an empty cell"),
        ):
            done = self.of_cell(cell)
            self.assertEqual((done.returncode, done.stderr), (1, f"faults: no such test: {name}\n"))

    def test_one_row_a_fault(self):
        done = self.of_cell("`tools/filter.cpp` | whole |\n| exits | `tools/filter.cpp`")
        self.assertEqual((done.returncode, done.stderr), (1, "faults: two rows: exits\n"))

    def test_no_table(self):
        self.assertEqual(self.listed("--table", "/dev/null").returncode, 1)


if __name__ == "__main__":
    unittest.main()
