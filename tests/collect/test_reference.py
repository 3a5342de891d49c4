"""One recording of CPython 3.15's own profiler, turned into each format by it and by tachyon."""

import json
import marshal
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
REFERENCE = [sys.executable, os.path.join(ROOT, "tests", "interpreters"), "--run", "3.15", "--",
             "-m", "profiling.sampling"]

PROGRAM = """
import threading, time
class Tree:
    def walk(self, n):
        return 1 if n == 0 else self.walk(n - 1) + sum(i * i for i in range(60))
def wait(event):
    event.wait()
event = threading.Event()
threads = [threading.Thread(target=wait, args=(event,)) for _ in range(3)]
for thread in threads:
    thread.start()
end = time.time() + 2
while time.time() < end:
    Tree().walk(25)
    sorted(range(2000), key=lambda x: -x)
event.set()
"""


def load(path):
    with open(path, "rb") as file:
        return marshal.load(file)


def jsonl_rows(path):
    strings, frames, rows = {}, {}, {}
    with open(path, encoding="utf-8") as file:
        for record in map(json.loads, file):
            for entry in record.get("strings", []):
                strings[entry["str_id"]] = entry["value"]
            for entry in record.get("frames", []):
                frames[entry["frame_id"]] = entry
            for entry in record.get("entries", []):
                rows[entry["frame_id"]] = entry
    return {(strings[frames[i]["path_str_id"]], strings[frames[i]["func_str_id"]],
             *(frames[i].get(key) for key in ("line", "end_line", "col", "end_col"))):
            (row["self"], row["cumulative"]) for i, row in rows.items()}


class Reference(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tool = os.environ.get("TACHYON", "")
        if not os.access(cls.tool, os.X_OK):
            raise unittest.SkipTest("no tool in $TACHYON")
        cls.scratch = tempfile.TemporaryDirectory()
        program, cls.recording = cls.path("program.py"), cls.path("profile.bin")
        with open(program, "w", encoding="ascii") as file:
            file.write(PROGRAM)
        made = subprocess.run([*REFERENCE, "run", "-a", "-r", "5000", "--binary", "-o",
                               cls.recording, program],
                              capture_output=True, text=True, check=False)
        if "interpreters: no 3.15" in made.stderr:
            raise unittest.SkipTest(made.stderr.strip())
        if made.returncode or not os.path.getsize(cls.recording):
            raise RuntimeError(made.stdout + made.stderr)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.scratch.name, name)

    def both(self, option, *ours):
        """The paths of what the reference and the tool make of the recording."""
        paths = self.path("reference" + option), self.path("tachyon" + option)
        for command, path, more in zip((REFERENCE, [self.tool]), paths, ((), ours)):
            done = subprocess.run([*command, "replay", option, "-o", path, *more, self.recording],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
        return paths

    def test_collapsed_is_the_same_file(self):
        reference, ours = self.both("--collapsed")
        with open(reference, encoding="utf-8") as one, open(ours, encoding="utf-8") as two:
            self.assertEqual(sorted(one), sorted(two))

    def test_pstats_has_the_same_counts_and_callers(self):
        reference, ours = map(load, self.both("--pstats", "--lines"))
        self.assertEqual(set(reference), set(ours))
        for key, row in reference.items():
            if key != ("__sampled__",):
                self.assertEqual((row[:2], row[4]), (ours[key][:2], ours[key][4]), key)

    def test_jsonl_has_the_same_rows(self):
        reference, ours = map(jsonl_rows, self.both("--jsonl"))
        self.assertEqual(reference, ours)

    def test_gecko_has_the_same_samples_and_tables_not_larger(self):
        totals = []
        sizes = []
        for path in self.both("--gecko"):
            sizes.append(os.path.getsize(path))
            with open(path, encoding="utf-8") as file:
                profile = json.load(file)
            strings, counts = profile["shared"]["stringArray"], {}
            for thread in profile["threads"]:
                stacks, frames = thread["stackTable"], thread["frameTable"]
                for stack in thread["samples"]["stack"]:
                    path = []
                    while stack is not None:
                        frame = stacks["frame"][stack]
                        path.append((strings[thread["funcTable"]["name"][frames["func"][frame]]],
                                     frames["line"][frame]))
                        stack = stacks["prefix"][stack]
                    key = thread["tid"], tuple(path)
                    counts[key] = counts.get(key, 0) + 1
            totals.append(counts)
        self.assertEqual(*totals)
        self.assertLess(sizes[1], sizes[0] * 1.02)


if __name__ == "__main__":
    sys.exit(unittest.main())
