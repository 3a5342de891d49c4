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
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = sorted(p.stem for p in (ROOT / "tests" / "examples").glob("*.cpp"))
FLAGS = ["-std=c++20", "-O0", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow"]
FOLDERS = ["-Iinclude", "-Ilayouts"]
JOBS = int(os.environ.get("TACHYON_JOBS") or len(os.sched_getaffinity(0)))
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
        # Paths are told from the checkout, and it is always the same ones: then ccache, where it is
        # installed, knows what it compiled before, in another checkout too.
        build = pathlib.Path(os.environ.get("TACHYON_BUILD") or cls.home.name, "examples")
        (build / "tachyon").mkdir(parents=True, exist_ok=True)
        place = os.path.relpath(build, ROOT)
        before = ["ccache"] if shutil.which("ccache") else []
        options = {"cwd": ROOT, "capture_output": True, "text": True, "env": {
            "CCACHE_SLOPPINESS": "pch_defines,time_macros,include_file_mtime,include_file_ctime",
            **os.environ}}

        # The library is parsed once for all of them, as a precompiled header.
        with tempfile.TemporaryDirectory(dir=build) as made:  # others may be using the last one
            subprocess.run([*before, "g++", *FLAGS, *FOLDERS, "-fpch-preprocess", "-w", "-x",
                            "c++-header", "include/tachyon/tachyon.hpp", "-o", f"{made}/pch"],
                           check=True, **options)
            shutil.copy(ROOT / "include" / "tachyon" / "tachyon.hpp", made)
            os.replace(f"{made}/tachyon.hpp", build / "tachyon" / "tachyon.hpp")
            os.replace(f"{made}/pch", build / "tachyon" / "tachyon.hpp.gch")

        def compiled(name):
            """ccache keeps objects, not programs, so these are two steps."""
            done = subprocess.run(
                [*before, "g++", f"-I{place}", *FLAGS, "-Werror", "-fpch-preprocess", *FOLDERS, "-c",
                 f"tests/examples/{name}.cpp", "-o", f"{cls.program(name)}.o"], **options)
            if done.returncode == 0:
                done = subprocess.run(["g++", f"{cls.program(name)}.o", "-o", cls.program(name)],
                                      **options)
            return ("folders", name), done

        def with_single_header(_):
            """All of them as one, so that what they have in common is instantiated once. Only a main
            that is called so may end without a return."""
            with tempfile.NamedTemporaryFile("w", dir=build, delete=False) as out:
                for name in EXAMPLES:
                    out.write(f"#define main main_of_{name}\n#include <tests/examples/{name}.cpp>\n"
                              "#undef main\n")
            os.replace(out.name, build / "all.cpp")
            return ("single header", "all"), subprocess.run(
                [*before, "g++", *FLAGS, "-Werror", "-Wno-return-type", "-Isingle_include", "-I.",
                 "-c", f"{place}/all.cpp", "-o", cls.program("all") + ".o"], **options)

        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            every = [pool.submit(with_single_header, None)]
            every += [pool.submit(compiled, name) for name in EXAMPLES]
            for one in every:
                key, done = one.result()
                if done.returncode:
                    cls.wrong[key] = done.stderr

    @classmethod
    def program(cls, name):
        return os.path.join(cls.home.name, name)

    def start(self, *command):
        """A program that runs by itself, and has begun: half a second of its own, or asleep."""
        child = subprocess.Popen([PYTHON, *command], stdout=subprocess.DEVNULL)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)

        def begun():
            with open(f"/proc/{child.pid}/stat", encoding="ascii", errors="replace") as file:
                state, *fields = file.read().rpartition(")")[2].split()
            return state == "S" or int(fields[10]) + int(fields[11]) > 30

        end = time.monotonic() + 60
        seen = 0
        while seen < 3 and time.monotonic() < end:
            time.sleep(0.02)
            seen = seen + 1 if begun() else 0
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
        self.assertRegex(text, r"page.html: [1-9]\d* samples")
        self.assertIn("<!DOCTYPE html>", pathlib.Path(page).read_text()[:100])

    def test_pprof_server(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = subprocess.Popen([self.program("pprof_server"), str(port), str(self.demo())])
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        for left in range(600, -1, -1):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/profile", timeout=30) as got:
                    profile = gzip.decompress(got.read())
                break
            except urllib.error.URLError:
                self.assertTrue(left, "it does not listen")
                time.sleep(0.1)
        self.assertIn(b"is_known", profile)


if __name__ == "__main__":
    unittest.main()
