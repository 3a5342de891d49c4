"""What goes wrong around a run: the machine, the files, signals, limits. The report or the recording is
whole all the same, or one line says why there is none. Shortened here; TACHYON_LONG=1 does all of it.
"""

import gzip
import json
import marshal
import os
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from waiting import looks_again, side_by_side, waited_for_cpu

TACHYON = os.path.abspath(os.environ.get("TACHYON", "build/tachyon"))
PYTHON = os.environ.get("TACHYON_TEST_PYTHON") or os.path.realpath(sys.executable)
LONG = bool(os.environ.get("TACHYON_LONG"))
BUSY = """
import sys
def one(n):
    return sum(range(n))
def two(n):
    return [one(n) for _ in range(3)]
open(sys.argv[1], 'w').close()
while True:
    one(100); two(50)
"""


class Faults(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.pid = self.target().pid

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def target(self, code=BUSY):
        with open(self.path("busy.py"), "w", encoding="utf-8") as file:
            file.write(code)
        ready = self.path(f"ready{len(os.listdir(self.folder.name))}")
        process = subprocess.Popen([PYTHON, "busy.py", ready], cwd=self.folder.name,
                                   stdin=subprocess.DEVNULL)
        self.addCleanup(lambda: (process.kill(), process.wait()))
        self.wait_for(lambda: os.path.exists(ready))
        return process

    def wait_for(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, "it does not happen")
            time.sleep(0.01)

    def start(self, *words, **options):
        process = subprocess.Popen([TACHYON, *map(str, words)], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL,
                                   **{"cwd": self.folder.name, **options})
        self.addCleanup(lambda: (process.kill(), process.communicate()))
        return process

    def tachyon(self, *words, **options):
        return subprocess.run([TACHYON, *map(str, words)], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=120,
                              **{"cwd": self.folder.name, **options})

    def until_full(self, *words, **options):
        """A run that is ended when it has said that nothing more can be written."""
        ours = self.start(*words, **options)
        said = ours.stderr.readline()
        ours.send_signal(signal.SIGINT)
        output, errors = ours.communicate(timeout=60)
        return subprocess.CompletedProcess(ours.args, ours.returncode, output, said + errors)

    def growing(self, name, least=1):
        path = self.path(name)
        self.wait_for(lambda: os.path.exists(path) and os.path.getsize(path) >= least)

    def samples(self, name, complete=None):
        """How many a recording has; whether it says that it was finished."""
        done = self.tachyon("replay", name, "--jsonl=-")
        self.assertEqual(done.returncode, 0, done.stderr)
        if complete is not None:
            self.assertEqual("not finished" not in done.stderr, complete, done.stderr)
        return json.loads(done.stdout.splitlines()[-1])["samples_total"]

    def one_line(self, done, *says, code=1):
        self.assertEqual(done.returncode, code, done)
        lines = [l for l in done.stderr.splitlines() if l.startswith("tachyon: error: ")]
        self.assertEqual(len(lines), 1, done.stderr)
        for text in says:
            self.assertIn(text, lines[0])


class Snapshots(Faults):
    def snapshots(self, *words, program=()):
        ours = self.start(*words, "--binary=w.bin", *program)
        self.growing("w.bin", 200)
        for number in (1, 2):
            ours.send_signal(signal.SIGUSR1)
            self.growing(f"w.snapshot{number}.bin")
            looks_again(ours.pid)
        if program:
            os.mkdir(self.path("stop"))
        else:
            ours.send_signal(signal.SIGINT)
        output, errors = ours.communicate(timeout=60)
        self.assertEqual(errors.count("snapshot written to w.snapshot"), 2, errors + output)
        first, second, all_ = (self.samples(f"w{n}.bin", complete=True)
                               for n in (".snapshot1", ".snapshot2", ""))
        self.assertLess(0, first)
        self.assertLess(first, second)
        self.assertLess(second, all_)
        done = self.tachyon("replay", "w.snapshot1.bin", "--flamegraph=f.html")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.path("f.html"), encoding="utf-8") as page:
            self.assertIn("while True", page.read())  # with its source text
        return ours.returncode

    def test_of_attach(self):
        self.assertEqual(self.snapshots("attach", self.pid), 0)

    def test_of_attach_that_keeps_the_last_part(self):
        self.assertEqual(self.snapshots("attach", self.pid, "--keep", "30s", "--max-size", "1M"), 0)

    def test_of_run(self):
        with open(self.path("short.py"), "w", encoding="utf-8") as file:
            file.write("import os\nwhile True:\n    sum(range(10000))\n"
                       "    if os.path.exists('stop'): break\n")
        self.assertEqual(self.snapshots("run", "--python", PYTHON, program=["short.py"]), 0)

    def test_of_several_processes_in_one(self):
        other = self.target().pid
        self.assertEqual(self.snapshots("attach", self.pid, other, "--merge"), 0)

    def test_without_a_recording(self):
        ours = self.start("attach", self.pid, "--collapsed=c.txt")
        looks_again(ours.pid)
        ours.send_signal(signal.SIGUSR1)
        looks_again(ours.pid)
        ours.send_signal(signal.SIGINT)
        _, errors = ours.communicate(timeout=60)
        self.assertIn("SIGUSR1 writes a snapshot of a recording, and none is made", errors)
        self.assertEqual(ours.returncode, 0)

    def test_where_it_cannot_be_written(self):
        ours = self.start("attach", self.pid, "--binary=/dev/null")
        looks_again(ours.pid)
        ours.send_signal(signal.SIGUSR1)
        looks_again(ours.pid, 300)
        ours.send_signal(signal.SIGINT)
        _, errors = ours.communicate(timeout=60)
        self.assertIn("tachyon: error: ", errors)
        self.assertIsNotNone(ours.returncode)


class Killed(Faults):
    def test_recordings_survive_kill_9(self):
        """At any moment: what is there replays, and at most a second of it is missing."""
        rounds = 200 if LONG else 12
        dice = random.Random(rounds)
        moments = [dice.uniform(0.0, 2.5) for _ in range(rounds)]

        def one(number):
            """Seconds that are missing, but for those for which the tool waited for a CPU."""
            name = f"k{number}.bin"
            ours = self.start("attach", self.pid, f"--binary={name}", "-r", "2000")
            self.growing(name)
            began, waited = time.monotonic(), waited_for_cpu(ours.pid)
            time.sleep(moments[number])
            # Stopped first, so that what it had sampled by then is known to the moment.
            ours.send_signal(signal.SIGSTOP)
            lived = time.monotonic() - began
            waited = waited_for_cpu(ours.pid) - waited
            ours.kill()
            ours.communicate()
            done = self.tachyon("replay", name, f"--chrome-trace=t{number}.json")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("not finished", done.stderr)
            with open(self.path(f"t{number}.json"), encoding="utf-8") as file:
                events = json.load(file)["traceEvents"]
            ends = [e["ts"] + e.get("dur", 0) for e in events if "ts" in e]
            last = max(ends) / 1e6 if ends else 0.0
            os.remove(self.path(name))
            return lived - last, lived - last - waited

        missing = side_by_side(one, range(rounds))
        worst, of_ours = (max(all_) for all_ in zip(*missing))
        print(f"\n  {rounds} kills, all replayed; at most {worst:.2f} s before the kill were missing, "
              f"{of_ours:.2f} s of them while the tool had a CPU")
        # A second, and what it takes from the file to the first look.
        self.assertLess(of_ours, 1.0 + 0.4)
        self.assertGreater(worst, 0)

    def test_nothing_is_left_of_other_outputs(self):
        before = set(os.listdir(self.folder.name))
        for _ in range(5):
            ours = self.start("attach", self.pid, "--collapsed=c.txt", "--flamegraph=f.html",
                              "--jsonl=j.jsonl")
            looks_again(ours.pid)
            ours.kill()
            ours.communicate()
        self.assertEqual(set(os.listdir(self.folder.name)) - before, set())


class Signals(Faults):
    def test_pipe_whose_reader_has_gone(self):
        """`tachyon attach ... | head -1`: SIGPIPE ends nobody, other outputs are written."""
        reader, writer = os.pipe()
        ours = subprocess.Popen([TACHYON, "attach", str(self.pid), "-d", "0.5", "--jsonl=-",
                                 "--jsonl-records=events", "--collapsed=c.txt"], stdout=writer,
                                stderr=subprocess.PIPE, text=True, cwd=self.folder.name)
        os.close(writer)
        os.read(reader, 100)
        os.close(reader)
        _, errors = ours.communicate(timeout=60)
        self.assertEqual(ours.returncode, 0, errors)
        self.assertGreater(os.path.getsize(self.path("c.txt")), 10)

    def test_each_while_recording(self):
        def one(case):
            number, code = case
            ours = self.start("attach", self.pid, f"--binary=s{number}.bin",
                              f"--collapsed=c{number}.txt")
            self.growing(f"s{number}.bin", 200)
            time.sleep(0.2)
            ours.send_signal(number)
            _, errors = ours.communicate(timeout=60)
            self.assertEqual(ours.returncode, code, errors)
            self.assertGreater(self.samples(f"s{number}.bin", complete=True), 0)
            done = self.tachyon("replay", f"s{number}.bin", f"--collapsed=again{number}.txt")
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(self.path(f"c{number}.txt"), encoding="utf-8") as one, \
                    open(self.path(f"again{number}.txt"), encoding="utf-8") as other:
                self.assertEqual(one.read(), other.read())

        side_by_side(one, [(int(signal.SIGINT), 0), (int(signal.SIGTERM), 143),
                           (int(signal.SIGHUP), 129)])


class Machine(Faults):
    def test_suspended_for_a_while(self):
        """As a laptop's lid does: time goes on, nobody looks. It is said, and no time is made up."""
        began = time.monotonic()
        ours = self.start("attach", self.pid, "-d", "2.4", "--readers=1", "--collapsed=c.txt",
                          "--binary=b.bin")
        looks_again(ours.pid)
        ours.send_signal(signal.SIGSTOP)
        left = 2.4 - (time.monotonic() - began)  # or more, as it began later
        time.sleep(1.2)
        ours.send_signal(signal.SIGCONT)
        output, errors = ours.communicate(timeout=60)
        self.assertEqual(ours.returncode, 0, errors)
        missed, due = map(int, re.search(r"missed (\d+) of (\d+) looks", errors).groups())
        self.assertGreaterEqual(missed, 1000 * min(1.1, left - 0.1))
        looks = int(output.split("Captured ")[1].split()[0])
        self.assertLessEqual(looks, due - missed)
        self.assertEqual(self.samples("b.bin", complete=True), looks)

    def test_times_are_no_time_of_day(self):
        """Somebody may set it while we run: times are what the monotonic clock says since the start."""
        done = self.tachyon("attach", self.pid, "-d", "0.5", "--binary=b.bin")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.tachyon("replay", "b.bin", "--chrome-trace=t.json")
        with open(self.path("t.json"), encoding="utf-8") as file:
            times = [e["ts"] for e in json.load(file)["traceEvents"] if "ts" in e]
        self.assertLess(max(times), 5e6)  # microseconds since the run began, not since 1970

    def test_few_file_descriptors(self):
        for limit in (0, 3, 5, 8, 12, 20, 40):
            with self.subTest(limit=limit):
                done = self.tachyon(
                    "attach", self.pid, "-a", "-d", "0.3", "--collapsed=c.txt", "--binary=b.bin",
                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))
                if done.returncode == 0:  # whole, however few a busy machine let us take
                    self.assertGreater(self.samples("b.bin", complete=True), 0)
                else:
                    self.one_line(done)
                for name in ("b.bin", "c.txt"):
                    if os.path.exists(self.path(name)):
                        os.remove(self.path(name))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_little_memory(self):
        outcomes = []
        for megabytes in (8, 12, 16, 24, 48, 128, 256):
            with self.subTest(megabytes=megabytes):
                size = megabytes << 20
                for _ in range(10):  # a busy machine may take none in this time
                    done = self.tachyon(
                        "attach", self.pid, "-d", "0.4", "--binary=b.bin",
                        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size)))
                    samples = done.returncode == 0 and self.samples("b.bin", complete=True)
                    if done.returncode != 0 or samples:
                        break
                outcomes.append(done.returncode)
                if done.returncode == 0:
                    self.assertGreater(samples, 0)
                else:
                    self.assertIn("memory", done.stderr)
                    self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertEqual(outcomes[-1], 0, outcomes)


@unittest.skipUnless(os.geteuid() == 0, "mounting a small file system needs root")
class SmallDisk(Faults):
    def setUp(self):
        super().setUp()
        self.disk = self.path("disk")
        os.mkdir(self.disk)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32k", "none", self.disk],
                              capture_output=True, text=True)
        if done.returncode:
            self.skipTest("no file system can be mounted here: " + done.stderr.strip())
        self.addCleanup(lambda: subprocess.run(["umount", "-l", self.disk], check=True))

    def environment(self):
        os.makedirs(self.path("elsewhere"), exist_ok=True)
        return {**os.environ, "TMPDIR": self.path("elsewhere")}

    def test_recording_fills_it(self):
        done = self.until_full("attach", self.pid, "-r", "8000", "--compression", "none",
                               "--binary=disk/b.bin", "--collapsed=c.txt", env=self.environment())
        self.one_line(done, "No space left", "what could be written is in disk/b.bin")
        self.assertGreater(os.path.getsize(self.path("c.txt")), 10)  # the others are written
        self.assertGreater(self.samples("disk/b.bin"), 100)

    def test_full_for_a_moment(self):
        """Said when it happens; what comes later is recorded, and how much is missing is told."""
        for keep in ([], ["--keep", "2s"]):
            with self.subTest(keep=keep):
                subprocess.run(["mount", "-o", "remount,size=1M", self.disk], check=True)
                ours = self.start("attach", self.pid, "-r", "4000", "--no-source",
                                  "--compression", "none", "--binary=disk/b.bin", *keep)
                self.growing("disk/b.bin", 8000)
                with open(self.path("disk/fill"), "wb", 0) as fill, self.assertRaises(OSError):
                    while True:
                        fill.write(bytes(4096))
                said = ours.stderr.readline()
                self.assertIsNone(ours.poll())  # it is said while there is time to do something
                self.assertIn("No space left on device; what is seen now is missing", said)
                time.sleep(0.7)
                os.remove(self.path("disk/fill"))
                written = os.stat(self.path("disk/b.bin")).st_mtime_ns
                self.wait_for(lambda: os.stat(self.path("disk/b.bin")).st_mtime_ns != written)
                time.sleep(0.3)
                waited = waited_for_cpu(ours.pid)
                ours.send_signal(signal.SIGINT)
                output, errors = ours.communicate(timeout=60)
                self.assertEqual(ours.returncode, 1, errors)
                self.assertNotIn("what is seen now is missing", errors)  # again
                self.assertIn("what could be written is in disk/b.bin", errors)
                lost = int(re.search(r"(\d+) of \d+ samples could not be written", errors)[1])
                looks = int(output.split("Captured ")[1].split()[0])
                self.assertGreater(lost, 0)
                done = self.tachyon("replay", "disk/b.bin", "--jsonl=-", "--chrome-trace=t.json")
                self.assertEqual(done.returncode, 0, done.stderr)
                kept = json.loads(done.stdout.splitlines()[-1])["samples_total"]
                self.assertNotIn("not finished", done.stderr)
                if not keep:
                    self.assertIn("the recording could not be written for a while: "
                                  f"{lost} samples in ", done.stderr)
                    self.assertEqual(kept + lost, looks)
                self.assertLess(kept, looks - lost + 1)
                with open(self.path("t.json"), encoding="utf-8") as file:
                    times = [e["ts"] for e in json.load(file)["traceEvents"] if "ts" in e]
                # Up to the end, but for a late last look.
                took = float(re.search(r"samples in (\d+\.\d+) s", output)[1])
                self.assertGreater(max(times) / 1e6, took - 0.5 - waited)
                os.remove(self.path("disk/b.bin"))

    def test_report_does_not_fit(self):
        done = self.tachyon("attach", self.pid, "-d", "0.5", "--flamegraph=disk/f.html",
                            "--collapsed=disk/c.txt", env=self.environment())
        self.one_line(done, "No space left", "kept in")
        kept = done.stderr.split("kept in ")[1].splitlines()[0].strip()
        with open(kept, encoding="utf-8") as page:
            self.assertTrue(page.read().rstrip().endswith("</html>"))
        self.assertEqual(sorted(os.listdir(self.disk)), ["c.txt"])

    def test_read_only(self):
        subprocess.run(["mount", "-o", "remount,ro", self.disk], check=True)
        done = self.tachyon("attach", self.pid, "-d", "0.3", "--collapsed=disk/c.txt")
        self.one_line(done, "Read-only file system")
        done = self.tachyon("attach", self.pid, "-d", "0.3", "--binary=disk/b.bin")
        self.one_line(done, "Read-only file system")


class Places(Faults):
    def test_file_size_limit(self):
        done = self.until_full(
            "attach", self.pid, "-r", "5000", "--compression=none", "--binary=b.bin",
            "--collapsed=c.txt",
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000)))
        self.one_line(done, "File too large", "what could be written is in b.bin")
        self.assertGreater(os.path.getsize(self.path("c.txt")), 10)
        self.assertGreater(self.samples("b.bin"), 0)

    def test_impossible_ones_are_found_first(self):
        os.mkdir(self.path("folder"))
        os.mkfifo(self.path("pipe"))
        for words, says in [(["--binary=no/such/b.bin"], "mkdir -p"),
                            (["--collapsed=no/such/c.txt"], "mkdir -p"),
                            (["--binary=busy.py/b.bin"], "is a file"),
                            (["--collapsed=pipe"], "nobody reads this pipe yet")]:
            with self.subTest(words=words):
                # It would not come back: nothing is sampled first.
                self.one_line(self.tachyon("attach", self.pid, "-d", "1000", *words), says)
        done = self.tachyon("attach", self.pid, "-d", "0.3", "--binary=folder", "--collapsed=folder")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(os.listdir(self.path("folder"))),
                         [f"binary_{self.pid}.bin", f"collapsed_{self.pid}.txt"])

    def test_pipe_with_a_name(self):
        os.mkfifo(self.path("pipe"))
        reader = os.open(self.path("pipe"), os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        done = self.tachyon("attach", self.pid, "-d", "0.5", "--collapsed=pipe")
        text = os.read(reader, 1 << 16)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"busy.py", text)

    def test_modes_follow_the_umask(self):
        for mask, mode in [(0o022, 0o644), (0o077, 0o600)]:
            names = ["b.bin", "c.txt", "f.html", "j.jsonl", "g.json"]
            done = self.tachyon("attach", self.pid, "-d", "0.3", "--binary=b.bin",
                                "--collapsed=c.txt", "--flamegraph=f.html", "--jsonl=j.jsonl",
                                "--gecko=g.json", preexec_fn=lambda: os.umask(mask))
            self.assertEqual(done.returncode, 0, done.stderr)
            for name in names:
                self.assertEqual(os.stat(self.path(name)).st_mode & 0o777, mode, name)
                os.remove(self.path(name))


class Recordings(Faults):
    def test_two_writers(self):
        """The second is refused before anything is sampled or started; the first notices nothing."""
        os.symlink("b.bin", self.path("link.bin"))
        for keep in ([], ["--keep", "1s", "-r", "8000", "--compression", "none"]):
            with self.subTest(keep=keep):
                ours = self.start("attach", self.pid, "--binary=b.bin", *keep)
                self.growing("b.bin", 200)
                if keep:  # until the beginning was dropped: another file has the name then
                    first = os.stat(self.path("b.bin")).st_ino
                    self.wait_for(lambda: os.stat(self.path("b.bin")).st_ino != first)
                self.tachyon("attach", self.pid, "-d", "0.3", "--binary=other.bin")
                for words in (["attach", self.pid, "--binary=b.bin", "--keep", "1s"],
                              ["attach", self.pid, "--binary=link.bin"],
                              ["attach", self.pid, "--collapsed=b.bin"],
                              ["run", "--python", PYTHON, "--binary=b.bin", "-c",
                               "open('ran', 'w')"],
                              ["replay", "other.bin", "--binary=b.bin"]):
                    done = self.tachyon(*words)
                    self.one_line(done, "another run is writing it")
                    self.assertEqual((done.stdout, done.stderr.count("\n")), ("", 1))
                self.assertFalse(os.path.exists(self.path("ran")))
                ours.send_signal(signal.SIGINT)
                output, errors = ours.communicate(timeout=60)
                self.assertEqual(ours.returncode, 0, errors)
                self.assertNotIn("could not", errors)
                looks = int(output.split("Captured ")[1].split()[0])
                samples = self.samples("b.bin", complete=True)
                self.assertLess(samples, looks) if keep else self.assertEqual(samples, looks)

    def test_removed_or_moved_while_it_is_written(self):
        def one(case):
            keep, how = case
            folder = self.path(f"{how}{len(keep)}")
            os.mkdir(folder)
            path = lambda name: os.path.join(folder, name)
            ours = self.start("attach", self.pid, "--binary=b.bin", *keep, cwd=folder,
                              env={**os.environ, "TMPDIR": folder})
            self.growing(path("b.bin"), 200)
            time.sleep(0.7)
            if how == "moved":
                os.rename(path("b.bin"), path("m.bin"))
            else:
                os.remove(path("b.bin"))
            if how == "replaced":
                with open(path("b.bin"), "w", encoding="utf-8") as file:
                    file.write("theirs")
            time.sleep(1.2 if keep else 0.3)  # until a ring was trimmed
            ours.send_signal(signal.SIGINT)
            output, errors = ours.communicate(timeout=60)
            looks = int(output.split("Captured ")[1].split()[0])
            if how == "replaced":
                self.assertEqual(ours.returncode, 1, errors)
                self.assertIn("cannot write 'b.bin': another file has taken its name; kept in ",
                              errors)
                with open(path("b.bin"), encoding="utf-8") as file:
                    self.assertEqual(file.read(), "theirs")
                place = errors.split("kept in ")[1].splitlines()[0]
            else:
                self.assertEqual(ours.returncode, 0, errors)
                self.assertIn("b.bin: it was moved or removed while it was written", errors)
                place = output.split("binary written to ")[1].splitlines()[0]
            samples = self.samples(path(place), complete=True)
            if not keep:
                self.assertEqual(samples, looks)
            self.assertGreater(samples, 0)

        side_by_side(one, [(keep, how) for how in ("removed", "moved", "replaced") for keep in
                           ([], ["--keep", "1s", "-r", "8000", "--compression", "none"])])

    def test_writer_that_was_killed_holds_nothing_back(self):
        ours = self.start("attach", self.pid, "--binary=b.bin")
        self.growing("b.bin", 200)
        ours.kill()
        ours.communicate()
        done = self.tachyon("attach", self.pid, "-d", "1", "--binary=b.bin")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(self.samples("b.bin", complete=True), 0)


class LiveIsReplayed(Faults):
    FORMATS = {"--collapsed": "c.txt", "--flamegraph": "f.html", "--gecko": "g.json",
               "--speedscope": "s.json", "--pprof": "p.pb.gz", "--chrome-trace": "t.json",
               "--jsonl": "j.jsonl", "--pstats": "p.pstats", "--heatmap": "h"}
    # What differs by right: a random number of the run, and that it is a replay.
    BLANKED = [(rb'"run_id":"[0-9a-f]{32}"', b'"run_id":""'), (rb'"replayed":(true|false)', b"")]

    def contents(self, name):
        path = self.path(name)
        files = [path] if os.path.isfile(path) else sorted(
            os.path.join(path, one) for one in os.listdir(path))
        texts = []
        for one in files:
            with open(one, "rb") as file:
                text = file.read()
            for pattern, blank in self.BLANKED:
                text = re.sub(pattern, blank, text)
            texts.append((os.path.basename(one), self.meaning(name, text)))
        return texts

    # Tables live are in the order in which things were seen, in a recording in which they were shown.
    # Formats that write them so are compared by what they mean.
    def meaning(self, name, text):
        if name.endswith("s.json"):
            whole = json.loads(text)
            frames = whole.pop("shared")["frames"]
            for profile in whole["profiles"]:
                for event in profile.get("events", ()):
                    event["frame"] = frames[event["frame"]]
                profile["samples"] = [[frames[i] for i in one] for one in profile.get("samples", ())]
            return json.dumps(whole, sort_keys=True).encode()
        if name.endswith("p.pstats"):
            return repr(sorted((name, row if row is True else (*row[:4], sorted(row[4].items())))
                               for name, row in marshal.loads(text).items())).encode()
        if name.endswith("j.jsonl"):
            strings, frames, out = {}, {}, []
            for record in map(json.loads, text.splitlines()):
                for one in record.pop("strings", ()):
                    strings[one["str_id"]] = one["value"]
                for one in record.pop("frames", ()):
                    key = one.pop("frame_id")
                    frames[key] = (strings[one.pop("path_str_id")], strings[one.pop("func_str_id")],
                                   sorted(one.items()))
                for one in record.pop("entries", ()):
                    out.append(repr((frames[one["frame_id"]], one["self"], one["cumulative"])))
                out.append(json.dumps(record))
            return "\n".join(sorted(out)).encode()
        if name.endswith("p.pb.gz"):
            return self.profile(gzip.decompress(text))
        if name.endswith("f.html"):
            # Numbers of entries are permuted: the same words. Instructions that were seen, and of which no
            # sample tells, are not in a recording.
            words = set(re.findall(rb"[A-Za-z_<>./]{4,}", re.sub(rb'"[A-Za-z0-9+/=]*"', b"", text)))
            return b" ".join(sorted(word for word in words if not re.fullmatch(rb"[A-Z_]+", word))[:400])
        return text

    def profile(self, text):
        """Samples of a pprof profile, their numbers replaced by what they stand for, sorted."""
        def number(data, at):
            value = shift = 0
            while True:
                value |= (data[at] & 127) << shift
                shift, at = shift + 7, at + 1
                if data[at - 1] < 128:
                    return value, at

        def message(data):
            fields, at = {}, 0
            while at < len(data):
                tag, at = number(data, at)
                self.assertIn(tag & 7, (0, 2))
                value, at = number(data, at)
                if tag & 7 == 2:
                    value, at = data[at:at + value], at + value
                fields.setdefault(tag >> 3, []).append(value)
            return fields

        def packed(values):
            out = []
            for value in values:
                at = 0
                while not isinstance(value, int) and at < len(value):
                    one, at = number(value, at)
                    out.append(one)
                if isinstance(value, int):
                    out.append(value)
            return out

        whole = message(text)
        words = [one.decode() for one in whole[6]]
        functions = {}
        for one in map(message, whole[5]):
            functions[one[1][0]] = tuple(words[one.get(field, [0])[0]] for field in (2, 3, 4))
        places = {}
        for one in map(message, whole[4]):
            lines = [message(line) for line in one[4]]
            places[one[1][0]] = [(functions[line[1][0]], line.get(2)) for line in lines]
        samples = []
        for one in map(message, whole[2]):
            labels = [(words[label[1][0]], words[label.get(2, [0])[0]], label.get(3))
                      for label in map(message, one.get(3, []))]
            samples.append(repr(([places[place] for place in packed(one[1])], packed(one[2]),
                                 sorted(labels, key=repr))))
        self.assertTrue(samples)
        return "\n".join(sorted(samples)).encode()

    def check(self, *words, without=()):
        formats = {flag: name for flag, name in self.FORMATS.items() if flag not in without}
        outputs = lambda folder: [f"{flag}={folder}/{name}" for flag, name in formats.items()]
        os.makedirs(self.path("live"), exist_ok=True)
        os.makedirs(self.path("again"), exist_ok=True)
        done = self.tachyon("attach", self.pid, "-d", "1.5", *words, "--binary=b.bin",
                            *outputs("live"))
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.tachyon("replay", "b.bin", *outputs("again"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for flag, name in formats.items():
            with self.subTest(format=flag):
                live, again = self.contents(f"live/{name}"), self.contents(f"again/{name}")
                self.assertEqual([n for n, _ in live], [n for n, _ in again])
                for (_, one), (_, other) in zip(live, again):
                    at = next((i for i, (a, b) in enumerate(zip(one, other)) if a != b), None)
                    self.assertTrue(one == other, f"{flag} differs at {at}: "
                                    f"{one[(at or 0) - 60:(at or 0) + 60]} and "
                                    f"{other[(at or 0) - 60:(at or 0) + 60]}")

    def test_every_format(self):
        self.check()

    def test_with_everything_recorded(self):
        self.check("-a", "--native", "--opcodes")

    def test_by_mode(self):
        self.check("-a", "--mode", "cpu", without=["--gecko"])


if __name__ == "__main__":
    unittest.main()
