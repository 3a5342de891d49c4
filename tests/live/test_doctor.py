"""`tachyon doctor` on real processes: what it finds, in which words, with which exit code."""

import json
import os
import signal
import subprocess
import sys
import unittest

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
    def __init__(self, *command):
        self.process = subprocess.Popen(command or [sys.executable, "-c", SLEEP],
                                        stdout=subprocess.PIPE)

    def __enter__(self):
        self.process.stdout.readline()
        return self.process.pid

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


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
        with Sleeper("sh", "-c", "echo up; sleep 100") as pid:
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

    def test_stopped(self):
        with Sleeper() as pid:
            os.kill(pid, signal.SIGSTOP)
            os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOWAIT)
            self.assertIn("kill -CONT", findings(pid)["state"]["command"])
            os.kill(pid, signal.SIGCONT)


if __name__ == "__main__":
    unittest.main()
