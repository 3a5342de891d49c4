#!/usr/bin/env python3
"""Rates and costs, side by side with Python's own profiler on the same 3.15 targets, alternating.

    tests/bench/rates.py [--seconds 3] [--rounds 3] [--only recursion]

For each target: valid samples a second flat out (asked 1 MHz, writing a recording), of both, and the
ratio; the same of one and of three readers, and of other versions; profiler CPU and delivered looks at
1 kHz and 10 kHz, beside what sleeping that often costs a program that does nothing else here; the time
of `dump`. Medians, least and most.
"""

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "real"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from live import TACHYON, interpreters, target  # noqa: E402
import programs  # noqa: E402

TARGETS = [
    ("hash and sleep", programs.SLEEPY, [], []),
    ("hash and sleep, cpu", programs.SLEEPY, [], ["--mode", "cpu"]),
    ("recursion 10", programs.RECURSION, [10], []),
    ("recursion 200", programs.RECURSION, [200], []),
    ("recursion 2000", programs.RECURSION, [2000], []),
    ("8 threads", programs.THREADS, [], ["-a"]),
    ("8 threads, blocking", programs.THREADS, [], ["-a", "--blocking"]),
]


def run(command):
    """Standard output and error, and the CPU seconds that the command used."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout + done.stderr, cpu


def ours(pid, words, rate, seconds, folder):
    text, cpu = run([TACHYON, "attach", str(pid), "-d", str(seconds), "-r", str(rate), *words,
                     f"--binary={folder}/ours.bin"])
    valid = re.search(r"(\d+) of (\d+) stacks? valid", text)
    return int(valid[1]) / seconds if valid else 0.0, cpu


def reference(pid, words, rate, seconds, folder):
    text, cpu = run(["nsenter", "-t", str(pid), "-m", "-r", "/usr/bin/python3.15", "-m",
                     "profiling.sampling", "attach", str(pid), "-d", str(seconds), "-r", str(rate), *words, "--binary",
                     "-o", f"{folder}/reference.bin"])
    traces = re.search(r"\((\d[\d,]*) samples\)", text)
    return int(traces[1].replace(",", "")) / seconds if traces else 0.0, cpu


def sleeping(rate, seconds):
    """CPU seconds of a program that only sleeps: what waking up costs on this machine."""
    program = ("import ctypes, sys; libc = ctypes.CDLL(None); libc.prctl(29, 1)\n"
               "nap = (ctypes.c_long * 2)(0, int(1e9 / float(sys.argv[1])))\n"
               "for _ in range(int(sys.argv[2])): libc.clock_nanosleep(1, 0, nap, None)")
    return (run([sys.executable, "-c", program, str(rate), str(rate * seconds)])[1]
            - run([sys.executable, "-c", program, str(rate), "0"])[1])


def spread(values, digits=0):
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f}-{max(values):,.{digits}f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, {arguments.seconds} s, {arguments.rounds} rounds")
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        print(f"{'valid samples a second, flat out':34}{'reference':>30}{'tachyon':>32}{'ratio':>8}")
        for title, text, words, options in TARGETS:
            if arguments.only not in title:
                continue
            theirs, mine = [], []
            with target("3.15", text, *words) as (pid, _):
                for _ in range(arguments.rounds):
                    theirs.append(reference(pid, options, 1000000, arguments.seconds, folder)[0])
                    mine.append(ours(pid, ["--read", "fast", *options] if "--blocking" not in options
                                     else options, 1000000, arguments.seconds, folder)[0])
            ratio = statistics.median(mine) / max(statistics.median(theirs), 1e-9)
            shown = f"{ratio:8.1f}" if statistics.median(theirs) else "       -"
            print(f"{title:34}{spread(theirs):>30}{spread(mine):>32}{shown}", flush=True)
        print(f"{'several readers, other versions':34}{'one reader':>30}{'three readers':>32}{'ratio':>8}")
        for name in ("3.15", "3.14", "3.13", "3.12", "3.11"):
            if name not in interpreters() or arguments.only not in f"readers {name}":
                continue
            one, three = [], []
            with target(name, programs.SLEEPY) as (pid, _):
                for _ in range(arguments.rounds):
                    for readers, into in (("1", one), ("3", three)):
                        into.append(ours(pid, ["--read", "fast", "--readers", readers], 1000000,
                                         arguments.seconds, folder)[0])
            print(f"  hash and sleep, {name:16}{spread(one):>30}{spread(three):>32}"
                  f"{statistics.median(three) / statistics.median(one):8.1f}", flush=True)
        print(f"{'profiler CPU seconds in ' + str(arguments.seconds) + ' s':34}")
        for title, text, words in (("hash and sleep", programs.SLEEPY, []),
                                   ("recursion 10", programs.RECURSION, [10])):
            if arguments.only not in f"cpu {title}":
                continue
            with target("3.15", text, *words) as (pid, _):
                for rate in (1000, 10000):
                    theirs, mine, bare, looks = [], [], [], []
                    for _ in range(arguments.rounds):
                        theirs.append(reference(pid, [], rate, arguments.seconds, folder)[1])
                        valid, cpu = ours(pid, [], rate, arguments.seconds, folder)
                        mine.append(cpu)
                        looks.append(valid / rate * 100)
                        bare.append(sleeping(rate, arguments.seconds))
                    ratio = statistics.median(theirs) / max(statistics.median(mine), 1e-9)
                    print(f"  {title:15} {rate:6} Hz{'':8}{spread(theirs, 3):>30}{spread(mine, 3):>32}"
                          f"{ratio:8.1f}   delivered {spread(looks, 1)} %, sleeping alone "
                          f"{spread(bare, 3)}", flush=True)
        with target("3.15", programs.SLEEPY) as (pid, _):
            theirs, mine = [], []
            for _ in range(max(arguments.rounds, 5)):
                begin = time.perf_counter()
                run(["nsenter", "-t", str(pid), "-m", "-r", "/usr/bin/python3.15", "-m",
                     "profiling.sampling", "dump", str(pid)])
                middle = time.perf_counter()
                run([TACHYON, "dump", str(pid)])
                theirs.append((middle - begin) * 1e3)
                mine.append((time.perf_counter() - middle) * 1e3)
            ratio = statistics.median(theirs) / statistics.median(mine)
            print(f"  dump, ms{'':26}{spread(theirs, 1):>30}{spread(mine, 1):>32}{ratio:8.1f}")


if __name__ == "__main__":
    main()
