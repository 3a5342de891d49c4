"""Every interpreter, reached in every way that moves or hides its files: same program, same stacks.
And what cannot be reached: one line that says why, exit code 1, at once. And nothing is left behind.
"""

import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

from live import PATIENCE, PREAD64, PROCESS_VM_READV, PTRACE, forbid, side_by_side, wait_for

TACHYON = os.path.abspath(os.environ.get("TACHYON", "build/tachyon"))
TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# By this Python: what PATH calls python3 may be a script that starts many programs to find one.
INTERPRETERS = [sys.executable, os.path.join(TESTS, "interpreters")]
REACH = os.path.join(TESTS, "targets", "reach.py")
SLEEP = "import time; print('up', flush=True); time.sleep(1000)"

MAIN = [("<module>", 41), ("middle", 27), ("middle", 27), ("middle", 27), ("middle", 28), ("wait", 12)]
WORKER = [("worker", 21), ("numbers", 17), ("wait", 12)]


def manifest():
    done = subprocess.run([*INTERPRETERS, "--json"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def dump(*words):
    return subprocess.run([TACHYON, "dump", *map(str, words)], capture_output=True, text=True,
                          timeout=60)


def innermost(pid):
    """The process at the end of a row of launchers."""
    while True:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as text:
            children = text.read().split()
        if not children:
            return pid
        pid = int(children[-1])


class Target:
    """Started by a command that ends in the target, directly or with launchers in between."""

    def __init__(self, *command, **options):
        self.child = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True,
                                      **options)

    def __enter__(self):
        self.said = self.child.stdout.readline()
        if not self.said:
            self.__exit__()
            raise AssertionError(f"{self.child.args} did not start")
        self.pid = innermost(self.child.pid)
        return self

    def __exit__(self, *_):
        for pid in {getattr(self, "pid", self.child.pid), self.child.pid}:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.child.wait()
        self.child.stdout.close()


class Matrix(unittest.TestCase):
    def dumped(self, pid, *words):
        done = dump("--json", "-a", *words, pid)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        (process,) = json.loads(done.stdout)["processes"]
        return process, [[(f["function"].rpartition(".")[2], f.get("line")) for f in t["frames"]
                          if os.path.basename(f["file"]) == "reach.py"] for t in process["threads"]]

    def check_stacks(self, pid, *words):
        # On a busy machine its threads need a moment to get where they stay.
        def arrived():
            found = self.dumped(pid, *words)
            return found if MAIN in found[1] and WORKER in found[1] else None

        process, stacks = wait_for(arrived) or self.dumped(pid, *words)
        self.assertIn(MAIN, stacks)
        self.assertIn(WORKER, stacks)
        for thread in process["threads"]:
            self.assertTrue(thread["complete"])
        mains = [s for s, t in zip(stacks, process["threads"]) if t["main"]]
        self.assertEqual(mains, [MAIN])
        return process

    def every(self, command_of, check):
        def one(interpreter):
            try:
                with Target(*command_of(interpreter)) as target:
                    check(interpreter, target, self.check_stacks(target.pid))
            except AssertionError as why:
                raise AssertionError(f"{interpreter['name']}: {why}") from why

        found = manifest()
        self.assertTrue(found, "tests/interpreters has none")
        side_by_side(found, one)

    def test_as_they_are(self):
        def check(interpreter, _, process):
            self.assertTrue(interpreter["version"].startswith(process["python"]))
            self.assertEqual(process["free_threaded"], interpreter["free_threaded"])

        self.every(lambda i: [*INTERPRETERS, "--run", i["name"], "--", REACH], check)

    @unittest.skipUnless(os.geteuid() == 0, "namespaces need root here")
    def test_in_pid_and_mount_namespaces(self):
        def check(_, target, __):
            with open(f"/proc/{target.pid}/status", encoding="ascii", errors="replace") as text:
                numbers = [l for l in text if l.startswith("NSpid")][0].split()[1:]
            self.assertEqual(len(numbers), 2)
            self.assertEqual(numbers[1], target.said.decode().strip())

        self.every(lambda i: ["unshare", "--mount", "--pid", "--fork", "--kill-child", *INTERPRETERS,
                              "--run", i["name"], "--", REACH], check)

    def test_under_another_name_and_deleted(self):
        def one(interpreter):
            with tempfile.TemporaryDirectory() as folder:
                engine = f"{folder}/engine"
                home = os.path.dirname(os.path.dirname(interpreter["exe"]))
                inside = ["sh", "-c", f"cp {interpreter['exe']} {engine} && "
                                      f"exec env PYTHONHOME={home} {engine} {folder}/reach.py"]
                shutil.copy(REACH, f"{folder}/reach.py")
                if interpreter["root"] != "/":
                    inside = [*INTERPRETERS, "--enter", interpreter["root"], *inside]
                with Target(*inside) as target:
                    self.check_stacks(target.pid)
                    os.unlink(engine)
                    process = self.check_stacks(target.pid)
                    self.assertIn(process["found_by"],
                                  (".PyRuntime section", "dynamic symbol in memory"),
                                  interpreter["name"])

        side_by_side(manifest(), one)

    @unittest.skipUnless(os.geteuid() == 0, "becoming another user needs root")
    def test_without_privileges(self):
        """No map_files, no capability: the paths and the memory have to do."""
        def nobody():
            os.setgid(65534)
            os.setuid(65534)

        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            shutil.copy(TACHYON, f"{folder}/tachyon")
            shutil.copy(REACH, f"{folder}/reach.py")
            with Target("/usr/bin/python3", f"{folder}/reach.py", preexec_fn=nobody) as target:
                done = subprocess.run([f"{folder}/tachyon", "dump", str(target.pid)],
                                      capture_output=True, text=True, preexec_fn=nobody, timeout=60)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("wait", done.stdout)


@unittest.skipUnless(os.uname().machine == "x86_64", "system calls are numbered for x86-64 here")
class Seccomp(unittest.TestCase):
    def test_target_that_may_do_little(self):
        with Target(sys.executable, REACH, preexec_fn=lambda: forbid(PTRACE, PROCESS_VM_READV)) as target:
            for words in ([], ["--blocking"]):
                done = dump(*words, target.pid)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn("wait", done.stdout)

    def test_we_may_not_make_the_vectored_call(self):
        """As in containers with an older default profile; the file of the memory is left."""
        with Target(sys.executable, REACH) as target:
            done = subprocess.run([TACHYON, "dump", "-a", str(target.pid)], capture_output=True, text=True,
                                  preexec_fn=lambda: forbid(PROCESS_VM_READV), timeout=60)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("main thread", done.stdout)
            self.assertNotIn("incomplete", done.stdout)

    def test_we_may_read_nothing(self):
        with Target(sys.executable, REACH) as target:
            done = subprocess.run([TACHYON, "dump", str(target.pid)], capture_output=True, text=True,
                                  preexec_fn=lambda: forbid(PROCESS_VM_READV, PREAD64), timeout=60)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            (line,) = done.stderr.splitlines()
            self.assertIn("seccomp", line)
            # The remedy is for where we are: docker or podman, Kubernetes, another container or none.
            self.assertRegex(line, r"--cap-add=SYS_PTRACE|securityContext\.capabilities|"
                                   r"run tachyon where no such filter is in force")


class Refusals(unittest.TestCase):
    def refused(self, *words):
        done = dump(*words)
        self.assertEqual(done.returncode, 1, done)
        self.assertEqual(done.stdout, "")
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 1, done.stderr)
        return lines[0]

    def test_no_such_process(self):
        for pid in (2 ** 22 + 5, 2 ** 32 + os.getpid(), 2 ** 62):
            self.assertIn(f"there is no process {pid}", self.refused(pid))

    def test_not_python(self):
        with Target("sh", "-c", "echo up; exec sleep 1000") as target:
            self.assertIn("is not a Python interpreter", self.refused(target.pid))

    def test_a_thread(self):
        with Target(sys.executable, REACH) as target:
            task = [t for t in os.listdir(f"/proc/{target.pid}/task") if int(t) != target.pid][0]
            self.assertIn(f"is a thread of process {target.pid}", self.refused(task))

    def test_zombie(self):
        child = subprocess.Popen(["true"])
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        self.assertIn("only its exit status is left", self.refused(child.pid))
        child.wait()

    def test_kernel_thread(self):
        try:
            with open("/proc/2/stat", encoding="ascii") as text:
                flags = int(text.read().rpartition(")")[2].split()[6])
        except FileNotFoundError:
            flags = 0
        if flags & 0x200000 == 0:
            self.skipTest("no kernel thread is visible here")
        self.assertIn("part of the kernel", self.refused(2))

    def test_too_old(self):
        base = os.path.expanduser("~/.pyenv/versions")
        old = [v for v in sorted(os.listdir(base) if os.path.isdir(base) else [])
               if v.startswith(("2.7.", "3.6.", "3.7.", "3.8.", "3.9.", "3.10."))]
        if not old:
            self.skipTest("no older Python here")
        for version in old:
            with self.subTest(version=version):
                code = "import sys, time; print('up'); sys.stdout.flush(); time.sleep(1000)"
                with Target(f"{base}/{version}/bin/python", "-c", code) as target:
                    minor = ".".join(version.split(".")[:2])
                    self.assertIn(f"runs Python {minor}: tachyon reads", self.refused(target.pid))

    @unittest.skipUnless(os.geteuid() == 0, "becoming another user needs root")
    def test_another_user(self):
        def nobody():
            os.setgid(65534)
            os.setuid(65534)

        with Target(sys.executable, "-c", SLEEP) as target, tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            shutil.copy(TACHYON, f"{folder}/tachyon")
            done = subprocess.run([f"{folder}/tachyon", "dump", str(target.pid)],
                                  capture_output=True, text=True, preexec_fn=nobody, timeout=60)
            self.assertEqual(done.returncode, 1)
            self.assertIn("belongs to user 0 and we are user 65534", done.stderr)
            self.assertIn("sudo setcap cap_sys_ptrace=ep", done.stderr)
            # What it says: the capability, on the file, and nothing else.
            try:
                os.setxattr(f"{folder}/tachyon", "security.capability",
                            struct.pack("<5I", 0x02000001, 1 << 19, 0, 0, 0))
            except OSError as why:
                self.skipTest(f"no capabilities on files in {folder}: {why}")
            for words in (["dump", "-a"], ["dump", "--blocking"],
                          *(["attach", "-d", "0.2", "--collapsed=-", *read]
                            for read in ([], ["--read", "fast"], ["--read", "exact"],
                                         ["--blocking"], ["-a", "--readers", "2"]))):
                with self.subTest(words=words):
                    for _ in range(20):  # a busy machine may have no look for 0.2 s
                        done = subprocess.run([f"{folder}/tachyon", *words, str(target.pid)],
                                              capture_output=True, text=True, preexec_fn=nobody,
                                              timeout=60)
                        if done.returncode != 0 or "<module>" in done.stdout:
                            break
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertIn("<module>", done.stdout)
            done = subprocess.run([f"{folder}/tachyon", "doctor", str(target.pid)],
                                  capture_output=True, text=True, preexec_fn=nobody, timeout=60)
            self.assertNotIn("blocked", done.stdout)

    def test_pre_release(self):
        """A release whose table says that it is a beta."""
        base = os.path.expanduser("~/.pyenv/versions/3.13.0")
        library = f"{base}/lib/libpython3.13.so.1.0"
        if not os.path.exists(library):
            self.skipTest("needs a 3.13.0 with a shared library")
        with open(library, "rb") as file:
            code = bytearray(file.read())
        at = code.find(b"xdebugpy" + struct.pack("<Q", 0x030d00f0))
        self.assertGreater(at, 0)
        code[at + 8:at + 16] = struct.pack("<Q", 0x030d00b2)
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/libpython3.13.so.1.0", "wb") as file:
                file.write(code)
            with Target(f"{base}/bin/python3.13", "-c", SLEEP,
                        env={**os.environ, "LD_LIBRARY_PATH": folder}) as target:
                line = self.refused(target.pid)
        self.assertIn("runs Python 3.13.0b2, a pre-release", line)
        self.assertIn("gen/generate.py --python", line)

    def test_yama(self):
        path = "/proc/sys/kernel/yama/ptrace_scope"
        if not os.path.exists(path):
            self.skipTest("this kernel has no ptrace_scope; what is said of it is tested in target/diagnose")
        with open(path, encoding="ascii") as file:
            if file.read().strip() == "0" or os.geteuid() == 0:
                self.skipTest("ptrace_scope does not apply to us")
        with Target(sys.executable, "-c", SLEEP) as target:
            self.assertIn("ptrace_scope", self.refused(target.pid))

    def test_vanishing(self):
        """Killed at random moments of the dump: a stack, or one line, never a hang."""
        chance = random.Random(2)
        for _ in range(60):
            with Target(sys.executable, "-c", SLEEP) as target:
                ours = subprocess.Popen([TACHYON, "dump", "-a", str(target.pid)], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                time.sleep(chance.uniform(0, 0.004))
                os.kill(target.pid, signal.SIGKILL)
                said, why = ours.communicate(timeout=PATIENCE)
            self.assertIn(ours.returncode, (0, 1))
            if ours.returncode == 1:
                self.assertEqual(len(why.splitlines()), 1, why)
                self.assertEqual(said, "")

    def test_foreign_cores(self):
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/core"
            with open("/proc/self/exe", "rb") as program:
                contents = [b"", b"text" * 100, program.read(100000)]
            for content in contents:
                with open(path, "wb") as file:
                    file.write(content)
                self.assertIn("is not a core file", self.refused("--core", path))
            self.assertIn("No such file", self.refused("--core", f"{folder}/none"))


    @unittest.skipUnless(shutil.which("gcore"), "needs gcore (package gdb)")
    def test_cores_that_lack_something(self):
        with Target(sys.executable, REACH) as target, tempfile.TemporaryDirectory() as folder:
            subprocess.run(["gcore", "-o", f"{folder}/core", str(target.pid)], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            core = f"{folder}/core.{target.pid}"
            whole = dump("--core", core)
            self.assertEqual(whole.returncode, 0, whole.stderr)
            self.assertIn("wait", whole.stdout)
            os.truncate(core, os.path.getsize(core) // 2)
            self.assertIn("ends too early", self.refused("--core", core))
        with Target("sh", "-c", "echo up; exec sleep 1000") as target, \
                tempfile.TemporaryDirectory() as folder:
            subprocess.run(["gcore", "-o", f"{folder}/core", str(target.pid)], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            line = self.refused("--core", f"{folder}/core.{target.pid}")
            self.assertIn("has no Python interpreter in it", line)


class NothingLeftBehind(unittest.TestCase):
    def test_killed_while_it_blocks(self):
        """At 200 random moments; the target must run on each time."""
        spin = ("import threading\n"
                "def spin():\n  n = 0\n  while True: n += 1\n"
                "threading.Thread(target=spin, daemon=True).start()\n"
                "print('up', flush=True)\nspin()")
        with Target(sys.executable, "-c", spin) as target:
            chance = random.Random(1)
            for _ in range(200):
                profiler = subprocess.Popen([TACHYON, "dump", "-a", "--blocking", str(target.pid)],
                                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                time.sleep(chance.uniform(0, 0.006))
                profiler.kill()
                profiler.wait()
                for task in os.listdir(f"/proc/{target.pid}/task"):
                    path = f"/proc/{target.pid}/task/{task}"
                    def state():
                        with open(f"{path}/stat", encoding="ascii", errors="replace") as text:
                            return text.read().rpartition(")")[2].split()[0]

                    self.assertTrue(wait_for(lambda: state() not in "tT"), state())
                    with open(f"{path}/status", encoding="ascii", errors="replace") as text:
                        tracer = [l for l in text if l.startswith("TracerPid")][0].split()[1]
                    self.assertEqual(tracer, "0")
            with open(f"/proc/{target.pid}/schedstat", encoding="ascii") as text:
                ran = int(text.read().split()[0])

            def runs():
                with open(f"/proc/{target.pid}/schedstat", encoding="ascii") as text:
                    return int(text.read().split()[0]) > ran

            self.assertTrue(wait_for(runs), "the target does not run any more")

    @unittest.skipUnless(shutil.which("strace"), "needs strace")
    def test_nothing_is_written_into_the_target(self):
        with Target(sys.executable, REACH) as target, tempfile.TemporaryDirectory() as folder:
            for words in ([], ["--blocking"], ["--locals", "-a"]):
                trace = f"{folder}/trace"
                subprocess.run(["strace", "-f", "-o", trace, TACHYON, "dump", *words,
                                str(target.pid)], check=True, stdout=subprocess.DEVNULL, timeout=60)
                with open(trace, encoding="utf-8", errors="replace") as text:
                    calls = text.read()
                self.assertIn("pread64(", calls)
                self.assertNotIn("process_vm_writev(", calls)
                for call in ("PTRACE_POKE", "PTRACE_SETREGS", "PTRACE_SETREGSET"):
                    self.assertNotIn(call, calls)
                for line in calls.splitlines():
                    if '"mem"' in line or f"/proc/{target.pid}/mem" in line or '/mem"' in line:
                        self.assertIn("O_RDONLY", line)


if __name__ == "__main__":
    unittest.main()
