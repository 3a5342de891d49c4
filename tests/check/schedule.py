"""Runs parts side by side: what computes shares the processors, what waits runs beside it.

At most as many processors are given away as there are, and one more, which fills the gaps that a
build leaves when its last files compile. Parts that mostly wait for other processes have as many
places again. A part that measures runs alone, after all others.
"""

import concurrent.futures
import contextlib
import fcntl
import os
import threading
import time
import traceback

import command


class Schedule:
    def __init__(self, parts, cores, told):
        self.waiting = {part.name: part for part in parts}
        self.running = {}
        self.broken = set()
        self.cores, self.told = cores, told
        self.change = threading.Condition()
        self.interrupted = False

    def run(self):
        with concurrent.futures.ThreadPoolExecutor(4 * self.cores + 4) as pool:
            with self.change:
                while self.waiting or self.running:
                    for part in self.startable():
                        del self.waiting[part.name]
                        self.running[part.name] = part
                        pool.submit(self.work, part)
                    if self.waiting and not self.running:
                        raise RuntimeError(f"parts wait for each other: {' '.join(self.waiting)}")
                    # Signals reach the main thread only between two waits.
                    self.change.wait(0.5)

    def startable(self):
        """The parts that may start now, in their order."""
        if self.interrupted:
            self.waiting.clear()
            return []
        chosen = []
        busy = list(self.running.values())
        for part in self.waiting.values():
            if any(need in self.waiting or need in self.running for need in part.needs):
                continue
            if self.fits(part, busy):
                chosen.append(part)
                busy.append(part)
        return chosen

    def fits(self, part, busy):
        if any(other.alone for other in busy):
            return False
        if part.alone:
            return not busy and all(other.alone for other in self.waiting.values())
        if any(set(part.holds) & set(other.holds) for other in busy):
            return False
        if part.waits:
            return sum(other.waits for other in busy) < self.cores
        return sum(other.cores for other in busy if not other.waits) + part.cores <= self.cores + 1

    def work(self, part):
        began = time.monotonic()
        try:
            lacking = [need for need in part.needs if need in self.broken]
            if lacking:
                part.broken = True
                part.say(f"not run: {', '.join(lacking)} failed")
            else:
                with held(part.holds):
                    part.work(part)
        except command.Interrupted:
            part.broken = True
            part.say("interrupted")
        except OSError as error:
            part.broken = True
            part.fail(part.name, f"{error.strerror or error}: {error.filename or ''}")
        except Exception:  # pylint: disable=broad-except
            part.broken = True
            part.fail(part.name, traceback.format_exc())
        part.wall = time.monotonic() - began
        with self.change:
            if part.broken:
                self.broken.add(part.name)
            self.told(part)
            del self.running[part.name]
            self.change.notify_all()

    def interrupt(self):
        self.interrupted = True
        command.stop_all()


@contextlib.contextmanager
def held(folders):
    """Keeps other runs of the check, in the same checkout, out of these folders."""
    with contextlib.ExitStack() as stack:
        for folder in sorted(folders):
            path = os.path.join(command.ROOT, "build", f"{folder}.lock")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            lock = stack.enter_context(open(path, "a", encoding="ascii"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
