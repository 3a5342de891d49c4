#!/usr/bin/env python3
"""Process trees: how soon a child is sampled, how many of them are, and what watching costs.

    tests/bench/tree.py [--children 40] [--row 500] [--idle 10]

Latency of a forked child is from fork() to its first sample; of a started interpreter, from its
first statement to its first sample (less than nothing: it was sampled while it still started).
The cost of watching is the CPU time of tachyon over a program and a child that sleep, sampled once
in ten seconds, less that of the same without --subprocesses.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time

TACHYON = os.path.abspath(os.environ.get("TACHYON", "build/tachyon"))

FORKS = """
    import os, sys, time
    for _ in range(int(sys.argv[1])):
        begun = time.time()
        pid = os.fork()
        if pid == 0:
            end = time.monotonic() + 0.1
            while time.monotonic() < end: sum(range(100))
            os._exit(0)
        print(pid, begun, flush=True)
        os.waitpid(pid, 0)
"""
ROW = """
    import subprocess, sys
    child = ("import os, time; print(os.getpid(), time.time(), flush=True)\\n"
             "end = time.monotonic() + 0.1\\n"
             "while time.monotonic() < end: sum(range(100))")
    for _ in range(int(sys.argv[1])):
        subprocess.run([sys.executable, "-c", child])
"""
IDLE = """
    import subprocess, sys, time
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
    time.sleep(float(sys.argv[1]))
    child.kill()
"""


def run(folder, program, *words, options=()):
    path = os.path.join(folder, "program.py")
    with open(path, "w", encoding="utf-8") as file:
        file.write(textwrap.dedent(program))
    return subprocess.run([TACHYON, "run", *options, "--python", sys.executable, path,
                           *map(str, words)], capture_output=True, text=True)


def first_samples(folder, program, *words):
    """For each child: its own time, and that of its first sample or None."""
    out = os.path.join(folder, "all.jsonl")
    done = run(folder, program, *words, options=[
        "--subprocesses", "--merge", f"--jsonl={out}", "--jsonl-records", "events-full", "-a"])
    if done.returncode != 0:
        sys.exit(done.stderr)
    begun = {}
    for line in done.stdout.splitlines():
        parts = line.split()
        if len(parts) == 2 and parts[0].isdigit():
            begun[int(parts[0])] = float(parts[1])
    first = {}
    with open(out, encoding="utf-8") as file:
        for line in file:
            sample = json.loads(line)
            first.setdefault(sample["pid"], sample["ts"])
    return [(time, first.get(pid)) for pid, time in begun.items()]


def latency(name, pairs):
    waits = sorted((first - begun) * 1e3 for begun, first in pairs if first is not None)
    if not waits:
        sys.exit(f"{name}: no child has samples")
    print(f"{name}: {len(waits)} of {len(pairs)} have samples; first one after "
          f"{statistics.median(waits):.1f} ms (median), {waits[0]:.1f} to {waits[-1]:.1f} ms, "
          f"nine tenths within {waits[len(waits) * 9 // 10]:.1f} ms")


def cpu_of(folder, seconds, options):
    before = os.times()
    started = time.monotonic()
    run(folder, IDLE, seconds, options=["-r", "0.1", "--collapsed=/dev/null", *options])
    # What the program itself used is in there, too, and the same in both.
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return used, time.monotonic() - started


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--children", type=int, default=40)
    options.add_argument("--row", type=int, default=500)
    options.add_argument("--idle", type=float, default=10)
    chosen = options.parse_args()
    print("load:", open("/proc/loadavg", encoding="ascii").read().strip())
    with tempfile.TemporaryDirectory() as folder:
        latency("forked", first_samples(folder, FORKS, chosen.children))
        latency("subprocess.run in a row", first_samples(folder, ROW, chosen.row))
        costs = []
        for _ in range(3):
            alone, _ = cpu_of(folder, chosen.idle, [])
            watched, took = cpu_of(folder, chosen.idle, ["--subprocesses"])
            costs.append((watched - alone) / took * 100)
        print(f"watching an idle tree: {statistics.median(costs):.2f} % of a core "
              f"({min(costs):.2f} to {max(costs):.2f}), the child's start and sampling included")


if __name__ == "__main__":
    main()
