#!/usr/bin/env python3
"""Do shares come out as they are? Programs that keep their own books, against what samples say.

    tests/bench/shares.py [--interpreter 3.15] [--seconds 10] [--rate 10000]

    two functions       25/75 and 1/99 by construction, in wall and in cpu mode
    in step             busy for a quarter of every millisecond, on the grid of a 1 kHz clock
    eight threads       under the GIL: each one's share of the GIL, as it counts its own rounds
"""

import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "real"))
from live import TACHYON, target  # noqa: E402

# Each function runs until its part of a millisecond is over, and notes how long it really was.
TWO = """
import json, sys, time
part, out = float(sys.argv[1]), sys.argv[2]
now = time.perf_counter
def small(until):
    while now() < until: pass
def large(until):
    while now() < until: pass
spent = [0.0, 0.0]
print("up", flush=True)
last = now()
saved = last
while True:
    t = now(); small(t + part * 1e-3)
    u = now(); large(u + (1 - part) * 1e-3)
    v = now()
    spent[0] += u - t; spent[1] += v - u
    if v - saved > 0.2:
        saved = v
        open(out, "w").write(json.dumps({"small": spent[0], "large": spent[1]}))
"""

STEP = """
import json, sys, time
out = sys.argv[2]
now = time.perf_counter
def small(until):
    while now() < until: pass
def large(until):
    left = until - now()
    if left > 0: time.sleep(left)
spent = [0.0, 0.0]
print("up", flush=True)
start = saved = now()
k = 0
while True:
    t = now()
    k = int((t - start) * 1000) + 1
    small(start + k * 1e-3 - 0.75e-3 if start + k * 1e-3 - 0.75e-3 > t else t)
    u = now(); large(start + k * 1e-3)
    v = now()
    spent[0] += u - t; spent[1] += v - u
    if v - saved > 0.2:
        saved = v
        open(out, "w").write(json.dumps({"small": spent[0], "large": spent[1]}))
"""

EIGHT = """
import json, sys, threading, time
out = sys.argv[2]
rounds = [0] * 8
def work(i):
    while True:
        s = 0
        for k in range(200): s += k
        rounds[i] += 1
def start(i):
    space = {"work": work}
    exec(f"def t{i}(): work({i})", space)
    threading.Thread(target=space[f"t{i}"], daemon=True).start()
for i in range(8): start(i)
print("up", flush=True)
while True:
    time.sleep(0.3)
    open(out, "w").write(json.dumps({f"t{i}": rounds[i] for i in range(8)}))
"""


def books(path):
    for _ in range(100):
        try:
            with open(path, encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError):
            time.sleep(0.05)
    raise SystemExit("the program keeps no books")


def sampled(path, names):
    counts = collections.Counter()
    with open(path, encoding="utf-8") as file:
        for line in file:
            stack, count = line.rsplit(" ", 1)
            functions = {frame.split(":")[-2] for frame in stack.split(";")[1:]}
            for name in names & functions:
                counts[name] += int(count)
    total = sum(counts.values()) or 1
    return {name: counts[name] / total for name in names}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--interpreter", default="3.15")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rate", type=int, default=10000)
    arguments = parser.parse_args()
    rate = ["-r", str(arguments.rate)]
    cases = [
        ("25/75, wall", TWO, 0.25, rate), ("25/75, cpu", TWO, 0.25, [*rate, "--mode", "cpu"]),
        ("1/99, wall", TWO, 0.01, rate), ("1/99, cpu", TWO, 0.01, [*rate, "--mode", "cpu"]),
        ("in step, 1 kHz", STEP, 0.25, ["-r", "1000"]),
        ("in step, 1 kHz, fixed clock", STEP, 0.25, ["-r", "1000", "--clock", "fixed"]),
        ("eight threads, gil", EIGHT, 0, [*rate, "-a", "--mode", "gil"]),
    ]
    print(f"{arguments.interpreter}, {arguments.seconds:g} s each, {os.cpu_count()} cores; percent")
    print(f"{'':30}{'as sampled':>12}{'as booked':>12}{'largest difference':>20}")
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        book, stacks = os.path.join(folder, "book"), os.path.join(folder, "stacks")
        for title, text, part, words in cases:
            if os.path.exists(book):
                os.unlink(book)
            with target(arguments.interpreter, text, part, book) as (pid, _):
                before = books(book)
                subprocess.run([TACHYON, "attach", str(pid), "-d", str(arguments.seconds), *words,
                                f"--collapsed={stacks}"], check=True, capture_output=True)
                time.sleep(0.4)
                after = books(book)
            spent = {name: after[name] - before[name] for name in after}
            true = {name: value / sum(spent.values()) for name, value in spent.items()}
            seen = sampled(stacks, set(true))
            first = min(true)
            worst = max(abs(seen[name] - true[name]) for name in true)
            if "small" in true:
                first = "small"
            print(f"{title:30}{100 * seen[first]:12.2f}{100 * true[first]:12.2f}{100 * worst:20.2f}",
                  flush=True)


if __name__ == "__main__":
    main()
