"""Targets that do their worst while they are read, and names that would like to be commands to the
terminal: what is printed is harmless, whatever happens ends soon, and what is said is true."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from live import PATIENCE, interpreters, side_by_side, target, wait_for

TACHYON = os.path.abspath(os.environ.get("TACHYON", "build/tachyon"))
PYTHON = os.environ.get("TACHYON_TEST_PYTHON") or os.path.realpath(sys.executable)


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def target(self, code, name="program.py", words=()):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(code)
        process = subprocess.Popen([PYTHON, name, *words], cwd=self.folder.name,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (process.kill(), process.wait(), process.stdout.close()))
        self.assertTrue(process.stdout.readline(), "the target did not start")
        return process

    def tachyon(self, *words, timeout=60, **options):
        return subprocess.run([TACHYON, *map(str, words)], capture_output=True, timeout=timeout,
                              stdin=subprocess.DEVNULL, cwd=self.folder.name, **options)

    def grown(self, name):
        """Waits until the tool has begun to write a file: it has attached by then."""
        path = self.path(name)
        self.assertTrue(wait_for(lambda: os.path.exists(path) and os.path.getsize(path)), name)

    def gather(self, least, *words):
        """Attached again until there are so many samples: how many are made in a time is the machine's
        business. What the collapsed files had, all together."""
        lines = []
        end = time.monotonic() + PATIENCE
        while True:
            done = self.tachyon("attach", "--collapsed=c.txt", *words)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(self.path("c.txt"), encoding="utf-8") as file:
                lines += file
            total = sum(int(line.rsplit(" ", 1)[1]) for line in lines)
            if total > least or time.monotonic() > end:
                self.assertGreater(total, least)
                return lines

    def total(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return sum(int(line.rsplit(" ", 1)[1]) for line in file)


ESCAPES = """
import sys, threading, time
evil = "\\x1b]0;owned\\x07\\x1b[31m\\x9b2J\\u202egnp\\u061c\\u200f\\u2028\\r\\nforged line 99"
names = {}
exec(compile("def f(x):\\n  local = x\\n  while True: sum(range(500))\\n", evil + ".py", "exec"), names)
f = names["f"]
change = {"co_name": evil}
if sys.version_info >= (3, 11): change["co_qualname"] = evil
f.__code__ = f.__code__.replace(**change)
thread = threading.Thread(target=f, args=(evil,), name=evil[:12], daemon=True)
thread.start()
try:
    import ctypes
    ctypes.CDLL(None).prctl(15, evil.encode()[:15], 0, 0, 0)
except Exception: pass
print("up", flush=True)
f(evil)
"""


# The owner of an interpreter's frame lies 70 bytes from its start in 3.11 to 3.13, and a frame object
# names its frame at 24.
FORGED_FRAME = """
import ctypes, os, sys, time
def forge(frame):
    owner = ctypes.c_uint64.from_address(id(frame) + 24).value + 70
    parent = os.getpid()
    if os.fork():
        print("up", flush=True)
        while True: ctypes.CDLL(None).pause()
    memory = os.open(f"/proc/{parent}/mem", os.O_RDWR)
    while os.getppid() == parent:
        for kind in (b"\\0", b"\\3"): os.pwrite(memory, kind, owner)
def deep(n):
    return deep(n - 1) if n else forge(sys._getframe(5))
deep(20)
"""


class Escapes(Case):
    # What a terminal would obey: C0 but for the end of a line, DEL, C1, other line ends, and marks that
    # turn text round.
    OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

    def harmless(self, *outputs):
        for output in outputs:
            text = output.decode("utf-8", "surrogateescape")
            found = self.OBEYED.search(text)
            if found:
                self.fail(f"{text[max(0, found.start() - 60):found.end() + 40]!r}")

    def test_everything_that_is_printed(self):
        name = "\x1b[31mred\x07.py"
        process = self.target(ESCAPES, name)
        pid = process.pid
        said = False
        for words in (["dump", "-a", pid], ["dump", "-a", "--locals", pid],
                      ["attach", "-a", "-d", "0.4", pid], ["attach", "-a", "-d", "0.4", "--lines", pid],
                      ["attach", "-d", "0.4", "--binary=b.bin", "--collapsed=-", pid],
                      ["replay", "b.bin"], ["replay", "b.bin", "--thread", "\x1b[31m"],
                      ["dump", "-a", "--json", "--locals", pid], ["replay", "b.bin", "--jsonl=-"],
                      ["attach", "-a", "-d", "0.3", "--jsonl=-", "--jsonl-records=events-full", pid],
                      ["replay", "b.bin", "--speedscope=-"], ["replay", "b.bin", "--gecko=-"],
                      ["replay", "b.bin", "--chrome-trace=-"], ["doctor", "--json", pid],
                      ["doctor", pid], ["dump", "--blocking", pid],
                      ["attach", "--realtime-stats", "-d", "1.2", "--collapsed=c.txt", pid]):
            with self.subTest(words=words):
                done = self.tachyon(*words)
                said = said or b"owned" in done.stdout
                self.harmless(done.stdout, done.stderr)
        self.assertTrue(said)  # the names were there

    def test_errors(self):
        evil = "\x1b[31m\x9b\n"
        sleeper = subprocess.Popen(["sleep", "100"], executable="/bin/sleep", cwd=self.folder.name)
        self.addCleanup(lambda: (sleeper.kill(), sleeper.wait()))
        with open("/bin/sleep", "rb") as file:
            content = file.read()
        with open(self.path("\x1b[31mx"), "wb") as file:
            file.write(content)
        os.chmod(self.path("\x1b[31mx"), 0o755)
        odd = subprocess.Popen([self.path("\x1b[31mx"), "100"])
        self.addCleanup(lambda: (odd.kill(), odd.wait()))
        for words in (["attach", odd.pid], ["dump", odd.pid], ["doctor", odd.pid],
                      ["replay", evil], ["attach", "--name", evil], ["run", evil],
                      ["run", "-m", evil], ["attach", "--cgroup", evil],
                      ["attach", f"--collapsed={evil}/{evil}", odd.pid], [evil], ["dump", "--" + evil],
                      ["dump", "--core", evil], ["attach", "--mode", evil, "1"]):
            with self.subTest(words=words):
                done = self.tachyon(*words)
                self.assertNotEqual(done.returncode, 0)
                self.harmless(done.stdout, done.stderr)


CHURN = """
import threading, time
def leaf(n): return n
def chain(n):
    if n: yield from chain(n - 1)
    else:
        for i in range(5): yield leaf(i)
def deep(n): return deep(n - 1) if n else sum(chain(20))
def work():
    for n in range(60): deep(n)
print("up", flush=True)
while True:
    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads: t.start()
    for t in threads: t.join()
"""


class Restless(Case):
    def test_stacks_that_never_stand_still(self):
        """Threads that come and go, stacks that grow and shrink, generators: nothing false, no end."""
        allowed = re.compile(r"tid:\d+(;(threading\.py:[\w.<>]+:\d+|_weakrefset\.py:[\w.<>]+:\d+|"
                             r"program\.py:(<module>|<listcomp>|leaf|chain|deep|work):\d+|<GC>))*")
        pid = self.target(CHURN).pid
        for line in self.gather(300, "-a", "-d", "0.7", "-r", "2000", pid):
            stack = line.rsplit(" ", 1)[0]
            self.assertTrue(allowed.fullmatch(stack), stack)
            names = [part.split(":")[1] for part in stack.split(";")[1:] if ":" in part]
            for caller, callee in zip(names, names[1:]):
                self.assertFalse(caller == "leaf", stack)  # it calls nobody
                self.assertFalse(caller == "chain" and callee in ("deep", "work"), stack)

    def test_frames_that_change_what_they_are(self):
        """One of them claims to be an entry from C, and to be a frame again, all the time."""
        here = interpreters()
        for name in ("3.11", "3.12", "3.13"):
            if name not in here:
                print(f"skipped: no {name} here")
                continue
            with target(name, FORGED_FRAME) as (pid, _):
                for words in (["attach", "-a", "-d", "0.2", "--collapsed=c.txt"],
                              ["attach", "-d", "0.2", "--blocking", "--opcodes", "--native",
                               "--pstats=c.pstats"], ["dump", "-a", "--locals"], ["dump", "--blocking"]):
                    for _ in range(3):
                        done = self.tachyon(*words, pid)
                        self.assertEqual(done.returncode, 0, (name, words, done.stderr))

    def test_killed_while_it_is_read(self):
        seen = 0
        for _ in range(10):
            process = self.target(CHURN)
            ours = subprocess.Popen([TACHYON, "attach", "-a", "-r", "10000", "--collapsed=c.txt",
                                     "--binary=b.bin", str(process.pid)], cwd=self.folder.name,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.grown("b.bin")
            time.sleep(0.15)
            process.kill()
            process.wait()
            _, errors = ours.communicate(timeout=PATIENCE)
            self.assertEqual(ours.returncode, 0, errors)
            seen += self.total("c.txt")
            done = self.tachyon("replay", "b.bin", "--collapsed=d.txt")
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertEqual(self.total("c.txt"), self.total("d.txt"))
            os.unlink(self.path("b.bin"))
        self.assertGreater(seen, 0)

    def test_killed_while_it_is_dumped(self):
        for number in range(20):
            process = self.target(CHURN)
            killer = threading.Timer(0.002 * number, process.kill)
            killer.start()
            done = self.tachyon("dump", "-a", process.pid)
            killer.join()
            self.assertIn(done.returncode, (0, 1))
            if done.returncode:
                self.assertEqual(done.stderr.count(b"\n"), 1, done.stderr)

    def test_becomes_another_program(self):
        """An exec into the next Python is followed, one into something else ends the run."""
        code = ("import os, sys\nprint('up', flush=True)\n"
                "while not os.path.exists('go'): sum(range(500))\n"
                "if len(sys.argv) > 2: os.execvp(sys.argv[1], sys.argv[1:])\n"
                "os.execv(sys.argv[1], [sys.argv[1], 'second.py'])\n")
        with open(self.path("second.py"), "w", encoding="ascii") as file:
            file.write("import os\nwhile not os.path.exists('end'): sum(range(500))\n")

        def watched(process):
            """Attached until it ends, and told to go on when it has been seen."""
            ours = subprocess.Popen([TACHYON, "attach", "--collapsed=c.txt", "--binary=b.bin",
                                     str(process.pid)], cwd=self.folder.name, text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.addCleanup(lambda: (ours.kill(), ours.communicate()))
            self.grown("b.bin")
            time.sleep(0.3)
            os.close(os.open(self.path("go"), os.O_CREAT | os.O_WRONLY))
            return ours

        def in_second():
            done = self.tachyon("replay", "b.bin", "--collapsed=d.txt")
            if done.returncode:
                return False
            with open(self.path("d.txt"), encoding="utf-8") as file:
                return "second.py" in file.read()

        ours = watched(self.target(code, words=[PYTHON]))
        wait_for(in_second)
        os.close(os.open(self.path("end"), os.O_CREAT | os.O_WRONLY))
        _, errors = ours.communicate(timeout=PATIENCE)
        self.assertEqual(ours.returncode, 0, errors)
        with open(self.path("c.txt"), encoding="utf-8") as file:
            text = file.read()
        self.assertIn("program.py", text)
        self.assertIn("second.py", text)
        for name in ("go", "b.bin"):
            os.unlink(self.path(name))
        process = self.target(code, words=["sleep", "1000"])
        ours = watched(process)
        _, errors = ours.communicate(timeout=PATIENCE)
        self.assertEqual(ours.returncode, 0, errors)
        self.assertIsNone(process.poll())
        self.assertGreater(self.total("c.txt"), 0)

    def test_forks_while_it_is_read(self):
        code = ("import os\nprint('up', flush=True)\nwhile True:\n    pid = os.fork()\n"
                "    if not pid: os._exit(0)\n    os.waitpid(pid, 0)\n    sum(range(3000))\n")
        pid = self.target(code).pid
        for words in ([], ["--subprocesses", "--merge"]):
            self.gather(50, "-d", "0.5", *words, pid)

    def test_job_control_stops_it(self):
        process = self.target(CHURN)
        ours = subprocess.Popen([TACHYON, "attach", "-d", "1.5", "--collapsed=c.txt",
                                 str(process.pid)], cwd=self.folder.name, stderr=subprocess.PIPE,
                                stdout=subprocess.PIPE)
        time.sleep(0.5)
        process.send_signal(signal.SIGSTOP)

        def state():
            with open(f"/proc/{process.pid}/stat", encoding="utf-8") as stat:
                return stat.read().rsplit(")", 1)[1].split()[0]

        self.assertTrue(wait_for(lambda: state() == "T"))
        time.sleep(0.2)
        self.assertEqual(state(), "T")
        process.send_signal(signal.SIGCONT)
        _, errors = ours.communicate(timeout=PATIENCE)
        self.assertEqual(ours.returncode, 0, errors)


FORGER = """
# Writes over its own interpreter's structures, again and again, as only a hostile program does.
import ctypes, os, random, sys
seed = int(sys.argv[1])
dice = random.Random(seed)
ctypes.pythonapi.PyThreadState_Get.restype = ctypes.c_void_p
state = ctypes.pythonapi.PyThreadState_Get()
size = 320
pid = os.fork()
if pid == 0:
    # The child is the target: it stops for ever inside C, then its parent changes its memory.
    os.close(1)
    ctypes.CDLL(None).pause()
    os._exit(0)
def sleeps():
    return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] == "S"
while not sleeps(): pass
memory = open(f"/proc/{pid}/mem", "r+b", buffering=0)
words = [0, 1, 2**64 - 1, 2**63, 4096, state, state + 8, id(None), id(sys), 2**40, 0x7fff_0000_0000]
for _ in range(dice.randrange(1, 6)):
    memory.seek(state + dice.randrange(size // 8) * 8)
    memory.write(dice.choice(words).to_bytes(8, "little"))
print(pid, flush=True)
sys.stdin.read()
"""


@unittest.skipUnless(os.geteuid() == 0, "changing another process's memory needs root")
class Forged(Case):
    def test_thread_states_that_are_made_up(self):
        """The same as the images of tests/unwind/hostile.cpp, end to end on real processes."""
        rounds = 60 if os.environ.get("TACHYON_LONG") else 15
        with open(self.path("forger.py"), "w", encoding="utf-8") as file:
            file.write(FORGER)

        def one(seed):
            parent = subprocess.Popen([PYTHON, "forger.py", str(seed)], cwd=self.folder.name,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            child = int(parent.stdout.readline() or 0)
            try:
                self.assertTrue(child)
                for words in (["dump", "-a", "--locals", "--json"], ["attach", "-a", "-d", "0.2",
                                                                     f"--collapsed=c{seed}.txt"]):
                    # An answer that takes seconds of CPU does not come: the limit ends it.
                    done = subprocess.run(
                        ["prlimit", "--cpu=5", TACHYON, *words, str(child)], capture_output=True,
                        stdin=subprocess.DEVNULL, cwd=self.folder.name, timeout=2 * PATIENCE)
                    self.assertIn(done.returncode, (0, 1), (seed, words, done))
                    if done.returncode:
                        self.assertEqual(done.stderr.count(b"tachyon: error: "), 1, done.stderr)
                    elif words[0] == "dump":
                        json.loads(done.stdout)
            finally:
                for pid in (child, parent.pid):
                    if pid:
                        os.kill(pid, signal.SIGKILL)
                parent.wait()
                parent.stdin.close()
                parent.stdout.close()

        side_by_side(range(rounds), one)


if __name__ == "__main__":
    unittest.main()
