"""Command lines of `python -m profiling.sampling` with our tool: each form that its documentation and
help show, run for real. What is different stands in a table of the README."""

import concurrent.futures
import contextlib
import io
import json
import marshal
import os
import pathlib
import pstats
import re
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = os.path.abspath(os.environ.get("TACHYON") or ROOT / "build" / "release" / "tachyon")
INTERPRETERS = str(ROOT / "tests" / "interpreters")

# What comes after `python -m profiling.sampling`, and the file that must be there afterwards.
# PID is a running program, *.bin were recorded before.
LINES = """
run script.py                                                   ->
run script.py one --two 3                                       ->
run -m package.module one                                       ->
run --pstats script.py                                          ->
run --pstats -o profile.pstats script.py                        -> profile.pstats
run --flamegraph script.py                                      -> flamegraph_*.html
run --flamegraph -o profile.html script.py                      -> profile.html
run --collapsed -o stacks.txt script.py                         -> stacks.txt
run --gecko -o profile.json script.py                           -> profile.json
run --heatmap -o heat script.py                                 -> heat/index.html
run --jsonl -o profile.jsonl script.py                          -> profile.jsonl
run --binary -o profile.bin script.py                           -> profile.bin
run --binary --compression none -o plain.bin script.py          -> plain.bin
run --diff-flamegraph base.bin -o diff.html script.py           -> diff.html
run -r 500 script.py                                            ->
run -r 2khz -d 9 script.py                                      ->
run --sampling-rate=100hz --duration=9 script.py                ->
run -a script.py                                                ->
run --native --no-gc script.py                                  ->
run --opcodes --flamegraph -o ops.html script.py                -> ops.html
run --opcodes --heatmap -o opheat script.py                     -> opheat/index.html
run --mode cpu script.py                                        ->
run --mode=gil --flamegraph -o gil.html script.py               -> gil.html
run --mode exception script.py                                  ->
run --sort tottime -l 30 script.py                              ->
run --sort=cumtime --limit 5 --no-summary script.py             ->
run --realtime-stats script.py                                  ->
run --subprocesses --collapsed -o all.txt script.py             -> all.txt
run --blocking script.py                                        ->
run --async-aware script.py                                     ->
run --async-aware --async-mode all script.py                    ->
run --sampl 200 --no-sum script.py                              ->
attach PID -d 0.5                                               ->
attach -d 0.5 PID                                               ->
attach --flamegraph -o attached.html -d 0.5 -a PID              -> attached.html
attach --gecko -d 0.5 -o attached.json PID                      -> attached.json
attach --binary -d 0.5 -o attached.bin PID                      -> attached.bin
dump PID                                                        ->
dump -a PID                                                     ->
dump -a --native --opcodes PID                                  ->
dump --async-aware PID                                          ->
dump --blocking PID                                             ->
replay base.bin                                                 ->
replay --flamegraph -o replayed.html base.bin                   -> replayed.html
replay --gecko -o replayed.json base.bin                        -> replayed.json
replay --heatmap -o replayedheat base.bin                       -> replayedheat/index.html
replay --pstats -o replayed.pstats base.bin                     -> replayed.pstats
replay --diff-flamegraph base.bin -o replayeddiff.html base.bin -> replayeddiff.html
replay --sort name --limit 3 base.bin                           ->
"""
# Refused there, with exit 2, and here.
REFUSED = """
run --pstats --sampling-rate 0 script.py
run -r fast script.py
run --mode io script.py
run --live --flamegraph script.py
run --live --sort name script.py
run --async-aware --native script.py
run --async-mode all script.py
run --gecko --mode cpu script.py
run --flamegraph --sort name script.py
run --opcodes --collapsed script.py
dump --async-mode running PID
attach
run
replay
"""
SCRIPT = """
import sys, time
def spin(n):
    return sum(range(n))
end = time.process_time() + 0.3
while time.process_time() < end:
    spin(1000)
"""


@unittest.skipUnless(os.path.exists(TOOL), "no tool: set TACHYON to the tachyon executable")
class Lines(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        home = tempfile.TemporaryDirectory(prefix="tachyon-lines-")
        cls.addClassCleanup(home.cleanup)
        cls.home = pathlib.Path(home.name)
        (cls.home / "script.py").write_text(SCRIPT)
        # What PATH calls python3 may be a script that takes its time to find one.
        (cls.home / "bin").mkdir()
        (cls.home / "bin" / "python3").symlink_to(sys.executable)
        cls.environment = {**os.environ, "PATH": f"{cls.home}/bin:{os.environ['PATH']}"}
        (cls.home / "arguments.py").write_text("import sys\nprint(*sys.argv[1:])\n")
        (cls.home / "fails.py").write_text("raise SystemExit(3)\n")
        (cls.home / "package").mkdir()
        (cls.home / "package" / "__init__.py").touch()
        (cls.home / "package" / "module.py").write_text(SCRIPT)
        cls.tool("run --binary -o base.bin script.py")
        cls.target = subprocess.Popen(
            [sys.executable, ROOT / "tests" / "targets" / "demo.py", "600"],
            stdout=subprocess.DEVNULL)
        cls.addClassCleanup(cls.target.wait)
        cls.addClassCleanup(cls.target.kill)
        time.sleep(0.5)

    @classmethod
    def tool(cls, words):
        words = [str(cls.target.pid) if w == "PID" else w for w in words.split()]
        for _ in range(10):
            done = subprocess.run([TOOL, *words], cwd=cls.home, capture_output=True, text=True,
                                  timeout=120, stdin=subprocess.DEVNULL, env=cls.environment)
            # Time may be up before a busy machine has started the program: then once more.
            if "No samples were collected" not in done.stdout or "exception" in words:
                break
        return done

    def test_they_work(self):
        lines = [[part.strip() for part in line.split("->")] for line in LINES.strip().splitlines()]
        # Most of them wait for a program to end, so some run at a time.
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            ended = list(pool.map(self.tool, [words for words, _ in lines]))
        for (words, made), done in zip(lines, ended, strict=True):
            with self.subTest(words):
                # Before 3.14 only running tasks can be shown; `dump` does that if not told otherwise.
                if "--async-mode all" in words and sys.version_info < (3, 14):
                    self.assertEqual(done.returncode, 1, done.stderr)
                    self.assertIn("does not publish its asyncio tasks", done.stderr)
                    continue
                self.assertEqual(done.returncode, 0, done.stderr)
                if made:
                    found = list(self.home.glob(made))
                    self.assertEqual(len(found), 1, made)
                    self.assertGreater(found[0].stat().st_size, 0)
                elif words.startswith("dump"):
                    if "--async-aware" not in words:  # it has no tasks
                        self.assertRegex(done.stdout, rf"Stack dump for PID {self.target.pid}, thread ")
                elif "--mode exception" not in words and "--async-aware" not in words:
                    self.assertIn("Profile Stats:", done.stdout)

    def test_they_mean_the_same(self):
        self.assertEqual(self.tool("run --pstats -o meant.pstats script.py").returncode, 0)
        stats = marshal.loads((self.home / "meant.pstats").read_bytes())
        self.assertEqual(stats.pop(("__sampled__",), False), sys.version_info >= (3, 15))
        self.assertIn("spin", {name for _, _, name in stats})
        with contextlib.redirect_stdout(io.StringIO()) as table:  # the program's own Python reads it
            pstats.Stats(str(self.home / "meant.pstats")).sort_stats("tottime").print_stats()
        self.assertIn("(spin)", table.getvalue())
        self.assertIn("one --two 3\n", self.tool("run arguments.py one --two 3").stdout)
        limited = self.tool("replay --limit 1 --no-summary base.bin").stdout
        rows = re.findall(r"^ *\d+/\d+ .*$", limited, re.M)
        self.assertEqual(len(rows), 1)
        self.assertNotIn("Summary of Interesting Functions", limited)
        self.tool("replay --gecko -o mean.json base.bin")
        gecko = json.loads((self.home / "mean.json").read_text())
        self.assertIn("threads", gecko)

    def test_refusals(self):
        for line in REFUSED.strip().splitlines():
            with self.subTest(line):
                done = self.tool(line)
                self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
                self.assertIn("error", done.stderr)

    def test_accepted_here_only(self):
        for words in ("-a", "--no-gc", "--mode cpu", "--binary -o tasks.bin"):
            with self.subTest(words):
                done = self.tool(f"run --async-aware {words} script.py")
                self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.tool("run -r 1mhz -d 0.1 script.py").returncode, 0)
        self.assertEqual(self.tool("run fails.py").returncode, 3)

    def test_a_heatmap_takes_the_place_of_the_one_before(self):
        for _ in range(2):
            self.assertEqual(self.tool("replay --heatmap -o twice base.bin").returncode, 0)
        self.assertFalse([p for p in (self.home / "twice").iterdir() if p.is_dir()])

    def test_every_option_of_its_help_is_ours(self):
        listed = subprocess.run([sys.executable, INTERPRETERS, "--json"], capture_output=True,
                                text=True)
        names = [i["name"] for i in json.loads(listed.stdout or "[]") if i.get("profiler")]
        if not names:
            self.skipTest("no interpreter with profiling.sampling (tests/interpreters 3.15)")
        option = re.compile(r"(?<![\w-])(--?[a-z][\w-]*)")
        for command in ("run", "attach", "dump", "replay"):
            theirs = subprocess.run(
                [sys.executable, INTERPRETERS, "--run", names[0], "--", "-m", "profiling.sampling",
                 command, "--help"], capture_output=True, text=True,
                env={**os.environ, "COLUMNS": "500"}).stdout
            # Of each line only the options, not what is said about them.
            listing = "\n".join(re.split(r" {2,}", l.strip())[0] for l in theirs.splitlines()
                                if re.match(r" {2,4}-", l))
            ours = set(option.findall(self.tool(f"{command} --help").stdout))
            missing = set(option.findall(listing)) - ours
            self.assertGreater(len(listing.splitlines()), 5, theirs)
            self.assertEqual(missing, set(), command)


if __name__ == "__main__":
    unittest.main()
