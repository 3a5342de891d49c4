"""Recordings travel: CPython 3.15's own profiler reads what we write, and we read what it writes.

Every comparison is between what the two tools say of the same samples, count for count.
"""

import collections
import functools
import json
import marshal
import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
INTERPRETERS = os.path.join(ROOT, "tests", "interpreters")
TACHYON = os.environ.get("TACHYON", os.path.join(ROOT, "build", "release", "tachyon"))

PROGRAM = """
import gc, sys, threading, time

class Node:
    def __init__(self, other=None):
        self.other = other
    def __del__(self):
        sum(range(300))

def leaf(n):
    return sum(i & 7 for i in range(n))

def down(depth):
    return leaf(400) if depth == 0 else down(depth - 1)

def garbage():
    for _ in range(50):
        a = Node(); a.other = Node(a)
    gc.collect()

def key(x):
    return leaf(20) + x

def busy(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        down(12); garbage(); sorted(range(30), key=key)
        try:
            raise ValueError
        except ValueError:
            leaf(200)

workers = [threading.Thread(target=busy, args=(float(sys.argv[1]),), name=f"worker-{i}") for i in range(2)]
for worker in workers:
    worker.start()
busy(float(sys.argv[1]))
for worker in workers:
    worker.join()
"""

# How the reference is asked to record; each must replay alike in both tools.
WAYS = {
    "plain": [],
    "threads": ["-a", "--native"],
    "opcodes": ["-a", "--opcodes", "--no-gc"],
    "gil": ["-a", "--mode", "gil"],
    "exception": ["-a", "--mode", "exception"],
    "uncompressed": ["-r", "2khz", "--compression", "none"],
}


def reference():
    """The name of an interpreter here that has the profiler, and why there is none."""
    done = subprocess.run([sys.executable, INTERPRETERS, "--json"], capture_output=True, text=True)
    if done.returncode:
        return None, done.stderr.strip() or "tests/interpreters --json failed"
    found = json.loads(done.stdout)
    entries = found.get("interpreters", found) if isinstance(found, dict) else found
    names = entries if isinstance(entries, dict) else {entry["name"]: entry for entry in entries}
    for name in ("3.15", "3.15d"):
        if name in names:
            return name, ""
    return None, "no CPython 3.15 here (tests/interpreters 3.15 gets it)"


NAME, WHY = reference()


def sampling(*words):
    done = subprocess.run([sys.executable, INTERPRETERS, "--run", NAME, "--", "-m",
                           "profiling.sampling", *words], capture_output=True, timeout=120)
    if done.returncode:
        raise AssertionError(f"profiling.sampling {words}: {done.stderr.decode(errors='replace')}")


def tachyon(*words):
    done = subprocess.run([TACHYON, *words], capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise AssertionError(f"tachyon {words}: {done.stderr}")
    return done


def collapsed(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as lines:
        counts = collections.Counter()
        for line in lines:
            stack, count = line.rstrip("\n").rsplit(" ", 1)
            counts[stack] += int(count)
        return counts


def jsonl(path):
    strings, frames, rows, total = {}, {}, {}, None
    with open(path, encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            for entry in record.get("strings", ()):
                strings[entry["str_id"]] = entry["value"]
            for entry in record.get("frames", ()):
                frames[entry["frame_id"]] = (strings[entry["path_str_id"]],
                                             strings[entry["func_str_id"]], entry["line"],
                                             entry.get("end_line"), entry.get("col"),
                                             entry.get("end_col"))
            for entry in record.get("entries", ()):
                key = frames[entry["frame_id"]]
                assert key not in rows, key
                rows[key] = (entry["self"], entry["cumulative"])
            if record["type"] == "end":
                total = record["samples_total"]
    return rows, total


def pstats(path):
    """Counts of every row and every edge."""
    with open(path, "rb") as file:
        stats = marshal.load(file)
    return {key: (row[0], row[1], row[4]) for key, row in stats.items() if key != ("__sampled__",)}


def flamegraph(path):
    """Inclusive counts of the reference's page, by path from the root."""
    with open(path, encoding="utf-8") as page:
        text = page.read()
    data = json.JSONDecoder().raw_decode(text, re.search(r"EMBEDDED_DATA\s*=\s*", text).end())[0]
    counts, todo = {}, [((), data)]
    while todo:
        parent, node = todo.pop()
        where = parent + (data["strings"][node["name"]] if isinstance(node["name"], int) else node["name"],)
        counts[where] = (node["value"], node.get("self"))
        todo += [(where, child) for child in node.get("children", ())]
    return counts


FORMATS = {"collapsed": collapsed, "jsonl": jsonl, "pstats": pstats}


@unittest.skipUnless(NAME, WHY)
@unittest.skipUnless(os.path.exists(TACHYON), f"no {TACHYON}")
class Interchange(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="tachyon-interchange-")
        cls.addClassCleanup(cls.folder.cleanup)
        program = cls.file("program.py")
        with open(program, "w", encoding="utf-8") as out:
            out.write(PROGRAM)
        for way, options in WAYS.items():
            sampling("run", "--binary", "-o", cls.file(way + ".bin"), *options, program, "1.0")

    @classmethod
    def file(cls, name):
        return os.path.join(cls.folder.name, name)

    @classmethod
    @functools.cache
    def theirs(cls, recording, form):
        out = f"{recording}.theirs.{form}"
        sampling("replay", "--" + form, "-o", out, recording)
        return FORMATS.get(form, flamegraph)(out)

    def ours(self, recording, form):
        out = f"{recording}.ours.{form}"
        # The reference has a row for each line of a function.
        tachyon("replay", "--" + form, *(["--lines"] if form == "pstats" else []), "-o", out, recording)
        return FORMATS[form](out)

    def converted(self, recording, name, *options):
        out = f"{recording}.{name}"
        tachyon("replay", "--binary", *options, "-o", out, recording)
        return out

    def test_we_read_what_it_writes(self):
        for way in WAYS:
            self.assertGreater(sum(self.theirs(self.file(way + ".bin"), "collapsed").values()), 10, way)
            for form in FORMATS:
                with self.subTest(way=way, form=form):
                    recording = self.file(way + ".bin")
                    self.assertEqual(self.ours(recording, form), self.theirs(recording, form))

    def test_it_reads_what_we_write(self):
        for way in WAYS:
            recording = self.file(way + ".bin")
            back = self.converted(recording, "back.bin", "--binary-format", "cpython")
            for form in [*FORMATS, "flamegraph"]:
                with self.subTest(way=way, form=form):
                    self.assertEqual(self.theirs(back, form), self.theirs(recording, form))

    def test_nothing_is_lost_on_the_way_through_our_recording(self):
        for way in WAYS:
            recording = self.file(way + ".bin")
            middle = self.converted(recording, "tachyon.bin")
            back = self.converted(middle, "back.bin", "--binary-format", "cpython")
            with self.subTest(way=way):
                self.assertEqual(self.ours(middle, "jsonl"), self.ours(recording, "jsonl"))
                self.assertEqual(self.theirs(back, "jsonl"), self.theirs(recording, "jsonl"))
                self.assertLess(os.path.getsize(middle), os.path.getsize(recording) + 1000)

    def test_a_recording_without_samples(self):
        recording = self.file("plain.bin")
        middle = self.file("empty.bin")
        tachyon("replay", "--binary", "--binary-format", "cpython", "--thread", "1", "-o", middle, recording)
        self.assertEqual(self.ours(middle, "collapsed"), {})
        self.assertEqual(self.theirs(middle, "collapsed"), {})


if __name__ == "__main__":
    unittest.main()
