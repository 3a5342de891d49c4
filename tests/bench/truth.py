#!/usr/bin/env python3
"""How true are the samples? For any interpreter, each way of reading against a stopped target.

    tests/bench/truth.py [--interpreter 3.15] [--seconds 4] [--rate 2000] [--rounds 3]

Prints, as medians over the rounds with least and most: impossible stacks (a caller above a function
that it never calls), lost ticks, and the distance (total variation) of the distribution of stacks from
that of `--read blocking`, which is itself run twice: that distance is the noise. On 3.15, Python's own
profiler is measured in the same rounds. Figures are for reading, never for passing or failing.
"""

import argparse
import collections
import os
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "real"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from live import TACHYON, target  # noqa: E402
import programs  # noqa: E402


def distribution(path):
    """Functions only: stack -> share, from a collapsed file of either profiler."""
    counts = collections.Counter()
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            stack, count = line.rstrip("\n").rsplit(" ", 1)
            frames = [frame.split(":")[-2] if frame.count(":") >= 2 else frame
                      for frame in stack.split(";")[1:]]
            counts[tuple(frames)] += int(count)
    total = sum(counts.values()) or 1
    return {stack: count / total for stack, count in counts.items()}, sum(counts.values())


def distance(a, b):
    return sum(abs(a.get(s, 0) - b.get(s, 0)) for s in {*a, *b}) / 2


def impossible(stacks, calls):
    def wrong(stack):
        known = [frame for frame in stack if frame in calls]
        return any(callee not in calls[caller] for caller, callee in zip(known, known[1:]))
    return sum(share for stack, share in stacks.items() if wrong(stack))


def ours(pid, how, arguments, path, *more):
    subprocess.run([TACHYON, "attach", str(pid), "-d", str(arguments.seconds), "-r",
                    str(arguments.rate), "--read", how, f"--collapsed={path}", *more],
                   check=True, capture_output=True)


def reference(pid, arguments, path, *more):
    subprocess.run(["nsenter", "-t", str(pid), "-m", "-r", "/usr/bin/python3.15", "-m",
                    "profiling.sampling", "attach", str(pid), "-d", str(int(arguments.seconds)), "-r", str(arguments.rate),
                    "--collapsed", "-o", path, *more], check=True, capture_output=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--interpreter", default="3.15")
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rate", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    expected = arguments.seconds * arguments.rate
    # What automatic reading may cost lowers the rate of this target by default; it need not.
    ways = ["blocking again", "kernel", "fast", "auto", "auto, unlimited", "auto, polled", "exact"]
    if arguments.interpreter == "3.15":
        ways += ["reference"]
    for title, text, calls in (("with the generator", programs.GENERATOR, programs.GENERATOR_CALLS),
                               ("without it", programs.CALLS, programs.CALLS_CALLS)):
        rows = collections.defaultdict(list)
        with target(arguments.interpreter, text) as (pid, _), \
                tempfile.TemporaryDirectory(dir="/tmp") as folder:
            for _ in range(arguments.rounds):
                path = os.path.join(folder, "stacks.txt")
                ours(pid, "blocking", arguments, path)
                truth, _ = distribution(path)
                for way in ways:
                    if way == "reference":
                        reference(pid, arguments, path)
                    else:
                        ours(pid, way.split()[0].rstrip(","), arguments, path,
                             *(["--max-overhead", "0"] if "unlimited" in way else []),
                             *(["--readers", "1"] if "polled" in way else []))
                    stacks, count = distribution(path)
                    rows[way].append((impossible(stacks, calls), max(0, 1 - count / expected),
                                      distance(stacks, truth)))
        print(f"{arguments.interpreter}, {arguments.rate} Hz for {arguments.seconds:g} s, "
              f"{arguments.rounds} rounds, {os.cpu_count()} cores; program {title}")
        print(f"  {'':16}{'impossible %':>22}{'fewer than asked %':>24}{'distance':>24}")
        for way, values in rows.items():
            cells = []
            for column, scale, digits in ((0, 100, 3), (1, 100, 2), (2, 1, 3)):
                v = [one[column] * scale for one in values]
                cells.append(f"{statistics.median(v):.{digits}f} ({min(v):.{digits}f}-{max(v):.{digits}f})")
            print(f"  {way:16}{cells[0]:>22}{cells[1]:>24}{cells[2]:>24}", flush=True)


if __name__ == "__main__":
    main()
