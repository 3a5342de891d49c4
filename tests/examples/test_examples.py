"""The examples compile, with the folders and with the single header, and do what they say."""

import concurrent.futures
import gzip
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = sorted(p.stem for p in (ROOT / "tests" / "examples").glob("*.cpp"))
FLAGS = ["-std=c++20", "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow"]
PYTHON = "/usr/bin/python3"

GARBAGE = """
def waste():
    kept = [[n] for n in range(200000)]
    while True:
        ring = []
        ring.append(ring)
waste()
"""
SLEEPER = """
import time
def outer(): inner()
def inner(): time.sleep(600)
outer()
"""


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.TemporaryDirectory(prefix="tachyon-examples-")
        cls.addClassCleanup(cls.home.cleanup)
        cls.wrong = {}
        places = {
            "folders": (["include", "layouts"], []),
            "single header": (["single_include"], ["-fsyntax-only"]),
        }
        for place, (folders, more) in places.items():
            # The library is parsed once for all of them, as a precompiled header.
            known = pathlib.Path(cls.home.name, place.replace(" ", "-"))
            (known / "tachyon").mkdir(parents=True)
            include = [f"-I{ROOT}/{folder}" for folder in folders]
            flags = ["g++", *FLAGS, *include]
            umbrella = ROOT / folders[0] / "tachyon" / "tachyon.hpp"
            subprocess.run(
                [*flags, "-w", "-x", "c++-header", umbrella, "-o",
                 known / "tachyon" / "tachyon.hpp.gch"], check=True)
            shutil.copy(umbrella, known / "tachyon" / "tachyon.hpp")

            def build(name):
                done = subprocess.run(
                    ["g++", f"-I{known}", *FLAGS, "-Werror", *include, *more,
                     ROOT / "tests" / "examples" / f"{name}.cpp",
                     *([] if more else ["-o", cls.program(name)])],
                    capture_output=True, text=True)
                return name, done.returncode, done.stderr

            with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
                for name, status, text in pool.map(build, EXAMPLES):
                    if status:
                        cls.wrong[place, name] = text

    @classmethod
    def program(cls, name):
        return os.path.join(cls.home.name, name)

    def start(self, *command):
        child = subprocess.Popen([PYTHON, *command], stdout=subprocess.DEVNULL)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        time.sleep(0.5)
        return child.pid

    def demo(self):
        return self.start(ROOT / "tests" / "targets" / "demo.py", "60")

    def output(self, name, *arguments, status=0):
        done = subprocess.run([self.program(name), *map(str, arguments)], capture_output=True,
                              text=True, timeout=60)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout

    def test_all_compile(self):
        self.assertGreater(len(EXAMPLES), 5)
        self.assertEqual(self.wrong, {})

    def test_all_are_short(self):
        for name in EXAMPLES:
            lines = (ROOT / "tests" / "examples" / f"{name}.cpp").read_text().splitlines()
            code = [l for l in lines if l.strip() and not l.lstrip().startswith(("//", "#include"))]
            self.assertTrue(12 <= len(code) <= 40, f"{name}: {len(code)} lines")

    def test_attach_and_print(self):
        self.assertIn("(is_known)", self.output("attach_and_print", self.demo()))
        gone = subprocess.run([self.program("attach_and_print"), "999999999"],
                              capture_output=True, text=True)
        self.assertEqual(gone.returncode, 1)
        self.assertIn("999999999", gone.stderr)

    def test_custom_collector(self):
        self.assertRegex(self.output("custom_collector", self.demo()), r"\d\.\d{3} s  \S+/demo.py\n")

    def test_custom_mode(self):
        self.assertIn("(waste)", self.output("custom_mode", self.start("-c", GARBAGE)))

    @unittest.skipUnless(shutil.which("gcore"), "gcore (package gdb) is not here")
    def test_core_file(self):
        pid = self.start("-c", SLEEPER)
        base = os.path.join(self.home.name, "core")
        subprocess.run(["gcore", "-o", base, str(pid)], check=True, capture_output=True)
        text = self.output("core_file", f"{base}.{pid}")
        self.assertRegex(text, rf"thread {pid}\n  <string>:5 <module>\n  .*outer\n  .*inner\n$")

    def test_saved_image(self):
        text = self.output("saved_image", self.start("-c", SLEEPER))
        self.assertEqual(text, "inner\n" * 2)

    def test_watch_child(self):
        page = os.path.join(self.home.name, "page.html")
        text = self.output("watch_child", page, PYTHON, "-c",
                           "import time\nend = time.time() + 1\nwhile time.time() < end: pass\n"
                           "raise SystemExit(3)", status=3)
        self.assertRegex(text, r"page.html: \d{2,} samples")
        self.assertIn("<!DOCTYPE html>", pathlib.Path(page).read_text()[:100])

    def test_pprof_server(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = subprocess.Popen([self.program("pprof_server"), str(port), str(self.demo())])
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        for left in range(50, -1, -1):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/profile", timeout=30) as got:
                    profile = gzip.decompress(got.read())
                break
            except ConnectionRefusedError:
                self.assertTrue(left, "it does not listen")
            except urllib.error.URLError:
                self.assertTrue(left, "it does not listen")
                time.sleep(0.1)
        self.assertIn(b"is_known", profile)


if __name__ == "__main__":
    unittest.main()
