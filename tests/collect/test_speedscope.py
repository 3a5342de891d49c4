"""The published speedscope (npm, for this test only) opens our files in a real browser."""

import base64
import collections
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "browser"))

import devtools  # noqa: E402  pylint: disable=wrong-import-position

GOLDEN = os.path.join(HERE, "golden")
VERSION = "1.25.0"


def speedscope():
    """The folder of the published package, fetched once; or why there is none."""
    cache = os.environ.get("TACHYON_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "tachyon")
    folder = os.path.join(cache, f"speedscope-{VERSION}")
    release = os.path.join(folder, "node_modules", "speedscope", "dist", "release")
    if not os.path.exists(os.path.join(release, "index.html")):
        if not shutil.which("npm"):
            raise unittest.SkipTest("no npm to get speedscope with (Debian: apt-get install npm)")
        os.makedirs(cache, exist_ok=True)
        # Whole or not at all: another run may be getting it, too.
        with tempfile.TemporaryDirectory(dir=cache, prefix="speedscope-") as place:
            made = os.path.join(place, "made")
            os.mkdir(made)
            got = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts",
                                  "--prefix", made, f"speedscope@{VERSION}"],
                                 capture_output=True, text=True, check=False, timeout=600)
            if got.returncode:
                raise unittest.SkipTest("npm could not get speedscope: " + got.stderr.strip()[-300:])
            if not os.path.exists(os.path.join(release, "index.html")):
                shutil.rmtree(folder, ignore_errors=True)
                os.rename(made, folder)
    return release


class Speedscope(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not devtools.find_chromium():
            raise unittest.SkipTest("no Chromium here (Debian: apt-get install chromium)")
        cls.release = speedscope()
        cls.browser = devtools.Browser()
        cls.scratch = tempfile.TemporaryDirectory()

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.scratch.cleanup()

    def rows(self, name):
        """Title, profile name and the table of the Sandwich view: {(symbol, total, self): times}."""
        with open(os.path.join(GOLDEN, name), "rb") as file:
            data = base64.b64encode(file.read()).decode()
        script = os.path.join(self.scratch.name, name + ".js")
        with open(script, "w", encoding="ascii") as file:
            file.write(f"speedscope.loadFileFromBase64({json.dumps(name)}, {json.dumps(data)})")
        page = self.browser.open(os.path.join(self.release, "index.html"),
                                 fragment="#localProfilePath=" + script)
        try:
            page.wait("document.body.innerText.includes('Sandwich')", 120)
            page.key("3")
            page.wait("document.body.innerText.includes('Symbol Name')", 120)
            page.settle()
            text = page.js("document.body.innerText")
            title = page.js("document.title")
        finally:
            page.close()
        head, table = text.split("Symbol Name\n", 1)
        found = collections.Counter()
        cell = r"([\d.]+)(ns|µs|ms|s|)\s*\([^)]*\)"
        for total, unit, own, own_unit, name in re.findall(cell + r"\s*\n\t" + cell + r"\s*\n\t(.*)",
                                                           table):
            scale = {"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9, "": 1}
            found[name, round(float(total) * scale[unit]), round(float(own) * scale[own_unit])] += 1
        return title, head, found

    def test_our_file(self):
        wanted = collections.defaultdict(lambda: [0, 0])
        with open(os.path.join(GOLDEN, "events-full.jsonl"), encoding="utf-8") as file:
            for event in map(json.loads, file):
                if event["tid"] != 4242:
                    continue
                weight = round(event["weight"] * 1e9)
                frames = list(zip(event["stack"], event["files"], event["lines"]))
                for frame in set(frames):
                    wanted[frame][0] += weight
                wanted[frames[-1]][1] += weight
        title, head, found = self.rows("speedscope.json")
        self.assertIn("python3 main.py", title)
        self.assertIn("MainThread (4242) (1/4)", head)
        self.assertEqual(found, collections.Counter(
            (name, total, own) for (name, _, _), (total, own) in wanted.items()))

    def test_the_collapsed_file(self):
        wanted = collections.defaultdict(lambda: [0, 0])
        with open(os.path.join(GOLDEN, "collapsed.txt"), encoding="utf-8") as file:
            for line in file:
                stack, count = line.rsplit(" ", 1)
                frames = stack.split(";")
                for frame in set(frames):
                    wanted[frame][0] += int(count)
                wanted[frames[-1]][1] += int(count)
        _, _, found = self.rows("collapsed.txt")
        self.assertEqual(found, collections.Counter(
            (name, total, own) for name, (total, own) in wanted.items()))


if __name__ == "__main__":
    sys.exit(unittest.main())
