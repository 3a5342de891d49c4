"""`tachyon doctor` on real processes: what it finds, in which words, with which exit code."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from live import PROCESS_VM_READV, PTRACE, forbid

TIER = "quick"

TACHYON = os.path.abspath(os.environ.get("TACHYON", "build/tachyon"))
SLEEP = "import time; print('up', flush=True); time.sleep(100)"


def doctor(*words, **options):
    return subprocess.run([TACHYON, "doctor", *map(str, words)], capture_output=True, text=True,
                          timeout=60, **options)


def findings(*words, **options):
    done = doctor("--json", *words, **options)
    report = json.loads(done.stdout)
    assert report["schema"] == "tachyon-doctor/1", report
    blocked = any(f["verdict"] == "blocked" for f in report["findings"])
    assert report["blocked"] == blocked and done.returncode == int(blocked), done
    return {f["subject"]: f for f in report["findings"]}


class Sleeper:
    def __init__(self, *command, silent=False):
        self.process = subprocess.Popen(command or [sys.executable, "-c", SLEEP],
                                        stdout=subprocess.PIPE)
        self.silent = silent

    def __enter__(self):
        if not self.silent:
            self.process.stdout.readline()
        return self.process.pid

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def unshared(*words):
    """In new namespaces, or why that cannot be."""
    tried = subprocess.run(["unshare", *words, "true"], capture_output=True, text=True)
    if tried.returncode:
        raise unittest.SkipTest(f"no namespaces here: {tried.stderr.strip()}")
    return ["unshare", *words]


class Doctor(unittest.TestCase):
    def test_this_machine(self):
        found = findings()
        for subject in ("capabilities", "Yama", "seccomp", "kernel", "CPUs"):
            self.assertIn(subject, found)
        table = doctor()
        self.assertEqual(table.stderr, "")
        self.assertIn("capabilities", table.stdout)
        self.assertNotIn("\x1b", table.stdout)

    def test_an_interpreter(self):
        if sys.version_info < (3, 11):
            self.skipTest("this Python is older than those tachyon reads")
        with Sleeper() as pid:
            found = findings(pid)
            self.assertEqual(found["memory"]["verdict"], "ok")
            text = found["interpreter"]["why"]
            self.assertTrue(text.startswith("CPython %d.%d.%d" % sys.version_info[:3]), text)
            self.assertEqual(found["layout"]["verdict"], "ok")

    def test_its_name_is_not_ours_to_print(self):
        with Sleeper(sys.executable, "-c", SLEEP, "\x1b[31mred\nnext") as pid:
            out = doctor(pid).stdout
            self.assertNotIn("\x1b", out)
            self.assertNotIn("\nnext", out)

    def test_a_debugger_holds_it(self):
        with Sleeper() as pid:
            script = ("import ctypes, sys, time\n"
                      "libc = ctypes.CDLL(None, use_errno=True)\n"
                      f"assert libc.ptrace(0x4206, {pid}, None, None) == 0\n"  # PTRACE_SEIZE
                      "print('up', flush=True); time.sleep(100)")
            with Sleeper(sys.executable, "-c", script):
                found = findings(pid)
                self.assertEqual(found["--blocking"]["verdict"], "blocked")
                self.assertIn("debugger", found["--blocking"]["why"])

    def test_not_python_and_gone(self):
        with Sleeper("sh", "-c", "tail --pid=$$ -f /dev/null & echo up; wait") as pid:
            why = findings(pid)["interpreter"]
            self.assertIn("is not a Python interpreter", why["why"])
            self.assertIn("children", why["command"])
        self.assertIn("there is no process", findings(pid)["process"]["why"])

    def test_zombie(self):
        process = subprocess.Popen(["true"])
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        self.assertIn("has ended", findings(process.pid)["memory"]["why"])
        process.wait()

    @unittest.skipUnless(os.geteuid() == 0, "becoming another user needs root")
    def test_without_privileges(self):
        def nobody():
            os.setgid(65534)
            os.setuid(65534)

        with Sleeper() as pid:
            # The program must be readable for that user, wherever the checkout lies.
            with open(TACHYON, "rb") as program:
                path = f"/proc/self/fd/{program.fileno()}"
                done = subprocess.run([path, "doctor", "--json", str(pid)], capture_output=True,
                                      text=True, pass_fds=[program.fileno()], preexec_fn=nobody,
                                      timeout=60)
            report = {f["subject"]: f for f in json.loads(done.stdout)["findings"]}
            self.assertEqual(done.returncode, 1)
            self.assertIn("belongs to user 0 and we are user 65534", report["memory"]["why"])
            self.assertIn("setcap cap_sys_ptrace=ep", report["memory"]["command"])

    def judged(self, command, **options):
        """What a doctor says in other circumstances, and a dump of the same process in them."""
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, **options)
        self.assertTrue(done.stdout, done.stderr)
        return {f["subject"]: f for f in json.loads(done.stdout)["findings"]}

    def refused(self, command, **options):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, **options)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        return done.stderr

    @unittest.skipUnless(os.geteuid() == 0, "namespaces need root")
    def test_proc_of_others(self):
        """Its numbers are those of other processes: system calls would reach somebody else."""
        with Sleeper() as pid:
            for words, text in ((unshared("--pid", "--fork"), "mount -t proc proc /proc (or: unshare"),
                                (unshared("--mount", "sh", "-c", 'mount -t tmpfs none /proc && "$@"',
                                          "sh"), "mount -t proc proc /proc")):
                found = self.judged([*words, TACHYON, "doctor", "--json", str(pid)])
                self.assertEqual(list(found), ["/proc"])
                self.assertIn(text, found["/proc"]["command"])
                for command in (["dump", str(pid)], ["attach", "-d", "1", str(pid)],
                                ["dump", "--blocking", str(pid)], ["attach", "--name", "python"],
                                ["run", "-c", "print('ran')"]):
                    self.assertIn(text, self.refused([*words, TACHYON, *command]))

    @unittest.skipUnless(os.geteuid() == 0, "hidepid needs root")
    def test_hidden(self):
        # The program must be readable for that user, wherever the checkout lies.
        with tempfile.TemporaryDirectory() as folder, Sleeper() as pid:
            os.chmod(folder, 0o755)
            copy = shutil.copy(TACHYON, folder)
            words = unshared("--mount", "sh", "-c", 'mount -t proc -o hidepid=2 proc /proc && '
                             'exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"', "sh")
            self.assertIn("is hidden from us (/proc is mounted with hidepid): run as the user",
                          self.refused([*words, copy, "dump", str(pid)]))

    @unittest.skipUnless(os.uname().machine == "x86_64", "system calls are numbered for x86-64 here")
    def test_filters(self):
        with Sleeper() as pid:
            doctor_words = [TACHYON, "doctor", "--json", str(pid)]
            # What is worked around is not in the way.
            found = self.judged(doctor_words, preexec_fn=lambda: forbid(PROCESS_VM_READV))
            self.assertEqual(found["seccomp"]["verdict"], "note", found)
            self.assertEqual(found["--blocking"]["verdict"], "ok", found)
            # Stopping is forbidden, reading is not.
            found = self.judged(doctor_words, preexec_fn=lambda: forbid(PTRACE))
            self.assertEqual(found["--blocking"]["verdict"], "blocked", found)
            self.assertIn("read without --blocking", found["--blocking"]["command"])
            self.assertIn("read without --blocking",
                          self.refused([TACHYON, "dump", "--blocking", str(pid)],
                                       preexec_fn=lambda: forbid(PTRACE)))

    @unittest.skipUnless(os.geteuid() == 0, "becoming another user needs root")
    def test_ways_to_the_capability(self):
        """None is named that does not work: setcap would make the program unusable here."""
        with tempfile.TemporaryDirectory() as folder, Sleeper() as pid:
            os.chmod(folder, 0o755)
            copy = shutil.copy(TACHYON, f"{folder}/it's a copy")
            nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
            for words, text in ((["--bounding-set", "-sys_ptrace"], "SYS_PTRACE"),
                                (["--no-new-privs"], "where no_new_privs is off"),
                                ([], f"=ep '{folder}/it'\\''s a copy'")):
                line = self.refused([*nobody, *words, "--", copy, "dump", str(pid)])
                self.assertIn(text, line)
                self.assertEqual("once: sudo setcap" in line, "--bounding-set" not in words, line)

    def test_a_name_is_no_remedy(self):
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/it: sudo rm -r x #"
            os.mkdir(path)
            with Sleeper(shutil.copy(shutil.which("tail"), path), "-f", "/dev/null", "-s", "0.1",
                         silent=True) as pid:
                found = findings(pid)["interpreter"]
            self.assertIn("sudo rm", found["why"])
            self.assertNotIn("sudo rm", found["command"])

    def test_a_debugger_holds_one_thread(self):
        with Sleeper(sys.executable, "-c", "import threading, time\n"
                     "threading.Thread(target=time.sleep, args=(100,), daemon=True).start()\n"
                     + SLEEP) as pid:
            task = max(map(int, os.listdir(f"/proc/{pid}/task")))
            script = ("import ctypes, time\n"
                      "libc = ctypes.CDLL(None, use_errno=True)\n"
                      f"assert libc.ptrace(0x4206, {task}, None, None) == 0\n"  # PTRACE_SEIZE
                      "print('up', flush=True); time.sleep(100)")
            with Sleeper(sys.executable, "-c", script):
                self.assertIn("debugger", findings(pid)["--blocking"]["why"])
                self.assertIn("is held by a debugger", self.refused(
                    [TACHYON, "dump", "--blocking", str(pid)]))

    def test_main_thread_that_has_ended(self):
        code = ("import ctypes, threading, time\n"
                "threading.Thread(target=lambda: (print('up', flush=True), time.sleep(100))).start()\n"
                "time.sleep(0.1)\nctypes.CDLL(None).syscall(60, 0)")
        with Sleeper(sys.executable, "-c", code) as pid:
            self.assertEqual(findings(pid)["interpreter"]["verdict"], "ok")

    def test_stopped(self):
        with Sleeper() as pid:
            os.kill(pid, signal.SIGSTOP)
            os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOWAIT)
            self.assertIn("kill -CONT", findings(pid)["state"]["command"])
            os.kill(pid, signal.SIGCONT)


if __name__ == "__main__":
    unittest.main()
