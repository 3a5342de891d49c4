"""`--async-aware` on programs whose tasks are known: exactly their stacks, dumped and sampled."""

import collections
import gzip
import json
import marshal
import os
import re
import signal
import subprocess
import tempfile
import time
import unittest

from live import (PATIENCE, TACHYON, dump, functions, interpreters, rest, side_by_side, tachyon,
                  target, wait_for)

PUBLISHING = ["3.14", "3.14d", "3.15", "3.15d"]
NOT_PUBLISHING = ["3.11", "3.12", "3.13", "3.13t"]

# Everything that tasks can be in, standing still. Four threads have a loop: one waits, one runs a
# task, one runs a task that began inside another one, one has ended and left its tasks behind.
GRAPH = """
import asyncio, threading, time

class Special(asyncio.Task):
    pass

async def pause():
    await asyncio.sleep(1000)

async def chain(n):
    if n:
        await chain(n - 1)
    else:
        await pause()

async def wait_for(task):
    await task

async def gatherer(*tasks):
    await asyncio.gather(*tasks)

async def ticks():
    yield 1
    await pause()
    yield 2

async def consumer():
    async for tick in ticks():
        pass

async def group():
    async with asyncio.TaskGroup() as members:
        members.create_task(pause(), name="member 1")
        members.create_task(pause(), name="member 2")

def wasteful():
    time.sleep(1000)

async def busy():
    await asyncio.sleep(0.01)
    wasteful()

async def outer():
    await asyncio.sleep(0.01)
    task = asyncio.Task(busy_at_once(), name="inner", eager_start=True, loop=asyncio.get_running_loop())
    await task

async def busy_at_once():
    wasteful()

async def parent(coroutine, name):
    begun.set()  # its task has its number
    await asyncio.create_task(coroutine, name=name)

left_behind = []
def leave():
    loop = asyncio.new_event_loop()
    left_behind.append(loop)
    left_behind.append(loop.create_task(chain(0), name="left behind"))
    loop.run_until_complete(asyncio.sleep(0.05))
    begun.set()

begun = threading.Event()
def begin(work, name):
    begun.clear()
    threading.Thread(target=work, name=name, daemon=True).start()
    begun.wait()

async def main():
    loop = asyncio.get_running_loop()
    create = asyncio.create_task
    shared = create(pause(), name="shared")
    leaves = [create(pause(), name=f"leaf {i}") for i in (1, 2)]
    deepest = create(pause(), name="level 3")
    middle = create(wait_for(deepest), name="level 2")
    tasks = [
        create(chain(3), name="chain"),
        create(gatherer(*leaves), name="gatherer"),
        create(wait_for(shared), name="way 10"),
        create(wait_for(shared), name="way 9"),
        create(wait_for(middle), name="level 1"),
        create(consumer(), name="consumer"),
        create(group(), name="group"),
        Special(pause(), name="special", loop=loop),
        asyncio.Task(chain(0), name="eager", loop=loop, eager_start=True),
        create(pause()),
    ]
    begin(leave, "leaver")
    begin(lambda: asyncio.run(parent(busy(), "busy")), "busy")
    begin(lambda: asyncio.run(parent(outer(), "outer")), "outer")
    loop.call_later(0.05, lambda: print("up", flush=True))
    await asyncio.gather(*tasks)

asyncio.run(main())
"""

TOP = ["Task-1", "main"]
REST = ["pause", "sleep"]
RUN = [["Task-4", "parent", "busy", "busy", "wasteful"], ["inner", "busy_at_once", "wasteful"]]
BUSY = [["busy", "wasteful"], ["busy_at_once", "wasteful"]]
SUSPENDED = [
    ["left behind", "chain", *REST],
    ["Task-5", "parent", "outer", "outer"],
    TOP + ["chain", "chain", "chain", "chain", "chain", *REST],
    TOP + ["gatherer", "gatherer", "leaf 1", *REST],
    TOP + ["gatherer", "gatherer", "leaf 2", *REST],
    TOP + ["way 9", "wait_for", "shared (2 parents)", *REST],
    TOP + ["level 1", "wait_for", "level 2", "wait_for", "level 3", *REST],
    TOP + ["consumer", "consumer", "ticks", *REST],
    TOP + ["group", "group", "TaskGroup.__aexit__", "TaskGroup._aexit", "member 1", *REST],
    TOP + ["group", "group", "TaskGroup.__aexit__", "TaskGroup._aexit", "member 2", *REST],
    TOP + ["special", *REST],
    TOP + ["eager", "chain", *REST],
    TOP + ["Task-2", *REST],
]
IDLE = [["<idle>"]]

# Two tasks wait for a third one, which no stack of one way can show.
DIAMOND = """
import asyncio
async def work():
    await asyncio.sleep(1000)
async def wait(task):
    await task
async def main():
    task = asyncio.create_task(work(), name="work")
    asyncio.get_running_loop().call_later(0.05, lambda: print("up", flush=True))
    await asyncio.gather(asyncio.create_task(wait(task), name="left"),
                         asyncio.create_task(wait(task), name="right"))
asyncio.run(main())
"""

# Tasks that are made of other objects than coroutines.
MADE_OF = """
import asyncio, threading, time
async def pause():
    await asyncio.sleep(1000)
async def ticks():
    yield 1
    await pause()
async def closing():
    try:
        yield 1
    finally:
        await pause()
async def busy():
    yield 1
    time.sleep(1000)
class Plain:
    def __init__(self, inner): self.inner = inner
    def send(self, value): return self.inner.send(value)
    def throw(self, *why): return self.inner.throw(*why)
    def close(self): self.inner.close()
    def __await__(self): return self.inner.__await__()
async def begun(generator):
    await anext(generator)
    return generator
async def parent():
    await asyncio.create_task(anext(await begun(busy())), name="runs")
async def main():
    create = asyncio.create_task
    tasks = [create(anext(await begun(ticks())), name="next"),
             create(anext(await begun(ticks()), None), name="next or default"),
             create((await begun(closing())).aclose(), name="close"),
             create(Plain(pause()), name="plain")]
    threading.Thread(target=lambda: asyncio.run(parent()), daemon=True).start()
    asyncio.get_running_loop().call_later(0.1, lambda: print("up", flush=True))
    await asyncio.gather(*tasks)
asyncio.run(main())
"""
MADE_OF_RUN = ["Task-2", "parent", "runs", "busy"]
MADE_OF_WAITS = [TOP + ["next", "ticks", *REST], TOP + ["next or default", "ticks", *REST],
                 TOP + ["close", "closing", *REST], TOP + ["plain"]]

# Objects that merely look like what the interpreter puts between coroutines.
LOOKALIKES = """
import asyncio
async def hidden():
    await asyncio.sleep(1000)
class async_generator_asend:
    __slots__ = ("gen", "future")
    def __init__(self):
        self.gen = hidden()
        self.gen.send(None)
        self.future = asyncio.get_running_loop().create_future()
    def __await__(self): return self
    def __iter__(self): return self
    def __next__(self): return next(self.future.__iter__())
class coroutine(async_generator_asend):
    __slots__ = ()
async def waits(what):
    await what()
async def main():
    asyncio.get_running_loop().call_later(0.05, lambda: print("up", flush=True))
    await asyncio.gather(*[asyncio.create_task(waits(what), name=what.__name__)
                           for what in (async_generator_asend, coroutine)])
asyncio.run(main())
"""

# Tasks that take turns, in microseconds each: who may call whom is known.
TURNS = """
import asyncio
def spin(n):
    for i in range(n): pass
def inner(): spin(200)
async def fetch(n):
    await asyncio.sleep(0)
    inner()
    spin(100)
async def handle(n):
    await fetch(n)
async def request(n):
    await handle(n)
async def client(n):
    while True:
        await asyncio.create_task(request(n), name=f"request {n}")
async def main():
    async with asyncio.TaskGroup() as members:
        for n in range(8):
            members.create_task(client(n), name=f"client {n}")
        print("up", flush=True)
asyncio.run(main())
"""
TURNS_CALLS = {
    "main": {"main", "TaskGroup.__aexit__"}, "TaskGroup.__aexit__": {"TaskGroup._aexit"},
    "TaskGroup._aexit": {"client N"}, "client N": {"client"},
    "client": {"request N", "create_task"},
    "request N": {"request"}, "request": {"handle"}, "handle": {"fetch"},
    "fetch": {"inner", "spin", "sleep"}, "create_task": set(), "inner": {"spin"}, "sleep": {"__sleep0"}}

# 50,000 tasks a second that come and go.
CHURN = """
import asyncio, sys
async def nothing(): pass
async def hop(): await asyncio.sleep(0)
async def maker():
    while True:
        await asyncio.gather(*[asyncio.create_task(nothing() if i % 2 else hop()) for i in range(50)])
async def main():
    print("up", flush=True)
    await asyncio.gather(maker(), maker())
asyncio.run(main())
"""

# Imports asyncio when a file is there.
LATE = """
import os, sys, time
def wait():
    while not os.path.exists(sys.argv[1]): time.sleep(0.01)
print("up", flush=True)
wait()
import asyncio
async def main():
    await asyncio.sleep(1000)
asyncio.run(main(), debug=False)
"""


SLEEPERS = """
import asyncio
async def sleeper(): await asyncio.sleep(1000)
async def getter(queue): await queue.get()
async def main():
    async with asyncio.TaskGroup() as members:
        for i in range(20): members.create_task(sleeper())
        queue = asyncio.Queue()
        for i in range(10): members.create_task(getter(queue))
        await asyncio.sleep(0.01)
        print("up", flush=True)
asyncio.run(main())
"""

OLD = """
import asyncio, time
def spin():
    end = time.monotonic() + 0.02
    while time.monotonic() < end: pass
async def step(): spin()
async def worker():
    while True:
        await step()
        await asyncio.sleep(0.01)
async def main():
    task = asyncio.create_task(worker())
    print("up", flush=True)
    await task
asyncio.run(main())
"""


def by_coroutine(stack):
    """As samples show it: tasks without a name of their own, by what they run."""
    return [stack[i + 1] if re.fullmatch(r"Task-\d+", frame) else frame for i, frame in enumerate(stack)]


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class Asyncio(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tachyon-asyncio-")
        self.addCleanup(self.folder.cleanup)
        self.here = interpreters()

    def each(self, names):
        for name in names:
            if name in self.here:
                yield name
            else:
                print(f"    skipped {self.id().rsplit('.', 1)[-1]}[{name}]: tests/interpreters has none")

    def attach(self, pid, *words, seconds=0.5, rate=200):
        """What was said, and stack -> count as the collapsed file has them."""
        path = os.path.join(self.folder.name, f"stacks-{pid}.txt")
        done = tachyon("attach", pid, "--async-aware", "-d", seconds, "-r", rate, *words,
                       f"--collapsed={path}")
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stderr, self.read_stacks(path)

    def read_stacks(self, path):
        stacks = collections.Counter()
        with open(path, encoding="utf-8") as file:
            for line in file:
                stack, count = line.rsplit(" ", 1)
                frames = [re.sub(r".*?:(.*):\d+$", r"\1", frame) for frame in stack.split(";")[1:]]
                stacks[tuple(frame.replace("_", " ") if stack.split(";")[i + 1].startswith("<task>")
                             else frame for i, frame in enumerate(frames))] += int(count)
        return stacks

    def running(self, pid):
        dumped = dump(pid, "--async-aware", "--async-mode", "running")
        return [functions(thread) for thread in dumped["threads"]]

    def go(self, name):
        """The file that LATE waits for, and what makes it be there."""
        path = os.path.join(self.folder.name, f"go-{name}")
        return path, lambda: os.close(os.open(path, os.O_CREAT | os.O_WRONLY))

    def gather(self, pid, *words, enough, **options):
        """Attached again until there is enough: how many looks a machine makes is its own business.
        Stacks, how many of them were valid, and of how many."""
        all_, valid, attempts = collections.Counter(), 0, 0
        end = time.monotonic() + PATIENCE
        while True:
            said, stacks = self.attach(pid, *words, **options)
            all_.update(stacks)
            valid, attempts = (one + more for one, more in zip((valid, attempts), self.counts(said)))
            if enough(all_) or time.monotonic() > end:
                return all_, valid, attempts

    def counts(self, said):
        valid, attempts = map(int, re.search(r"(\d+) of (\d+) stacks? valid", said).groups())
        return valid, attempts

    def test_dump_of_a_known_graph(self):
        def one(name):
            with target(name, GRAPH, rests=True) as (pid, _):
                for words in ([], ["--blocking"]):
                    stacks = [functions(t) for t in dump(pid, "--async-aware", *words)["threads"]]
                    self.assertEqual(sorted(stacks), sorted(SUSPENDED + RUN), (name, words))
                    stacks = [functions(t) for t in
                              dump(pid, "--async-aware", "--async-mode", "running", *words)["threads"]]
                    self.assertEqual(sorted(stacks), sorted(RUN + IDLE), (name, words))

        side_by_side(self.each(PUBLISHING), one)

    def test_all_that_wait_for_a_task(self):
        def one(name):
            with target(name, DIAMOND, rests=True) as (pid, _):
                dumped = dump(pid, "--async-aware")
                self.assertEqual([functions(thread) for thread in dumped["threads"]],
                                 [[*TOP, "left", "wait", "work (2 parents)", "work", "sleep"]])
                tasks = {task["name"]: task for task in dumped["tasks"]}
                name_of = {task["id"]: task["name"] for task in dumped["tasks"]}
                self.assertEqual(dumped["threads"][0]["task"], tasks["work"]["id"])
                self.assertEqual(
                    {one["name"]: (sorted(name_of[id] for id in one["awaited_by"]), functions(one))
                     for one in dumped["tasks"]},
                    {"Task-1": ([], ["main"]), "left": (["Task-1"], ["wait"]),
                     "right": (["Task-1"], ["wait"]), "work": (["left", "right"], ["work", "sleep"])})
                self.assertEqual({task["thread"] for task in dumped["tasks"]}, {pid})
                text = tachyon("dump", pid, "--async-aware").stdout
                self.assertEqual(re.findall(r"also awaited by .*", text), ["also awaited by right"])
                self.assertRegex(text, r'in work \(2 parents\)\n    also awaited by right\n')
            with target(name, GRAPH, rests=True) as (pid, _):
                tasks = {task["name"]: task for task in dump(pid, "--async-aware")["tasks"]}
                self.assertEqual([functions(tasks[name]) for name in ("busy", "inner")], BUSY)
                self.assertTrue(tasks["busy"]["running"])
                self.assertNotIn("running", tasks["outer"])
                self.assertEqual(tasks["left behind"]["thread"], 0)

        side_by_side(self.each(["3.14", "3.15"]), one)

    def test_tree(self):
        lines = ["Tasks of PID PID:", "+-- (T) Task-1", "    +--  main program.py:10",
                 "        +-- (T) left", "        |   +--  wait program.py:6",
                 "        |       +-- (T) work", "        |           +--  work program.py:4",
                 "        |               +--  sleep tasks.py", "        +-- (T) right",
                 "            +--  wait program.py:6", "                +-- (T) work (see above)"]

        def one(name):
            with target(name, DIAMOND, rests=True) as (pid, _):
                done = tachyon("dump", pid, "--async-aware", "--tree")
                self.assertEqual(done.returncode, 0, done.stderr)
                text = re.sub("[├└]──", "+--", done.stdout).replace("│", "|").replace(f" {pid}:", " PID:")
                text = re.sub(r" \S*/(\w+\.py)", r" \1", text)
                text = re.sub(r"tasks\.py:\d+", "tasks.py", text)
                self.assertEqual(text.splitlines(), lines, name)

        side_by_side(self.each(["3.14", "3.15"]), one)

    def test_tasks_that_are_made_of_other_objects_than_coroutines(self):
        def one(name):
            with target(name, MADE_OF, rests=True) as (pid, _):
                dumped = dump(pid, "--async-aware")
                self.assertEqual(sorted(functions(thread) for thread in dumped["threads"]),
                                 sorted([*MADE_OF_WAITS, MADE_OF_RUN]), name)
                self.assertNotIn("lost_tasks", dumped)
                for mode, known in (("all", [*MADE_OF_WAITS, MADE_OF_RUN]),
                                    ("running", [MADE_OF_RUN, ["<idle>"]])):
                    said, stacks = self.attach(pid, "--async-mode", mode)
                    self.assertEqual(sorted(map(list, stacks)), sorted(map(by_coroutine, known)), (name, mode))
                    valid, attempts = self.counts(said)
                    self.assertLessEqual(attempts - valid, 2, (name, mode, said))

        side_by_side(self.each(PUBLISHING), one)

    def test_classes_that_have_the_names_of_the_interpreters_own(self):
        def one(name):
            with target(name, LOOKALIKES, rests=True) as (pid, _):
                dumped = dump(pid, "--async-aware")
                self.assertEqual(sorted(functions(thread) for thread in dumped["threads"]),
                                 [TOP + ["async_generator_asend", "waits"], TOP + ["coroutine", "waits"]])

        side_by_side(self.each(["3.14", "3.15"]), one)

    def test_samples_of_a_known_graph(self):
        def one(name):
            with target(name, GRAPH, rests=True) as (pid, _):
                for mode, known in (("all", SUSPENDED + RUN), ("running", RUN + IDLE)):
                    _, stacks = self.attach(pid, "--async-mode", mode)
                    self.assertEqual(sorted(map(list, stacks)), sorted(map(by_coroutine, known)), (name, mode))
                    most = max(stacks.values())
                    for stack, count in stacks.items():  # but for the first look, always all of them
                        self.assertGreaterEqual(count, most - 2, (name, mode, stack))

        side_by_side(self.each(PUBLISHING), one)

    def test_nothing_impossible_while_tasks_take_turns(self):
        for name in self.each(["3.14", "3.15"]):
            with target(name, TURNS) as (pid, _):
                for mode in ("running", "all"):
                    stacks, valid, attempts = self.gather(
                        pid, "--async-mode", mode, seconds=1, rate=1000,
                        enough=lambda all_: sum(all_.values()) > 1000)
                    said = f"{valid} of {attempts} valid"
                    wrong, numbers = collections.Counter(), collections.Counter()
                    torn = collections.Counter()  # calls, which are the thread's own stack
                    for stack, count in stacks.items():
                        if stack[0] in ("<idle>", "<event loop>"):
                            continue
                        plain = [re.sub(r" \d+$", " N", frame) for frame in stack]
                        if "create_task" in plain:  # beyond it is asyncio's own
                            plain = plain[:plain.index("create_task") + 1]
                        for caller, callee in zip(plain, plain[1:]):
                            if callee not in TURNS_CALLS.get(caller, ()):
                                tasks = {"main", "client N", "request N"} & {caller, callee}
                                (wrong if tasks else torn)[caller, callee] += count
                        # A request that was just made, or has ended, nobody waits for.
                        if plain[0] != "main" and (mode, plain[0]) != ("all", "request N"):
                            wrong["", plain[0]] += count
                        own = {frame.rsplit(" ", 1)[1] for frame in stack if " " in frame}
                        if len(own) > 1:
                            numbers[stack] += count
                    self.assertEqual((wrong, numbers), ({}, {}), (name, mode))
                    self.assertLessEqual(sum(torn.values()), valid * 0.01, (name, mode, torn))
                    self.assertGreater(valid, 100, (name, mode, said))
                    # Of all tasks, those that lead through one which has begun to run meanwhile are
                    # given up: here that is one of eight at any time.
                    least = 0.97 if mode == "running" else 0.75
                    self.assertGreaterEqual(valid, attempts * least, (name, mode, said))

    def test_tasks_that_come_and_go(self):
        for name in self.each(["3.14", "3.15"]):
            with target(name, CHURN) as (pid, _):
                for mode in ("running", "all"):
                    _, valid, attempts = self.gather(
                        pid, "--async-mode", mode, seconds=0.5, rate=500,
                        enough=lambda all_: sum(all_.values()) > 200)
                    self.assertGreater(valid, 100, (name, mode))
                    self.assertLessEqual(valid, attempts, (name, mode))
                    dumped = dump(pid, "--async-aware", "--async-mode", mode)
                    self.assertLess(len(dumped["threads"]), 1000)

    def test_a_chain_of_a_thousand_tasks_and_more(self):
        program = """
            import asyncio
            async def link(n):
                if n:
                    await asyncio.create_task(link(n - 1), name=f"link {n - 1}")
                else:
                    await asyncio.sleep(1000)
            async def main():
                asyncio.get_running_loop().call_later(0.5, lambda: print("up", flush=True))
                await asyncio.create_task(link(1100), name="link 1100")
            asyncio.run(main())
        """
        known = ["Task-1", "main", *(word for n in range(1100, -1, -1) for word in (f"link {n}", "link")),
                 "sleep"]

        def one(name):
            with target(name, program, rests=True) as (pid, _):
                dumped = dump(pid, "--async-aware")
                self.assertEqual([functions(thread) for thread in dumped["threads"]], [known], name)
                _, stacks = self.attach(pid, "--async-mode", "all")
                self.assertEqual(list(map(list, stacks)), [by_coroutine(known)], name)

        side_by_side(self.each(["3.14", "3.15"]), one)

    def test_more_tasks_than_are_kept(self):
        program = """
            import asyncio
            async def rest():
                await asyncio.sleep(1000)
            async def main():
                tasks = [asyncio.create_task(rest()) for _ in range(33000)]
                await asyncio.sleep(0)
                print("up", flush=True)
                await asyncio.gather(*tasks)
            asyncio.run(main())
        """
        for name in self.each(["3.15"]):
            with target(name, program, rests=True) as (pid, _):
                dumped = dump(pid, "--async-aware")
                said, _ = self.attach(pid, "--async-mode", "all", seconds=1, rate=5)
            shown = [functions(t)[0] for t in dumped["threads"]]
            self.assertEqual(len(shown), 32768)  # one waits for all others
            self.assertEqual(shown.count("<more than 32768 tasks>"), 1)
            # What is left out is told, and not counted as if it had changed while it was read. But
            # nobody reads so many new tasks in the first tick.
            self.assertEqual(dumped.get("lost_tasks", 0), 0)
            valid, attempts = self.counts(said)
            self.assertLessEqual(attempts - valid, 2, said)

    def test_asyncio_imported_late(self):
        for name in self.each(["3.14", "3.15"]):
            path, go = self.go(name)
            with target(name, LATE, path) as (pid, _):
                # From before asyncio is there until its loop has been seen.
                ours = subprocess.Popen(
                    [TACHYON, "attach", str(pid), "--async-aware", "-r", "200",
                     f"--collapsed={self.folder.name}/late.txt"], stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE, text=True)
                try:
                    time.sleep(0.4)
                    go()
                    wait_for(lambda: self.running(pid) == IDLE)
                    rest(pid)
                    time.sleep(0.3)
                finally:
                    ours.send_signal(signal.SIGINT)
                    _, said = ours.communicate(timeout=PATIENCE)
                self.assertEqual(ours.returncode, 0, said)
                stacks = self.read_stacks(f"{self.folder.name}/late.txt")
                # A loop that has just begun may still run a callback.
                self.assertLessEqual(set(stacks), {("<idle>",), ("<event loop>",)}, name)
                self.assertEqual(max(stacks, key=stacks.get), ("<idle>",), (name, stacks))

    def test_waiting_tasks_alone(self):
        # Whatever runs, and a loop that waits itself, is left out: what remains is time waited.
        def one(name):
            with target(name, GRAPH, rests=True) as (pid, _):
                _, stacks = self.attach(pid, "--async-mode", "waiting")
                self.assertEqual(sorted(map(list, stacks)), sorted(map(by_coroutine, SUSPENDED)), name)
                stacks = [functions(t) for t in
                          dump(pid, "--async-aware", "--async-mode", "waiting")["threads"]]
                self.assertEqual(sorted(stacks), sorted(SUSPENDED), name)
            # As a table: the awaited points, and the time spent there by all who waited.
            with target(name, SLEEPERS, rests=True) as (pid, _):
                path = os.path.join(self.folder.name, f"waits-{name}.pstats")
                page = os.path.join(self.folder.name, f"waits-{name}.html")
                done = tachyon("attach", pid, "--async-aware", "--async-mode", "waiting", "-d", 1,
                               "-r", 100, f"--pstats={path}", f"--flamegraph={page}")
                self.assertEqual(done.returncode, 0, done.stderr)
                seconds = float(re.search(r"samples in (\d+\.\d+) seconds", done.stdout)[1])
                with open(path, "rb") as file:
                    own = {where[2]: row[2] for where, row in marshal.load(file).items()
                           if len(where) == 3}
                # A late last look, and what comes after it, is no time that was seen.
                gets = own["get"] if "get" in own else own["Queue.get"]
                self.assertLess(own["sleep"], 20 * (seconds + 0.1))
                self.assertGreater(own["sleep"], 20 * 0.5)
                self.assertAlmostEqual(own["sleep"] / gets, 2, delta=0.01)
                self.assertIn("Queue.get", text_of(page))

        side_by_side(self.each(["3.14", "3.15"]), one)

    def test_every_output(self):
        outputs = ["pstats", "collapsed", "flamegraph", "gecko", "speedscope", "pprof", "chrome-trace",
                   "jsonl", "binary"]
        for name in self.each(["3.15"]):
            with target(name, GRAPH, rests=True) as (pid, _):
                path = {one: os.path.join(self.folder.name, f"out.{one}") for one in outputs}
                heat = os.path.join(self.folder.name, "heat")
                done = tachyon("attach", pid, "--async-aware", "--async-mode", "all", "-d", 0.5, "-r",
                               200, f"--heatmap={heat}", *(f"--{o}={p}" for o, p in path.items()))
                self.assertEqual(done.returncode, 0, done.stderr)
                again = os.path.join(self.folder.name, "again")
                done = tachyon("replay", path["binary"], f"--collapsed={again}")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(text_of(again), text_of(path["collapsed"]))
                for one in ("gecko", "speedscope", "chrome-trace", "jsonl"):
                    self.assertIn("level 3", text_of(path[one]), one)
                with open(path["gecko"], encoding="utf-8") as file:  # a lane for each task
                    lanes = {thread["name"] for thread in json.load(file)["threads"]}
                self.assertTrue(any("level 3" in lane for lane in lanes), lanes)
                with open(path["pprof"], "rb") as file:  # a label for each task
                    self.assertIn(b"level 3", gzip.decompress(file.read()))
                self.assertTrue(os.listdir(heat))

    def test_modes_keep_tasks_by_their_thread(self):
        for name in self.each(["3.14", "3.15"]):
            with target(name, TURNS) as (pid, _):
                for mode in ("cpu", "gil", "exception"):
                    path = os.path.join(self.folder.name, "mode.txt")
                    done = tachyon("attach", pid, "--async-aware", "--async-mode", "all", "--mode", mode,
                                   "-d", 0.5, "-r", 500, f"--collapsed={path}")
                    self.assertEqual(done.returncode, 0, done.stderr)
                    text = text_of(path) if os.path.exists(path) else ""
                    samples = sum(int(line.rsplit(" ", 1)[1]) for line in text.splitlines())
                    looks = 0.5 * 500
                    if mode == "exception":
                        # Only the moment in which a coroutine hands its result over by one.
                        self.assertLess(samples, 10 + looks * 0.05, name)
                    else:  # nobody who waits is on a processor
                        self.assertIn("request_", text, (name, mode))
                        self.assertLess(samples, looks + 20, (name, mode))

    def test_tasks_without_a_name_are_shown_by_their_coroutine(self):
        program = """
            import asyncio, itertools
            async def request():
                for i in range(20000): pass
                await asyncio.sleep(0.002)
            async def main():
                print("up", flush=True)
                for _ in itertools.count():
                    await asyncio.gather(*(request() for _ in range(4)))
            asyncio.run(main())
        """
        for name in self.each(PUBLISHING):
            with target(name, program) as (pid, _):
                request = ("main", "main", "request", "request")
                stacks, _, _ = self.gather(pid, enough=lambda all_: all_[request] > 20)
                self.assertIn(request, stacks, (name, stacks))
                self.assertFalse([stack for stack in stacks if "Task-" in " ".join(stack)], name)
                self.assertIn("Task-1", [t["name"] for t in dump(pid, "--async-aware")["tasks"]], name)

    def test_a_loop_that_is_written_in_c(self):
        # It runs a coroutine for 10 ms, waits for 10 ms, and has no frame of its own.
        program = """
            import collections, functools, itertools, operator, time
            def spin():
                end = time.perf_counter() + 0.01
                while time.perf_counter() < end: pass
            class Turn:
                def __await__(self): yield
            async def pause(): await Turn()
            async def worker():
                while True:
                    spin()
                    await pause()
            steps = [functools.partial(worker().send, None), functools.partial(time.sleep, 0.01)]
            def serve():
                print("up", flush=True)
                collections.deque(map(operator.call, itertools.cycle(steps)), maxlen=0)
            serve()
        """
        for name in self.each([*NOT_PUBLISHING, *PUBLISHING]):
            with target(name, program) as (pid, _):
                spins, idle = ("worker", "worker", "spin"), ("<idle>",)
                stacks, _, _ = self.gather(pid, rate=1000, enough=lambda all_: min(all_[spins], all_[idle]) > 100)
                shown = sum(stacks.values())
                self.assertGreater(stacks[spins] + stacks[idle], shown * 0.9, (name, stacks))
                # What the coroutine has left behind is not taken for what it does.
                for how in ("fast", "auto"):
                    path = os.path.join(self.folder.name, "plain.txt")
                    done = tachyon("attach", pid, "-d", 0.5, "-r", 1000, "--read", how, "--readers", 1,
                                   f"--collapsed={path}")
                    self.assertEqual(done.returncode, 0, done.stderr)
                    leaves = collections.Counter()
                    for stack, count in self.read_stacks(path).items():
                        leaves[stack[-1]] += count
                    least = sum(leaves.values()) * 0.9
                    self.assertGreater(leaves["spin"] + leaves["serve"], least, (name, how, leaves))
                done = tachyon("dump", pid, "--async-aware")
                self.assertEqual(done.returncode, 0, (name, done.stderr))

    def test_before_tasks_were_published(self):
        for name in self.each(NOT_PUBLISHING):
            with target(name, OLD) as (pid, _):
                said, _ = self.attach(pid, seconds=0.1)
                self.assertEqual(said.count("does not publish its asyncio tasks"), 1, (name, said))
                worker = ("worker", "worker", "step", "spin")
                stacks, _, _ = self.gather(pid, enough=lambda all_: worker in all_)
                self.assertIn(worker, stacks, (name, stacks))
                self.assertTrue(all(stack[0] in ("worker", "<idle>", "<event loop>")
                                    for stack in stacks), (name, stacks))
                for mode in ("all", "waiting"):
                    for command in (["attach", pid, "-d", 0.5], ["dump", pid]):
                        done = tachyon(*command, "--async-aware", "--async-mode", mode)
                        self.assertEqual(done.returncode, 1, (name, mode, done.stdout))
                        self.assertIn("--async-mode running", done.stderr)
                done = tachyon("dump", pid, "--async-aware", "--async-mode", "running")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("does not publish", done.stderr)
            path, go = self.go(name)
            with target(name, LATE, path) as (pid, _):
                go()
                wait_for(lambda: self.running(pid) == IDLE)  # the loop runs, after a while
                self.assertEqual(self.running(pid), IDLE, name)


if __name__ == "__main__":
    unittest.main()
