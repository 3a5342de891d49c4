"""What tests of the tool wait for, in place of a time that a busy machine may need several times over."""

import concurrent.futures
import os
import re
import time

# How long something that must happen may take on a machine that has other things to do.
PATIENCE = 60


def wait_until(condition, seconds=PATIENCE):
    """Whether it comes to be."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def looks_again(pid, times=100):
    """Waits until a tool has slept so often, which it does between its looks, or has ended."""
    def slept():
        count = 0
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/status", encoding="utf-8") as file:
                count += int(re.search(r"(?m)^voluntary_ctxt_switches:\s+(\d+)", file.read())[1])
        return count

    try:
        before = slept()
        return wait_until(lambda: slept() >= before + times)
    except (FileNotFoundError, ProcessLookupError):
        return False


def waited_for_cpu(pid):
    """Seconds for which threads of a process could have run, and had no CPU."""
    nanoseconds = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
            nanoseconds += int(file.read().split()[1])
    return nanoseconds / 1e9


def side_by_side(body, cases, jobs=4):
    """The body for each case, some at a time: what takes the time is waiting. What goes wrong with one
    is raised when all have ended."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        return [done.result() for done in [pool.submit(body, case) for case in cases]]
