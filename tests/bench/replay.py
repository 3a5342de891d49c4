#!/usr/bin/env python3
"""How long CPython's own profiler and tachyon take to turn one recording into each format.

    tests/bench/replay.py [--rounds N] [--seconds S] [--formats pstats,collapsed,...]

Records a busy program with CPython 3.15's profiler (tests/interpreters gets it), then lets both
replay that file by turns, so that what else the machine is doing hits both alike. Prints medians
with the least and the most, of wall and of CPU time, the ratio, peak memory and the files' sizes.
$TACHYON names the tool; the default is build/release/tachyon.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = os.environ.get("TACHYON") or os.path.join(ROOT, "build", "release", "tachyon")
REFERENCE = [sys.executable, os.path.join(ROOT, "tests", "interpreters"), "--run", "3.15", "--",
             "-m", "profiling.sampling"]

PROGRAM = """
import sys, time
def leaf(n):
    s = 0
    for i in range(n):
        s += i * i
    return s
def other(n):
    return sum(hash((i, n)) & 7 for i in range(n))
def deep(k, end):
    if k:
        return deep(k - 1, end)
    while time.time() < end:
        leaf(200)
        other(50)
        leaf(30)
deep(16, time.time() + float(sys.argv[1]))
"""


def measure(command):
    """Wall seconds, CPU seconds and peak memory in MB of one run."""
    began = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{' '.join(command)} ended with {child.returncode}")
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def spread(values):
    return f"{statistics.median(values):7.3f} ({min(values):.3f} to {max(values):.3f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--formats", default="pstats,collapsed,jsonl,gecko,flamegraph,heatmap")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=os.path.join(ROOT, "build")) as folder:
        path = lambda name: os.path.join(folder, name)  # noqa: E731
        with open(path("program.py"), "w", encoding="ascii") as file:
            file.write(PROGRAM)
        recorded = subprocess.run(
            [*REFERENCE, "run", "-r", "1000000", "--binary", "-o", path("profile.bin"),
             path("program.py"), str(arguments.seconds)], capture_output=True, text=True,
            check=False)
        if recorded.returncode or not os.path.exists(path("profile.bin")):
            sys.exit("CPython 3.15's profiler could not record:\n" + recorded.stderr)
        written = [l for l in recorded.stdout.splitlines() if "(" in l and "samples)" in l]
        print(f"{written[-1].rsplit('(', 1)[1].rstrip(')') if written else '?'}, "
              f"{os.path.getsize(path('profile.bin')):,} bytes; {arguments.rounds} rounds by turns; "
              f"load {os.getloadavg()[0]:.1f}")
        start = [measure([*REFERENCE, "--help"]) for _ in range(arguments.rounds)]
        print(f"the reference's start alone: {spread([s[0] for s in start])} s, "
              f"CPU {spread([s[1] for s in start])} s")
        for name in arguments.formats.split(","):
            compare(name, path, arguments.rounds)


def compare(name, path, rounds):
    figures = {"reference": [], "tachyon": []}
    for number in range(rounds):
        for who, command in (("reference", REFERENCE), ("tachyon", [TOOL])):
            out = path(f"{who}-{name}-{number}")
            extra = ["-o", out] if name != "pstats" else []
            figures[who].append(measure([*command, "replay", f"--{name}", *extra,
                                         path("profile.bin")]))
    for who, rows in figures.items():
        out = path(f"{who}-{name}-{rounds - 1}")
        size = os.path.getsize(out) if os.path.isfile(out) else 0
        print(f"{name:11} {who:10} wall {spread([r[0] for r in rows])} s  "
              f"CPU {spread([r[1] for r in rows])} s  {max(r[2] for r in rows):6.1f} MB  "
              f"{size:>12,} bytes")
    ratios = [statistics.median(r[i] for r in figures["reference"]) /
              max(statistics.median(r[i] for r in figures["tachyon"]), 1e-3) for i in (0, 1)]
    print(f"{name:11} {'ratio':10} wall {ratios[0]:.0f}, CPU {ratios[1]:.0f}")


if __name__ == "__main__":
    main()
