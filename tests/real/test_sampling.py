"""What samples say: stacks that can exist, threads that wait, modes, several readers. Real targets."""

import collections
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from live import PATIENCE, interpreters, tachyon, target, turns, used, wait_for

# Four threads that hand the GIL around, each with calls of its own, all the time pushing and popping.
HANDS = """
import sys, threading, time
sys.setswitchinterval(0.0002)
def make(letter):
    space = {}
    exec(f'''
def {letter}3(n): return n + 1
def {letter}2(n):
    for i in range(20): n = {letter}3(n)
    return n
def {letter}1(n):
    return {letter}2(n)
def {letter}0():
    while True: {letter}1(1)
''', space)
    return space[letter + "0"]
for letter in "abcd":
    threading.Thread(target=make(letter), daemon=True, name="hand " + letter).start()
print("up", flush=True)
time.sleep(1000)
"""

# Two that sleep beside one that computes. (Not epoll_wait: it returns after a stop, and its caller
# does run for a moment, to call it again.)
SLEEPERS = """
import threading, time
def snooze():
    while True: time.sleep(5)
def lock():
    held = threading.Lock()
    held.acquire()
    held.acquire()
def compute():
    n = 0
    while True: n += 1
for job in (snooze, lock): threading.Thread(target=job, daemon=True).start()
print("up", flush=True)
compute()
"""
CPU = {min(os.sched_getaffinity(0))}

# Modules that are made, run and freed one after the other: the next one's code lies where the last
# one's did, its names and its file's name, too.
GENERATED = """
import sys, time
print("up", flush=True)
i = 0
while True:
    i += 1
    name = "f%02d" % (i % 50)
    source = ("import time\\ndef {0}():\\n  end = time.perf_counter() + 0.004\\n"
              "  while time.perf_counter() < end: pass\\n{0}()\\n").format(name)
    exec(compile(source, "/v/" + name + ".py", "exec"), {})
"""

# Threads that come and go. While one is being started it bears the number of the one that starts it.
COMING = """
import threading, time
def child():
    end = time.monotonic() + 0.03
    while time.monotonic() < end: sum(range(100))
def parent():
    print("up", flush=True)
    while True:
        threads = [threading.Thread(target=child) for _ in range(3)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
parent()
"""

# Shorter-lived than the time from look to look: whoever was chosen to be followed has ended by then.
BRIEF = """
import threading
def leaf():
    for i in range(50): pass
def work():
    for i in range(20): leaf()
print("up", flush=True)
while True:
    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""

# One worker after the other, and all that is known beside it is asleep.
JOINED = """
import threading, time
def work():
    end = time.process_time() + 0.2
    while time.process_time() < end: sum(range(2000))
print("up", flush=True)
while True:
    time.sleep(0.05)
    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
"""

# Each generator iterates the next: there is no stack without the ones between.
CHAINED = """
def a():
    for i in range(1000000): yield i
def b():
    for x in a(): yield x + 1
def c():
    for x in b(): yield x + 1
def use():
    for x in c(): pass
print("up", flush=True)
while True: use()
"""

CALLING = """
import hashlib
data = b"x" * 20000
def hashing(): return hashlib.sha256(data).digest()
def looping():
    total = 0
    for i in range(400): total += i
    return total
def work():
    for _ in range(50): hashing()
    for _ in range(50): looping()
print("up", flush=True)
while True: work()
"""

# One thread computes, one sleeps, one sleeps in a handler; two have names that lie.
STATES = """
import threading, time
def compute():
    while True: sum(range(500))
def rest():
    while True: time.sleep(0.01)
def handle():
    while True:
        try:
            raise ValueError
        except ValueError:
            time.sleep(0.05)
for job, name in ((compute, "a) S b"), (rest, "z) R z"), (handle, "handler")):
    threading.Thread(target=job, daemon=True, name=name).start()
print("up", flush=True)
time.sleep(1000)
"""


class Sampling(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tachyon-sampling-")
        self.addCleanup(self.folder.cleanup)
        self.here = interpreters()

    def each(self, *names):
        for name in names:
            if name not in self.here:
                print(f"skipped: no {name} here")
                continue
            yield name

    def attach(self, pid, *words):
        """What was said at the end, and stack -> count as the collapsed file has them."""
        path = os.path.join(self.folder.name, "stacks.txt")
        done = tachyon("attach", pid, *words, f"--collapsed={path}")
        self.assertEqual(done.returncode, 0, done.stderr)
        stacks = collections.Counter()
        with open(path, encoding="utf-8") as file:
            for line in file:
                stack, count = line.rsplit(" ", 1)
                frames = (frame if ":" not in frame else frame.rsplit(":", 2)[-2]
                          for frame in stack.split(";")[1:])
                stacks[tuple(frames)] += int(count)
        return done.stderr, stacks

    def gather(self, pid, *words, seconds, enough=lambda stacks: sum(stacks.values()) > 200):
        """Attached again until there is enough: how many looks a machine makes is its own business."""
        stacks = collections.Counter()
        end = time.monotonic() + PATIENCE
        while True:
            said, some = self.attach(pid, "-d", seconds, *words)
            stacks.update(some)
            if enough(stacks) or time.monotonic() > end:
                return said, stacks

    def test_threads_that_hand_the_gil_around(self):
        # A thread without the GIL is not read again until the GIL has changed hands: its stack must
        # be one that it had, and each of its states must be seen as often as it lasts.
        for name in self.each("3.11", "3.12", "3.13", "3.14", "3.15", "3.13t"):
            with target(name, HANDS) as (pid, _):
                for words in (["-r", "1mhz", "--read", "fast"], ["-r", "1mhz", "--readers", "3"],
                              ["-r", "2khz"], ["-r", "1khz", "--read", "exact"],
                              ["-r", "500hz", "--blocking"]):
                    _, stacks = self.gather(pid, "-a", *words, seconds="0.2")
                    seen, wrong = collections.Counter(), collections.Counter()
                    for stack, count in stacks.items():
                        own = [f for f in stack if re.fullmatch("[a-d][0-3]", f)]
                        if not own:
                            continue
                        letter = own[0][0]
                        seen[letter] += count
                        if own != [f"{letter}{i}" for i in range(len(own))]:
                            wrong[stack] += count
                    self.assertEqual(set(seen), set("abcd"), words)
                    total = sum(seen.values())
                    # Looks are of all threads: each is seen as often as any other.
                    for letter in "abcd":
                        self.assertAlmostEqual(seen[letter] / total, 0.25, delta=0.02, msg=words)
                    allowed = 0 if words[-1] == "--blocking" else total * 0.001
                    self.assertLessEqual(sum(wrong.values()), allowed, (words, wrong))

    def test_resting_threads_agree_with_stopped_ones(self):
        for name in self.each("3.11", "3.15"):
            with target(name, HANDS) as (pid, _):
                # The depths of one look's threads go together: chance alone moves few looks far.
                for least in (2_000, 6_000, 20_000):
                    shares = [self.depths(pid, words, least)
                              for words in (["-r", "20khz", "--read", "fast"],
                                            ["-r", "1khz", "--blocking"])]
                    distance = sum(abs(shares[0].get(d, 0) - shares[1].get(d, 0))
                                   for d in range(5)) / 2
                    if distance < 0.12:
                        break
                self.assertLess(distance, 0.12, shares)

    def depths(self, pid, words, least):
        """Shares of samples by how many functions of HANDS are on the stack."""
        _, stacks = self.gather(pid, "-a", *words, seconds="0.7",
                                enough=lambda all_: sum(all_.values()) > least)
        depth = collections.Counter()
        for stack, count in stacks.items():
            own = [f for f in stack if re.fullmatch("[a-d][0-3]", f)]
            depth[len(own)] += count
        total = sum(depth.values())
        return {key: value / total for key, value in depth.items()}

    def test_a_new_thread_is_not_the_one_that_started_it(self):
        for name in self.each("3.11", "3.12", "3.13", "3.15"):
            with self.subTest(name), target(name, COMING) as (pid, _):
                _, stacks = self.gather(pid, "-r", "2khz", seconds="0.7")
                self.assertGreater(sum(stacks.values()), 100)
                self.assertEqual({stack for stack in stacks if "child" in stack}, set())

    def test_threads_that_come_and_go(self):
        """They cost their own samples: every run lasts as long as it should, attached once."""
        traced = shutil.which("strace")
        if not traced:
            print("skipped: counting how often we attach, there is no strace here")
        for name in self.each("3.13t", "3.11", "3.15"):
            with target(name, BRIEF) as (pid, _):
                for words in (["--read", "exact"], ["--read", "exact", "--mode", "cpu"], ["-r", "5khz"],
                              ["--mode", "cpu"], ["--blocking", "-r", "200"]):
                    with self.subTest(name, words=words):
                        said, stacks = self.gather(pid, "-a", *words, seconds="0.4",
                                                   enough=lambda all_: sum(all_.values()) > 20)
                        self.assertNotIn("error", said)
                        self.assertGreater(sum(stacks.values()), 20, said)
                if not traced:
                    continue
                log = os.path.join(self.folder.name, "calls.txt")
                for words in (["--read", "exact"], ["-r", "5khz"]):
                    done = tachyon("attach", pid, "-a", "-d", "0.5", "--collapsed=/dev/null", *words,
                                   start=[traced, "-f", "-e", "trace=openat", "-o", log])
                    self.assertEqual(done.returncode, 0, done.stderr)
                    with open(log, encoding="utf-8") as file:
                        self.assertEqual(len(re.findall(r'"maps"', file.read())), 1, (name, words))

    def test_chains_of_generators(self):
        whole = ("<module>", "use", "c", "b", "a")
        for name in self.each("3.11", "3.12", "3.13", "3.14", "3.15"):
            with self.subTest(name), target(name, CHAINED) as (pid, _):
                _, stacks = self.gather(pid, "-r", "4khz", seconds="0.8")
                total = sum(stacks.values())
                wrong = {stack: count for stack, count in stacks.items()
                         if stack != whole[:len(stack)]}
                self.assertGreater(total, 100)
                self.assertLess(sum(wrong.values()), total * 0.001 + 1, wrong)

    def test_workers_whom_the_main_thread_waits_for(self):
        """--mode cpu shows them from their beginning: as many samples as there were milliseconds of CPU."""
        for name in self.each("3.11", "3.13t", "3.15"):
            with self.subTest(name), target(name, JOINED) as (pid, _):
                # The target runs on while the tool starts and ends; on a busy machine that is long, and
                # a part of its CPU time that is not known: then it is tried again.
                for left in range(4, -1, -1):
                    began, before = time.monotonic(), used(pid)
                    said, stacks = self.attach(pid, "-a", "-d", "1.2", "-r", "1khz", "--mode", "cpu")
                    took = time.monotonic() - began
                    milliseconds = (used(pid) - before) * 1000 * min(1, 1.2 / took)
                    missed = re.search(r"missed (\d+) of (\d+) looks", said)
                    looked = 1 - int(missed[1]) / int(missed[2]) if missed else 1
                    if sum(stacks.values()) > milliseconds * looked * 0.85 or not left:
                        break
                self.assertGreater(sum(stacks.values()), milliseconds * looked * 0.85, said)

    def test_code_that_is_generated_again_and_again(self):
        for name in self.each("3.11", "3.12", "3.13", "3.14", "3.15"):
            with target(name, GENERATED) as (pid, _):
                path = os.path.join(self.folder.name, "generated.txt")
                total = mixed = 0
                end = time.monotonic() + PATIENCE
                while total <= 600 and time.monotonic() < end:
                    done = tachyon("attach", pid, "-d", 0.8, "-r", 1000, f"--collapsed={path}")
                    self.assertEqual(done.returncode, 0, done.stderr)
                    with open(path, encoding="utf-8") as file:
                        for line in file:
                            stack, count = line.rsplit(" ", 1)
                            total += int(count)
                            mixed += int(count) * (len(set(re.findall(r"\bf\d\d\b", stack))) > 1)
            self.assertGreater(total, 100, name)
            # One that is freed between the two reads of a look may still be taken for its successor;
            # that is 1 in 100 looks at most, and more where the tool loses its CPU between them.
            self.assertLess(mixed, total * 0.1, (name, total))

    def awake(self, pid):
        """job -> seconds for which its thread of STATES has run, and has run or waited for a CPU."""
        def began(task):  # threads are numbered in the order of their start, until numbers run out
            with open(f"/proc/{pid}/task/{task}/stat", encoding="utf-8") as file:
                return int(file.read().rpartition(")")[2].split()[19]), int(task)

        found = {}
        tasks = sorted(os.listdir(f"/proc/{pid}/task"), key=began)
        for job, task in zip(("compute", "rest", "handle"), tasks[1:], strict=True):
            with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
                ran, waited, _ = map(int, file.read().split())
            found[job] = (ran / 1e9, (ran + waited) / 1e9)
        return found

    def test_modes(self):
        for name in self.each("3.11", "3.13", "3.15"):
            with target(name, STATES) as (pid, _):
                for extra in ([], ["--blocking"], ["--read", "fast", "-r", "5khz"]):
                    # Where others have the CPUs for most of the time there is not enough to see.
                    for seconds in (0.3, 1, 3, 10):
                        try:
                            self.modes_agree(name, pid, extra, seconds)
                            break
                        except AssertionError:
                            if seconds == 10:
                                raise

    def modes_agree(self, name, pid, extra, seconds):
        found, looks, ran, awake = {}, {}, {}, {}
        for mode in ("wall", "cpu", "gil", "exception"):
            began, before = time.monotonic(), self.awake(pid)
            said, stacks = self.attach(pid, "-a", "-d", str(seconds), "--mode", mode, *extra)
            took, after = time.monotonic() - began, self.awake(pid)
            looks[mode] = int(re.search(r"(\d+) of \d+ stacks valid", said)[1]) / 4
            # What the machine gave: shares of the time.
            ran[mode] = {job: (after[job][0] - before[job][0]) / took for job in after}
            awake[mode] = {job: (after[job][1] - before[job][1]) / took for job in after}
            by_job = collections.Counter()
            for stack, count in stacks.items():
                for job in ("compute", "rest", "handle"):
                    by_job[job] += count if job in stack else 0
            found[mode] = by_job
        what = (name, extra, looks, found, ran, awake)
        for job in ("compute", "rest", "handle"):
            self.assertGreater(found["wall"][job], looks["wall"] * 0.9, what)
        for mode in ("cpu", "gil"):
            least = min(0.4, ran[mode]["compute"] / 2)
            self.assertGreater(found[mode]["compute"], looks[mode] * least, what)
            most = 0.2 + 2 * awake[mode]["rest"]
            self.assertLess(found[mode]["rest"], found[mode]["compute"] * most, what)
        asleep = found["exception"]
        least = 0.9 - 2 * awake["exception"]["handle"]
        self.assertGreater(asleep["handle"], looks["exception"] * least, what)
        self.assertEqual(asleep["compute"] + asleep["rest"], 0, what)

    def test_stopping_a_sleeper_does_not_make_it_run(self):
        # Woken by the stop, it waits for a CPU before it can go back to sleep; here, for long.
        for name in self.each("3.11", "3.15"):
            with target(name, SLEEPERS) as (pid, _):
                # The sleepers have come to sleep when the third thread alone has something to do.
                self.assertTrue(wait_for(lambda: sum(one[0] for one in turns(pid).values()) == 2))
                for task in os.listdir(f"/proc/{pid}/task"):
                    os.sched_setaffinity(int(task), CPU)
                hogs = [subprocess.Popen([sys.executable, "-c", "while True: pass"],
                                         preexec_fn=lambda: os.sched_setaffinity(0, CPU))
                        for _ in range(2)]
                try:
                    _, stacks = self.gather(
                        pid, "-a", "-r", "500hz", "--mode", "cpu", "--blocking", seconds="0.7",
                        enough=lambda all_: sum(n for s, n in all_.items() if "compute" in s) > 50)
                finally:
                    for hog in hogs:
                        hog.kill()
                        hog.wait()
            by_job = collections.Counter()
            for stack, count in stacks.items():
                for job in ("compute", "snooze", "lock"):
                    by_job[job] += count if job in stack else 0
            self.assertGreater(by_job["compute"], 50, by_job)
            self.assertLess(by_job["snooze"] + by_job["lock"], by_job["compute"] * 0.1, by_job)

    def test_readers_make_one_recording(self):
        for name in self.each("3.15"):
            with target(name, STATES) as (pid, _):
                path = os.path.join(self.folder.name, "readers.bin")
                done = tachyon("attach", pid, "-r", "1mhz", "--readers", "3", "-d", "0.5", "-a",
                               f"--binary={path}")
                self.assertEqual(done.returncode, 0, done.stderr)
                said = done.stdout
                collapsed = os.path.join(self.folder.name, "again.txt")
                traced = os.path.join(self.folder.name, "again.json")
                done = tachyon("replay", path, f"--collapsed={collapsed}", f"--speedscope={traced}")
                self.assertEqual(done.returncode, 0, done.stderr)
                # In intervals, of which there are more than looks at this rate: the time of each thread, but
                # for that of looks that were torn.
                intervals = collections.Counter()
                with open(collapsed, encoding="utf-8") as file:
                    for line in file:
                        intervals[line.split(";")[0]] += int(line.rsplit(" ", 1)[1])
                seconds = float(re.search(r"in ([\d.]+) seconds", said)[1])
                self.assertGreater(len(intervals), 1)
                for count in intervals.values():
                    self.assertGreater(count, 1000)
                    self.assertLess(count * 1e-6, seconds * 1.1)
                with open(traced, encoding="utf-8") as file:
                    profiles = json.load(file)["profiles"]
                main = max(profiles, key=lambda p: sum(p.get("weights", [])))
                # The looks' weights are the time that passed, whoever looked.
                scale = {"nanoseconds": 1e-9, "microseconds": 1e-6, "milliseconds": 1e-3,
                         "seconds": 1}[main["unit"]]
                took = float(re.search(r"samples in (\d+\.\d+) seconds", said)[1])
                longest = max(main["weights"]) * scale  # after the last look, none
                self.assertAlmostEqual(sum(main["weights"]) * scale, took, delta=0.1 + 2 * longest)

    def test_c_calls(self):
        # Half of the time in hashing, which is C; half in a loop, which is not. By processor time: on a busy
        # machine a thread that waits for a processor may do so for 20 ms between two calls.
        for name in self.each("3.11", "3.12", "3.13", "3.14", "3.15", "3.13t"):
            with self.subTest(name), target(name, CALLING) as (pid, _):
                def leaves_of(stacks):
                    leaves = collections.Counter()
                    for stack, count in stacks.items():
                        in_c = stack[-1] == "<C call>"
                        leaves[stack[-2 if in_c else -1], in_c] += count
                    return (leaves, leaves["hashing", True] + leaves["hashing", False],
                            leaves["looping", True] + leaves["looping", False])

                _, stacks = self.gather(pid, "-r", "2khz", "--c-calls", "--mode", "cpu", seconds="0.4",
                                        enough=lambda all_: min(leaves_of(all_)[1:]) > 100)
                leaves, hashing, looping = leaves_of(stacks)
                self.assertGreater(min(hashing, looping), 100, leaves)
                self.assertGreater(leaves["hashing", True], hashing * 0.95, leaves)
                self.assertLess(leaves["looping", True], looping * 0.1, leaves)
                _, plain = self.attach(pid, "-d", "0.2")
                self.assertFalse([stack for stack in plain if "<C call>" in stack])

    def test_selected_threads(self):
        for name in self.each("3.14", "3.15"):
            with target(name, STATES) as (pid, _):
                _, stacks = self.attach(pid, "-d", "0.3", "--thread", "hand*")
                self.assertTrue(stacks)
                self.assertTrue(all("handle" in stack for stack in stacks), stacks)


if __name__ == "__main__":
    unittest.main()
