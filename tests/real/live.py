"""What live tests share: interpreters, targets that say when they are ready, the tool."""

import concurrent.futures
import contextlib
import ctypes
import json
import os
import struct
import subprocess
import sys
import tempfile
import textwrap
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TACHYON = os.path.abspath(os.environ.get("TACHYON", "build/tachyon"))
INTERPRETERS = os.path.join(TESTS, "interpreters")

# Every cell of the matrix; the ones that are not here are skipped, and the test says so.
NAMES = ["3.11", "3.11d", "3.12", "3.13", "3.13d", "3.13t", "3.14", "3.14d", "3.14t", "3.15",
         "3.15d", "3.15t"]


def interpreters():
    """name -> facts, for the interpreters of tests/interpreters that are here."""
    listed = subprocess.run([sys.executable, INTERPRETERS, "--json"], capture_output=True, text=True)
    return {one["name"]: one for one in json.loads(listed.stdout or "[]")}


def forbid(*calls):
    """A seccomp filter that fails these system calls with EPERM, for us and what we become."""
    def step(code, value, then=0, otherwise=0):
        return struct.pack("HBBI", code, then, otherwise, value)

    steps = [step(0x20, 0)]
    steps += [step(0x15, number, len(calls) - i) for i, number in enumerate(calls)]
    steps += [step(0x06, 0x7fff0000), step(0x06, 0x00050001)]
    code = ctypes.create_string_buffer(b"".join(steps))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, program, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")


PREAD64, PTRACE, PROCESS_VM_READV = 17, 101, 310  # x86-64


def minor(facts):
    return facts["minor"]


# How long something that must happen may take on a machine that has other things to do.
PATIENCE = 60


def wait_for(condition, seconds=PATIENCE):
    """The first true answer; what was asked last is returned when time is up."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer or time.monotonic() > end:
            return answer
        time.sleep(0.01)


def used(pid):
    """Seconds of CPU that a process has had."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def turns(pid):
    """What tells whether a process stands still: its threads, whether each sleeps, how often it has
    been given a CPU."""
    found = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            with open(f"/proc/{pid}/task/{task}/stat", encoding="ascii", errors="replace") as file:
                state = file.read().rpartition(")")[2].split()[0]
            with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
                found[task] = (state == "S", file.read())
    return found


def rest(pid, seconds=PATIENCE):
    """Waits until all threads of a process sleep and go on sleeping, as those of most targets do
    after they have spoken. One that waits for the GIL wakes every 5 ms."""
    end = time.monotonic() + seconds
    before = turns(pid)
    while time.monotonic() < end:
        time.sleep(0.02)
        now = turns(pid)
        if now == before and all(one[0] for one in now.values()):
            return
        before = now
    raise RuntimeError(f"process {pid} does not come to rest: {before}")


def side_by_side(names, body, jobs=4):
    """The body for each of the names, some at a time: for targets that sleep, whose starts take the
    time. What goes wrong with one is raised when all have ended."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for done in [pool.submit(body, name) for name in names]:
            done.result()


@contextlib.contextmanager
def target(name, program, *words, environment=None, start=(), rests=False):
    """Runs program text with an interpreter; yields the pid once it has printed a line, and when it
    `rests` once all of its threads sleep."""
    folder = tempfile.mkdtemp(prefix="tachyon-live-")
    path = os.path.join(folder, "program.py")
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(textwrap.dedent(program))
    process = subprocess.Popen(
        [*start, sys.executable, INTERPRETERS, "--run", name, "--", path, *map(str, words)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, **(environment or {})})
    try:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the target did not start under {name}")
        if rests:
            rest(process.pid)
        yield process.pid, path
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        os.unlink(path)
        os.rmdir(folder)


def tachyon(*words, timeout=60, start=(), **options):
    options.setdefault("capture_output", True)
    return subprocess.run([*start, TACHYON, *map(str, words)], text=True, timeout=timeout,
                          errors="surrogateescape", **options)


def kernel_refusal():
    """Why the kernel takes no samples for us; empty: it does."""
    findings = json.loads(tachyon("doctor", "--json").stdout)["findings"]
    finding = next(one for one in findings if one["subject"] == "--read kernel")
    return "" if finding["verdict"] == "ok" else finding["why"]


def dump(*words):
    """The parsed JSON of one dump."""
    done = tachyon("dump", "--json", *words)
    if done.returncode != 0:
        raise AssertionError(f"dump failed ({done.returncode}): {done.stderr}")
    return json.loads(done.stdout)["processes"][0]


def functions(thread):
    return [frame["function"] for frame in thread["frames"]]
