#!/usr/bin/env python3
"""How large flame graph pages are and how soon they open: CPython's own and ours, of one recording.

    tests/bench/pages.py [--rounds 9]

In Chromium, alternating: milliseconds to the first frame after loading, and until nothing on the
page changes any more (CPython's lets its frames grow for half a second).
"""

import argparse
import os
import statistics
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "browser"))
import side_by_side  # noqa: E402  pylint: disable=wrong-import-position
import support  # noqa: E402  pylint: disable=wrong-import-position

TACHYON = os.path.abspath(
    os.environ.get("TACHYON", os.path.join(side_by_side.ROOT, "build/release/tachyon")))


def spread(values):
    return f"{statistics.median(values):.0f} ({min(values):.0f} to {max(values):.0f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    chosen = parser.parse_args()
    name = side_by_side.reference_profiler()
    if not name:
        sys.exit("no interpreter with profiling.sampling in the cache (tests/interpreters 3.15)")
    print("load:", open("/proc/loadavg", encoding="ascii").read().strip(), flush=True)
    with tempfile.TemporaryDirectory(prefix="tachyon-bench-pages-") as home:
        pages = side_by_side.make_pages(home, name, TACHYON)
        times = [[], []]
        for _ in range(chosen.rounds):
            for page, into in zip(pages, times):
                into.append(side_by_side.opening(support.browser(), page))
        for who, page, measured in zip((f"CPython {name}", "tachyon"), pages, times):
            frame, last = zip(*measured)
            print(f"{who}: {os.path.getsize(page):,} bytes, first frame {spread(frame)} ms, "
                  f"complete {spread(last)} ms")
        theirs, ours = (statistics.median(last for _, last in measured) for measured in times)
        print(f"complete: {theirs / ours:.2f} times sooner")


if __name__ == "__main__":
    main()
