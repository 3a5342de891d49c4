"""The check itself: parts run in order and side by side, and what goes wrong is one clear line."""

import contextlib
import errno
import importlib.util
import io
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHECK = ROOT / "tests" / "check"
sys.path.insert(0, str(CHECK))

import command  # noqa: E402
import python_tests  # noqa: E402
import remembered  # noqa: E402
from part import PARTS, TIERS, Part  # noqa: E402
from schedule import Schedule  # noqa: E402

TIER = "quick"
NEEDS = ""


def main_module():
    spec = importlib.util.spec_from_file_location("check_main", CHECK / "__main__.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Order(unittest.TestCase):
    """Parts that only say when they ran."""

    def setUp(self):
        self.lock, self.running, self.most, self.ended = threading.Lock(), set(), [], []

    def work(self, part):
        with self.lock:
            self.running.add(part.name)
            self.most.append(set(self.running))
        time.sleep(0.05)
        with self.lock:
            self.running.discard(part.name)
        part.ok()

    def run_all(self, parts, cores=2):
        Schedule(parts, cores, self.ended.append).run()
        return [part.name for part in self.ended]

    def together(self, *names):
        return any(set(names) <= seen for seen in self.most)

    def test_what_is_needed_comes_before(self):
        names = self.run_all([Part("b", self.work, "", needs=["a"]), Part("a", self.work, "")])
        self.assertEqual(names, ["a", "b"])

    def test_needs_that_nobody_asked_for_are_not_waited_for(self):
        self.assertEqual(self.run_all([Part("b", self.work, "", needs=["a"])]), ["b"])

    def test_no_more_than_the_processors_and_one(self):
        self.run_all([Part(str(i), self.work, "") for i in range(9)])
        self.assertEqual(max(map(len, self.most)), 3)

    def test_waiting_runs_beside_computing(self):
        self.run_all([Part("build", self.work, "", cores=2),
                      *(Part(f"wait {i}", self.work, "", waits=True) for i in range(4))])
        self.assertTrue(self.together("build", "wait 0", "wait 1"))
        self.assertFalse(self.together("wait 0", "wait 1", "wait 2"))

    def test_who_measures_is_alone_and_last(self):
        names = self.run_all([Part("alone", self.work, "", alone="it measures"),
                              Part("a", self.work, ""), Part("b", self.work, "", waits=True)])
        self.assertEqual(names[-1], "alone")
        self.assertEqual(self.most[-1], {"alone"})

    def test_one_at_a_time_changes_a_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            before, command.ROOT = command.ROOT, folder
            try:
                self.run_all([Part(name, self.work, "", holds=["release"]) for name in "ab"])
            finally:
                command.ROOT = before
        self.assertFalse(self.together("a", "b"))

    def test_what_needs_a_failed_build_is_not_run_and_said(self):
        def fails(part):
            part.broken = True
            part.fail("build")
        self.run_all([Part("build", fails, ""), Part("tests", self.work, "", needs=["build"])])
        tests = self.ended[-1]
        self.assertEqual((tests.passed, tests.failed, tests.broken), (0, [], True))
        self.assertEqual(tests.lines, ["not run: build failed"])

    def test_full_disk_is_one_line(self):
        def full(_):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/somewhere")
        self.run_all([Part("writes", full, "")])
        self.assertEqual(self.ended[0].failed, ["writes"])
        self.assertIn("No space left on device: /somewhere", self.ended[0].lines[1])

    def test_a_fault_of_the_check_fails_it(self):
        def wrong(_):
            raise ValueError("of the check")
        self.run_all([Part("wrong", wrong, "")])
        self.assertEqual(self.ended[0].failed, ["wrong"])


class Commands(unittest.TestCase):
    def test_status_output_and_processor_time(self):
        done = command.run([sys.executable, "-c",
                            "import sys\nprint('said')\nfor i in range(10**7): pass\nsys.exit(3)"])
        self.assertEqual((done.status, done.output), (3, "said\n"))
        self.assertGreater(done.cpu, 0.05)

    def test_time_out_ends_all_of_it(self):
        done = command.run(["sh", "-c", "echo begun; sleep 1000 & wait"], timeout=1)
        self.assertNotEqual(done.status, 0)
        self.assertIn("begun", done.output)
        self.assertIn("no end after 1 s", done.output)

    def test_what_passed_is_remembered_until_something_changes(self):
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder, "a.hpp")
            source.write_text("one")
            looks = []
            part = Part("p", None, "")

            def look(result=True):
                looks.append(source.read_text())
                return result
            before = os.environ.get("TACHYON_CACHE")
            os.environ["TACHYON_CACHE"] = folder
            try:
                def ask(result=True):
                    remembered.unchanged(part, "tidy", [str(source)], ["true"], lambda: look(result))
                ask(False)
                ask()
                ask()
                source.write_text("two")
                ask()
            finally:
                os.environ.pop("TACHYON_CACHE")
                if before is not None:
                    os.environ["TACHYON_CACHE"] = before
        self.assertEqual(looks, ["one", "one", "two"])


class WholeRun(unittest.TestCase):
    def check(self, *words, **options):
        return subprocess.run([sys.executable, CHECK, *words], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=120, **options)

    def test_last_line_and_the_table(self):
        done = self.check("layers")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        lines = done.stdout.splitlines()
        self.assertRegex(lines[-1], r"^[1-9]\d* passed, 0 failed, 0 skipped$")
        self.assertRegex(done.stdout, r"(?m)^layers +\d+ +\d+ +[1-9]\d* +0 +0$")

    def test_unknown_part(self):
        done = self.check("lyers")
        self.assertEqual(done.returncode, 2)
        self.assertIn("no part lyers", done.stderr)

    def test_little_room_is_said_before_anything_is_built(self):
        module = main_module()
        self.assertTrue(module.room(ROOT))
        module.ROOM = 10**18
        with contextlib.redirect_stderr(io.StringIO()) as said:
            self.assertFalse(module.room(ROOT))
        self.assertRegex(said.getvalue(), r"^check: [\d.]+ GB are free .*: make room and run it "
                                          r"again\n$")

    def test_interrupted(self):
        """One line and what to do; what was started has ended."""
        with tempfile.TemporaryDirectory() as folder:
            process = subprocess.Popen(
                [sys.executable, CHECK, "tidy"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                text=True, env={**os.environ, "TACHYON_CACHE": folder})
            self.addCleanup(process.kill)
            children = pathlib.Path(f"/proc/{process.pid}/task")
            began = []
            end = time.monotonic() + 60
            while not began and time.monotonic() < end:
                began = [int(pid) for task in children.iterdir()
                         for pid in (task / "children").read_text().split()
                         if b"clang-tidy" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()]
                time.sleep(0.02)
            self.assertTrue(began)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, errors)
        self.assertRegex(errors, r"^check: interrupted after 1 of 1 parts; run it again: .*kept\n$")
        for pid in began:
            self.assertFalse(os.path.exists(f"/proc/{pid}"))


class Tiers(unittest.TestCase):
    def test_every_part_is_of_a_tier_and_needs_what_there_is(self):
        main_module()
        python_tests.register()
        self.assertGreater(len(PARTS), 40)
        for part in PARTS.values():
            self.assertIn(part.tier, TIERS, part.name)
            for need in part.needs:
                self.assertIn(need, PARTS, part.name)
                # Else a tier would run it without what it needs.
                if need != "interpreters":
                    self.assertLessEqual(TIERS.index(PARTS[need].tier), TIERS.index(part.tier),
                                         part.name)


if __name__ == "__main__":
    unittest.main()
