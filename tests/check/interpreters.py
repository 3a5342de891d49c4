"""Real interpreters: which of them a tier uses, and getting them while others compile."""

import os
import re
import sys
import time

from command import tail
from part import part

# One of each minor. Debug and free-threaded builds belong to --deep.
OF_TIER = {
    "quick": ["3.11", "3.12", "3.13", "3.14", "3.15"],
    "check": ["3.11", "3.12", "3.13", "3.14", "3.15"],
    "deep": ["3.11", "3.11d", "3.12", "3.13", "3.13d", "3.13t", "3.14", "3.14d", "3.14t", "3.15",
             "3.15d", "3.15t"],
}


def choose(tier):
    """Tells every test which interpreters are meant, unless the caller has told already."""
    os.environ.setdefault("TACHYON_INTERPRETERS", " ".join(OF_TIER[tier]))


def later():
    """What only --deep uses."""
    return [name for name in OF_TIER["deep"] if name not in OF_TIER["check"]]


@part("real interpreters for the tests", cores=0, waits=True)
def interpreters(part_):
    began = time.monotonic()
    done = part_.run([sys.executable, "tests/interpreters",
                      *os.environ["TACHYON_INTERPRETERS"].split()], timeout=3000)
    took = time.monotonic() - began
    for name in re.findall(r"^  (\S+) +\d+\.\d+\S* +(?:host|chroot) ", done.output, re.M):
        part_.ok()
    for name, could, why in re.findall(
            r"^interpreters: (\S+): NOT THERE, (could|cannot) be had[^:]*: (.*)$", done.output,
            re.M):
        if could == "could":
            part_.fail(f"interpreter {name}", why)
        else:
            part_.skip(f"interpreter {name}", why)
    for line in tail(done.output, 24).splitlines():
        part_.say(line)
    part_.say(f"{took:.0f} s, most of it downloads")
    if done.status and "NOT THERE, could" not in done.output:
        part_.fail("tests/interpreters", done.output)
