"""tachyon replay: formats, filters, several outputs, and everything that can be wrong with files."""

import gzip
import json
import marshal
import os
import resource
import subprocess
import tempfile
import time
import unittest

import recordings

TIER = "quick"

TACHYON = os.path.abspath(os.environ.get("TACHYON", "build/tachyon"))


class Replay(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.write("a.bin", recordings.typical())

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def tachyon(self, *words, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("cwd", self.folder.name)
        return subprocess.run([TACHYON, "replay", *words], capture_output=True, text=True, timeout=60,
                              **options)

    def replayed(self, *words):
        done = self.tachyon(*words)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def collapsed(self, *words):
        """Lines of the collapsed output, by stack."""
        done = self.tachyon("--collapsed=-", *words, "a.bin")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [line.rsplit(" ", 1) for line in done.stdout.splitlines()]
        return {stack: int(count) for stack, count in lines}

    def failed(self, *words, says):
        done = self.tachyon(*words)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("tachyon: error: "), done.stderr)
        self.assertIn(says, done.stderr)


class Formats(Replay):
    def test_table_and_notices(self):
        text = self.replayed("a.bin")
        self.assertTrue(text.startswith("Replaying 2000 samples from a.bin\n"
                                        "Interval: 1000 us, compression: none\nProfile Stats:\n"))
        self.assertIn("Replayed 2000 samples\n", text)
        self.assertIn("main.py:7(work)", text)

    def test_several_outputs_with_names_of_their_own(self):
        text = self.replayed("a.bin", "--collapsed=c.txt", "--jsonl", "-o", "j.jsonl", "--gecko=g.json",
                             "--pstats=p.pstats", "--binary=b.bin")
        for name in ["c.txt", "j.jsonl", "g.json", "p.pstats", "b.bin"]:
            self.assertIn(f"written to {name}\n", text)
        self.assertEqual(sum(int(line.rsplit(" ", 1)[1]) for line in self.read("c.txt").splitlines()),
                         2000)
        self.assertEqual(json.loads(self.read("j.jsonl").splitlines()[-1])["samples_total"], 2000)
        self.assertEqual(len(json.loads(self.read("g.json"))["threads"]), 2)
        with open(self.path("p.pstats"), "rb") as file:
            self.assertIn(("__sampled__",), marshal.load(file))
        self.assertEqual(self.replayed("b.bin").splitlines()[0], "Replaying 2000 samples from b.bin")

    def test_every_format_at_once(self):
        flags = {"--collapsed": "c.txt", "--flamegraph": "f.html", "--gecko": "g.json",
                 "--speedscope": "s.json", "--pprof": "p.pb.gz", "--chrome-trace": "t.json",
                 "--jsonl": "j.jsonl", "--binary": "b.bin", "--pstats": "p.pstats"}
        text = self.replayed("a.bin", "--diff-flamegraph", "a.bin", "-o", "d.html",
                             *[f"{flag}={name}" for flag, name in flags.items()])
        for name in [*flags.values(), "d.html"]:
            self.assertIn(f"written to {name}\n", text)
            self.assertGreater(os.path.getsize(self.path(name)), 100)
        for name in ["g.json", "s.json", "t.json"]:
            json.loads(self.read(name))
        with gzip.open(self.path("p.pb.gz")) as file:
            self.assertIn(b"Tree.walk", file.read())
        for name in ["f.html", "d.html"]:
            self.assertTrue(self.read(name).startswith("<!DOCTYPE html>"))

    def test_recording_of_the_other_kind(self):
        self.replayed("a.bin", "--binary=b.bin", "--collapsed=1.txt")
        self.replayed("b.bin", "--binary=c.bin", "--binary-format=cpython")
        with open(self.path("c.bin"), "rb") as file:
            self.assertEqual(file.read(4), b"HCAT")
        self.replayed("c.bin", "--collapsed=2.txt")
        self.assertEqual(self.read("1.txt"), self.read("2.txt"))

    def test_compression(self):
        sizes = {}
        for compression in ["none", "auto", "zstd"]:
            for kind in ["tachyon", "cpython"]:
                self.replayed("a.bin", f"--binary={compression}.bin", "--compression", compression,
                              "--binary-format", kind)
                sizes[compression, kind] = os.path.getsize(self.path(f"{compression}.bin"))
                self.assertIn("compression: none" if compression == "none" else "compression: zstd",
                              self.replayed(f"{compression}.bin"))
        for kind in ["tachyon", "cpython"]:
            self.assertLess(sizes["auto", kind], sizes["none", kind])

    def test_our_recording_gives_the_same_outputs(self):
        self.replayed("a.bin", "--binary=b.bin", "--collapsed=1.txt")
        self.replayed("b.bin", "--collapsed=2.txt")
        self.assertEqual(self.read("1.txt"), self.read("2.txt"))

    def test_stdout_is_the_report_alone(self):
        done = self.tachyon("a.bin", "-o", "-", "--jsonl")
        self.assertEqual(done.returncode, 0)
        for line in done.stdout.splitlines():
            json.loads(line)
        self.assertIn("Replaying 2000 samples", done.stderr)

    def test_default_names(self):
        os.mkdir(self.path("out"))
        self.replayed("a.bin", "--collapsed", "--jsonl", "-o", "out")
        names = sorted(os.listdir(self.path("out")))
        self.assertRegex(names[0], r"^collapsed_\d+\.txt$")
        self.assertRegex(names[1], r"^jsonl_\d+\.jsonl$")

    def test_events(self):
        self.replayed("a.bin", "--jsonl=e.jsonl", "--jsonl-records", "events")
        events = [json.loads(line) for line in self.read("e.jsonl").splitlines()]
        self.assertEqual(len(events), 2000)
        self.assertEqual(events[0]["stack"], ["<module>", "Tree.walk"])

    def test_sort_limit_summary(self):
        text = self.replayed("a.bin", "--sort", "name", "-l", "1", "--no-summary")
        self.assertEqual(len([line for line in text.splitlines() if ".py:" in line or "~:" in line]), 1)
        self.assertNotIn("Summary", text)

    def test_colour(self):
        self.assertNotIn("\x1b", self.replayed("a.bin"))
        self.assertIn("\x1b[", self.replayed("a.bin", "--color=always"))
        done = self.tachyon("a.bin", env={**os.environ, "FORCE_COLOR": "1", "NO_COLOR": ""})
        self.assertIn("\x1b[", done.stdout)
        done = self.tachyon("a.bin", env={**os.environ, "FORCE_COLOR": "1", "NO_COLOR": "1"})
        self.assertNotIn("\x1b", done.stdout)

    def test_browser_opens_pages_only(self):
        with open(self.path("browser"), "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\necho \"$1\" > {self.path('opened')}\n")
        os.chmod(self.path("browser"), 0o755)
        done = self.tachyon("a.bin", "--browser", "--collapsed=c.txt",
                            env={**os.environ, "BROWSER": self.path("browser")})
        self.assertEqual(done.returncode, 0)
        self.assertFalse(os.path.exists(self.path("opened")))
        done = self.tachyon("a.bin", "--browser", "--flamegraph=f.html",
                            env={k: v for k, v in os.environ.items()
                                 if k not in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")})
        self.assertEqual(done.returncode, 0)
        self.assertIn("--browser: there is no desktop here", done.stderr)


class Filters(Replay):
    def test_all(self):
        self.assertEqual(self.collapsed(), {
            "tid:70;main.py:<module>:40;util.py:Tree.walk:14": 900,
            "tid:70;main.py:<module>:40;util.py:Tree.walk:14;<GC>": 100,
            "tid:71;threading.py:Thread.run:1000;main.py:work:7": 1000})

    def test_mode(self):
        self.assertEqual(sum(self.collapsed("--mode", "cpu").values()), 1000)
        self.assertEqual(sum(self.collapsed("--mode", "gil").values()), 1000)
        self.assertEqual(self.collapsed("--mode", "exception"),
                         {"tid:71;threading.py:Thread.run:1000;main.py:work:7": 500})

    def test_mode_that_the_recording_cannot_tell(self):
        self.write("u.bin", recordings.recording([(0, 70, recordings.UNKNOWN, recordings.MAIN)]))
        done = self.tachyon("--mode", "cpu", "--collapsed=-", "u.bin")
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertIn("record with --mode cpu", done.stderr)

    def test_threads(self):
        self.assertEqual(sum(self.collapsed("--thread", "71").values()), 1000)
        self.assertEqual(sum(self.collapsed("--thread", "71", "--thread", "70").values()), 2000)
        self.assertEqual(self.collapsed("--thread", "7"), {})

    def test_time(self):
        self.assertEqual(sum(self.collapsed("--from", "0.5").values()), 1000)
        self.assertEqual(sum(self.collapsed("--from", "90%").values()), 200)
        self.assertEqual(sum(self.collapsed("--from", "0.1", "--to", "0.1999").values()), 200)
        self.assertEqual(sum(self.collapsed("--to", "0").values()), 2)

    def test_frames(self):
        self.assertEqual(self.collapsed("--no-gc")["tid:70;main.py:<module>:40;util.py:Tree.walk:14"],
                         1000)

    def test_from_behind_the_end(self):
        self.failed("a.bin", "--from", "2m", "--collapsed=c.txt", says="which is 1.00 seconds long")
        self.assertFalse(os.path.exists(self.path("c.txt")))


class BadFiles(Replay):
    def test_recordings_that_are_none(self):
        self.write("text", b"hello world, this is no recording at all, but long enough to be one, is it?")
        self.write("empty", b"")
        os.mkfifo(self.path("pipe"))
        os.mkdir(self.path("folder"))
        self.failed("text", says="is no recording")
        self.failed("empty", says="is no recording")
        self.failed("missing", says="No such file")
        self.failed("folder", says="is a folder")
        self.failed("pipe", says="no regular file")
        self.failed("a.bin\x1b[31m\n", says="\\x1b[31m\\n")

    def test_baselines(self):
        self.write("other.bin", recordings.recording([(0, 70, 1, recordings.MAIN)], mode=1))
        self.write("empty.bin", recordings.recording([], mode=3))
        for baseline, says in [("missing", "baseline: cannot read 'missing'"),
                               ("other.bin", "was recorded with another --mode"),
                               ("empty.bin", "has no samples")]:
            self.failed("a.bin", "--diff-flamegraph", baseline, "--collapsed=c.txt", says=says)
            self.assertFalse(os.path.exists(self.path("c.txt")))

    def test_unreadable(self):
        if os.geteuid() == 0:
            self.skipTest("root may read everything")
        os.chmod(self.path("a.bin"), 0)
        self.failed("a.bin", says="Permission denied")

    def test_damaged(self):
        whole = recordings.typical()
        self.write("cut", whole[:-1])
        self.failed("cut", says="ends too early")
        self.write("bad", whole[:200] + b"\xff" * 40 + whole[240:])
        done = self.tachyon("bad", "--collapsed=c.txt")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^tachyon: error: 'bad' is damaged at byte \d+;")
        self.assertFalse(os.path.exists(self.path("c.txt")))

    def test_interrupted_recording_says_so(self):
        self.replayed("a.bin", "--binary=b.bin")
        with open(self.path("b.bin"), "rb") as file:
            content = file.read()
        self.write("c.bin", content[:-3])
        done = self.tachyon("c.bin", "--collapsed=c.txt")
        self.assertEqual(done.returncode, 0)
        self.assertIn("the recording was not finished", done.stderr)

    def test_what_follows_the_end_is_no_part_of_it(self):
        self.replayed("a.bin", "--binary=b.bin")
        with open(self.path("b.bin"), "rb") as file:
            content = file.read()
        alone = self.tachyon("b.bin", "--collapsed=-").stdout
        self.assertIn("Tree.walk", alone)
        for name, tail, says in [("two", content, "are another one; replay it from a file of its own"),
                                 ("more", b"more", "are no part of it and left out")]:
            self.write(name, content + tail)
            done = self.tachyon(name, "--collapsed=-")
            self.assertEqual((done.returncode, done.stdout), (0, alone))
            warnings = [l for l in done.stderr.splitlines() if "warning" in l]
            self.assertEqual(warnings, [f"tachyon: warning: {len(tail)} bytes behind the end of the "
                                        f"recording {says}"])

    def test_places_that_are_impossible_are_found_first(self):
        os.mkdir(self.path("folder"))
        self.failed("a.bin", "--collapsed=no/such/c.txt", says="mkdir -p no/such")
        self.failed("a.bin", "--collapsed=a.bin/c.txt", says="is a file")
        self.failed("a.bin", "--collapsed=a.bin", says="is the recording itself")
        self.failed("a.bin", "--jsonl=j.jsonl", "--collapsed=no/such/c.txt", says="mkdir")
        self.assertEqual(sorted(os.listdir(self.folder.name)), ["a.bin", "folder"])

    def test_standard_output_by_any_name(self):
        """The data alone, whatever it is and whichever name it is called by; never two outputs."""
        plain = self.tachyon("a.bin", "--collapsed=-")
        os.symlink("/dev/stdout", self.path("link"))
        for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link", "out.txt"]:
            with self.subTest(name=name):
                if name != "out.txt":
                    done = self.tachyon("a.bin", "--collapsed=" + name)
                    self.assertEqual((done.returncode, done.stdout, done.stderr),
                                     (0, plain.stdout, plain.stderr))
                with open(self.path("out.txt"), "w", encoding="utf-8") as out:
                    done = subprocess.run([TACHYON, "replay", "a.bin", "--collapsed=" + name], stdout=out,
                                          stderr=subprocess.PIPE, text=True, cwd=self.folder.name,
                                          timeout=60)
                self.assertEqual((done.returncode, done.stderr), (0, plain.stderr))
                self.assertEqual(self.read("out.txt"), plain.stdout)
                if name != "out.txt":
                    done = self.tachyon("a.bin", "--collapsed=-", "--jsonl=" + name)
                    self.assertEqual((done.returncode, done.stdout), (2, ""))
                    self.assertIn("only one output can go to stdout", done.stderr)

    def test_null_device_is_no_standard_output(self):
        with open(os.devnull, "wb") as null:
            done = subprocess.run([TACHYON, "replay", "a.bin", "--collapsed=/dev/null", "--jsonl=-"],
                                  stdout=null, stderr=subprocess.PIPE, text=True,
                                  cwd=self.folder.name, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("collapsed written to /dev/null", done.stderr)

    def test_what_is_read_is_not_written(self):
        self.write("base.bin", recordings.typical())
        os.symlink("base.bin", self.path("link"))
        for words in [["-o", "base.bin"], ["-o", "link"], ["--collapsed=./base.bin"], ["--binary=base.bin"]]:
            done = self.tachyon("a.bin", "--diff-flamegraph", "base.bin", *words)
            self.assertEqual((done.returncode, done.stdout), (2, ""), done)
            self.assertIn("is the baseline itself", done.stderr)
        self.failed("a.bin", "--jsonl-records", "events", "--jsonl=./a.bin", says="is the recording itself")
        for name in ["a.bin", "base.bin"]:
            with open(self.path(name), "rb") as file:
                self.assertEqual(file.read(), recordings.typical())

    def test_two_names_of_one_file(self):
        os.symlink("there.txt", self.path("link"))
        for one, two in [("x", "./x"), ("link", "there.txt"), (self.path("x"), "x")]:
            done = self.tachyon("a.bin", "--collapsed=" + one, "--jsonl=" + two)
            self.assertEqual((done.returncode, done.stdout), (2, ""), done)
            self.assertIn("--collapsed and --jsonl would both write to " + two, done.stderr)
        self.assertEqual(sorted(os.listdir(self.folder.name)), ["a.bin", "link"])

    def test_heatmap_spares_what_is_not_ours(self):
        os.mkdir(self.path("site"))
        for name in ["index.html", "file_0001.html"]:
            self.write("site/" + name, b"<title>my own</title>")
        self.assertIn("heatmap written to site/heatmap_", self.replayed("a.bin", "--heatmap=site"))
        self.assertEqual(self.read("site/index.html"), "<title>my own</title>")
        self.assertEqual(self.read("site/file_0001.html"), "<title>my own</title>")
        for _ in range(2):
            self.assertIn("heatmap written to ours\n", self.replayed("a.bin", "--heatmap=ours"))

    def test_full_disk_keeps_the_output_elsewhere(self):
        done = self.tachyon("a.bin", "--collapsed=/dev/full", "--jsonl=j.jsonl",
                            env={**os.environ, "TMPDIR": self.folder.name})
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left", done.stderr)
        kept = done.stderr.split("kept in ")[1].strip()
        self.assertIn("Tree.walk", self.read(kept))
        self.assertIn("samples_total", self.read("j.jsonl"))

    def test_nothing_is_left_where_the_second_place_fails_too(self):
        os.mkdir(self.path("elsewhere"))
        done = self.tachyon("a.bin", "--collapsed=c.txt", "--heatmap=h", "--flamegraph=f.html",
                            env={**os.environ, "TMPDIR": self.path("elsewhere")},
                            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20)))
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.count("nothing could be kept"), 3, done.stderr)
        self.assertEqual(sorted(os.listdir(self.folder.name)), ["a.bin", "elsewhere"])
        self.assertEqual(os.listdir(self.path("elsewhere")), [])

    def test_heatmap_that_fails_in_its_old_place(self):
        self.replayed("a.bin", "--heatmap=h")
        before = {name: self.read("h/" + name) for name in os.listdir(self.path("h"))}
        done = self.tachyon("a.bin", "--heatmap=h",
                            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20)))
        self.assertEqual(done.returncode, 1)
        self.assertEqual({name: self.read("h/" + name) for name in os.listdir(self.path("h"))}, before)

    def test_events_appear_whole_or_not_at_all(self):
        whole = recordings.typical()
        at = len(whole) * 3 // 4
        self.write("bad", whole[:at] + b"\xff" * 40 + whole[at + 40:])
        self.write("old.jsonl", b"OLD\n")
        for name in ["old.jsonl", "new.jsonl"]:
            done = self.tachyon("bad", "--jsonl-records", "events", "--jsonl=" + name)
            self.assertEqual(done.returncode, 1)
            self.assertIn("is damaged at byte", done.stderr)
            self.assertIn("Replaying 2000 samples", done.stdout)  # half way, not at the beginning
        self.assertEqual(self.read("old.jsonl"), "OLD\n")
        self.assertFalse(os.path.exists(self.path("new.jsonl")))
        self.replayed("a.bin", "--jsonl-records", "events", "--jsonl=old.jsonl")
        self.assertEqual(self.read("old.jsonl").count("\n"), 2000)

    def test_missing_standard_descriptors(self):
        """What is said has nowhere to go then, and does not go into the data."""
        self.replayed("a.bin", "--binary=b.bin")
        with open(self.path("b.bin"), "rb") as file:
            self.write("cut.bin", file.read()[:-3])  # there is a warning about it
        expected = self.tachyon("cut.bin", "--collapsed=-").stdout
        for closed in [(0, 1, 2), (1, 2), (1,), (2,), (0,)]:
            with self.subTest(closed=closed):
                done = subprocess.run([TACHYON, "replay", "cut.bin", "--collapsed=c.txt"],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                      timeout=60, cwd=self.folder.name,
                                      preexec_fn=lambda: [os.close(fd) for fd in closed])
                self.assertEqual(done.returncode, 0)
                self.assertEqual(self.read("c.txt"), expected)
                os.remove(self.path("c.txt"))
        done = subprocess.run([TACHYON, "replay", "a.bin", "--collapsed=-"], stderr=subprocess.PIPE, text=True,
                              timeout=60, cwd=self.folder.name, preexec_fn=lambda: os.close(1))
        self.assertEqual((done.returncode, done.stderr),
                         (1, "tachyon: error: cannot write to standard output: it is closed\n"))

    def test_reader_of_the_pipe_has_gone(self):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([TACHYON, "replay", "a.bin", "--collapsed=-", "--jsonl=j.jsonl"],
                              stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60,
                              cwd=self.folder.name)
        os.close(writer)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("error", done.stderr)
        self.assertIn("samples_total", self.read("j.jsonl"))

    def test_what_is_not_needed_is_given_up(self):
        """While it runs: no way to start programs, and not the capability to look into processes."""
        reader, writer = os.pipe()
        child = subprocess.Popen([TACHYON, "replay", "a.bin", "--speedscope=-"], stdout=writer,
                                 stderr=subprocess.DEVNULL, cwd=self.folder.name)
        os.close(writer)  # nobody reads yet: it waits, as the profile is larger than a pipe
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with open(f"/proc/{child.pid}/status", encoding="utf-8") as file:
                status = dict(line.split(":\t", 1) for line in file.read().splitlines())
            if status["Seccomp"] == "2":
                break
            time.sleep(0.01)
        self.assertEqual((status["Seccomp"], status["NoNewPrivs"]), ("2", "1"))
        self.assertEqual(int(status["CapEff"], 16) >> 19 & 1, 0)
        with os.fdopen(reader, "rb") as pipe:
            self.assertIn(b"Tree.walk", pipe.read())
        self.assertEqual(child.wait(timeout=30), 0)

    def test_output_folder_for_several_formats(self):
        done = self.tachyon("a.bin", "--collapsed", "--jsonl", "-o", "file")
        self.assertEqual(done.returncode, 2)
        self.assertTrue(done.stderr.startswith("tachyon replay: error: --output names one file"))


if __name__ == "__main__":
    unittest.main()
