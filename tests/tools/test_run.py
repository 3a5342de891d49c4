"""tachyon run: the program is what it would be without us, and nothing of it is left behind."""

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from waiting import looks_again, side_by_side, wait_until  # pylint: disable=wrong-import-position

TACHYON = os.path.abspath(os.environ.get("TACHYON", "build/tachyon"))
PYTHON = os.environ.get("TACHYON_TEST_PYTHON") or os.path.realpath(sys.executable)

WORK = "import time\nend = time.process_time() + {}\nwhile time.process_time() < end: sum(range(1000))\n"


# Computes until its parent has gone, and then on its own.
OUTLIVES = """
import os, time
def alone(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end: sum(range(1000))
parent = os.getppid()
while os.getppid() == parent: sum(range(1000))
alone({})
"""


def gone(pid):
    """Whether a process has ended (a zombie has)."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] in "ZX"
    except OSError:
        return True


class Run(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text, mode=0o644):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(textwrap.dedent(text))
        os.chmod(self.path(name), mode)
        return name

    def command(self, *words):
        return [TACHYON, "run", "--python", PYTHON, *words]

    def run_(self, *words, command=None, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("cwd", self.folder.name)
        return subprocess.run(command or self.command(*words), capture_output=True, text=True,
                              timeout=60, **options)

    def start(self, *words, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        process = subprocess.Popen(self.command(*words), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, cwd=self.folder.name, **options)
        self.addCleanup(lambda: (process.kill(), process.communicate()))
        return process

    def pid_in(self, name):
        self.assertTrue(wait_until(lambda: os.path.exists(self.path(name)) and
                                   os.path.getsize(self.path(name)) > 0))
        with open(self.path(name), encoding="utf-8") as file:
            return int(file.read())

    def collapsed(self, name="c.txt"):
        with open(self.path(name), encoding="utf-8") as file:
            lines = [line.rsplit(" ", 1) for line in file.read().splitlines()]
        return {stack: int(count) for stack, count in lines}


class SameAsAPlainRun(Run):
    PROBE = """
        import json, os, sys
        json.dump({"argv": sys.argv, "path": sys.path, "name": __name__,
                   "file": globals().get("__file__"), "modules": sorted(sys.modules),
                   "spec": getattr(globals().get("__spec__"), "name", None), "flags": repr(sys.flags),
                   "executable": sys.executable, "environ": dict(os.environ),
                   "stdin": sys.stdin.read(), "group": os.getpgrp() == os.getpgid(os.getppid()),
                   "blocked": open("/proc/self/status").read().split("SigBlk:")[1].split()[0],
                   "ignored": open("/proc/self/status").read().split("SigIgn:")[1].split()[0],
                   "files": sorted(os.listdir("/proc/self/fd"))}, open("seen.json", "w"))
        """

    def seen(self):
        with open(self.path("seen.json"), encoding="utf-8") as file:
            return json.load(file)

    def same(self, python_words, tachyon_words):
        done = subprocess.run([PYTHON, *python_words], cwd=self.folder.name, input="text\n", text=True,
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        plain = self.seen()
        done = subprocess.run(self.command(*tachyon_words), cwd=self.folder.name, input="text\n",
                              text=True, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.seen(), plain)

    def test_script(self):
        self.write("probe.py", self.PROBE)
        self.same(["probe.py", "a", "-r", "--", "-m"], ["-r", "100", "probe.py", "a", "-r", "--", "-m"])

    def test_symlinked_script(self):
        self.write("real/probe.py", self.PROBE)
        os.symlink("real/probe.py", self.path("link.py"))
        self.same(["link.py"], ["link.py"])

    def test_module(self):
        self.write("package/__init__.py", "")
        self.write("package/probe.py", self.PROBE)
        self.same(["-m", "package.probe", "x"], ["-m", "-r", "100", "package.probe", "x"])

    def test_code(self):
        code = textwrap.dedent(self.PROBE)
        self.same(["-c", code, "x"], ["-c", code, "x"])

    def test_folder_and_zip(self):
        self.write("app/__main__.py", self.PROBE)
        self.same(["app", "x"], ["app", "x"])
        subprocess.run([PYTHON, "-m", "zipapp", "app", "-o", "app.pyz"], cwd=self.folder.name,
                       check=True, timeout=60)
        self.same(["app.pyz", "x"], ["app.pyz", "x"])

    def test_command(self):
        self.write("probe.py", self.PROBE)
        self.same(["-O", "-X", "dev", "probe.py", "x"], ["--", PYTHON, "-O", "-X", "dev", "probe.py", "x"])

    def test_exit_codes(self):
        for code, expected in [("pass", 0), ("raise SystemExit(3)", 3), ("import os; os._exit(7)", 7),
                               ("raise ValueError", 1), ("import os; os.abort()", 134),
                               ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", 139),
                               ("import sys; sys.exit('text')", 1), ("raise KeyboardInterrupt", 130)]:
            with self.subTest(code=code):
                self.assertEqual(self.run_("-c", code).returncode, expected)

    def test_exit_code_of_a_program_that_is_stopped_for_each_look(self):
        # Whoever waits for the program's end must not take the stops that the reader waits for.
        for _ in range(3):
            done = self.run_("--blocking", "-r", "2khz", "--collapsed=c.txt", "-c",
                             "import time\n"
                             "while time.process_time() < 0.5: sum(range(100))\n"
                             "raise SystemExit(3)")
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertGreater(sum(self.collapsed().values()), 0)

    def test_missing_standard_descriptors(self):
        self.write("which.py", """
            import os
            there = []
            for fd in range(3):
                try: os.fstat(fd)
                except OSError: continue
                there.append(fd)
            open("there", "w").write(str(there))
            import time
            while time.process_time() < 0.5: pass
            """)
        for closed in [(0, 1, 2), (1,)]:
            done = subprocess.run(self.command("--collapsed=c.txt", "which.py"), cwd=self.folder.name,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60,
                                  preexec_fn=lambda: [os.close(fd) for fd in closed])
            self.assertEqual(done.returncode, 0)
            with open(self.path("there"), encoding="utf-8") as file:
                self.assertEqual(file.read(), str([fd for fd in range(3) if fd not in closed]))
            with open(self.path("c.txt"), encoding="utf-8") as file:
                self.assertRegex(file.readline(), r"^tid:.* \d+$")

    def test_traceback(self):
        self.write("bad.py", "def f():\n    1 / 0\nf()\n")
        plain = subprocess.run([PYTHON, "bad.py"], cwd=self.folder.name, capture_output=True, text=True,
                               timeout=60)
        self.assertTrue(self.run_("bad.py").stderr.startswith(plain.stderr))

    def test_main_is_picklable(self):
        self.write("pool.py", """
            from concurrent.futures import ProcessPoolExecutor
            from multiprocessing import get_context
            def square(x): return x * x
            if __name__ == "__main__":
                with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
                    print(sum(pool.map(square, range(10))))
            """)
        done = self.run_("--collapsed=c.txt", "pool.py")
        self.assertEqual((done.returncode, done.stdout.splitlines()[0]), (0, "285"), done.stderr)

    def test_terminal_is_kept(self):
        leader, follower = pty.openpty()
        self.addCleanup(os.close, leader)
        code = "import sys; sys.exit(5 if sys.stdin.isatty() and sys.stdout.isatty() else 6)"
        done = subprocess.run(self.command("-c", code), stdin=follower, stdout=follower,
                              stderr=subprocess.PIPE, timeout=60, cwd=self.folder.name)
        os.close(follower)
        self.assertEqual(done.returncode, 5)


class Reports(Run):
    def test_from_the_first_instruction(self):
        self.write("work.py", WORK.format(0.5))
        done = self.run_("--collapsed=c.txt", "work.py")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^Captured \d+ samples? in \d+\.\d\d seconds$")
        self.assertRegex(done.stdout, r"(?m)^collapsed written to c\.txt$")
        stacks = self.collapsed()
        self.assertGreater(sum(n for stack, n in stacks.items() if "work.py:<module>" in stack), 0)

    def test_program_that_ends_at_once(self):
        done = self.run_("--collapsed=c.txt", "-c", "pass")
        self.assertEqual(done.returncode, 0)
        self.assertNotIn("error", done.stderr)

    def test_program_that_ends_long_before_the_next_look(self):
        begun = time.monotonic()
        done = self.run_("-r", "0.1", "--collapsed=c.txt", "-c", "import time; time.sleep(0.5)")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertLess(time.monotonic() - begun, 5)

    def test_options_of_the_report(self):
        self.write("work.py", WORK.format(0.3))
        done = self.run_("--sort", "name", "-l", "2", "--no-summary", "work.py")
        self.assertIn("Profile Stats:", done.stdout)
        self.assertEqual(len(re.findall(r"(?m)^ +\d+/\d+ .*\(.*\)$", done.stdout)), 2)

    def test_several_outputs(self):
        self.write("work.py", WORK.format(0.3))
        done = self.run_("--flamegraph", "--binary=b.bin", "--jsonl=-", "--jsonl-records=events",
                         "work.py")
        self.assertEqual(done.returncode, 0, done.stderr)
        for line in done.stdout.splitlines():
            self.assertIn("stack", json.loads(line))
        names = os.listdir(self.folder.name)
        self.assertEqual(len([n for n in names if re.fullmatch(r"flamegraph_\d+\.html", n)]), 1)
        replayed = subprocess.run([TACHYON, "replay", "b.bin"], cwd=self.folder.name, text=True,
                                  capture_output=True, timeout=60)
        self.assertEqual(replayed.returncode, 0, replayed.stderr)

    def test_renamed_thread(self):
        """Outputs show the last name, and --thread means that one."""
        self.write("rename.py", """
            import threading, time
            def work(names):
                for name, seconds in names:
                    threading.current_thread().name = name
                    with open(f"/proc/self/task/{threading.get_native_id()}/comm", "w") as file:
                        file.write(name)
                    end = time.monotonic() + seconds
                    while time.monotonic() < end: sum(range(1000))
            thread = threading.Thread(target=work, args=([("first", 0.8), ("second", 2.2)],))
            thread.start()
            thread.join()
            """)
        # With its own name right away and after the next listing of threads, at most a second later.
        runs = [["--thread", "second", "--threads-by-name", "--collapsed=live.txt", "rename.py"],
                ["-a", "--no-source", "--binary=r.bin", "rename.py"]]
        for done in side_by_side(lambda words: self.run_(*words), runs):
            self.assertEqual(done.returncode, 0, done.stderr)
        for name, chosen in [("first", ["--thread", "first"]), ("second", ["--thread", "second"]), ("all", [])]:
            done = self.run_(command=[TACHYON, "replay", *chosen, "--threads-by-name",
                                      f"--collapsed={name}.txt", "r.bin"])
            self.assertEqual(done.returncode, 0, done.stderr)
        counts = {}
        for file in ["live", "first", "second", "all"]:
            with open(self.path(file + ".txt"), encoding="utf-8") as text:
                for line in text:
                    key = file, line.split(";")[0]
                    counts[key] = counts.get(key, 0) + int(line.rsplit(" ", 1)[1])
        self.assertEqual(sorted(counts), [("all", "MainThread"), ("all", "second"), ("live", "second"),
                                          ("second", "second")], counts)
        self.assertGreater(counts["live", "second"], 0)
        self.assertEqual(counts["second", "second"], counts["all", "second"])

    def test_duration_ends_the_program(self):
        self.write("work.py", "import os\nopen('pid', 'w').write(str(os.getpid()))\n" + WORK.format(60))
        begun = time.monotonic()
        done = self.run_("-d", "0.5", "--collapsed=c.txt", "work.py")
        self.assertLess(time.monotonic() - begun, 55)  # not as long as the program wanted
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(gone(self.pid_in("pid")))

    def test_keep_running(self):
        self.write("work.py", "import os\nopen('pid', 'w').write(str(os.getpid()))\n" + WORK.format(60))
        with open(self.path("log"), "w", encoding="utf-8") as log:
            done = subprocess.run(self.command("-d", "0.5", "--keep-running", "--collapsed=c.txt",
                                               "work.py"), stdin=subprocess.DEVNULL, stdout=log,
                                  stderr=log, cwd=self.folder.name, timeout=60)
        self.assertEqual(done.returncode, 0)
        pid = self.pid_in("pid")
        self.assertFalse(gone(pid))
        os.kill(pid, signal.SIGKILL)

    def test_wrapper(self):
        self.write("work.py", WORK.format(0.6))
        self.write("wrapper", f"#!/bin/sh\nsleep 0.2\n{PYTHON} work.py\nexit 9\n", 0o755)
        done = self.run_(command=[TACHYON, "run", "--collapsed=c.txt", "--", "./wrapper"])
        self.assertEqual(done.returncode, 9, done.stderr)
        self.assertGreater(sum(self.collapsed().values()), 0)

    def test_wrapper_that_execs(self):
        self.write("work.py", WORK.format(0.6))
        self.write("wrapper", f"#!/bin/sh\nsleep 0.2\nexec {PYTHON} work.py\n", 0o755)
        done = self.run_(command=[TACHYON, "run", "--collapsed=c.txt", "--", "./wrapper"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(sum(self.collapsed().values()), 0)

    def test_program_that_becomes_another_python(self):
        self.write("work.py", WORK.format(0.4))
        self.write("first.py", "import os, sys\n" + WORK.format(0.3) +
                   "os.execv(sys.executable, [sys.executable, 'work.py'])\n")
        done = self.run_("--collapsed=c.txt", "first.py")
        self.assertEqual(done.returncode, 0, done.stderr)
        files = {"first": 0, "work": 0}
        for stack, count in self.collapsed().items():
            for name in files:
                files[name] += count if f"{name}.py:<module>" in stack else 0
        self.assertGreater(files["first"], 0)
        self.assertGreater(files["work"], 0)


class Children(Run):
    TREE = """
        import subprocess, sys, time, multiprocessing
        def work(seconds):
            end = time.process_time() + seconds
            while time.process_time() < end: sum(range(1000))
        if __name__ == "__main__":
            fork = multiprocessing.get_context("fork").Process(target=work, args=(0.8,))
            fork.start()
            child = subprocess.Popen([sys.executable, "-c", "import time\\n"
                                      "while time.process_time() < 0.8: sum(range(1000))"])
            subprocess.run(["sleep", "0.3"])
            fork.join()
            child.wait()
        """

    def test_each_has_its_own_output(self):
        self.write("tree.py", self.TREE)
        done = self.run_("--subprocesses", "--collapsed", "tree.py")
        self.assertEqual(done.returncode, 0, done.stderr)
        names = [n for n in os.listdir(self.folder.name) if re.fullmatch(r"collapsed_\d+\.txt", n)]
        self.assertEqual(len(names), 3, (names, done.stderr))
        text = "\n".join(stack for name in names for stack in self.collapsed(name))
        self.assertIn("tree.py:work", text)
        self.assertIn("<string>:<module>", text)

    def test_names_of_children(self):
        self.write("tree.py", self.TREE)
        done = self.run_("--subprocesses", "--collapsed", "-o", "base.txt", "tree.py")
        self.assertEqual(done.returncode, 0, done.stderr)
        names = sorted(n for n in os.listdir(self.folder.name) if n.endswith(".txt"))
        self.assertEqual(names[0], "base.txt")
        for name in names[1:]:
            self.assertRegex(name, r"^base_\d+\.txt$")

    def test_merged(self):
        self.write("tree.py", self.TREE)
        done = self.run_("--subprocesses", "--merge", "--collapsed=c.txt", "tree.py")
        self.assertEqual(done.returncode, 0, done.stderr)
        text = "\n".join(self.collapsed())
        self.assertIn("tree.py:work", text)
        self.assertIn("<string>:<module>", text)
        self.assertIn("tree.py:<module>", text)

    def test_child_that_outlives_its_parent(self):
        self.write("parent.py", f"""
            import subprocess, sys
            subprocess.Popen([sys.executable, "-c", {OUTLIVES.format(0.5)!r}],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            import time; time.sleep(0.5)
            """)
        done = self.run_("--subprocesses", "--collapsed", "parent.py")
        self.assertEqual(done.returncode, 0, done.stderr)
        text = "\n".join(stack for name in os.listdir(self.folder.name)
                         if name.startswith("collapsed") for stack in self.collapsed(name))
        self.assertIn("<string>:alone:", text)

    def test_a_daemon_that_leaves_at_once(self):
        """Double fork, new session, gone from its parent within a millisecond."""
        self.write("parent.py", """
            import os, time
            def daemon():
                end = time.process_time() + 0.8
                while time.process_time() < end: sum(range(1000))
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    os.setsid()
                    daemon()
                os._exit(0)
            os.wait()
            time.sleep(0.3)
            """)
        command = self.command("--subprocesses", "--merge", "--collapsed=c.txt", "parent.py")
        ways = [[]]
        if os.geteuid() == 0 and shutil.which("capsh"):
            # Without the right to be told by the kernel, orphans are adopted.
            ways.append(["capsh", "--drop=cap_net_admin", "--", "-c", 'exec "$0" "$@"'])
        else:
            print("    one way skipped: to drop a capability needs root and capsh")
        for before in ways:
            done = self.run_(command=[*before, *command])
            self.assertEqual(done.returncode, 0, done.stderr)
            seen = sum(n for stack, n in self.collapsed("c.txt").items() if "daemon" in stack)
            self.assertGreater(seen, 0, (before, done.stderr))

    def test_python_started_late_by_a_shell(self):
        """A shell is no Python; its children are looked for as long as it lives."""
        self.write("late.sh", f"sleep 1.3; {PYTHON} work.py; true\n")
        self.write("work.py", WORK.format(0.6))
        self.write("parent.py", "import subprocess; subprocess.run(['sh', 'late.sh'])\n")
        done = self.run_("--subprocesses", "--merge", "--collapsed=c.txt", "parent.py")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(sum(n for s, n in self.collapsed("c.txt").items() if "work.py" in s), 0)


class Signals(Run):
    # Says that it is there, computes, and notes what ended it.
    SCRIPT = """
        import os, signal, sys, time
        def note(number, frame):
            open("ended", "w").write(str(number)); sys.exit(40 + number)
        signal.signal(signal.SIGTERM, note)
        signal.signal(signal.SIGHUP, note)
        try:
            open("pid", "w").write(str(os.getpid()))
            while True: sum(range(1000))
        except KeyboardInterrupt:
            open("ended", "w").write("interrupt"); sys.exit(33)
        """

    def started(self, *words, **options):
        self.write("endless.py", self.SCRIPT)
        process = self.start(*words, "--collapsed=c.txt", "endless.py", **options)
        self.program = self.pid_in("pid")
        looks_again(process.pid)
        return process

    def ended(self):
        with open(self.path("ended"), encoding="utf-8") as file:
            return file.read()

    def test_interrupt_sent_to_us_is_the_programs(self):
        process = self.started()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual((process.returncode, self.ended()), (33, "interrupt"))
        self.assertGreater(sum(self.collapsed().values()), 0)

    def test_ctrl_c_in_a_terminal(self):
        self.write("endless.py", self.SCRIPT)
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder.name)
            os.execv(TACHYON, self.command("--collapsed=c.txt", "endless.py"))
        self.addCleanup(os.close, terminal)
        self.pid_in("pid")
        looks_again(pid)
        os.write(terminal, b"\x03")
        said = b""
        while select.select([terminal], [], [], 20)[0]:
            try:
                some = os.read(terminal, 4096)
            except OSError:
                break
            if not some:
                break
            said += some
        _, status = os.waitpid(pid, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 33, said)
        self.assertEqual(self.ended(), "interrupt", said)
        self.assertGreater(sum(self.collapsed().values()), 0)

    def test_terminate_and_hang_up(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signal=number):
                for name in ("pid", "ended", "c.txt"):
                    if os.path.exists(self.path(name)):
                        os.remove(self.path(name))
                process = self.started()
                process.send_signal(number)
                process.communicate(timeout=60)
                self.assertEqual((process.returncode, self.ended()), (40 + number, str(int(number))))
                self.assertGreater(sum(self.collapsed().values()), 0)

    def test_our_sudden_death_hangs_up(self):
        process = self.started()
        process.kill()
        process.communicate(timeout=60)
        self.assertTrue(wait_until(lambda: gone(self.program)))
        self.assertEqual(self.ended(), "1")

    def test_our_sudden_death_leaves_what_is_to_be_kept(self):
        process = self.started("--keep-running")
        process.kill()
        process.wait()
        time.sleep(0.3)
        self.assertFalse(gone(self.program))
        os.kill(self.program, signal.SIGKILL)

    def test_death_of_the_program(self):
        process = self.started()
        os.kill(self.program, signal.SIGKILL)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 137)
        self.assertGreater(sum(self.collapsed().values()), 0)

    def test_stopped_program_is_waited_for(self):
        process = self.started()
        os.kill(self.program, signal.SIGSTOP)
        time.sleep(0.3)
        self.assertIsNone(process.poll())
        os.kill(self.program, signal.SIGCONT)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        self.assertEqual(self.ended(), "15")


class Refusals(Run):
    """Everything that is wrong is said before the program starts; nothing runs, nothing is left."""

    def refused(self, *words, says, code=1, command=None):
        self.write("touch.py", "open('started', 'w').close()\n")
        before = sorted(os.listdir(self.folder.name))
        done = self.run_(*words, command=command)
        self.assertEqual((done.returncode, done.stdout), (code, ""), done)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertIn(says, done.stderr)
        self.assertEqual(sorted(os.listdir(self.folder.name)), before)

    def test_programs(self):
        os.mkdir(self.path("folder"))
        self.refused("missing.py", says="there is no file 'missing.py'")
        self.refused("folder", says="has no __main__.py")
        self.refused("-m", "no.such.module", says="there is no module")
        self.refused(says="'no-such-python'",
                     command=[TACHYON, "run", "--python", "no-such-python", "touch.py"])
        self.refused(says="is not executable",
                     command=[TACHYON, "run", "--python", "./touch.py", "touch.py"])
        self.refused(says="on PATH", command=[TACHYON, "run", "--", "no-such-command"])
        self.refused(says="nothing to run", code=2, command=[TACHYON, "run"])

    def test_outputs(self):
        os.mkdir(self.path("folder"))
        self.refused("--collapsed=no/such/c.txt", "touch.py", says="mkdir -p no/such")
        self.refused("--binary=no/such/b.bin", "touch.py", says="mkdir -p no/such")
        self.refused("--binary=b.bin", "--collapsed=no/such/c.txt", "touch.py", says="mkdir")
        self.refused("--jsonl=j", "--jsonl-records=events", "--collapsed=no/such/c.txt", "touch.py",
                     says="mkdir")

    def test_baselines(self):
        self.refused("--diff-flamegraph", "missing.bin", "touch.py", says="baseline: cannot read")
        self.write("text.bin", "no recording\n" * 20)
        self.refused("--diff-flamegraph", "text.bin", "touch.py", says="is no recording")

    def test_program_that_is_no_python(self):
        done = self.run_(command=[TACHYON, "run", "--collapsed=c.txt", "--", "sleep", "0.3"])
        self.assertEqual(done.returncode, 1)
        self.assertIn("no Python", done.stderr)
        self.assertFalse(os.path.exists(self.path("c.txt")))


if __name__ == "__main__":
    unittest.main()
