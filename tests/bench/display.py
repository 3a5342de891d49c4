#!/usr/bin/env python3
"""What the live display costs: its CPU, the rate it leaves to sampling, and its memory over time.

    tests/bench/display.py [--functions 2000] [--seconds 10] [--rounds 3] [--rate 1khz]
    tests/bench/display.py --memory 15       minutes of one display, memory noted at 1, 5, 10, 15 ...

The target calls its functions one after the other, each for some microseconds. The display's CPU is
that of its own thread, ten pictures a second, in each view, from the scheduler's books; `--live`
less a run without it is the same from outside. The rate is looks taken in the same time with and
without the display, alternating. All in tmux, 140 columns.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "real"))
from driver import ROOT, Tmux  # noqa: E402  pylint: disable=wrong-import-position

TACHYON = os.path.abspath(os.environ.get("TACHYON", os.path.join(ROOT, "build/release/tachyon")))

PROGRAM = """
import sys
source = []
for i in range(int(sys.argv[1])):
    source.append(f"def function_{i}():\\n    total = 0\\n    for i in range(100):\\n        total += i\\n"
                  f"    return total\\n")
exec("\\n".join(source))
functions = [globals()[f"function_{i}"] for i in range(int(sys.argv[1]))]
def main():
    while True:
        for function in functions:
            function()
main()
"""


def thread_times(pid):
    """CPU nanoseconds of each thread of a process."""
    times = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
            times[int(task)] = int(file.read().split()[0])
    return times


def memory_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])


def profiler_in(terminal):
    """The tachyon of a tmux window."""
    shell = int(terminal.tmux("display-message", "-p", "#{pane_pid}"))
    end = time.monotonic() + 10
    while time.monotonic() < end:
        found = subprocess.run(["pgrep", "-P", str(shell), "tachyon"], capture_output=True, text=True,
                               check=False).stdout.split()
        if found:
            return int(found[0])
        time.sleep(0.05)
    sys.exit(f"there is no tachyon on:\n{terminal.screen()}")


def spread(values, digits=2):
    return (f"{statistics.median(values):.{digits}f} "
            f"({min(values):.{digits}f} to {max(values):.{digits}f})")


def display(target, rate, seconds, keys):
    """Shares of a core: the display's thread, and all of tachyon."""
    with Tmux([], width=140, height=40,
              command=[TACHYON, "attach", "--live", "-r", rate, str(target)]) as t:
        t.wait_for("function_")
        pid = profiler_in(t)
        t.keys(*keys)
        time.sleep(2)  # by then nearly every function has been seen
        before, began = thread_times(pid), time.monotonic()
        time.sleep(seconds)
        after, took = thread_times(pid), time.monotonic() - began
        shown = t.screen()
        t.keys("q")
        t.exit_status()
    share = {task: (after[task] - before.get(task, 0)) / took / 1e7 for task in after}
    functions = re.search(r"(\d+) total", shown)
    return share[pid], sum(share.values()), int(functions[1]) if functions else 0


def without(target, rate, seconds):
    done = subprocess.run([TACHYON, "attach", "-r", rate, "-d", str(seconds),
                           "--collapsed=/dev/null", str(target)], capture_output=True, text=True,
                          check=True)
    taken, span = re.search(r"Captured (\d+) samples in ([\d.]+)", done.stdout).groups()
    cpu = re.search(r"([\d.]+) s of our own CPU", done.stderr)[1]
    return int(taken) / float(span), float(cpu) / float(span) * 100


def rate_with(target, rate, seconds):
    with Tmux([], width=140, height=40, command=[TACHYON, "attach", "--live", "-r", rate, "-d",
                                                 str(seconds), str(target)]) as t:
        screen = t.wait_for("results are frozen", seconds=seconds + 30)
        taken = int(re.search(r"Samples: +(\d+)", screen)[1])
        t.keys("q")
        t.exit_status()
    return taken / seconds


def memory(target, minutes):
    with Tmux([], width=140, height=40,
              command=[TACHYON, "attach", "--live", "-r", "1khz", str(target)]) as t:
        t.wait_for("function_")
        pid = profiler_in(t)
        began = time.monotonic()
        for minute in [1] + list(range(5, minutes + 1, 5)):
            time.sleep(max(0, began + 60 * minute - time.monotonic()))
            print(f"{minute} min: {memory_of(pid)} kB resident", flush=True)
        t.keys("q")
        t.exit_status()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--functions", type=int, default=2000)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", default="1khz")
    parser.add_argument("--memory", type=int, metavar="MINUTES")
    chosen = parser.parse_args()
    with tempfile.NamedTemporaryFile("w", suffix=".py") as script:
        script.write(PROGRAM)
        script.flush()
        target = subprocess.Popen([sys.executable, script.name, str(chosen.functions)])
        try:
            time.sleep(1)
            print("load:", open("/proc/loadavg", encoding="ascii").read().strip(), flush=True)
            if chosen.memory:
                return memory(target.pid, chosen.memory)
            for name, keys in (("functions", []), ("call tree", ["2"]), ("threads", ["5"]),
                               ("functions, sorted by cumtime", ["s", "s"])):
                seen = [display(target.pid, chosen.rate, chosen.seconds, keys)
                        for _ in range(chosen.rounds)]
                print(f"display, {name}: {spread([s[0] for s in seen])} % of a core, all of tachyon "
                      f"{spread([s[1] for s in seen])} %, {seen[-1][2]} functions", flush=True)
            plain = [without(target.pid, chosen.rate, chosen.seconds) for _ in range(chosen.rounds)]
            print(f"without --live: {spread([p[1] for p in plain])} % of a core", flush=True)
            pairs = [(rate_with(target.pid, "10khz", chosen.seconds),
                      without(target.pid, "10khz", chosen.seconds)[0])
                     for _ in range(chosen.rounds)]
            print(f"10 kHz: {spread([p[0] for p in pairs], 0)} looks a second with the display, "
                  f"{spread([p[1] for p in pairs], 0)} without; ratio "
                  f"{spread([a / b for a, b in pairs], 3)}", flush=True)
        finally:
            target.kill()
            target.wait()


if __name__ == "__main__":
    main()
