"""Pages of a real program, made by the tool, next to the other outputs of the same samples."""

import collections
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import side_by_side
import support

TOOL = os.environ.get("TACHYON") or ""

PROGRAM = """
import threading, time

def square(n):
    total = 0
    for i in range(n):
        total += i * i
    return total

def recurse(n):
    return square(400) + (recurse(n - 1) if n else 0)

def worker(stop):
    while not stop.is_set():
        square(3000)
        time.sleep(0.002)

def main():
    stop = threading.Event()
    thread = threading.Thread(target=worker, args=(stop,), name="squares")
    thread.start()
    end = time.time() + 2.5
    while time.time() < end:
        recurse(12)
    stop.set()
    thread.join()

main()
"""


@unittest.skipUnless(
    TOOL and os.path.exists(TOOL), "no tool: set TACHYON to the tachyon executable"
)
class Tool(support.PageCase):
    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.TemporaryDirectory(prefix="tachyon-pages-tool-")
        with open(cls.at("program.py"), "w") as out:
            out.write(PROGRAM)
        done = cls.tool(
            "run",
            "-a",
            "-d",
            "2",
            f"--flamegraph={cls.at('f.html')}",
            f"--collapsed={cls.at('c.txt')}",
            f"--heatmap={cls.at('heat')}",
            f"--binary={cls.at('r.bin')}",
            cls.at("program.py"),
        )
        cls.ran = done

    @classmethod
    def at(cls, name):
        return os.path.join(cls.home.name, name)

    @classmethod
    def tearDownClass(cls):
        cls.home.cleanup()

    @classmethod
    def tool(cls, *arguments, **environment):
        return subprocess.run(
            [TOOL, *arguments],
            cwd=cls.home.name,
            capture_output=True,
            text=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": "", **environment},
        )

    def collapsed(self):
        threads, functions = collections.Counter(), collections.Counter()
        with open(self.at("c.txt"), errors="surrogateescape") as text:
            for line in text:
                stack, n = line.rsplit(" ", 1)
                thread, *frames = stack.split(";")
                threads[thread.removeprefix("tid:")] += int(n)
                for name in {f.split(":")[1] for f in frames if f.startswith("program.py:")}:
                    functions[name] += int(n)
        return threads, functions

    def setUp(self):
        super().setUp()
        self.assertEqual(self.ran.returncode, 0, self.ran.stderr)

    def test_flame_graph_agrees_with_collapsed(self):
        page = self.open(self.at("f.html"))
        threads, functions = self.collapsed()
        self.assertGreater(sum(threads.values()), 0)
        one = page.js("tachyon.model.rawAll(0).allTime") / sum(threads.values())
        few = 1 + sum(threads.values()) * 0.01
        for i, thread in enumerate(page.js("tachyon.model.profile.threads")):
            got = page.js(f"tachyon.model.selection({{...tachyon.app.state, thread: {i}}}).allTime")
            self.assertAlmostEqual(got / one, threads[str(thread["id"])], delta=few)
        rows = page.js(
            """tachyon.model.rows(tachyon.app.state).map((r) => [tachyon.model.keys.function.functionOf(r.key), r.totalTime])
            .filter(([f]) => tachyon.model.profile.strings[tachyon.model.profile.functions.file[f]].endsWith('program.py'))
            .map(([f, n]) => [tachyon.app.functionName(f), n])"""
        )
        self.assertEqual({name for name, _ in rows}, set(functions))
        for name, time in rows:
            self.assertAlmostEqual(time / one, functions[name], delta=few, msg=name)
        self.assertIn(
            "total += i * i",
            json.dumps(
                page.js("[...tachyon.model.profile.sources.values()].map(m => [...m.values()])")
            ),
        )
        self.assertGreater(page.js("tachyon.model.profile.buckets.count"), 30)

    def test_a_replay_shows_the_same(self):
        done = self.tool("replay", self.at("r.bin"), f"--flamegraph={self.at('again.html')}")
        self.assertEqual(done.returncode, 0, done.stderr)
        live, again = self.open(self.at("f.html")), self.open(self.at("again.html"))
        figures = "tachyon.model.rows(tachyon.app.state).map(r => [tachyon.app.label(r.key), r.selfSamples, r.totalSamples]).sort()"
        self.assertEqual(live.js(figures), again.js(figures))
        time = "tachyon.model.rawAll(0).allTime"
        self.assertAlmostEqual(
            live.js(time) / again.js(time), 1, places=5
        )  # recordings count microseconds

    def test_heatmap_has_the_source(self):
        index = self.open(os.path.join(self.at("heat"), "index.html"))
        index.js("document.getElementById('expand').click()")
        link = index.js(
            "[...document.querySelectorAll('.file a')].find(a => a.title.endsWith('program.py')).getAttribute('href')"
        )
        page = self.open(os.path.join(self.at("heat"), link))
        _, functions = self.collapsed()
        # One counts samples, the other intervals.
        total = functions["<module>"] + functions["worker"]
        self.assertAlmostEqual(page.js("heatmap.data.total") / total, 1, delta=0.2)
        text = page.js("document.getElementById('lines').textContent")
        self.assertIn("total += i * i", text)

    def test_pages_do_not_need_the_sources_any_more(self):
        hidden = self.at("program.gone")
        os.rename(self.at("program.py"), hidden)
        try:
            done = self.tool("replay", self.at("r.bin"), f"--heatmap={self.at('heat2')}")
        finally:
            os.rename(hidden, self.at("program.py"))
        self.assertEqual(done.returncode, 0, done.stderr)
        pages = [path.read_text() for path in pathlib.Path(self.at("heat2")).iterdir()]
        self.assertTrue(any("total += i * i" in p for p in pages))

    def test_difference_to_itself_is_noise(self):
        done = self.tool(
            "replay",
            self.at("r.bin"),
            "--diff-flamegraph",
            self.at("r.bin"),
            "-o",
            self.at("d.html"),
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        page = self.open(self.at("d.html"))
        changes = page.js(
            "tachyon.model.changes(tachyon.app.state).map(r => [r.self.difference, r.self.sure])"
        )
        self.assertGreater(len(changes), 4)
        for difference, sure in changes:
            self.assertAlmostEqual(difference, 0)
            self.assertFalse(sure)
        self.assertEqual(page.js("tachyon.model.vanished(tachyon.app.state).count"), 0)

    def test_a_bad_baseline_is_told_before_anything_runs(self):
        with open(self.at("bad.bin"), "wb") as out:
            out.write(b"no recording at all")
        mark = self.at("started")
        with open(self.at("mark.py"), "w") as out:
            out.write(f"open({mark!r}, 'w').close()\n")
        for baseline in (self.at("missing.bin"), self.at("bad.bin")):
            done = self.tool(
                "run", "--diff-flamegraph", baseline, "-o", self.at("x.html"), self.at("mark.py")
            )
            self.assertIn(done.returncode, (1, 2))
            self.assertIn("baseline", done.stderr)
            self.assertFalse(os.path.exists(mark), "the program was started")
            self.assertFalse(os.path.exists(self.at("x.html")))


@unittest.skipUnless(
    TOOL and os.path.exists(TOOL), "no tool: set TACHYON to the tachyon executable"
)
class SideBySide(support.PageCase):
    """Our page and CPython's of one recording. How soon they open is tests/bench/pages.py's."""

    def test_sizes(self):
        name = side_by_side.reference_profiler()
        if not name:
            self.skipTest(
                "no interpreter with profiling.sampling in the cache (tests/interpreters 3.15)"
            )
        with tempfile.TemporaryDirectory(prefix="tachyon-pages-side-") as home:
            theirs, ours = side_by_side.make_pages(home, name, TOOL)
            self.assertLessEqual(os.path.getsize(ours) * 6, os.path.getsize(theirs))
            self.open(ours)  # and nothing is complained of


if __name__ == "__main__":
    unittest.main()
