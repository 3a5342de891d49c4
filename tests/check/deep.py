"""What only the deep tier runs, besides the parts that say so where they stand."""

import os
import re
import sys

import builds
import python_tests
from command import ROOT, tail
from part import PARTS, Part, part

TAKES = "some hours on two processors"


@part("the tests of the table of faults, twenty times", name="faults", tier="deep",
      needs=["build release", "build unit"], alone="it makes the machine busy")
def faults(part_):
    done = part_.run([sys.executable, "tests/faults", "--repeat", "20", "-j", "2"],
                     env=builds.environment(), timeout=6 * 3600)
    for line in re.findall(r"^round \d+: \d+ tests in .*$", done.output, re.M):
        part_.say(line)
    said = re.search(r"^(\d+) of (\d+) rounds passed$", done.output, re.M)
    if done.status == 0 and said and said.group(1) == said.group(2):
        part_.ok(int(said.group(1)))
    else:
        part_.fail("tests/faults", tail(done.output, 120))


# What reads foreign bytes, run by a tool that notices every false step. Tests of limits, of sizes and
# of the terminal are about the program that is shipped and stay with that one.
SANITIZED = ("real/test_dump.py", "real/test_sampling.py", "real/test_asyncio.py",
             "real/test_hostile.py", "tools/test_replay.py", "collect/test_formats.py")

builds.built("asan-tool", "tachyon", "the tool, clang, sanitized", tier="deep")


def register():
    for name in SANITIZED:
        path = os.path.join(ROOT, "tests", name)
        PARTS[f"sanitized {name}"] = Part(
            f"sanitized {name}", lambda part_, path=path: python_tests.run_file(
                part_, path, TACHYON=os.path.join(builds.folder("asan-tool"), "tachyon"),
                ASAN_OPTIONS="detect_leaks=0"),
            "with the sanitized tool", tier="deep", needs=["build asan-tool", "interpreters"],
            waits=True, group="sanitized")
