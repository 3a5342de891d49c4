"""A command: its exit status, its output, and the processor time that it and its children took."""

import os
import signal
import subprocess
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
JOBS = int(os.environ.get("TACHYON_JOBS") or len(os.sched_getaffinity(0)))

# Commands that run now. An interrupted run ends them, for they have sessions of their own.
_running = set()
_lock = threading.Lock()
_stopping = False


class Interrupted(Exception):
    """The whole run is ending; no further command starts."""


class Done:
    """What came of a command. `cpu` counts the children that it waited for, too."""

    def __init__(self, status, output, cpu):
        self.status, self.output, self.cpu = status, output, cpu


def run(command, timeout=1800, **options):
    """Runs a command in a session of its own, so that a time-out ends all of it."""
    options.setdefault("cwd", ROOT)
    with _lock:
        if _stopping:
            raise Interrupted
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 stdin=subprocess.DEVNULL, start_new_session=True, **options)
        _running.add(child)
    timer = threading.Timer(timeout, kill, [child])
    began = time.monotonic()  # before the timer: what it ends has then taken as long
    timer.start()
    try:
        # The pipe ends when all who hold it have ended. A child left behind may hold it for ever;
        # the timer ends that as well.
        output = child.stdout.read().decode(errors="replace")
        # wait4() tells the processor time of this child alone, which no other call does.
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    finally:
        timer.cancel()
        child.stdout.close()
        with _lock:
            _running.discard(child)
    if _stopping:
        raise Interrupted
    if time.monotonic() - began >= timeout:
        output += f"\nno end after {timeout} s\n"
        child.returncode = child.returncode or -1
    return Done(child.returncode, output, usage.ru_utime + usage.ru_stime)


def kill(child, number=signal.SIGKILL):
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        pass


def stop_all():
    """Ends every command that runs, and lets no further one start."""
    global _stopping
    with _lock:
        _stopping = True
        children = list(_running)
    for child in children:
        kill(child, signal.SIGTERM)
    end = time.monotonic() + 10
    while _running and time.monotonic() < end:
        time.sleep(0.05)
    for child in list(_running):
        kill(child)


def tail(text, lines):
    every = text.rstrip().splitlines()
    cut = [f"... {len(every) - lines} lines above"] if len(every) > lines else []
    return "\n".join(cut + every[-lines:])


def only_errors(output):
    """The lines of a compiler's output around what is wrong."""
    lines = output.splitlines()
    wrong = [i for i, line in enumerate(lines)
             if "error:" in line or "FAILED:" in line or "Error" in line]
    if not wrong:
        return tail(output, 30)
    keep = sorted({j for i in wrong[:12] for j in range(i, min(i + 4, len(lines)))})
    return "\n".join(lines[i][:300] for i in keep)
