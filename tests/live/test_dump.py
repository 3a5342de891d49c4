"""`tachyon dump` on real interpreters: the stacks are the ones that the program has."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from live import INTERPRETERS, NAMES, dump, functions, interpreters, tachyon, target  # noqa: E402

HERE = interpreters()

PLAIN = """
    import threading, time

    class Shop:
        def total(self, items):
            return sum(self.price(item) for item in items)

        def price(self, item):
            print("up", flush=True)
            time.sleep(1000)

    def worker():
        try:
            raise ValueError("kept")
        except ValueError:
            time.sleep(1000)

    threading.Thread(target=worker, name="worker", daemon=True).start()
    time.sleep(0.2)

    def main():
        Shop().total([1])

    main()
"""

GENERATORS = """
    def numbers():
        while True:
            yield one()

    def one():
        return 1

    def chain(depth):
        if depth:
            yield from chain(depth - 1)
        else:
            yield from numbers()

    print("up", flush=True)
    for number in chain(20):
        pass
"""


def each(case, names=NAMES, needs=None):
    for name in names:
        if name not in HERE:
            print(f"    skipped {case.id().rsplit('.', 1)[-1]}[{name}]: tests/interpreters has none")
        elif needs and not needs(HERE[name]):
            print(f"    skipped {case.id().rsplit('.', 1)[-1]}[{name}]: it lacks what this needs")
        else:
            yield name


class Dump(unittest.TestCase):
    def test_the_same_program_everywhere(self):
        for name in each(self):
            with target(name, PLAIN) as (pid, path):
                report = dump(pid, "-a")
            main, worker = report["threads"]
            inlined = "Shop.total.<locals>.<genexpr>"
            self.assertEqual(functions(main), ["<module>", "main", "Shop.total", inlined, "Shop.price"])
            self.assertEqual([f["line"] for f in main["frames"]], [24, 22, 6, 6, 10])
            self.assertTrue(all(f["file"].endswith("program.py") for f in main["frames"]))
            self.assertIn("main thread", main["status"])
            self.assertEqual(functions(worker)[-1], "worker")
            self.assertIn("has exception", worker["status"])
            self.assertTrue(main["complete"] and worker["complete"])
            price = main["frames"][-1]
            self.assertEqual((price["column"], price["end_column"]), (8, 24))

    def test_text(self):
        for name in each(self, ["3.11", "3.15"]):
            with target(name, PLAIN) as (pid, path):
                done = tachyon("dump", pid)
                self.assertRegex(done.stdout.splitlines()[0],
                                 rf"^Stack dump for PID {pid}, thread {pid} \(main thread.*"
                                 r"; most recent call last\):$")
                self.assertIn(f'  File "{path}", line 10, in Shop.price\n    time.sleep(1000)\n',
                              done.stdout)
                self.assertEqual(done.stdout.count("Stack dump for"), 1)
                both = tachyon("dump", pid, "-a", "--locals")
                self.assertEqual(both.stdout.count("Stack dump for"), 2)
                self.assertIn("items = [1]", both.stdout)
                self.assertIn("item = 1", both.stdout)
                self.assertIn("self = <Shop object>", both.stdout)
                self.assertIn("named 'worker'" if name == "3.15" else "named", both.stdout)

    def test_locals(self):
        program = r"""
            import time
            class Odd(int): pass
            def show():
                text = "it's \x1b[31m\u2603"; raw = b"\x00a"; small = -12; big = 10 ** 30; real = 1.5
                yes = True; nothing = None; pair = (1, "b"); many = list(range(100)); empty = {}
                table = {"k": [1.0], 2: None}; few = {7}; odd = Odd(3); deep = [[[[[1]]]]]
                def inner():
                    return text
                print("up", flush=True)
                time.sleep(1000)
            show()
        """
        for name in each(self):
            with target(name, program) as (pid, _):
                frame = dump(pid, "--locals")["threads"][0]["frames"][-1]
            got = {one["name"]: one["value"] for one in frame["locals"]}
            self.assertEqual(got["text"], r"'it\'s \x1b[31m☃'")
            self.assertEqual(got["raw"], r"b'\x00a'")
            self.assertEqual(got["small"], "-12")
            self.assertEqual(got["big"], str(10 ** 30))
            self.assertEqual((got["real"], got["yes"], got["nothing"]), ("1.5", "True", "None"))
            self.assertEqual(got["pair"], "(1, 'b')")
            self.assertEqual(got["many"], "[0, 1, 2, 3, 4, 5, ... 94 more]")
            self.assertEqual((got["empty"], got["few"]), ("{}", "{7}"))
            self.assertEqual(got["table"], "{'k': [1.0], 2: None}")
            self.assertEqual(got["odd"], "3")
            self.assertLess(len(got["deep"]), 40)

    def test_recursion(self):
        program = """
            import sys, time
            sys.setrecursionlimit(10 ** 6)
            def down(n):
                if n: return down(n - 1)
                print("up", flush=True)
                time.sleep(1000)
            down(int(sys.argv[1]))
        """
        for name in each(self):
            for depth in (10, 500, 2000, 20000):
                if depth > 2000 and "d" in name:
                    continue  # a debug build's C stack does not hold it
                with target(name, program, depth) as (pid, _):
                    thread = dump(pid)["threads"][0]
                self.assertTrue(thread["complete"])
                self.assertEqual(functions(thread), ["<module>"] + ["down"] * (depth + 1))

    def test_deeper_than_what_is_kept(self):
        program = """
            import sys, time
            sys.setrecursionlimit(10 ** 6)
            def down(n):
                if n: return down(n - 1)
                print("up", flush=True)
                time.sleep(1000)
            down(100000)
        """
        for name in each(self, ["3.11", "3.13", "3.15"]):
            with target(name, program) as (pid, _):
                frames = dump(pid)["threads"][0]["frames"]
            self.assertEqual(frames[0]["function"], "<truncated: 34466 frames>")
            self.assertEqual(len(frames), 65537)
            self.assertEqual(frames[-1]["line"], 7)

    def test_threads_without_python_frames(self):
        program = """
            import _thread, threading, time
            for i in range(20): _thread.start_new_thread(time.sleep, (1000,))
            for i in range(180): threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
            print("up", flush=True)
            time.sleep(1000)
        """
        for name in each(self):
            with target(name, program) as (pid, _):
                time.sleep(0.3)
                threads = dump(pid, "-a")["threads"]
            self.assertEqual(len(threads), 201)
            self.assertEqual(sum(1 for t in threads if not t["frames"]), 20)
            self.assertTrue(all(t["complete"] for t in threads))

    def test_sub_interpreters(self):
        program = """
            import threading, time
            try:
                import _interpreters as interpreters
            except ImportError:
                import _xxsubinterpreters as interpreters
            text = "import time\\ndef sub_work():\\n    time.sleep(1000)\\nsub_work()\\n"
            for i in range(2):
                one = interpreters.create()
                call = getattr(interpreters, "run_string", None) or interpreters.exec
                threading.Thread(target=call, args=(one, text), daemon=True).start()
            time.sleep(0.5)
            def here():
                print("up", flush=True)
                time.sleep(1000)
            here()
        """
        for name in each(self, ["3.11", "3.12", "3.13", "3.14", "3.15"]):
            with target(name, program) as (pid, _):
                threads = dump(pid, "-a")["threads"]
                first = dump(pid)["threads"]
            self.assertEqual(functions(threads[0]), ["<module>", "here"])
            self.assertEqual(len([t for t in threads if functions(t)[-1:] == ["sub_work"]]), 2)
            self.assertEqual(len({t["interpreter"] for t in threads}), 3)
            self.assertEqual([functions(t) for t in first], [["<module>", "here"]])

    def test_sub_interpreter_that_holds_the_gil(self):
        """In 3.11 the lock itself then names a thread state that is no more."""
        program = """
            import threading, time
            try:
                import _interpreters as interpreters
            except ImportError:
                import _xxsubinterpreters as interpreters
            call = getattr(interpreters, "run_string", None) or interpreters.exec
            one, two = interpreters.create(), interpreters.create()
            past = threading.Thread(target=call, args=(one, "pass"))
            past.start()
            past.join()
            text = ("import time\\ndef sub_work():\\n    while True:\\n        for _ in range(10 ** 6): pass\\n"
                    "        time.sleep(0.001)\\nsub_work()\\n")
            threading.Thread(target=call, args=(two, text), daemon=True).start()
            print("up", flush=True)
            time.sleep(1000)
        """
        for name in each(self, ["3.11", "3.12", "3.13", "3.14", "3.15"]):
            with target(name, program) as (pid, _):
                time.sleep(0.3)
                seen = 0
                for _ in range(20):
                    threads = dump(pid, "-a")["threads"]
                    holders = [functions(t)[-1:] for t in threads if "has GIL" in t["status"]]
                    self.assertIn(holders, ([], [["sub_work"]]))
                    seen += len(holders)
                self.assertGreater(seen, 8)

    def test_names_that_only_python_knows(self):
        program = """
            import _thread, threading, time
            class Own(threading.Thread):
                def run(self): time.sleep(1000)
            def start(name):
                threading.Thread(target=time.sleep, args=(1000,), daemon=True, name=name).start()
            start("a name of more than fifteen bytes")
            start("\\u00dcn\\u00efc\\u00f8d\\u00e9 \\u2603")
            own = Own(daemon=True)
            own.__dict__["_name"] = "in a dict"
            own.start()
            _thread.start_new_thread(time.sleep, (1000,))
            late = threading.Thread(target=time.sleep, args=(1000,), daemon=True)
            late.start()
            late.name = "later"
            print("up", flush=True)
            time.sleep(1000)
        """
        expected = ["a name of more than fifteen bytes", "in a dict", "later", "Ünïcødé ☃"]
        for name in each(self):
            with target(name, program) as (pid, _):
                time.sleep(0.1)
                threads = dump(pid, "-a")["threads"]
                self.assertEqual(len(threads), 6)
                shown = [t.get("python_name", t["name"]) for t in threads if not t["main"]]
                self.assertEqual(sorted(n for n in shown if not n.startswith("python")), expected)
                (one,) = dump(pid, "--thread", "Ünïcø*")["threads"]
                self.assertEqual(one.get("python_name", one["name"]), "Ünïcødé ☃")

    def test_who_waits_for_the_gil(self):
        """Before 3.15 only the kernel knows: a futex that lies in the lock."""
        program = """
            import threading, time
            def spin():
                while True: pass
            for i in range(3): threading.Thread(target=spin, daemon=True, name="spin").start()
            lock = threading.Lock()
            lock.acquire()
            threading.Thread(target=lock.acquire, daemon=True, name="locked").start()
            print("up", flush=True)
            time.sleep(1000)
        """
        for name in each(self):
            with target(name, program) as (pid, _):
                time.sleep(0.2)
                waited = 0
                for _ in range(30):
                    for thread in dump(pid, "-a")["threads"]:
                        waits = "waiting for GIL" in thread["status"]
                        waited += waits
                        if thread["main"] or thread.get("python_name") == "locked":
                            self.assertFalse(waits)
                        self.assertFalse(waits and "has GIL" in thread["status"])
                if "t" in name:
                    self.assertEqual(waited, 0)
                else:
                    self.assertGreater(waited, 30)

    def test_generated_and_frozen_code(self):
        program = r"""
            import time
            space = {"time": time}
            lines = "".join(f"    x = {i}\n" for i in range(20000))
            exec(compile("def big():\n" + lines + "    time.sleep(1000)\n", "made;\n up", "exec"), space)
            exec(compile(f"def {'n' * 5000}ü(): big()\n", "<string>", "exec"), space)
            print("up", flush=True)
            space["n" * 5000 + "ü"]()
        """
        for name in each(self):
            with target(name, program) as (pid, _):
                time.sleep(0.3)
                thread = dump(pid)["threads"][0]
                text = tachyon("dump", pid).stdout
            self.assertEqual(functions(thread), ["<module>", "n" * 5000 + "ü", "big"])
            self.assertEqual(thread["frames"][-1]["line"], 20002)
            self.assertEqual(thread["frames"][-1]["file"], "made;\n up")
            self.assertNotIn("made;\n up", text)

    def test_generators_never_fail(self):
        for name in each(self, ["3.11", "3.12", "3.13", "3.14", "3.15"]):
            with target(name, GENERATORS) as (pid, _):
                for _ in range(100):
                    thread = dump(pid)["threads"][0]
                    self.assertTrue(thread["complete"], thread)
                    names = functions(thread)
                    self.assertEqual(names[0], "<module>")
                    self.assertLessEqual(set(names[1:]), {"chain", "numbers", "one"})

    def test_jit(self):
        program = """
            def loop(n):
                total = 0
                for i in range(n):
                    total += i % 7
                return total
            print("up", flush=True)
            while True:
                loop(100000)
        """
        for name in each(self, ["3.14", "3.15"]):
            with target(name, program, environment={"PYTHON_JIT": "1"}) as (pid, _):
                time.sleep(0.5)
                for _ in range(50):
                    self.assertIn(functions(dump(pid)["threads"][0]),
                                  (["<module>"], ["<module>", "loop"]))

    def test_greenlets(self):
        program = """
            import greenlet, time
            def inner():
                print("up", flush=True)
                time.sleep(1000)
            def outer():
                greenlet.greenlet(inner).switch()
            outer()
        """
        for name in each(self, ["3.13", "3.14", "3.15"], needs=lambda one: one.get("greenlet")):
            with target(name, program) as (pid, _):
                thread = dump(pid)["threads"][0]
            self.assertTrue(thread["complete"])
            self.assertEqual(functions(thread), ["inner"])

    def test_blocking_resumes(self):
        for name in each(self, ["3.11", "3.15"]):
            with target(name, GENERATORS) as (pid, _):
                for _ in range(20):
                    self.assertTrue(dump(pid, "--blocking")["threads"][0]["complete"])
                with open(f"/proc/{pid}/stat") as file:
                    self.assertIn(file.read().rsplit(")", 1)[1].split()[0], "RS")

    def test_killed_while_blocking(self):
        for name in each(self, ["3.15"]):
            with target(name, GENERATORS) as (pid, _):
                for _ in range(200):
                    ours = subprocess.Popen([os.environ.get("TACHYON", "build/tachyon"), "dump",
                                             "--blocking", str(pid)],
                                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                    time.sleep(random.random() * 0.006)
                    ours.kill()
                    ours.wait()
                time.sleep(0.05)
                with open(f"/proc/{pid}/status") as file:
                    state = [line for line in file if line.startswith("State")][0]
                self.assertRegex(state, r"\b[RS] \(")

    def test_core(self):
        if not shutil.which("gcore"):
            self.skipTest("gcore (package gdb) is not here")
        for name in each(self, ["3.11", "3.12", "3.13", "3.14", "3.15"]):
            with target(name, PLAIN) as (pid, _):
                live = dump(pid, "-a")
                made = subprocess.run(["gcore", "-o", "/tmp/tachyon-core", str(pid)],
                                      capture_output=True, text=True)
                core = f"/tmp/tachyon-core.{pid}"
                if not os.path.exists(core):
                    self.fail(made.stderr)
                try:
                    dead = dump("--core", core, "-a")
                    broken = core + ".cut"
                    with open(core, "rb") as file, open(broken, "wb") as cut:
                        cut.write(file.read(5000))
                    self.assertEqual(tachyon("dump", "--core", broken).returncode, 1)
                    os.unlink(broken)
                finally:
                    os.unlink(core)
            # gcore leaves zeros where it could not read (it says so); a stack that has lost a piece
            # that way must be shown as incomplete, never as a whole one.
            lost = "Memory read failed" in made.stdout + made.stderr
            self.assertTrue(dead["threads"][0]["complete"])
            for then, now in zip(dead["threads"], live["threads"], strict=True):
                if then["complete"] or not lost:
                    self.assertEqual(then["frames"], now["frames"], made.stderr)
                else:
                    self.assertEqual(then["frames"], now["frames"][-len(then["frames"]):])

    def test_never_writes(self):
        if not shutil.which("strace"):
            self.skipTest("strace is not here")
        for name in each(self, ["3.11", "3.15"]):
            with target(name, GENERATORS) as (pid, _):
                for words in (["dump", pid, "-a", "--locals"], ["attach", pid, "-d", "0.3", "-o", "-"]):
                    trace = subprocess.run(
                        ["strace", "-f", "-e", "trace=process_vm_writev,ptrace,openat,kill,tgkill",
                         os.environ.get("TACHYON", "build/tachyon"), *map(str, words)],
                        capture_output=True, text=True)
                    self.assertEqual(trace.returncode, 0, trace.stderr[-500:])
                    for word in ("process_vm_writev", "ptrace(", "kill("):
                        self.assertNotIn(word, trace.stderr)
                    for line in trace.stderr.splitlines():
                        if f"/proc/{pid}" in line or '"mem"' in line:
                            self.assertNotRegex(line, "O_RDWR|O_WRONLY")

    def test_bad_processes(self):
        for words in (["999999999"], ["0"], ["2"], ["--core", "/dev/null"]):
            done = tachyon("dump", *words, timeout=60)
            self.assertEqual(done.returncode, 1, words)
            self.assertTrue(done.stderr.startswith("tachyon: error: "), done.stderr)
        sleeper = subprocess.Popen(["sleep", "100"])
        try:
            done = tachyon("dump", sleeper.pid, timeout=60)
            self.assertEqual(done.returncode, 1)
            self.assertIn("not a Python", done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1)
        finally:
            sleeper.kill()
            sleeper.wait()

    def test_asyncio(self):
        program = """
            import asyncio
            async def read():
                await asyncio.sleep(1000)
            async def leaf():
                await read()
            async def gatherer(tasks):
                await asyncio.gather(*tasks)
            async def main():
                tasks = [asyncio.create_task(leaf(), name=f"leaf-{i}") for i in range(2)]
                async with asyncio.TaskGroup() as group:
                    group.create_task(gatherer(tasks), name="A")
                    group.create_task(gatherer(tasks[:1]), name="B")
                    await asyncio.sleep(0.1)
                    print("up", flush=True)
            asyncio.run(main())
        """
        for name in each(self, ["3.14", "3.14d", "3.15", "3.15d"]):
            with target(name, program) as (pid, _):
                time.sleep(0.3)
                threads = dump(pid, "--async-aware")["threads"]
            stacks = [functions(t) for t in threads]
            wait = ["TaskGroup.__aexit__", "TaskGroup._aexit"]
            top = ["Task-1", "main"] + wait + ["A", "gatherer"]
            self.assertEqual(sorted(stacks),
                             sorted([top + ["leaf-0 (2 parents)", "leaf", "read", "sleep"],
                                     top + ["leaf-1", "leaf", "read", "sleep"]]), name)


if __name__ == "__main__":
    unittest.main()
