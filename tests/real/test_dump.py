"""`tachyon dump` on real interpreters: the stacks are the ones that the program has."""

import concurrent.futures
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from live import (NAMES, PATIENCE, dump, functions, interpreters, side_by_side,  # noqa: E402
                  tachyon, target, turns, used, wait_for)

TIER = "quick"

HERE = interpreters()
LITTLE_STACK = 96 << 10

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
    def test_a_stopped_program(self):
        def one(name):
            with target(name, """
                print("up", flush=True)
                while True: pass
            """) as (pid, _):
                os.kill(pid, signal.SIGSTOP)
                try:
                    wait_for(lambda: "stopped" in tachyon("dump", pid).stdout)
                    text = tachyon("dump", pid).stdout
                    self.assertIn("stopped", text.splitlines()[0], name)
                    self.assertNotIn("idle", text, name)
                finally:
                    os.kill(pid, signal.SIGCONT)

        side_by_side(each(self, ["3.11", "3.15"]), one)

    def test_the_same_program_everywhere(self):
        def one(name):
            with target(name, PLAIN, rests=True) as (pid, path):
                report = dump(pid, "-a")
            main, worker = report["threads"]
            inlined = "Shop.total.<locals>.<genexpr>"
            self.assertEqual(functions(main), ["<module>", "main", "Shop.total", inlined, "Shop.price"])
            self.assertEqual([f["line"] for f in main["frames"]], [23, 21, 6, 6, 10])
            self.assertTrue(all(f["file"].endswith("program.py") for f in main["frames"]))
            self.assertIn("main thread", main["status"])
            self.assertEqual(functions(worker)[-1], "worker")
            self.assertIn("has exception", worker["status"])
            self.assertTrue(main["complete"] and worker["complete"])
            price = main["frames"][-1]
            self.assertEqual((price["column"], price["end_column"]), (8, 24))

        side_by_side(each(self), one)

    def test_text(self):
        def one(name):
            with target(name, PLAIN, rests=True) as (pid, path):
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

        side_by_side(each(self, ["3.11", "3.15"]), one)

    def test_locals_of_a_busy_program(self):
        program = """
            class Response:
                def __init__(self, number):
                    self.number = number
                    text = str(number)
                    same = text

            def pair(left, right):
                total = left + right
                return twins(str(total))

            def twins(word):
                also = word
                return also

            def main(title):
                number = 100000
                while True:
                    number = number + 1 if number < 200000 else 100000
                    pair(number, number + 1)
                    Response(number)

            print("up", flush=True)
            main("busy")
        """
        allowed = {"main": {"title", "number"}, "pair": {"left", "right", "total"},
                   "twins": {"word", "also"}, "Response.__init__": {"self", "number", "text", "same"}}

        def fits(frame):
            got = {one["name"]: one["value"] for one in frame.get("locals", [])}
            return (set(got) <= allowed.get(frame["function"], set())
                    and got.get("title", "'busy'") == "'busy'"
                    and got.get("self", "<Response object>") == "<Response object>"
                    and ("left" not in got or "right" not in got
                         or [got["right"]] == [str(int(n) + 1) for n in [got["left"]] if n.isdigit()])
                    and ("also" not in got or got.get("word", got["also"]) == got["also"])
                    and ("text" not in got
                         or got.get("number", got["text"].strip("'")) == got["text"].strip("'")))

        def one(name):
            seen, wrong = 0, []
            with target(name, program) as (pid, _):
                for _ in range(40):
                    frames = dump(pid, "--locals")["threads"][0]["frames"][1:]
                    outermost = frames[0].get("locals", []) if frames else []
                    seen += any(value["name"] == "title" for value in outermost)
                    wrong += [frame for frame in frames if not fits(frame)]
            self.assertGreater(seen, 0, name)
            return name, wrong

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            found = list(pool.map(one, each(self)))
        # The thread may come back to the very same instruction each time that it is asked: in none of
        # 8,000 dumps here, and in one of ten before the frames were asked at all.
        wrong = {name: frames for name, frames in found if frames}
        self.assertLessEqual(sum(map(len, wrong.values())), 1, wrong)

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
        def one(name):
            with target(name, program, rests=True) as (pid, _):
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

        side_by_side(each(self), one)

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
        def one(name):
            for depth in (10, 500, 2000, 20000):
                if depth > 2000 and "d" in name:
                    continue  # a debug build's C stack does not hold it
                with target(name, program, depth, rests=True) as (pid, _):
                    thread = dump(pid)["threads"][0]
                self.assertTrue(thread["complete"])
                self.assertEqual(functions(thread), ["<module>"] + ["down"] * (depth + 1))

        side_by_side(each(self), one)

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
        def one(name):
            with target(name, program, rests=True) as (pid, _):
                frames = dump(pid)["threads"][0]["frames"]
            self.assertEqual(frames[0]["function"], "<truncated: 34466 frames>")
            self.assertEqual(len(frames), 65537)
            self.assertEqual(frames[-1]["line"], 7)

        side_by_side(each(self, ["3.11", "3.13", "3.15"]), one)

    def test_threads_without_python_frames(self):
        program = """
            import _thread, threading, time
            for i in range(20): _thread.start_new_thread(time.sleep, (1000,))
            for i in range(180): threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
            print("up", flush=True)
            time.sleep(1000)
        """
        def one(name):
            with target(name, program, rests=True) as (pid, _):
                threads = dump(pid, "-a")["threads"]
            self.assertEqual(len(threads), 201)
            self.assertEqual(sum(1 for t in threads if not t["frames"]), 20)
            self.assertTrue(all(t["complete"] for t in threads))

        side_by_side(each(self), one)

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
            def here():
                print("up", flush=True)
                time.sleep(1000)
            here()
        """
        def one(name):
            with target(name, program, rests=True) as (pid, _):
                threads = dump(pid, "-a")["threads"]
                first = dump(pid)["threads"]
            self.assertEqual(functions(threads[0]), ["<module>", "here"])
            self.assertEqual(len([t for t in threads if functions(t)[-1:] == ["sub_work"]]), 2)
            self.assertEqual(len({t["interpreter"] for t in threads}), 3)
            self.assertEqual([functions(t) for t in first], [["<module>", "here"]])

        side_by_side(each(self, ["3.11", "3.12", "3.13", "3.14", "3.15"]), one)

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
                # The thread of the other interpreter begins when it can.
                self.assertTrue(wait_for(lambda: ["sub_work"] in [
                    functions(t)[-1:] for t in dump(pid, "-a")["threads"]]), name)
                looks = seen = 0
                end = time.monotonic() + PATIENCE
                while looks < 20 or (seen <= 8 and time.monotonic() < end):
                    threads = dump(pid, "-a")["threads"]
                    holders = [functions(t)[-1:] for t in threads if "has GIL" in t["status"]]
                    self.assertIn(holders, ([], [["sub_work"]]))
                    looks += 1
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
        def one(name):
            with target(name, program, rests=True) as (pid, _):
                threads = dump(pid, "-a")["threads"]
                self.assertEqual(len(threads), 6)
                shown = [t.get("python_name", t["name"]) for t in threads if not t["main"]]
                self.assertEqual(sorted(n for n in shown if not n.startswith("python")), expected)
                (one,) = dump(pid, "--thread", "Ünïcø*")["threads"]
                self.assertEqual(one.get("python_name", one["name"]), "Ünïcødé ☃")

        side_by_side(each(self), one)

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
        def both_sleep(pid):
            """The main thread and the locked one, which wait for the GIL themselves before."""
            before = turns(pid)
            time.sleep(0.1)  # a thread that waits for the GIL wakes every 5 ms
            after = turns(pid)
            still = [task for task, turn in before.items() if turn[0] and after.get(task) == turn]
            return str(pid) in still and len(still) == 2

        for name in each(self):
            with target(name, program) as (pid, _):
                self.assertTrue(wait_for(lambda: both_sleep(pid)), name)
                looks = waited = 0
                # Those who wait wake every 5 ms, and on a busy machine wait for a CPU then.
                end = time.monotonic() + PATIENCE
                while looks < 10 or ("t" not in name and waited <= 3 and time.monotonic() < end):
                    looks += 1
                    for thread in dump(pid, "-a")["threads"]:
                        waits = "waiting for GIL" in thread["status"]
                        waited += waits
                        if thread["main"] or thread.get("python_name") == "locked":
                            self.assertFalse(waits)
                        self.assertFalse(waits and "has GIL" in thread["status"])
                if "t" in name:
                    self.assertEqual(waited, 0)
                else:
                    self.assertGreater(waited, 3)

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
        def one(name):
            with target(name, program, rests=True) as (pid, _):
                thread = dump(pid)["threads"][0]
                text = tachyon("dump", pid).stdout
            self.assertEqual(functions(thread), ["<module>", "n" * 5000 + "ü", "big"])
            self.assertEqual(thread["frames"][-1]["line"], 20002)
            self.assertEqual(thread["frames"][-1]["file"], "made;\n up")
            self.assertNotIn("made;\n up", text)

        side_by_side(each(self), one)

    def test_generators_never_fail(self):
        for name in each(self, ["3.11", "3.12", "3.13", "3.14", "3.15"]):
            with target(name, GENERATORS) as (pid, _):
                for _ in range(100):
                    thread = dump(pid)["threads"][0]
                    self.assertTrue(thread["complete"], thread)
                    names = functions(thread)
                    self.assertEqual(names[0], "<module>", (name, names))
                    self.assertLessEqual(set(names[1:]), {"chain", "numbers", "one"})

    def test_generator_that_only_c_code_runs(self):
        program = """
            import _thread, time
            def leaf():
                time.sleep(1000)
            def outermost():
                yield leaf()
            _thread.start_new_thread(outermost().__next__, ())
            print("up", flush=True)
            time.sleep(1000)
        """
        def one(name):
            with target(name, program, rests=True) as (pid, _):
                threads = dump(pid, "-a")["threads"]
                self.assertIn(["outermost", "leaf"], [functions(t) for t in threads], name)
                self.assertTrue(all(t["complete"] for t in threads), threads)

        side_by_side(each(self), one)

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
                # It has been compiled by then, however little CPU the target was given.
                self.assertTrue(wait_for(lambda: used(pid) > 0.3))
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
        def one(name):
            with target(name, program, rests=True) as (pid, _):
                thread = dump(pid)["threads"][0]
            self.assertTrue(thread["complete"])
            self.assertEqual(functions(thread), ["inner"])

        side_by_side(each(self, ["3.13", "3.14", "3.15"], needs=lambda one: one.get("greenlet")), one)

    def test_blocking_resumes(self):
        for name in each(self, ["3.11", "3.15"]):
            with target(name, GENERATORS) as (pid, _):
                for _ in range(20):
                    self.assertTrue(dump(pid, "--blocking")["threads"][0]["complete"])
                def state():
                    with open(f"/proc/{pid}/stat") as file:
                        return file.read().rsplit(")", 1)[1].split()[0]

                self.assertTrue(wait_for(lambda: state() in "RS"), state())

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
                def state():
                    with open(f"/proc/{pid}/status") as file:
                        return [line for line in file if line.startswith("State")][0]

                self.assertTrue(wait_for(lambda: re.search(r"\b[RS] \(", state())), state())

    def test_core(self):
        if not shutil.which("gcore"):
            self.skipTest("gcore (package gdb) is not here")
        for name in each(self, ["3.11", "3.12", "3.13", "3.14", "3.15"]):
            with target(name, PLAIN, rests=True) as (pid, _):
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

    def test_names_in_json_command_no_terminal(self):
        program = r"""
            import time
            evil = "\x9b2J\u202egnp\x7f\u2066\u200e\u061c\u2028\x1b[31m\udcff"
            def show(local):
                print("up", flush=True)
                time.sleep(1000)
            show.__code__ = show.__code__.replace(co_name=evil, co_qualname=evil)
            show(evil)
        """
        evil = "\x9b2J\u202egnp\x7f\u2066\u200e\u061c\u2028\x1b[31m\udcff"
        def one(name):
            with target(name, program, rests=True) as (pid, _):
                done = tachyon("dump", "--json", "--locals", pid)
            self.assertRegex(done.stdout, r"\A[ -~]+\n\Z")
            frame = json.loads(done.stdout)["processes"][0]["threads"][0]["frames"][-1]
            self.assertEqual(frame["function"], evil)
            self.assertEqual(frame["locals"][0]["name"], "local")

        side_by_side(each(self, ["3.11", "3.15"]), one)

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
                    await asyncio.sleep(0.01)
                    print("up", flush=True)
            asyncio.run(main())
        """
        def one(name):
            with target(name, program, rests=True) as (pid, _):
                threads = dump(pid, "--async-aware")["threads"]
            stacks = [functions(t) for t in threads]
            wait = ["TaskGroup.__aexit__", "TaskGroup._aexit"]
            top = ["Task-1", "main"] + wait + ["A", "gatherer"]
            self.assertEqual(sorted(stacks),
                             sorted([top + ["leaf-0 (2 parents)", "leaf", "read", "sleep"],
                                     top + ["leaf-1", "leaf", "read", "sleep"]]), name)

        side_by_side(each(self, ["3.14", "3.14d", "3.15", "3.15d"]), one)


class Places(unittest.TestCase):
    """Where a dump is written, and what is said when it cannot be."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def text(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def dump(self, *words, **options):
        return tachyon("dump", *words, cwd=self.folder.name, **options)

    def one_line(self, done, *says):
        self.assertEqual(done.returncode, 1, done)
        self.assertRegex(done.stderr, r"\Atachyon: error: [^\n]+\n\Z")
        for text in says:
            self.assertIn(text, done.stderr)

    def test_files(self):
        for name in each(self, ["3.11"]):
            with target(name, PLAIN, rests=True) as (pid, _):
                wanted = self.dump("-a", pid, "-o", "-").stdout
                self.assertEqual(wanted.count("Stack dump for"), 2)
                self.assertEqual(wanted, self.dump("-a", pid).stdout)
                for words, file in [(["-o", "a.txt"], "a.txt"), (["--output=b.txt"], "b.txt"),
                                    (["-o", "c_{pid}.txt"], f"c_{pid}.txt"),
                                    (["-o", "."], f"./dump_{pid}.txt")]:
                    done = self.dump("-a", pid, *words)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    self.assertEqual(done.stdout, f"dump written to {file}\n")
                    self.assertEqual(self.text(file), wanted)
                for words, file in [(["-o", "a.json"], "a.json"), (["-o", "."], f"dump_{pid}.json")]:
                    self.assertEqual(self.dump("--json", pid, *words).returncode, 0)
                    report = json.loads(self.text(file))
                    self.assertEqual(report["processes"][0]["pid"], pid)
                self.assertEqual(sorted(os.listdir(self.folder.name)), sorted([
                    "a.json", "a.txt", "b.txt", f"c_{pid}.txt", f"dump_{pid}.json", f"dump_{pid}.txt"]))
                # One report of several, also where one of them is nobody.
                done = self.dump("--json", pid, 999999999, "-o", "both.json")
                self.one_line(done, "999999999")
                both = json.loads(self.text("both.json"))["processes"]
                self.assertEqual([one["pid"] for one in both], [pid, 999999999])
                self.assertIn("error", both[1])

    def test_colour_is_for_terminals(self):
        for name in each(self, ["3.11"]):
            with target(name, PLAIN, rests=True) as (pid, _):
                self.dump(pid, "-o", "a.txt", "--color=always")
                self.assertIn("\x1b[", self.text("a.txt"))
                ours, theirs = os.openpty()
                self.addCleanup(os.close, ours)
                self.dump(pid, "-o", "a.txt", capture_output=False, stdout=theirs,
                          env={**os.environ, "TERM": "xterm"})
                os.close(theirs)
                self.assertNotIn("\x1b[", self.text("a.txt"))

    def test_modes_and_what_was_there(self):
        for name in each(self, ["3.11"]):
            with target(name, PLAIN, rests=True) as (pid, _):
                for mask, mode in [(0o022, 0o644), (0o077, 0o600)]:
                    done = self.dump(pid, "-o", "a.txt", preexec_fn=lambda: os.umask(mask))
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertEqual(os.stat(self.path("a.txt")).st_mode & 0o777, mode)
                    os.unlink(self.path("a.txt"))
                with open(self.path("old"), "w", encoding="utf-8") as file:
                    file.write("old")
                self.one_line(self.dump(999999999, "-o", "old"))
                self.one_line(self.dump(999999999, "-o", "new"))
                self.assertEqual((self.text("old"), os.listdir(self.folder.name)), ("old", ["old"]))
                self.assertEqual(self.dump(pid, "-o", "old").returncode, 0)
                self.assertTrue(self.text("old").startswith("Stack dump"))

    def test_impossible_places_are_found_first(self):
        os.mkfifo(self.path("pipe"))
        with open(self.path("file"), "w", encoding="utf-8"):
            pass
        for place, says in [("no/such/a.txt", "mkdir -p"), ("file/a.txt", "is a file"),
                            ("no/", "mkdir -p"), ("pipe", "nobody reads this pipe yet")]:
            for words in ([], ["--json"]):
                with self.subTest(place=place, words=words):
                    # Nobody has this number, and nothing is said about that: it was not looked at.
                    done = self.dump(999999999, "-o", place, *words)
                    self.one_line(done, "cannot write", says)
                    self.assertEqual(done.stdout, "")

    def test_what_is_read_is_not_written(self):
        with open(self.path("core"), "w", encoding="utf-8") as file:
            file.write("precious")
        os.symlink("core", self.path("link"))
        for words, what in [(["--core", "core"], "core file"),
                            (["--core", "/dev/null", "--exe", "core"], "executable")]:
            for place in ("core", "link"):
                self.one_line(self.dump("--json", *words, "-o", place), f"'{place}' is the {what} itself")
        self.assertEqual(self.text("core"), "precious")

    def test_what_cannot_be_written(self):
        for name in each(self, ["3.11"]):
            with target(name, PLAIN, rests=True) as (pid, _):
                for words in ([], ["--json"]):
                    with self.subTest(words=words):
                        with open("/dev/full", "w", encoding="utf-8") as full:
                            done = self.dump(pid, *words, capture_output=False, stdout=full,
                                             stderr=subprocess.PIPE)
                        self.one_line(done, "cannot write '-'", "No space left on device")
                        self.one_line(self.dump(pid, *words, "-o", "/dev/full",
                                                env={**os.environ, "TMPDIR": self.folder.name}),
                                      "cannot write '/dev/full'", "No space left on device; ")
                        done = self.dump(pid, *words, capture_output=False, stderr=subprocess.PIPE,
                                         preexec_fn=lambda: os.close(1))
                        self.one_line(done, "cannot write to standard output: it is closed")
                        reader, writer = os.pipe()
                        os.close(reader)
                        done = self.dump(pid, *words, capture_output=False, stdout=writer,
                                         stderr=subprocess.PIPE)
                        os.close(writer)
                        self.assertEqual((done.returncode, done.stderr), (0, ""))
                        done = self.dump(
                            pid, *words, "-o", "a.txt", env={**os.environ, "TMPDIR": self.folder.name},
                            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50)))
                        self.one_line(done, "cannot write 'a.txt'", "File too large",
                                      "nothing could be kept")
                        self.assertFalse(os.path.exists(self.path("a.txt")))

    def test_little_stack(self):
        for name in each(self, ["3.11", "3.15"]):
            with target(name, PLAIN, rests=True) as (pid, _):
                for words in (["dump", "-a", pid], ["dump", "--locals", "--json", pid],
                              ["dump", "--blocking", pid], ["attach", "-a", "-d", "0.2", pid]):
                    with self.subTest(words=words):
                        limit = (LITTLE_STACK, resource.getrlimit(resource.RLIMIT_STACK)[1])
                        done = tachyon(*words, preexec_fn=lambda: resource.setrlimit(
                            resource.RLIMIT_STACK, limit))
                        self.assertEqual(done.returncode, 0, done)


if __name__ == "__main__":
    unittest.main()
