"""What only the deep tier runs, besides the parts that say so where they stand."""

import re
import sys

import builds
from command import tail
from part import part

TAKES = "about three hours on two processors"


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
