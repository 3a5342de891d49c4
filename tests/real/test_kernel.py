"""--read kernel on running programs: what the samples say, what it refuses, and what it leaves behind.

Needs the rights to load programs into the kernel; where they lack, each test says so.
"""

import collections
import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from live import TACHYON, interpreters, kernel_refusal, tachyon, target, wait_for

HERE = interpreters()
USUAL = ["3.11", "3.12", "3.13", "3.14", "3.15"]
NEWEST = next((name for name in reversed(USUAL) if name in HERE), None)

# A quarter of the computing is in one function, by the thread's own clock, and a third of all time
# is sleep, if the machine has a processor for it.
SHARES = """
import threading, time
def spin(span):
    until = time.thread_time() + span
    while time.thread_time() < until: pass
def quarter(): spin(0.0025)
def rest_of_it(): spin(0.0075)
def nap(): time.sleep(0.005)
print("up", flush=True)
while True:
    quarter(); rest_of_it(); nap()
"""

# One that computes, one that sleeps, and a main thread that waits for them.
THREE = """
import threading, time
def compute():
    while True: sum(range(100))
def snooze():
    while True: time.sleep(0.01)
for job in (compute, snooze): threading.Thread(target=job, daemon=True, name=job.__name__).start()
print("up", flush=True)
threading.Event().wait()
"""

BECOMES = """
import os, sys, time
def before():
    end = time.monotonic() + 1
    while time.monotonic() < end: pass
def after():
    while True: pass
if len(sys.argv) > 1:
    after()
print("up", flush=True)
before()
os.execv(sys.executable, [sys.executable, __file__, "again"])
"""


def programs_in_kernel():
    """The numbers of all BPF programs there are."""
    libc = ctypes.CDLL(None, use_errno=True)
    found, argument = set(), (ctypes.c_uint32 * 16)()
    while libc.syscall(321, 11, argument, 64) == 0:  # BPF_PROG_GET_NEXT_ID
        found.add(argument[1])
        argument[0] = argument[1]
    return found


def counts(path):
    """Samples by function on the stack, and by whole stack of functions."""
    on, whole = collections.Counter(), collections.Counter()
    with open(path, encoding="utf-8") as file:
        for line in file:
            stack, count = line.rstrip("\n").rsplit(" ", 1)
            names = [frame.split(":")[-2] for frame in stack.split(";") if frame.count(":") >= 2]
            for name in set(names):
                on[name] += int(count)
            whole[tuple(names)] += int(count)
    return on, whole


class Kernel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.why_not = kernel_refusal()

    def setUp(self):
        if self.why_not and "refus" not in self._testMethodName:
            print(f"    skipped {self.id().rsplit('.', 1)[-1]}: {self.why_not}")
            self.skipTest(self.why_not)
        folder = tempfile.TemporaryDirectory(prefix="tachyon-kernel-")
        self.addCleanup(folder.cleanup)
        self.path = lambda name: os.path.join(folder.name, name)

    def sample(self, pid, *words, seconds=1.5):
        out = self.path("out.txt")
        done = tachyon("attach", "--read=kernel", "-d", seconds, f"--collapsed={out}", *words, pid)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r"; read (fast [\d.]+ % )?kernel [\d.]+ %")
        return counts(out) + (done,)

    def test_shares_on_every_version(self):
        for name in USUAL:
            if name not in HERE:
                print(f"    skipped test_shares_on_every_version[{name}]: tests/interpreters has none")
                continue
            with self.subTest(name), target(name, SHARES) as (pid, _):
                # On a busy machine what computes waits for a processor, too: that is no time of its clock.
                on, whole, done = self.sample(pid, "--mode=cpu", seconds=2)
                computing = on["quarter"] + on["rest_of_it"]
                self.assertGreater(computing, 0, done.stderr)
                self.assertAlmostEqual(on["quarter"] / computing, 0.25, delta=0.09)
                self.assertEqual(on["<module>"], sum(whole.values()))
                on, whole, done = self.sample(pid, seconds=1)
                self.assertGreater(on["nap"], 0)

    def test_modes_and_threads(self):
        with target(NEWEST, THREE) as (pid, _):
            on, whole, _ = self.sample(pid, "-a")
            self.assertGreater(min(on["compute"], on["snooze"], on["Event.wait"]), 0)
            # As many as when it is polled, of each: a busy machine may be late, and no more.
            self.assertLess(max(on["compute"], on["snooze"], on["Event.wait"]), 2200)
            on, whole, _ = self.sample(pid, "-a", "--mode=cpu")
            self.assertGreater(on["compute"], 0.95 * sum(whole.values()))
            on, whole, _ = self.sample(pid, "-a", "--mode=gil")
            self.assertGreater(on["compute"], 0.5 * sum(whole.values()))
            self.assertEqual(on["Event.wait"], 0)
            on, whole, _ = self.sample(pid, "--thread=snooze")
            self.assertEqual(on["snooze"], sum(whole.values()))

    def test_a_recording_says_how_and_replays_the_same(self):
        with target(NEWEST, SHARES) as (pid, _):
            out, bin_file = self.path("out.txt"), self.path("out.bin")
            done = tachyon("attach", "--read=kernel", "-d", 1, f"--collapsed={out}", f"--binary={bin_file}",
                           f"--flamegraph={self.path('page.html')}", f"--gecko={self.path('gecko.json')}",
                           "-a", pid)
            self.assertEqual(done.returncode, 0, done.stderr)
        again = self.path("again.txt")
        replay = tachyon("replay", bin_file, f"--collapsed={again}")
        self.assertEqual(replay.returncode, 0, replay.stderr)
        with open(out, encoding="utf-8") as one, open(again, encoding="utf-8") as other:
            self.assertEqual(sorted(one), sorted(other))
        with open(self.path("page.html"), encoding="utf-8") as page:
            self.assertIn("kernel", page.read())

    def test_a_program_that_is_started_and_is_short(self):
        script = self.path("short.py")
        with open(script, "w", encoding="utf-8") as file:
            file.write("import time\ndef work():\n    end = time.thread_time() + 0.4\n"
                       "    while time.thread_time() < end: pass\nwork()\n")
        out = self.path("short.txt")
        done = tachyon("run", "--read=kernel", "--mode=cpu", f"--collapsed={out}", script)
        self.assertEqual(done.returncode, 0, done.stderr)
        on, _ = counts(out)
        # 400 by its own clock, the first milliseconds of which nobody looks.
        self.assertGreater(on["work"], 200)
        self.assertLess(on["work"], 500)

    def test_it_follows_a_program_through_exec(self):
        with target(NEWEST, BECOMES) as (pid, _):
            on, _, _ = self.sample(pid, seconds=3)
            self.assertGreater(min(on["before"], on["after"]), 0)

    def test_children_are_sampled_too(self):
        script = self.path("parent.py")
        with open(script, "w", encoding="utf-8") as file:
            file.write("import subprocess, sys\n"
                       "code = 'import time\\ndef child():\\n e = time.thread_time() + 0.5\\n"
                       " while time.thread_time() < e: pass\\nchild()'\n"
                       "def parent(): subprocess.run([sys.executable, '-c', code])\nparent()\n")
        out = self.path("tree.txt")
        done = tachyon("run", "--read=kernel", "--subprocesses", "--merge", f"--collapsed={out}", script)
        self.assertEqual(done.returncode, 0, done.stderr)
        on, _ = counts(out)
        self.assertGreater(min(on["parent"], on["child"]), 100)

    def test_nothing_stays_in_the_kernel_however_it_ends(self):
        with target(NEWEST, SHARES) as (pid, _):
            # Programs of others may come and go meanwhile.
            before = programs_in_kernel()
            for number in (signal.SIGKILL, signal.SIGTERM):
                ours = subprocess.Popen([TACHYON, "attach", "--read=kernel", f"--collapsed={self.path('k')}",
                                         str(pid)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                fresh = wait_for(lambda: programs_in_kernel() - before)
                self.assertTrue(fresh)
                time.sleep(0.2)
                ours.send_signal(number)
                ours.wait()
                self.assertTrue(wait_for(lambda: not fresh & programs_in_kernel()))
            self.assertTrue(os.path.exists(f"/proc/{pid}"))

    def test_refusals_name_the_remedy(self):
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
        with tempfile.TemporaryDirectory(prefix="tachyon-kernel-") as folder:
            os.chmod(folder, 0o777)
            out = os.path.join(folder, "out.txt")
            process = subprocess.Popen([*nobody, "/usr/bin/python3", "-c", SHARES], stdout=subprocess.PIPE)
            self.addCleanup(lambda: (process.kill(), process.wait(), process.stdout.close()))
            self.assertEqual(process.stdout.readline(), b"up\n")
            words = ["-d", 1, f"--collapsed={out}", process.pid]
            done = tachyon("attach", "--read=kernel", *words, start=nobody)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertRegex(done.stderr, r"^tachyon: error: the kernel takes samples only for programs with .*: .*"
                                          r"(cap_sys_ptrace,cap_bpf,cap_perfmon=ep|PERFMON)")
            done = tachyon("attach", *words, start=nobody)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("tachyon: read from outside, less exactly: the kernel takes samples only", done.stderr)
            self.assertNotIn("kernel 100", done.stderr)

    def test_refused_together_with_others(self):
        for words, said in ((["--async-aware"], "--async-aware cannot be used with --read=kernel"),
                            (["--readers=2"], "--readers=2 needs --read=fast or auto"),
                            (["-r", "200khz"], "at most 100,000 samples a second"),
                            (["--blocking"], "--blocking and --read=kernel exclude each other")):
            done = tachyon("attach", "--read=kernel", *words, 1)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(said, done.stderr)


if __name__ == "__main__":
    sys.exit(unittest.main())
