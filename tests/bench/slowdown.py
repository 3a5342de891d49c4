#!/usr/bin/env python3
"""What profiling costs the target: pairs of windows without and with a profiler, in turn.

    tests/bench/slowdown.py [--seconds 2] [--pairs 10] [--only blocking]

The target counts its rounds in a file that is mapped into its memory; the bench reads the count at both
ends of a window. Between two windows that are compared nothing else changes. Prints the median loss in
percent with the middle half of the pairs, for each way of profiling.
"""

import argparse
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "real"))
from live import TACHYON, target  # noqa: E402

COUNTING = """
import mmap, sys
file = open(sys.argv[1], "r+b")
count = memoryview(mmap.mmap(file.fileno(), 8)).cast("Q")
def inner(n):
    s = 0
    for i in range(n): s += i * i
    return s
def outer(n): return inner(n) + inner(n)
print("up", flush=True)
while True:
    outer(50)
    count[0] += 1
"""
# Functions that last 30 ns and a generator: automatic reading turns exact on it.
QUICK = """
import mmap, sys
file = open(sys.argv[1], "r+b")
count = memoryview(mmap.mmap(file.fileno(), 8)).cast("Q")
def c(): return 1
def b(): return c()
def numbers():
    c()
    yield 1
def a():
    b()
    for x in numbers(): pass
print("up", flush=True)
while True:
    a(); a(); a(); a()
    count[0] += 1
"""

WAYS = [
    ("1 kHz", ["-r", "1000"], True),
    ("10 kHz", ["-r", "10000"], True),
    ("flat out", ["-r", "1000000"], True),
    ("1 kHz, kernel", ["-r", "1000", "--read", "kernel"], False),
    ("10 kHz, kernel", ["-r", "10000", "--read", "kernel"], False),
    ("1 kHz, fast", ["-r", "1000", "--read", "fast"], False),
    ("1 kHz, exact", ["-r", "1000", "--read", "exact"], False),
    ("1 kHz, blocking", ["-r", "1000", "--blocking"], True),
]


def window(path, seconds):
    def look():
        with open(path, "rb") as file:
            return struct.unpack("Q", file.read(8))[0], time.perf_counter()
    first, begin = look()
    time.sleep(seconds)
    last, end = look()
    return (last - first) / (end - begin)


def losses(pid, path, command, arguments):
    """Percent, one a pair: the windows before and after are what the one between is compared with."""
    found = []
    for _ in range(arguments.pairs):
        before = window(path, arguments.seconds / 2)
        profiler = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.4)  # until it samples
        during = window(path, arguments.seconds)
        profiler.terminate()
        profiler.wait()
        after = window(path, arguments.seconds / 2)
        found.append(100 * (1 - during / ((before + after) / 2)))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, {arguments.pairs} pairs of {arguments.seconds:g} s; loss in percent")
    print(f"{'':32}{'reference':>26}{'tachyon':>26}")
    for title, text in (("ordinary", COUNTING), ("quick functions", QUICK)):
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            path = os.path.join(folder, "count")
            with open(path, "wb") as file:
                file.write(bytes(8))
            with target("3.15", text, path) as (pid, _):
                for way, words, compare in WAYS:
                    if arguments.only not in f"{title}, {way}":
                        continue
                    cells = []
                    theirs = ["nsenter", "-t", str(pid), "-m", "-r", "/usr/bin/python3.15", "-m",
                              "profiling.sampling", "attach", str(pid), "-d", "600", "--binary", "-o",
                              f"{folder}/reference.bin", *words]
                    mine = [TACHYON, "attach", str(pid), f"--binary={folder}/ours.bin", *words]
                    for command in (theirs if compare else None, mine):
                        if command is None:
                            cells.append("")
                            continue
                        low, middle, high = statistics.quantiles(
                            losses(pid, path, command, arguments), n=4)
                        cells.append(f"{middle:.1f} ({low:.1f} to {high:.1f})")
                    print(f"{title + ', ' + way:32}{cells[0]:>26}{cells[1]:>26}", flush=True)


if __name__ == "__main__":
    main()
