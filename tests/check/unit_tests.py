"""Runs the unit tests, in as many processes as there are processors, and counts their cases."""

import concurrent.futures
import os
import re
import tempfile

import builds
from command import JOBS, only_errors, tail
from part import part


@part("unit tests", tier="quick", needs=["build unit"], cores=JOBS)
def unit(part_):
    catch2(part_, "unit")


@part("unit tests against the single header, under AddressSanitizer and UndefinedBehaviorSanitizer",
      needs=["build asan"], cores=JOBS)
def asan(part_):
    catch2(part_, "asan")


@part("unit tests against the single header, clang", tier="deep", needs=["build single-header"],
      cores=JOBS)
def single(part_):
    catch2(part_, "single-header")


@part("what is threaded, under ThreadSanitizer (the display: tests/live/races.py)")
def tsan(part_):
    with tempfile.TemporaryDirectory() as place:
        for test in ("sampler/reader_group.cpp", "live/feed.cpp"):
            exe = os.path.join(place, "threaded")
            done = part_.run(["ccache", "clang++-14", "-std=c++20", "-O1", "-g1",
                              "-fsanitize=thread", "-DCATCH_CONFIG_MAIN", "-DTACHYON_WITH_ZSTD=1",
                              "-Iinclude", "-Ilayouts", "-Itests", "-c", f"tests/{test}", "-o",
                              f"{exe}.o"], env=builds.environment())
            if done.status == 0:
                done = part_.run(["clang++-14", "-fsanitize=thread", f"{exe}.o", "-o", exe,
                                  "-lzstd", "-lpthread"])
            if done.status:
                part_.fail(f"tsan build of {test}", only_errors(done.output))
                continue
            done = part_.run([exe], env={**builds.environment(), "TSAN_OPTIONS": "exitcode=66"})
            passed = re.search(r"All tests passed \([\d,]+ assertions? in (\d+) test cases?\)",
                               done.output)
            if done.status == 0 and passed:
                part_.ok(int(passed.group(1)))
            else:
                part_.fail(f"tsan {test}", tail(done.output, 60))


def catch2(part_, preset):
    exe = os.path.join(builds.folder(preset), "unit")
    env = {**builds.environment(), "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0",
           "UBSAN_OPTIONS": "print_stacktrace=1"}
    # Catch2 answers with the number of test cases.
    listed = part_.run([exe, "--list-test-names-only"], env=env).output
    names = [line for line in listed.splitlines() if line]
    if not names:
        part_.fail(f"unit {preset}", "it lists no test cases")
        return

    def share(number):
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as list_:
            list_.write("".join(re.sub(r"([\\,\[\]*~])", r"\\\1", name) + "\n"
                                for name in names[number::shares]))
            list_.flush()
            return part_.run([exe, "--input-file", list_.name], env=env)

    # More shares than processors: the ones with the slow cases do not keep the others waiting.
    shares = min(4 * JOBS, len(names))
    ran = 0
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for done in pool.map(share, range(shares)):
            ran += count(part_, preset, done)
    if ran != len(names):
        part_.fail(f"unit {preset}", f"{len(names)} test cases are listed, {ran} ran")


def count(part_, preset, done):
    """Counts what one process says of its test cases; how many ran."""
    # Catch2 2 cannot skip. A test case that cannot run here warns "skipped: why" and returns.
    skipped = re.findall(r"^-{79}\n(.+)\n-{79}\n\S+\n\.{79}\n\n\S+ warning:\n  skipped[: ]*(.*)$",
                         done.output, re.M)
    for name, why in skipped:
        part_.skip(f"unit {preset}: {name}", why)
    every = re.search(r"All tests passed \([\d,]+ assertions? in (\d+) test cases?\)", done.output)
    some = re.search(r"^test cases:\s+(\d+) \|(.*)$", done.output, re.M)
    if done.status == 0 and every:
        part_.ok(int(every.group(1)) - len(skipped))
        return int(every.group(1))
    passed = re.search(r"(\d+) passed", some.group(2)) if some else None
    part_.ok(max(0, (int(passed.group(1)) if passed else 0) - len(skipped)))
    failed = re.search(r"(\d+) failed", some.group(2)) if some else None
    for number in range(int(failed.group(1)) if failed else 1):
        part_.fail(f"unit {preset}", tail(done.output, 80) if number == 0 else "")
    return int(some.group(1)) if some else 0
