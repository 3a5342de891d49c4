"""What the page tests share: one browser, the pages that the C++ writers make, and a base class."""

import atexit
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import devtools

ROOT = pathlib.Path(__file__).resolve().parents[2]
_browser = None
_made = None
_folder = tempfile.TemporaryDirectory(prefix="tachyon-pages-")


def browser():
    global _browser
    if _browser is None:
        _browser = devtools.Browser()
        atexit.register(_browser.close)
    return _browser


def folder():
    return pathlib.Path(_folder.name)


def made():
    """The folder of pages written by tests/browser/pages.cpp."""
    global _made
    if _made is None:
        _made = folder() / "made"
        _made.mkdir()
        program = folder() / "pages"
        compiler = [os.environ.get("CXX") or "g++"]
        if shutil.which("ccache"):
            compiler.insert(0, "ccache")
        # ccache keeps objects, not programs, so these are two steps; and it knows what it compiled in
        # another checkout when no path of this one is told.
        subprocess.run(
            [
                *compiler,
                "-std=c++20",
                "-O0",
                "-Iinclude",
                "-Ilayouts",
                "-Itests",
                "-c",
                "tests/browser/pages.cpp",
                "-o",
                f"{program}.o",
            ],
            check=True,
            cwd=ROOT,
        )
        subprocess.run([compiler[-1], f"{program}.o", "-o", program], check=True)
        subprocess.run([program, _made], check=True)
    return _made


@unittest.skipUnless(
    devtools.find_chromium(), "no Chromium here (Debian: apt-get install chromium)"
)
class PageCase(unittest.TestCase):
    """Opens pages and fails on every console error."""

    def setUp(self):
        self.opened = []

    def open(self, path, **more):
        page = browser().open(path, **more)
        self.opened.append(page)
        page.wait("!window.tachyon || tachyon.complete")
        return page

    def tearDown(self):
        for page in self.opened:
            page.js("0")  # what was logged has arrived
            errors = page.errors
            page.close()
            self.assertEqual(errors, [], "errors in the console")

    def state(self, page, field):
        return page.js(f"tachyon.app.state.{field}")

    def shot(self, page, name):
        """A screenshot for the eye, if TACHYON_SCREENSHOTS names a folder."""
        where = os.environ.get("TACHYON_SCREENSHOTS")
        if where:
            page.screenshot(os.path.join(where, name + ".png"))
