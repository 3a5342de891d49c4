"""A short run of each fuzzer; a longer one in the deep tier."""

import re
import sys

import builds
from command import JOBS, tail
from part import part


@part("fuzzers, five seconds each (longer: tests/fuzz/run --minutes N)", cores=JOBS,
      holds=["fuzz"])
def fuzz(part_):
    run_all(part_, "--seconds", "5")


@part("fuzzers, two minutes each", name="fuzz long", tier="deep", cores=JOBS, holds=["fuzz"])
def fuzz_long(part_):
    run_all(part_, "--minutes", "2")


def run_all(part_, *how_long):
    done = part_.run([sys.executable, "tests/fuzz/run", *how_long], env=builds.environment(),
                     timeout=7200)
    for line in re.findall(r"^\w+: [\d,]+ inputs.*$", done.output, re.M):
        part_.ok()
        part_.say(line)
    wrong = re.findall(r"^(\w+): FAILED", done.output, re.M)
    for name in wrong:
        part_.fail(f"fuzzer {name}", tail(done.output, 60) if name == wrong[0] else "")
    if done.status and not wrong:
        part_.fail("tests/fuzz/run", tail(done.output, 60))
