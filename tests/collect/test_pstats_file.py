"""Python reads the files that are kept as goldens of the pstats format."""

import contextlib
import io
import marshal
import os
import pstats
import subprocess
import sys
import unittest

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")


def load(name):
    with open(os.path.join(GOLDEN, name), "rb") as file:
        return marshal.load(file)


class PstatsFile(unittest.TestCase):
    def test_shape(self):
        for name in ("functions.pstats", "lines.pstats"):
            with self.subTest(name):
                stats = load(name)
                self.assertIs(stats.pop(("__sampled__",)), True)
                for key, (direct, cumulative, own, whole, callers) in stats.items():
                    self.assertEqual([type(part) for part in key], [str, int, str])
                    self.assertLessEqual(direct, cumulative)
                    self.assertLessEqual(own, whole)
                    for caller, count in callers.items():
                        self.assertIn(caller, stats)
                        self.assertGreater(count, 0)
                self.assertEqual(sum(row[0] for row in stats.values()), 19)

    def test_figures(self):
        stats = load("functions.pstats")
        walk = ("/app/lib/util.py", 10, "Tree.walk")
        module = ("/app/main.py", 1, "<module>")
        direct, cumulative, own, whole, callers = stats[walk]
        self.assertEqual((direct, cumulative), (8, 12))
        self.assertAlmostEqual(own, 0.009)
        self.assertAlmostEqual(whole, 0.013)
        self.assertEqual(callers, {module: 12, walk: 16})
        self.assertEqual(load("lines.pstats")["/app/lib/util.py", 12, "Tree.walk"][:2], (0, 12))

    def test_same_times_as_the_collapsed_file(self):
        """Which has them in intervals, of a millisecond there."""
        with open(os.path.join(GOLDEN, "collapsed.txt"), encoding="utf-8") as text:
            lines = [line.rsplit(" ", 1) for line in text.read().splitlines()]
        leaves = {}
        for stack, count in lines:
            leaf = stack.split(";")[-1]
            leaves[leaf] = leaves.get(leaf, 0) + int(count)
        rows = {}
        for key, row in load("lines.pstats").items():
            if key != ("__sampled__",) and row[0]:
                file, line, name = key
                leaf = name if file == "~" else f"{os.path.basename(file)}:{name}:{line}"
                leaf = leaf.replace(";", "\\x3b").replace("\x1b", "\\x1b").replace("\n", "\\n")
                leaf = leaf.replace("with 12", "with_12")
                rows[leaf] = rows.get(leaf, 0) + row[2] * 1000
        self.assertEqual(set(rows), set(leaves))
        for leaf, milliseconds in rows.items():
            self.assertAlmostEqual(milliseconds, leaves[leaf], delta=1, msg=leaf)

    def test_the_module_prints_callers(self):
        """pstats itself, without the mark, which only Python 3.15 and later know."""
        stats = load("functions.pstats")
        del stats[("__sampled__",)]

        class Holder:  # what pstats takes instead of a file
            def create_stats(self):
                self.stats = {key: (row[1], row[0], row[2], row[3], {
                    caller: (count, count, 0.0, 0.0) for caller, count in row[4].items()})
                    for key, row in stats.items()}

        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            pstats.Stats(Holder(), stream=out).sort_stats("tottime").print_stats().print_callers()
        self.assertRegex(out.getvalue(), r"/app/lib/util.py:10\(Tree.walk\)")

    def test_python_3_15_loads_it_as_it_is(self):
        interpreters = os.path.join(os.path.dirname(GOLDEN), os.pardir, "interpreters")
        program = ("import pstats, sys; s = pstats.Stats(sys.argv[1]); s.print_stats();"
                   "s.print_callers()")
        done = subprocess.run([sys.executable, interpreters, "--run", "3.15", "--", "-c", program,
                               os.path.join(GOLDEN, "functions.pstats")],
                              capture_output=True, text=True, check=False)
        if "interpreters: no 3.15" in done.stderr:
            self.skipTest(done.stderr.strip())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("nsamples", done.stdout)
        self.assertIn("Tree.walk", done.stdout)


if __name__ == "__main__":
    sys.exit(unittest.main())
