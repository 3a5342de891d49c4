"""`tachyon run --live` and `tachyon attach --live` on real programs."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from driver import ROOT, Pty, Tmux, environment  # pylint: disable=wrong-import-position

TACHYON = os.environ.get("TACHYON") or os.path.join(ROOT, "build", "release", "tachyon")

PROGRAM = """
import sys, time

def leaf(n):
    total = 0
    for i in range(n):
        total += i * i
    return total

def work(n):
    return leaf(n) + leaf(n)

def main(seconds):
    end = time.time() + seconds
    while time.time() < end:
        work(2000)

print("to stdout")
print("to stderr", file=sys.stderr)
main(float(sys.argv[1]) if len(sys.argv) > 1 else 600)
sys.exit(3)
"""

FAMILY = """
import subprocess, sys
if len(sys.argv) == 1:
    child = subprocess.Popen([sys.executable, __file__, "child"])
elif sys.argv[1] == "child":
    child = subprocess.Popen([sys.executable, __file__, "grandchild"])
def busy():
    while True:
        sum(range(1000))
busy()
"""


def setUpModule():
    if not os.path.exists(TACHYON):
        raise unittest.SkipTest(f"there is no {TACHYON}; TACHYON says where it is")


def state_of(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return None


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tachyon-live-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.program = self.write("program.py", PROGRAM)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def tmux(self, *words, width=140, height=36, **changes):
        if words[0] == "run":  # not what PATH calls python3: that may be a script with children
            words = ("run", "--python", sys.executable, *words[1:])
        t = Tmux([], width=width, height=height, command=[TACHYON, *words],
                 TMPDIR=self.folder, **changes)
        self.addCleanup(t.close)
        return t

    def target(self, *words):
        child = subprocess.Popen([sys.executable, self.program, *words],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        return child

    def left_behind(self):
        return [name for name in os.listdir(self.folder) if name.startswith("tachyon-live-")]


class Run(Case):
    def test_a_program_on_the_screen(self):
        t = self.tmux("run", "--live", self.program)
        screen = t.wait_for(lambda s: re.search(r"leaf .*program\.py:4", s))
        self.assertIn("program.py", screen.split("\n")[0])
        t.wait_for(lambda s: re.search(r"Python 3\.\d+\.\d+ · wall mode", s))
        t.keys("Enter")
        t.wait_for("total += i * i")
        t.keys("2")
        t.wait_for("▾ main")
        t.keys("q")
        self.assertEqual(t.exit_status(), 0)
        screen = t.wait_for("to stderr")  # shown when the screen is free again
        self.assertNotIn("to stdout", screen)
        self.assertEqual(self.left_behind(), [])

    def test_the_program_ends(self):
        t = self.tmux("run", "--live", self.program, "2")
        t.wait_for("The program has ended")
        t.keys("q")
        self.assertEqual(t.exit_status(), 3)

    def test_quitting_ends_the_program(self):
        marker = os.path.join(self.folder, "pid")
        script = self.write("own.py", "import os\nopen(%r, 'w').write(str(os.getpid()))\n"
                                      "while True: pass\n" % marker)
        t = self.tmux("run", "--live", script)
        t.wait_for("own.py:1")
        with open(marker, encoding="ascii") as text:
            pid = int(text.read())
        self.assertEqual(state_of(pid), "R")
        t.keys("q")
        t.exit_status()
        self.assertTrue(wait_until(lambda: state_of(pid) is None))

    def test_the_duration_is_over(self):
        t = self.tmux("run", "--live", "-d", "2", self.program)
        t.wait_for("Profiling finished")
        t.keys("q")
        self.assertEqual(t.exit_status(), 0)

    def test_too_short_for_a_screen(self):
        script = self.write("short.py", "pass\n")
        t = self.tmux("run", "--live", script)
        self.assertEqual(t.exit_status(), 0)
        t.wait_for("too few to show")

    def test_opcodes(self):
        t = self.tmux("run", "--live", "--opcodes", self.program)
        t.wait_for("Opcodes of leaf")
        t.wait_for(lambda s: re.search(r"[A-Z_]{6,} \([A-Z_]+\) \d+\.\d% \(\d+\)", s))

    def test_a_tree_of_processes(self):
        t = self.tmux("run", "--live", "--subprocesses", self.write("family.py", FAMILY))
        t.wait_for("busy")
        t.keys("5")
        screen = t.wait_for(lambda s: len(re.findall(r"▾ .*family\.py", s)) == 3)
        places = [line.index("▾") for line in screen.split("\n") if "family.py" in line and "▾" in line]
        self.assertEqual(places, sorted(set(places)))  # each below the one that started it

    def test_a_program_that_becomes_another(self):
        script = self.write("change.py", (
            "import os, sys, time\n"
            "def before():\n  while time.monotonic() < end: pass\n"
            "def after():\n  while True: pass\n"
            "if len(sys.argv) > 1: after()\n"
            "end = time.monotonic() + 2\n"
            "before()\n"
            "os.execv(sys.executable, [sys.executable, __file__, 'again'])\n"))
        t = self.tmux("run", "--live", script)
        t.wait_for("before")
        screen = t.wait_for(lambda s: re.search(r"after .*change\.py:4", s))
        minutes, seconds = re.search(r"Uptime: (\d+)m(\d+)s", screen).groups()
        self.assertGreaterEqual(int(minutes) * 60 + int(seconds), 2)  # its clock did not start again
        self.assertRegex(screen, r"before .*change\.py:2")

    def test_save_in_many_formats(self):
        t = self.tmux("run", "--live", self.program)
        t.wait_for(lambda s: re.search(r"leaf .*program\.py:4", s))
        time.sleep(2)  # a recording that has not ended holds all but its last second
        for name, start in (("a.html", b"<!"), ("a.txt", b""), ("a.json", b"{"), ("a.bin", b"")):
            path = os.path.join(self.folder, name)
            t.keys("w")
            t.wait_for("Save to: ")
            t.keys(*["BSpace"] * 40)
            t.text(path)
            t.keys("Enter")
            t.wait_for("saved to " + path)
            with open(path, "rb") as saved:
                data = saved.read()
            self.assertTrue(data.lower().startswith(start))
            if name != "a.bin":
                self.assertIn(b"leaf", data)
        done = subprocess.run([TACHYON, "replay", os.path.join(self.folder, "a.bin")],
                              stdout=subprocess.PIPE, env=environment(), check=True, timeout=60)
        self.assertIn(b"leaf", done.stdout)
        t.keys("w", *["BSpace"] * 40)
        t.text("/no/such/folder/a.html")
        t.keys("Enter")
        t.wait_for(lambda s: "/no/such/folder" in s and "Save to:" not in s)

    def test_what_the_program_said_comes_afterwards(self):
        t = self.tmux("run", "--live", self.program)
        t.wait_for(lambda s: re.search(r"leaf .*program\.py:4", s))
        self.assertNotIn("to stderr", t.screen())
        t.keys("q")
        t.exit_status()
        self.assertNotIn("to stdout", t.wait_for("to stderr"))


class Attach(Case):
    def test_the_target_goes_on_as_it_was(self):
        child = self.target()
        t = self.tmux("attach", "--live", str(child.pid))
        t.wait_for(lambda s: re.search(r"leaf .*program\.py:4", s))
        self.assertIn(f"PID: {child.pid}", t.screen())
        t.keys("q")
        self.assertEqual(t.exit_status(), 0)
        self.assertIn(state_of(child.pid), ("R", "S"))
        self.assertIsNone(child.poll())

    def test_hang_up(self):
        child = self.target()
        t = Pty([], width=120, command=[TACHYON, "attach", "--live", str(child.pid)])
        self.addCleanup(t.close)
        t.wait_for(b"program.py")
        t.hang_up()
        self.assertEqual(t.wait(), 128 + signal.SIGHUP)
        self.assertIn(state_of(child.pid), ("R", "S"))

    def test_the_target_is_killed(self):
        child = self.target()
        t = self.tmux("attach", "--live", str(child.pid))
        t.wait_for(lambda s: (m := re.search(r"Samples: +(\d+)", s)) and int(m[1]) > 400)
        child.kill()
        t.wait_for("The program has ended")
        t.keys("q")
        self.assertEqual(t.exit_status(), 0)

    def test_no_such_process(self):
        t = self.tmux("attach", "--live", "99999999")
        self.assertEqual(t.exit_status(), 1)
        t.wait_for("error: ")


class Refused(Case):
    def test_no_terminal_and_the_program_does_not_start(self):
        marker = os.path.join(self.folder, "started")
        script = self.write("mark.py", f"open({marker!r}, 'w')\n")
        done = subprocess.run([TACHYON, "run", "--live", script], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
                              check=False, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"standard output is none", done.stderr)
        self.assertEqual(done.stdout, b"")
        self.assertFalse(os.path.exists(marker))

    def test_reports_and_the_screen_exclude_each_other(self):
        for options in (["--flamegraph"], ["-o", "x.html"], ["--sort", "name"]):
            done = subprocess.run([TACHYON, "run", "--live", *options, self.program],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  env=environment(), check=False, timeout=60)
            self.assertEqual(done.returncode, 2, options)
            self.assertIn(b"--live cannot be used with", done.stderr)


if __name__ == "__main__":
    unittest.main()
