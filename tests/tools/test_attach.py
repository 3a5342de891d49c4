"""tachyon attach: which processes, what ends it, what is said. What the samples say is tested elsewhere."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from waiting import looks_again, side_by_side, wait_until

TIER = "quick"

TACHYON = os.path.abspath(os.environ.get("TACHYON", "build/tachyon"))
PYTHON = os.environ.get("TACHYON_TEST_PYTHON") or os.path.realpath(sys.executable)
BUSY = "import sys, time\nopen(sys.argv[1], 'w').close()\nwhile True: sum(range(1000))\n"


class Attach(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def target(self, code=BUSY, script="busy.py"):
        with open(self.path(script), "w", encoding="utf-8") as file:
            file.write(code)
        ready = self.path(f"ready{len(os.listdir(self.folder.name))}")
        process = subprocess.Popen([PYTHON, script, ready], cwd=self.folder.name,
                                   stdin=subprocess.DEVNULL)
        self.addCleanup(lambda: (process.kill(), process.wait()))
        self.assertTrue(wait_until(lambda: os.path.exists(ready)))
        return process

    def tachyon(self, *words, **options):
        return subprocess.run([TACHYON, "attach", *map(str, words)], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, cwd=self.folder.name, timeout=60, **options)

    def start(self, *words):
        process = subprocess.Popen([TACHYON, "attach", *map(str, words)], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL,
                                   cwd=self.folder.name)
        self.addCleanup(lambda: (process.kill(), process.communicate()))
        looks_again(process.pid)
        return process

    def stacks(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return sum(int(line.rsplit(" ", 1)[1]) for line in file)

    def test_report_after_a_while(self):
        process = self.target()
        for seconds in ("0.4", "4", "20"):  # on a busy machine the first may end before any sample
            done = self.tachyon("-d", seconds, process.pid, "--collapsed=c.txt", "-r", "200")
            if done.returncode or self.stacks("c.txt"):
                break
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^Captured \d+ samples? in \d+\.\d\d seconds\nSample rate: \d+\.\d\d "
                                      r"samples/sec\nError rate: \d+\.\d\d\ncollapsed written to c\.txt\n$")
        self.assertRegex(done.stderr, r"(?m)^tachyon: \d+ of \d+ stacks valid")
        self.assertGreater(self.stacks("c.txt"), 0)
        self.assertIsNone(process.poll())

    def test_time_that_is_up_before_the_first_look(self):
        pid = self.target().pid
        for words in ([], ["--collapsed=c.txt", "--binary=b.bin"]):
            for duration in ("0.000001", "0.0001", "0.001"):
                done = self.tachyon("-d", duration, pid, *words)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertRegex(done.stdout, r"^Captured \d+ samples? in \d+\.\d\d seconds\n")
                if done.stdout.startswith("Captured 0 "):
                    self.assertIn("nothing was sampled", done.stderr)
        self.assertTrue(os.path.exists(self.path("c.txt")))
        done = subprocess.run([TACHYON, "replay", "b.bin"], capture_output=True, text=True,
                              cwd=self.folder.name, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        for words in ([], ["--subprocesses", "--merge"]):
            done = subprocess.run([TACHYON, "run", "-d", "0.0001", *words, "--python", PYTHON, "busy.py",
                                   "ready"], capture_output=True, text=True, cwd=self.folder.name,
                                  timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stdout, r"^Captured \d+ samples? in \d+\.\d\d seconds\n")

    def test_refusal_to_stop_it_is_one_line(self):
        pid = self.target().pid
        script = ("import ctypes, time\nlibc = ctypes.CDLL(None, use_errno=True)\n"
                  f"print(libc.ptrace(0x4206, {pid}, None, None), flush=True); time.sleep(100)")
        debugger = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        self.addCleanup(lambda: (debugger.kill(), debugger.wait(), debugger.stdout.close()))
        if debugger.stdout.readline() != "0\n":  # PTRACE_SEIZE
            print("skipped: we may not trace here")
            return
        done = self.tachyon("--blocking", "-d", "5", "--collapsed=c.txt", pid)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, rf"^tachyon: error: process {pid} is held by a debugger .*\n$")
        self.assertEqual([name for name in os.listdir(self.folder.name) if name.startswith("c.txt")], [])

    def test_default_names_carry_the_pid(self):
        process = self.target()
        self.tachyon("-d", "0.2", process.pid, "--collapsed", "--flamegraph", "--binary")
        for name in (f"collapsed_{process.pid}.txt", f"flamegraph_{process.pid}.html",
                     f"binary_{process.pid}.bin"):
            self.assertTrue(os.path.exists(self.path(name)), name)

    def test_end_of_the_target(self):
        process = self.target()
        ours = self.start("--collapsed=c.txt", process.pid)
        process.kill()
        process.wait()
        _, errors = ours.communicate(timeout=60)
        self.assertEqual(ours.returncode, 0, errors)
        self.assertGreater(self.stacks("c.txt"), 0)

    def test_interrupt_and_terminate(self):
        process = self.target()
        def one(case):
            number, code = case
            ours = self.start(f"--collapsed=c{number}.txt", process.pid)
            ours.send_signal(number)
            output, errors = ours.communicate(timeout=60)
            self.assertEqual(ours.returncode, code, errors)
            self.assertGreater(self.stacks(f"c{number}.txt"), 0)
            self.assertEqual("Interrupted by the user." in output, number == signal.SIGINT)

        side_by_side(one, [(int(signal.SIGINT), 0), (int(signal.SIGTERM), 143),
                           (int(signal.SIGHUP), 129)])
        self.assertIsNone(process.poll())

    def test_stopped_target(self):
        process = self.target()
        os.kill(process.pid, signal.SIGSTOP)
        done = self.tachyon("-d", "0.3", process.pid, "--collapsed=c.txt")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(f"/proc/{process.pid}/stat", encoding="utf-8") as file:
            self.assertEqual(file.read().rsplit(")", 1)[1].split()[0], "T")

    def test_several_processes(self):
        one, two = self.target(), self.target()
        done = self.tachyon("-d", "0.4", one.pid, two.pid, "--collapsed")
        self.assertEqual(done.returncode, 0, done.stderr)
        for process in (one, two):
            self.assertGreater(self.stacks(f"collapsed_{process.pid}.txt"), 0)
        done = self.tachyon("-d", "0.4", one.pid, two.pid, "--collapsed=c.txt", "--merge")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.path("c.txt"), encoding="utf-8") as file:
            text = file.read()
        self.assertIn(f"tid:{one.pid};", text)
        self.assertIn(f"tid:{two.pid};", text)

    def test_by_name(self):
        process = self.target(script="quite_unusual_name.py")
        done = self.tachyon("--name", "quite_unusual_*", "-d", "0.3", "--collapsed=c.txt")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(self.stacks("c.txt"), 0)
        self.assertIsNone(process.poll())

    def test_realtime_lines(self):
        process = self.target()
        done = self.tachyon("-d", "1.5", "--realtime-stats", process.pid, "--collapsed=c.txt")
        self.assertRegex(done.stderr, r"(?m)^Stats: \d+\.\dHz \(\d+\.\dµs\) N=\d+ ")
        self.assertNotIn("\x1b", done.stderr)

    def test_recording_replays_to_the_same(self):
        process = self.target()
        self.tachyon("-d", "0.5", process.pid, "--binary=b.bin", "--collapsed=1.txt", "--jsonl=1.jsonl")
        subprocess.run([TACHYON, "replay", "b.bin", "--collapsed=2.txt", "--jsonl=2.jsonl"],
                       cwd=self.folder.name, check=True, capture_output=True, timeout=60)
        with open(self.path("1.txt"), encoding="utf-8") as one:
            with open(self.path("2.txt"), encoding="utf-8") as two:
                self.assertEqual(one.read(), two.read())
        totals = []
        for name in ("1.jsonl", "2.jsonl"):
            with open(self.path(name), encoding="utf-8") as file:
                totals.append(json.loads(file.readlines()[-1])["samples_total"])
        self.assertEqual(totals[0], totals[1])

    def test_refusals(self):
        sleeper = subprocess.Popen(["sleep", "60"])
        self.addCleanup(lambda: (sleeper.kill(), sleeper.wait()))
        time.sleep(1.1)  # a young process may still become a Python
        cases = [((0x7ffffff0,), "there is no process"), ((0,), "there is no process '0'"),
                 ((-5,), "there is no process '-5'"), ((1 << 40,), "there is no process"),
                 ((sleeper.pid,), "not a Python"), (("--name", "no-such-program-*"), "called"),
                 (("--cgroup", "/no/such/group"), "in the control group")]
        for words, says in cases:
            with self.subTest(words=words):
                done = self.tachyon(*words, "--collapsed=c.txt", "--binary=b.bin")
                self.assertEqual((done.returncode, done.stdout), (1, ""), done)
                self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
                self.assertIn(says, done.stderr)
                self.assertFalse(os.path.exists(self.path("c.txt")))
                self.assertFalse(os.path.exists(self.path("b.bin")))

    def test_impossible_outputs(self):
        process = self.target()
        done = self.tachyon(process.pid, "--collapsed=no/such/c.txt", "--binary=b.bin")
        self.assertEqual((done.returncode, done.stdout), (1, ""), done)
        self.assertIn("mkdir -p no/such", done.stderr)
        self.assertFalse(os.path.exists(self.path("b.bin")))

    def test_live_needs_a_terminal(self):
        process = self.target()
        done = self.tachyon("--live", process.pid)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("--live needs a terminal", done.stderr)


if __name__ == "__main__":
    unittest.main()
