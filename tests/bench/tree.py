#!/usr/bin/env python3
"""Process trees: how soon a child is sampled, how many of them are, and what watching costs.

    tests/bench/tree.py [--children 40] [--row 500] [--idle 20]

Each figure twice: with the kernel telling of processes, which needs CAP_NET_ADMIN, and looking for
them, as anybody can. Latency of a forked child is from fork() to its first sample; of a started
interpreter, from its first statement to its first sample (less than nothing: it was sampled while
it still started). The cost of watching is CPU time of `attach` over a program with eight sleeping
children, looked at once in ten seconds: what a long run takes more than a short one, a second.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time

TACHYON = os.path.abspath(os.environ.get("TACHYON", "build/release/tachyon"))

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
    for _ in range(8):
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
    print("ready", flush=True)
    time.sleep(1000)
"""


def ways():
    """What to put before a command: nothing, and something that takes the right to be told."""
    if os.geteuid() == 0 and shutil.which("capsh"):
        yield "told", []
        yield "looking", ["capsh", "--drop=cap_net_admin", "--", "-c", 'exec "$0" "$@"']
    else:
        print("one way only: to drop a capability needs root and capsh")
        yield "as this user", []


def write(folder, program):
    path = os.path.join(folder, "program.py")
    with open(path, "w", encoding="utf-8") as file:
        file.write(textwrap.dedent(program))
    return path


def first_samples(before, folder, program, *words):
    """For each child: its own time, and that of its first sample or None."""
    out = os.path.join(folder, "all.jsonl")
    done = subprocess.run([*before, TACHYON, "run", "--subprocesses", "--merge", f"--jsonl={out}",
                           "--jsonl-records", "events-full", "-a", "--python", sys.executable,
                           write(folder, program), *map(str, words)],
                          capture_output=True, text=True)
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
          f"nine tenths within {waits[len(waits) * 9 // 10]:.1f} ms", flush=True)


def cpu_of(before, pid, seconds, options):
    child = subprocess.Popen([*before, TACHYON, "attach", str(pid), "-r", "0.1", "-d", str(seconds),
                              "--collapsed=/dev/null", *options],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, used = os.wait4(child.pid, 0)
    return used.ru_utime + used.ru_stime


def watching(name, before, folder, seconds):
    short = 4
    tree = subprocess.Popen([sys.executable, write(folder, IDLE)], stdout=subprocess.PIPE,
                            start_new_session=True)
    try:
        tree.stdout.readline()
        time.sleep(1)
        costs = {}
        for _ in range(3):
            for options in ((), ("--subprocesses", "--merge")):
                more = (cpu_of(before, tree.pid, short + seconds, options) -
                        cpu_of(before, tree.pid, short, options))
                costs.setdefault(options, []).append(more / seconds * 100)
    finally:
        os.killpg(tree.pid, 9)
        tree.wait()
    alone, tree_too = costs.values()
    print(f"watching an idle tree, {name}: {statistics.median(tree_too):.3f} % of a core "
          f"({min(tree_too):.3f} to {max(tree_too):.3f}); the one process alone "
          f"{statistics.median(alone):.3f} %", flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--children", type=int, default=40)
    options.add_argument("--row", type=int, default=500)
    options.add_argument("--idle", type=float, default=20)
    chosen = options.parse_args()
    print("load:", open("/proc/loadavg", encoding="ascii").read().strip())
    with tempfile.TemporaryDirectory() as folder:
        for way, before in ways():
            latency(f"forked, {way}", first_samples(before, folder, FORKS, chosen.children))
            if chosen.row:
                latency(f"subprocess.run in a row, {way}",
                        first_samples(before, folder, ROW, chosen.row))
            watching(way, before, folder, chosen.idle)


if __name__ == "__main__":
    main()
