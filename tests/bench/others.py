#!/usr/bin/env python3
"""tachyon, py-spy and austin on the same running program, alternating.

    tests/bench/others.py [--python /usr/bin/python3] [--seconds 3] [--rate 1000] [--rounds 5]

py-spy and austin are taken from PATH; what is not there is not compared, and the table says so. The
program calls functions that last 30 ns, over and over: its possible stacks are known, so a stack that
never existed shows. For each profiler, as medians with least and most: stacks a second, the share of
impossible ones, and the profiler's own CPU time.
"""

import argparse
import collections
import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import programs  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TACHYON = os.environ.get("TACHYON") or os.path.join(ROOT, "build", "release", "tachyon")


def tachyon(pid, out, a):
    return [TACHYON, "attach", pid, "-d", a.seconds, "-r", a.rate, f"--collapsed={out}"]


def pyspy(pid, out, a):
    return ["py-spy", "record", "-p", pid, "-d", a.seconds, "-r", a.rate, "-f", "raw", "-o", out]


def austin(pid, out, a):
    return ["austin", "-i", round(1e6 / a.rate), "-x", a.seconds, "-o", out, "-p", pid]


# name -> (command, how a function is found in a frame, whether each line is one sample)
PROFILERS = {
    "tachyon": (tachyon, r"[^;]*?:([^:;]+):\d+(?=;|$)", False),
    "py-spy, pausing (its default)": (pyspy, r"([^;( ]+) \([^;]*\)", False),
    "py-spy --nonblocking": (lambda *x: [*pyspy(*x), "--nonblocking"], r"([^;( ]+) \([^;]*\)", False),
    "austin": (austin, r"[^;]*?:([^:;]+):\d+(?=;|$)", True),
}


def stacks_of(path, frame, single):
    """Function stacks and how often they were seen."""
    found = collections.Counter()
    with open(path, encoding="utf-8", errors="replace") as text:
        for line in text:
            if line.startswith("#") or " " not in line.strip():
                continue
            stack, count = line.rstrip("\n").rsplit(" ", 1)
            found[tuple(re.findall(frame, stack))] += 1 if single else int(count)
    return found


def impossible(stack):
    calls = programs.CALLS_CALLS
    known = [name for name in stack if name in calls]
    return any(callee not in calls[caller] for caller, callee in zip(known, known[1:]))


def measure(how, pid, arguments, folder):
    command, frame, single = PROFILERS[how]
    out = os.path.join(folder, "stacks.txt")
    words = [str(word) for word in command(pid, out, arguments)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    stacks = stacks_of(out, frame, single)
    os.unlink(out)
    # Stacks of the interpreter's start are no part of the program.
    stacks = {s: n for s, n in stacks.items() if "main" in s}
    total = sum(stacks.values())
    wrong = sum(n for s, n in stacks.items() if impossible(s))
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return total / arguments.seconds, 100 * wrong / max(total, 1), cpu


def spread(values, digits):
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--python", default="/usr/bin/python3")
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    a = parser.parse_args()
    version = subprocess.run([a.python, "-VV"], capture_output=True, text=True).stdout.split(" (")[0]
    print(f"{version}, {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
          f"{a.rate} Hz, {a.seconds} s, {a.rounds} rounds")
    names = {}
    for how, (command, *_) in PROFILERS.items():
        program = str(command(0, "", a)[0])
        if shutil.which(program):
            text = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
            names[how] = f"{how} {re.search(r'[0-9]+[.][0-9.]+', text)[0]}"
        else:
            print(f"{how}: not compared, there is no {program} here")
    with tempfile.TemporaryDirectory() as folder:
        target = subprocess.Popen([a.python, "-c", programs.CALLS], stdout=subprocess.PIPE)
        try:
            target.stdout.readline()
            seen = {how: [] for how in names}
            for _ in range(a.rounds):
                for how in names:
                    seen[how].append(measure(how, target.pid, a, folder))
        finally:
            target.kill()
            target.wait()
    print(f"{'':38}{'stacks a second':>22}{'impossible, %':>22}{'own CPU, s':>22}")
    for how, rounds in seen.items():
        rate, wrong, cpu = zip(*rounds)
        print(f"{names[how]:38}{spread(rate, 0):>22}{spread(wrong, 2):>22}{spread(cpu, 3):>22}")


if __name__ == "__main__":
    main()
