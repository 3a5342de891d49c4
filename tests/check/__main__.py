"""Builds and runs every check and test, and counts them truly. tools/check calls this.

    tools/check                   what has to pass before a change lands
    tools/check --quick           what to run while working, some minutes
    tools/check --deep            everything, some hours: CONTRIBUTING.md lists what it adds
    tools/check unit live         only these parts, and the builds that they need
    tools/check live/test_x.py    only this file of Python tests
    tools/check --list            the parts, one line each
    tools/check live -k dump      of the Python tests, only those whose name contains "dump"

What is counted: each Catch2 test case, each method of a Python TestCase, each header that must
compile alone, each file of tests/compile_fail, each interpreter that tests/interpreters tries to
get, and every other check as one. The last line is the total.
"""

import argparse
import importlib
import os
import shutil
import signal
import sys
import time

import command
import deep
import interpreters
import python_tests
import remembered
from part import PARTS, TIERS
from schedule import Schedule

# Parts register themselves; what is imported first starts first where there is a choice.
for module in ("builds", "sources", "unit_tests", "compiling", "fuzzing", "packages"):
    importlib.import_module(module)

# A build of everything takes this much; a fuller disk fails late and in odd ways.
ROOM = 2_000_000_000


def parse():
    parser = argparse.ArgumentParser(prog="tools/check", description="Builds and runs checks and "
                                     "tests. Without an option: what has to pass before a change "
                                     "lands.")
    parser.add_argument("parts", nargs="*", metavar="PART",
                        help="only these, and the builds that they need; --list names them")
    tier = parser.add_mutually_exclusive_group()
    tier.add_argument("--quick", dest="tier", action="store_const", const="quick",
                      help="what to run while working")
    tier.add_argument("--deep", dest="tier", action="store_const", const="deep",
                      help="everything, hours")
    parser.add_argument("--list", action="store_true", help="print the parts")
    parser.add_argument("-k", metavar="TEXT", help="only Python tests with this in their name")
    options = parser.parse_args()
    options.tier = options.tier or "check"
    return parser, options


def groups():
    return {one.group for one in PARTS.values()}


def plan(parser, options):
    """The parts to run: those of the tier, or those that were named with the builds they need."""
    if not options.parts:
        return [one for one in PARTS.values()
                if TIERS.index(one.tier) <= TIERS.index(options.tier)]
    unknown = [word for word in options.parts if word not in PARTS and word not in groups()]
    if unknown:
        parser.error(f"no part {' '.join(unknown)}; there are {' '.join(sorted(groups()))}")
    chosen = [one for one in PARTS.values()
              if one.name in options.parts or one.group in options.parts]
    wanted = {one.name for one in chosen}
    wanted |= {need for one in chosen for need in one.needs if need.startswith("build ")}
    return [one for one in PARTS.values() if one.name in wanted]


def show_parts():
    for name, one in PARTS.items():
        tier = "" if one.tier == "check" else f" (--{one.tier})"
        print(f"{name:32} {one.description}{tier}")


def rank(one):
    """Downloads, then builds in their order, then long files of tests before short ones."""
    path = os.path.join(command.ROOT, "tests", one.name)
    return -os.path.getsize(path) if one.name.endswith(".py") else -10**9


def print_part(one, number, of):
    counted = one.counts() if one.passed or one.failed or one.skipped else "done"
    print(f"[{number}/{of}] {one.name}: {counted} ({one.wall:.0f} s, CPU {one.cpu:.0f} s)")
    for line in one.lines:
        print("  " + line)
    sys.stdout.flush()


def print_table(parts, wall):
    """Where the time went, by group; the slowest single parts."""
    rows = {}
    for one in parts:
        row = rows.setdefault(one.group, [0.0, 0.0, 0, 0, 0])
        for place, value in enumerate((one.wall, one.cpu, one.passed, len(one.failed),
                                       len(one.skipped))):
            row[place] += value
    print(f"\n{'part':20} {'wall s':>7} {'CPU s':>7} {'passed':>7} {'failed':>7} {'skipped':>8}")
    for name, (one_wall, cpu, passed, failed, skipped) in sorted(rows.items(),
                                                               key=lambda row: -row[1][1]):
        print(f"{name:20} {one_wall:7.0f} {cpu:7.0f} {passed:7} {failed:7} {skipped:8}")
    slowest = sorted(parts, key=lambda one: -one.wall)[:5]
    print("slowest: " + ", ".join(f"{one.name} {one.wall:.0f} s" for one in slowest))
    cpu = sum(one.cpu for one in parts)
    print(f"{wall:.0f} s of wall, {cpu:.0f} s of CPU on {command.JOBS} processors; parts run side "
          f"by side, so their wall seconds add up to more")
    if installed := os.environ.get("TACHYON_INSTALLED"):
        print(f"before that: {installed} s for Debian packages")


def print_rest(options):
    """What this tier left out, so that nothing is lost silently."""
    later = [one.name for one in PARTS.values()
             if TIERS.index(one.tier) > TIERS.index(options.tier)]
    if options.parts or not later:
        return
    adds = f"{len(later)} parts ({', '.join(later)})"
    if options.tier == "quick":
        print("tools/check would add what is not --quick, --deep everything")
    else:
        print(f"tools/check --deep would add: {adds}; the interpreters "
              f"{' '.join(interpreters.later())}; long tests in full ({deep.TAKES})")


def room(place):
    """Whether there is room to build in; says so where there is not."""
    free = shutil.disk_usage(place).free
    if free < ROOM:
        print(f"check: {free / 1e9:.1f} GB are free on the disk of {place}, and a run takes "
              f"{ROOM / 1e9:.0f} GB: make room and run it again", file=sys.stderr)
    return free >= ROOM


def main():
    python_tests.register()
    deep.register()
    parser, options = parse()
    python_tests.Options.pattern = options.k
    if options.list:
        show_parts()
        return 0
    chosen = sorted(plan(parser, options), key=rank)
    cache = os.path.dirname(remembered.folder())
    os.makedirs(cache, exist_ok=True)
    if not all(room(place) for place in (command.ROOT, cache)):
        return 1
    interpreters.choose(options.tier)
    if options.tier == "deep":
        os.environ.setdefault("TACHYON_LONG", "1")

    ended = []

    def told(one):
        ended.append(one)
        print_part(one, len(ended), len(chosen))

    schedule = Schedule(chosen, command.JOBS, told)

    def interrupt(number, _):
        # Once is enough; a second one must not cut the first one's work short.
        for again in (signal.SIGINT, signal.SIGTERM):
            signal.signal(again, signal.SIG_IGN)
        schedule.interrupt()
        nonlocal interrupted
        interrupted = number

    interrupted = 0
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    began = time.monotonic()
    schedule.run()
    if interrupted:
        print(f"check: interrupted after {len(ended)} of {len(chosen)} parts; run it again: what "
              f"is built and downloaded is kept", file=sys.stderr)
        return 128 + interrupted

    print_table(ended, time.monotonic() - began)
    failed = [name for one in ended for name in one.failed]
    for name in failed:
        print(f"FAILED {name}")
    not_run = [one.name for one in ended if one.broken and not one.failed]
    if not_run:
        print(f"not run: {', '.join(not_run)}")
    print_rest(options)
    passed = sum(one.passed for one in ended)
    skipped = sum(len(one.skipped) for one in ended)
    print(f"{passed} passed, {len(failed)} failed, {skipped} skipped")
    return 1 if failed or not_run or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
