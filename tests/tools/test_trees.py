"""Process trees as they are in real life: servers, pools, rows of children; and that none of them is
left behind."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest
import uuid

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from test_run import OUTLIVES, PYTHON, TACHYON, WORK, Run, gone  # pylint: disable=wrong-import-position
from waiting import looks_again, side_by_side, wait_until  # pylint: disable=wrong-import-position

LONG = bool(os.environ.get("TACHYON_LONG"))

APP = """
import os, time
def handle():
    end = time.monotonic() + 0.005
    while time.monotonic() < end:
        sum(range(1000))
    return str(os.getpid()).encode()
def wsgi(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [handle()]
async def asgi(scope, receive, send):
    if scope["type"] != "http":
        return
    body = handle()
    await send({"type": "http.response.start", "status": 200,
                "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": body})
"""


def free_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


class Load:
    """Requests, one after the other, from several clients; which processes answered, and when."""

    def __init__(self, port, clients=6):
        self.port = port
        self.answers = {}  # by pid: time of the first and of the last answer
        self.lock = threading.Lock()
        self.over = False
        self.threads = [threading.Thread(target=self.work) for _ in range(clients)]
        for thread in self.threads:
            thread.start()

    def work(self):
        while not self.over:
            try:
                link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                link.request("GET", "/")
                pid = int(link.getresponse().read())
                link.close()
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)
                continue
            now = time.monotonic()
            with self.lock:
                first, _ = self.answers.get(pid, (now, now))
                self.answers[pid] = (first, now)

    def end(self):
        self.over = True
        for thread in self.threads:
            thread.join()
        return self.answers

    def worked_for(self, seconds):
        with self.lock:
            return {pid for pid, (first, last) in self.answers.items() if last - first >= seconds}


def samples_by_process(path, function):
    """From --jsonl-records events-full: how many samples of each process have this function."""
    counts = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            hit = function in record["stack"]
            counts[record["pid"]] = counts.get(record["pid"], 0) + hit
    return counts


class Servers(Run):
    def setUp(self):
        super().setUp()
        self.write("app.py", APP)
        self.port = free_port()

    def gunicorn(self, *more):
        if not shutil.which("gunicorn"):
            self.skipTest("there is no gunicorn; apt-get install gunicorn")
        return ["gunicorn", "-w", "4", "-b", f"127.0.0.1:{self.port}", "--log-level", "error", *more,
                "app:wsgi"]

    def uvicorn(self):
        if not shutil.which("uvicorn"):
            self.skipTest("there is no uvicorn; apt-get install uvicorn")
        return ["uvicorn", "--workers", "4", "--port", str(self.port), "--log-level", "error",
                "app:asgi"]

    WATCHED = ["-r", "500", "--subprocesses", "--merge", "--jsonl=all.jsonl", "--jsonl-records",
               "events-full"]

    def begin(self, command):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, cwd=self.folder.name)
        self.addCleanup(lambda: (process.kill(), process.communicate()))
        return process

    def check(self, load, least_seconds):
        """Every process that answered for so long has samples of answering."""
        answered = load.end()
        worked = load.worked_for(least_seconds)
        counts = samples_by_process(self.path("all.jsonl"), "handle")
        missing = sorted(pid for pid in worked if not counts.get(pid))
        self.assertGreaterEqual(len(worked), 2, answered)
        self.assertLessEqual(len(missing), len(worked) * 0.05, (missing, len(worked)))
        return worked, counts

    def under_run(self, command, seconds=1.0):
        process = self.begin([TACHYON, "run", *self.WATCHED, "--", *command])
        load = Load(self.port)
        self.addCleanup(load.end)
        self.assertTrue(wait_until(lambda: len(load.worked_for(seconds)) >= 2))
        process.send_signal(signal.SIGINT)
        output = process.communicate(timeout=60)
        return process, load, output

    def test_gunicorn_under_run(self):
        process, load, output = self.under_run(self.gunicorn())
        self.assertEqual(process.returncode, 0, output)
        _, counts = self.check(load, 0.3)
        # The one that only waits is a process of the tree, too.
        self.assertGreaterEqual(len(counts), 5)

    def test_uvicorn_under_run(self):
        _, load, _ = self.under_run(self.uvicorn())
        _, counts = self.check(load, 0.3)
        self.assertGreaterEqual(len(counts), 5)

    def under_attach(self, command, seconds=1.0):
        server = self.begin(command)
        load = Load(self.port)
        self.addCleanup(load.end)
        self.assertTrue(wait_until(lambda: len(load.worked_for(0.1)) >= 2))
        watcher = self.begin([TACHYON, "attach", str(server.pid), *self.WATCHED])
        before = set(load.worked_for(0))
        self.assertTrue(wait_until(lambda: len(load.worked_for(seconds)) >= 4))
        watcher.send_signal(signal.SIGINT)
        output = watcher.communicate(timeout=60)
        self.assertEqual(watcher.returncode, 0, output)
        self.assertIsNone(server.poll())
        worked, counts = self.check(load, seconds)
        self.assertTrue(before & worked)
        for pid in worked:
            self.assertGreater(counts[pid], 0, counts)
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=60)

    def test_gunicorn_under_attach(self):
        self.under_attach(self.gunicorn())

    def test_uvicorn_under_attach(self):
        self.under_attach(self.uvicorn())

    def test_workers_that_are_replaced(self):
        """After 40 answers a worker ends and another takes its place."""
        process = self.begin([TACHYON, "run", *self.WATCHED, "--",
                              *self.gunicorn("--max-requests", "40")])
        load = Load(self.port)
        self.addCleanup(load.end)
        self.assertTrue(wait_until(lambda: len(load.answers) >= 20))
        process.send_signal(signal.SIGINT)
        output = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, output)
        worked, _ = self.check(load, 0.1)
        self.assertGreaterEqual(len(worked), 10)


class Pools(Run):
    POOL = """
        import os, sys, time
        from concurrent.futures import ProcessPoolExecutor
        import multiprocessing
        def work(number):
            end = time.process_time() + 0.2
            while time.process_time() < end: sum(range(1000))
            return os.getpid()
        def alone():
            work(0)
            work(1)
        if __name__ == "__main__":
            how, method = sys.argv[1:]
            context = multiprocessing.get_context(method)
            if how == "executor":
                with ProcessPoolExecutor(3, mp_context=context) as pool:
                    pids = list(pool.map(work, range(6)))
            elif how == "pool":
                with context.Pool(3) as pool:
                    pids = pool.map(work, range(6), chunksize=1)
            else:
                children = [context.Process(target=alone) for _ in range(3)]
                for child in children: child.start()
                pids = [child.pid for child in children]
                for child in children: child.join()
            print(*sorted(set(pids)))
        """

    def test_every_kind_of_start(self):
        self.write("pool.py", self.POOL)
        def one(case):
            how, method = case
            for left in range(4, -1, -1):
                done = self.run_("--subprocesses", "--merge", f"--jsonl={how}-{method}.jsonl",
                                 "--jsonl-records", "events-full", "pool.py", how, method)
                self.assertEqual(done.returncode, 0, (case, done.stderr))
                counts = samples_by_process(self.path(f"{how}-{method}.jsonl"), "work")
                pids = list(map(int, done.stdout.splitlines()[0].split()))
                # A busy machine may let a child do all of its work before we have a CPU.
                if left == 0 or all(counts.get(pid, 0) for pid in pids):
                    break
            for pid in pids:
                self.assertGreater(counts.get(pid, 0), 0, (case, pids, counts))

        side_by_side(one, [(how, method) for how in ("process", "pool", "executor")
                           for method in ("fork", "spawn", "forkserver")], jobs=2)


class Rows(Run):
    def ways(self):
        """What to put before a command, so that the kernel tells of processes, and that not."""
        yield []
        if os.geteuid() == 0 and shutil.which("capsh"):
            yield ["capsh", "--drop=cap_net_admin", "--", "-c", 'exec "$0" "$@"']
        else:
            print("skipped: one way; to drop a capability needs root and capsh")

    def test_one_after_the_other(self):
        count = 500 if LONG else 25
        self.write("row.py", f"""
            import subprocess, sys
            child = ("import os, time; print(os.getpid(), flush=True)\\n"
                     "end = time.process_time() + 0.2\\n"
                     "while time.process_time() < end: sum(range(100))")
            for _ in range({count}):
                subprocess.run([sys.executable, "-c", child])
            """)
        def one(before):
            path = f"all{len(before)}.jsonl"
            for left in range(2, -1, -1):  # a busy machine may let a child end before we have a CPU
                done = subprocess.run(
                    [*before, *self.command("--subprocesses", "--merge", f"--jsonl={path}",
                                            "--jsonl-records", "events-full", "row.py")],
                    capture_output=True, text=True, cwd=self.folder.name, timeout=600, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)
                pids = [int(line) for line in done.stdout.splitlines() if line.isdigit()]
                self.assertEqual(len(pids), count)
                counts = samples_by_process(self.path(path), "<module>")
                seen = [pid for pid in pids if counts.get(pid)]
                missing = {pid: counts.get(pid) for pid in pids if pid not in seen}
                if len(seen) >= count * 0.95 or not left:
                    break
            self.assertGreaterEqual(len(seen), count * 0.95, (before, missing, done.stderr))

        side_by_side(one, self.ways())

    def test_times_begin_with_the_run(self):
        """Records that are written as they come have the time of day that it was."""
        self.write("two.py", f"""
            import subprocess, sys, time
            {WORK.format(0.7).splitlines()[0]}
            time.sleep(0.7)
            subprocess.run([sys.executable, "-c", {WORK.format(0.3)!r}])
            """)
        for words in (["--merge", "--jsonl=all.jsonl"], ["-o", "each.jsonl", "--jsonl"]):
            with self.subTest(words=words):
                begun = time.time()
                done = self.run_("--subprocesses", *words, "--jsonl-records", "events-full", "two.py")
                ended = time.time()
                self.assertEqual(done.returncode, 0, done.stderr)
                names = [n for n in os.listdir(self.folder.name) if n.endswith(".jsonl")]
                last = 0
                for name in names:
                    with open(self.path(name), encoding="utf-8") as file:
                        times = [json.loads(line)["ts"] for line in file]
                    os.remove(self.path(name))
                    self.assertGreater(min(times), begun)
                    self.assertLess(max(times), ended)
                    last = max(last, min(times) if len(names) > 1 else 0)
                # The child's own file begins when the child did.
                if len(names) > 1:
                    self.assertGreater(last, begun + 0.7)


class Survivors(Run):
    def test_a_child_that_outlives_its_parent(self):
        seconds = 60 if LONG else 1
        self.write("parent.py", f"""
            import subprocess, sys
            child = subprocess.Popen([sys.executable, "-c", {OUTLIVES.format(seconds)!r}],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            print(child.pid)
            import time; time.sleep(0.3)
            """)
        done = subprocess.run(self.command("-r", "200", "--subprocesses", "--collapsed=c.txt",
                                           "parent.py"), capture_output=True, text=True,
                              cwd=self.folder.name, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        child = int(done.stdout.splitlines()[0])
        alone = sum(n for s, n in self.collapsed(f"c_{child}.txt").items() if ":alone:" in s)
        self.assertGreater(alone, 0)

    def test_a_copy_that_leaves_before_anybody_looks(self):
        """Forked twice, its own session, an orphan within a millisecond, under attach."""
        self.write("server.py", """
            import os, sys, time
            def daemon():
                end = time.monotonic() + 1
                while time.monotonic() < end: sum(range(1000))
            print("ready", flush=True)
            sys.stdin.readline()
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    os.setsid()
                    daemon()
                os._exit(0)
            os.wait()
            time.sleep(0.5)
            """)
        def one(before):
            path = f"c{len(before)}.txt"
            server = subprocess.Popen([PYTHON, "server.py"], cwd=self.folder.name,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.addCleanup(server.communicate)
            server.stdout.readline()
            watcher = subprocess.Popen(
                [*before, TACHYON, "attach", str(server.pid), "-r", "500", "--subprocesses",
                 "--merge", f"--collapsed={path}"], cwd=self.folder.name, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True)
            self.assertTrue(wait_until(lambda: self.is_watching(watcher)))
            looks_again(watcher.pid)
            server.stdin.write("\n")
            server.stdin.flush()
            output = watcher.communicate(timeout=60)
            self.assertEqual(watcher.returncode, 0, output)
            seen = sum(n for stack, n in self.collapsed(path).items() if "daemon" in stack)
            self.assertGreater(seen, 0, (before, output))

        side_by_side(one, Rows.ways(self))

    @staticmethod
    def is_watching(process):
        return process.poll() is None and len(os.listdir(f"/proc/{process.pid}/task")) > 1


class Namespaces(Run):
    @unittest.skipUnless(os.geteuid() == 0, "namespaces need root here")
    def test_what_the_machine_does_keeps_nobody(self):
        """In a pid namespace nobody answers who asks for events, yet they may come without end."""
        outside = subprocess.Popen([PYTHON, "-c", "import os\nwhile True:\n    pid = os.fork()\n"
                                    "    if not pid: os._exit(0)\n    os.waitpid(pid, 0)\n"])
        listener = subprocess.Popen([TACHYON, "attach", str(outside.pid), "--subprocesses", "--merge",
                                     f"--collapsed={self.path('outside.txt')}"],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            if not wait_until(lambda: Survivors.is_watching(listener)):
                self.fail(f"{listener.poll()}: {listener.communicate(timeout=5)[1]}")
            for _ in range(3):
                done = subprocess.run(
                    ["unshare", "--pid", "--mount-proc", "--fork", "--kill-child", TACHYON, "run",
                     "--subprocesses", "--merge", "--collapsed=c.txt", "-c", "pass"],
                    cwd=self.folder.name, capture_output=True, text=True, timeout=60, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)
        finally:
            for process in (outside, listener):
                process.kill()
                process.communicate()


class NothingIsLeft(Run):
    """Whatever goes wrong: no process of ours and none that we started is there afterwards."""

    def setUp(self):
        super().setUp()
        self.mark = f"TACHYON_TEST_MARK={uuid.uuid4()}"
        name, value = self.mark.split("=")
        self.environment = {**os.environ, name: value, "TMPDIR": self.folder.name}
        self.write("endless.py", "while True: sum(range(1000))\n")
        self.write("bad", "#!/no/such/interpreter\n", 0o755)
        self.write("text.bin", "no recording\n" * 20)
        os.mkdir(self.path("folder"))

    def left(self):
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    marked = self.mark.encode() in file.read().split(b"\0")
            except OSError:
                continue
            if marked and not gone(int(name)):
                found.append(int(name))
        return found

    def assertNothingIsLeft(self, seconds=30):
        wait_until(lambda: not self.left(), seconds)
        left = self.left()
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        self.assertEqual(left, [])

    def test_the_test_can_see(self):
        sleeper = subprocess.Popen(["sleep", "60"], env=self.environment)
        self.addCleanup(sleeper.wait)
        self.assertTrue(wait_until(lambda: self.left() == [sleeper.pid]))
        sleeper.kill()
        self.assertTrue(wait_until(lambda: not self.left()))

    def test_what_cannot_begin(self):
        endless = "endless.py"
        commands = [
            ["missing.py"], ["folder"], ["-m", "no.such.module"], ["--python", "./text.bin", endless],
            ["--python", "no-such-python", endless], ["--python", "./bad", endless],
            ["--collapsed=no/such/c.txt", endless], ["--binary=b.bin", "--gecko=no/such/g.json", endless],
            ["--diff-flamegraph", "missing.bin", endless],
            ["--diff-flamegraph", "text.bin", endless],
            ["--live", endless], ["--live", "--flamegraph", endless], ["--no-such-option", endless],
            ["-r", "0", endless], ["--subprocesses", "--merge", "--collapsed=no/such/c", endless],
        ]
        for words in commands:
            with self.subTest(words=words):
                command = [TACHYON, "run", *words]
                if "--python" not in words:
                    command = self.command(*words)
                done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True,
                                      text=True, cwd=self.folder.name, env=self.environment,
                                      timeout=60, check=False)
                self.assertIn(done.returncode, (1, 2), done.stderr)
                self.assertNothingIsLeft()
        for words in (["./bad"], ["no-such-command"], ["sh", "-c", "exit 3"], ["sleep", "0.2"]):
            with self.subTest(words=words):
                done = subprocess.run([TACHYON, "run", "--collapsed=c.txt", "--", *words],
                                      stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                      cwd=self.folder.name, env=self.environment, timeout=60,
                                      check=False)
                self.assertNotEqual(done.returncode, 0, done.stderr)
                self.assertNothingIsLeft()

    def begin(self, *words, **options):
        return subprocess.Popen(self.command(*words), stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                cwd=self.folder.name, env=self.environment, **options)

    def test_what_ends_in_the_middle(self):
        ways = [([], signal.SIGTERM), ([], signal.SIGHUP), ([], signal.SIGKILL), ([], signal.SIGSEGV),
                (["--subprocesses"], signal.SIGTERM), (["--subprocesses"], signal.SIGKILL),
                (["--blocking"], signal.SIGKILL), (["--binary=b.bin"], signal.SIGABRT),
                ([], signal.SIGPIPE)]
        for words, number in ways:
            with self.subTest(words=words, signal=number):
                process = self.begin(*words, "--collapsed=c.txt", "endless.py")
                self.assertTrue(wait_until(lambda: len(self.left()) >= 2))
                looks_again(process.pid)
                process.send_signal(number)
                if number == signal.SIGPIPE:  # ignored: a reader that goes is no reason to end
                    time.sleep(0.3)
                    self.assertIsNone(process.poll())
                    process.terminate()
                process.communicate(timeout=60)
                self.assertNothingIsLeft()

    def test_killed_at_any_moment_of_the_start(self):
        for step in range(40 if LONG else 16):
            process = self.begin("--subprocesses", "--collapsed=c.txt", "endless.py")
            time.sleep(step * (0.08 / (40 if LONG else 16)))
            process.kill()
            process.communicate()
            self.assertNothingIsLeft()

    def test_a_duration_and_a_disk_that_is_full(self):
        self.begin("-d", "0.3", "--collapsed=c.txt", "endless.py").communicate(timeout=60)
        self.assertNothingIsLeft()
        process = self.begin("-d", "0.3", "--collapsed=/dev/full", "endless.py")
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertNothingIsLeft()
        process = self.begin("--collapsed=c.txt", "endless.py",
                             preexec_fn=lambda: __import__("resource").setrlimit(
                                 __import__("resource").RLIMIT_NOFILE, (6, 6)))
        time.sleep(0.5)
        process.terminate()
        process.communicate(timeout=60)
        self.assertNothingIsLeft()

    def test_no_program_is_left_stopped(self):
        """A job control stop is the program's own; our end takes even a stopped one along."""
        process = self.begin("--collapsed=c.txt", "endless.py")
        self.assertTrue(wait_until(lambda: len(self.left()) >= 2))
        looks_again(process.pid)
        program = next(pid for pid in self.left() if pid != process.pid)
        os.kill(program, signal.SIGSTOP)
        process.terminate()
        process.communicate(timeout=60)
        self.assertNothingIsLeft()


if __name__ == "__main__":
    unittest.main()
