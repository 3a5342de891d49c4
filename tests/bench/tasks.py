#!/usr/bin/env python3
"""What stacks by asyncio task cost.

    tests/bench/tasks.py [--seconds 5] [--rounds 3] [--only running] [--names 3.14 3.15]

all: looks delivered of 100 a second that were asked, of 10,000 tasks that sleep and of 10,000 of which
some 5,000 a second wake up; beside it, Python's own profiler with the same tasks. running: profiler CPU
of a program whose tasks take turns, with and without --async-aware, alternating, at 1 kHz and at 10 kHz,
and looks a second flat out. Medians, least and most.
"""

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "real"))
from live import TACHYON, interpreters, target  # noqa: E402

MANY = """
import asyncio, random, sys
async def read(longest):
    while True:
        await asyncio.sleep(random.uniform(longest / 2, longest))
async def handle(longest):
    await read(longest)
async def main(count, longest):
    async with asyncio.TaskGroup() as group:
        for i in range(count):
            group.create_task(handle(longest), name=f"worker {i}")
        await asyncio.sleep(0)
        print("up", flush=True)
asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
"""

TURNS = """
import asyncio, hashlib
def digest(data):
    h = hashlib.sha256()
    for i in range(60): h.update(data)
    return h.hexdigest()
async def fetch():
    await asyncio.sleep(0)
    return digest(b"x" * 100)
async def handle():
    return len(await fetch())
async def worker():
    while True:
        await handle()
async def main():
    async with asyncio.TaskGroup() as group:
        for i in range(20):
            group.create_task(worker(), name=f"worker {i}")
        print("up", flush=True)
asyncio.run(main())
"""


def run(command):
    """What it printed, and the CPU seconds that it used."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout + done.stderr, (after.ru_utime + after.ru_stime - before.ru_utime
                                       - before.ru_stime)


def ours(pid, seconds, rate, *words):
    """Valid stacks, looks missed, CPU seconds."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        text, cpu = run([TACHYON, "attach", str(pid), "-d", str(seconds), "-r", str(rate), *words,
                         f"--binary={folder}/tasks.bin"])
    valid = re.search(r"(\d+) of (\d+) stacks? valid", text)
    missed = re.search(r"missed (\d+) of (\d+) looks", text)
    if not valid:
        raise SystemExit(text)
    return int(valid[1]), int(missed[1]) if missed else 0, cpu, text


def reference(pid, seconds, rate):
    """Looks a second that Python's own profiler made of all tasks."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        text, _ = run(["nsenter", "-t", str(pid), "-m", "-r", "/usr/bin/python3.15", "-m",
                       "profiling.sampling", "attach", str(pid), "-d", str(seconds), "-r", str(rate),
                       "--async-aware", "--async-mode", "all", "--collapsed", "-o", f"{folder}/out"])
    found = re.search(r"Captured ([\d,]+) samples in ([\d.]+) seconds", text)
    return int(found[1].replace(",", "")) / float(found[2]) if found else None


def spread(values, digits=2):
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f}-{max(values):,.{digits}f})"


def bench_all(name, arguments):
    for title, longest in (("asleep", 1000), ("awake", 3)):
        with target(name, MANY, 10000, longest) as (pid, _):
            delivered, costs, theirs = [], [], []
            for _ in range(arguments.rounds):
                _, missed, cpu, text = ours(pid, arguments.seconds, 100, "--async-aware", "--async-mode", "all")
                if arguments.verbose:
                    print(text)
                delivered.append(100 - missed / arguments.seconds)
                costs.append(cpu / arguments.seconds * 100)
                if name == "3.15":
                    theirs.append(reference(pid, arguments.seconds, 100))
        known = [one for one in theirs if one is not None]
        beside = f", reference {spread(known, 1)}" if known else ""
        print(f"{name:6} all, 10,000 tasks {title:7}: {spread(delivered, 1)} looks a second of 100, "
              f"{spread(costs, 0)} % of a core{beside}", flush=True)


def bench_running(name, arguments):
    with target(name, TURNS) as (pid, _):
        for rate in (1000, 10000):
            plain, tasks = [], []
            for _ in range(arguments.rounds):
                for words, into in (("-a", plain), ("--async-aware", tasks)):
                    _, missed, cpu, _ = ours(pid, arguments.seconds, rate, words)
                    into.append(cpu / (rate * arguments.seconds - missed) * 1e6)
            ratios = [b / a for a, b in zip(plain, tasks)]
            print(f"{name:6} running, {rate:6} Hz: plain {spread(plain, 1)} us of CPU a look, by task "
                  f"{spread(tasks, 1)}, ratio {spread(ratios)}", flush=True)
        plain, tasks = [], []
        for _ in range(arguments.rounds):
            for words, into in ((["-a"], plain), (["--async-aware"], tasks)):
                valid, _, _, text = ours(pid, arguments.seconds, 1000000, "--read", "fast", *words)
                into.append(valid / arguments.seconds)
                if arguments.verbose:
                    print(text)
        print(f"{name:6} running, flat out: plain {spread(plain, 0)} stacks a second, by task "
              f"{spread(tasks, 0)}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["all", "running"])
    parser.add_argument("--names", nargs="+", default=["3.14", "3.15"])
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {arguments.seconds} s, "
          f"{arguments.rounds} rounds")
    here = interpreters()
    for name in arguments.names:
        if name not in here:
            print(f"skipped {name}: tests/interpreters has none")
            continue
        if arguments.only != "running":
            bench_all(name, arguments)
        if arguments.only != "all":
            bench_running(name, arguments)


if __name__ == "__main__":
    main()
