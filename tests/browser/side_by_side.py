"""One recording as CPython's own flame graph page and as ours, and how soon a page has opened."""

import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
INTERPRETERS = os.path.join(ROOT, "tests", "interpreters")

PROGRAM = """
def leaf():
    return sum(i * i for i in range(1000))
def f():
    while True:
        leaf()
f()
"""

# When the first frame after loading was made, and when anything on the page last changed: CPython's
# page lets its frames grow for half a second, ours fills what is below the window's edge.
WATCH = """
    window.watched = {frame: 0, last: 0};
    new MutationObserver(() => { watched.last = performance.now(); }).observe(document,
        {subtree: true, childList: true, attributes: true, characterData: true});
    addEventListener('load', () => requestAnimationFrame(() => setTimeout(() => {
        watched.frame = performance.now(); watched.last = Math.max(watched.last, watched.frame); })));
"""


def reference_profiler():
    """The name of an interpreter that has CPython's own profiler, where one is in the cache."""
    listed = subprocess.run(
        [sys.executable, INTERPRETERS, "--json"], capture_output=True, text=True, timeout=60
    )
    try:
        return next((i["name"] for i in json.loads(listed.stdout) if i.get("profiler")), None)
    except ValueError:
        return None


def make_pages(home, name, tool):
    """The paths of CPython's page and ours; both made from a recording of CPython's profiler."""
    program, recording = os.path.join(home, "p.py"), os.path.join(home, "r.bin")
    theirs, ours = os.path.join(home, "theirs.html"), os.path.join(home, "ours.html")
    with open(program, "w") as out:
        out.write(PROGRAM)
    reference = [sys.executable, INTERPRETERS, "--run", name, "--", "-m", "profiling.sampling"]
    for command in (
        [*reference, "run", "-d", "2", "--binary", "-o", recording, program],
        [*reference, "replay", recording, "--flamegraph", "-o", theirs],
        [tool, "replay", recording, f"--flamegraph={ours}"],
    ):
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise RuntimeError(f"{command}: {done.stderr}")
    return theirs, ours


def opening(browser, path):
    """Milliseconds to the first frame, and until nothing changes any more."""
    page = browser.open(path, first=WATCH)
    try:
        page.wait("performance.now() - watched.last > 400 && watched.frame > 0", 30)
        return page.js("watched.frame"), page.js("watched.last")
    finally:
        page.close()
