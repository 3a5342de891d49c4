"""A part of the check: what it counts, what it prints, and the table of all parts."""

import command

TIERS = ("quick", "check", "deep")
PARTS = {}


class Part:
    """One part. A function of this package does the work and is handed the part.

    `needs` names parts that must have succeeded before. `holds` names folders that only one part at
    a time may change. A part that `waits` for other processes leaves the processors to those that
    compute; one with a reason to be `alone` measures, and nothing runs beside it.
    """

    def __init__(self, name, work, description, tier="check", needs=(), holds=(), cores=1,
                 waits=False, alone="", group=""):
        self.name, self.work, self.description = name, work, description
        self.tier, self.needs, self.holds = tier, tuple(needs), tuple(holds)
        self.cores, self.waits, self.alone = cores, waits, alone
        self.group = group or name
        self.passed, self.failed, self.skipped, self.lines = 0, [], [], []
        self.wall = self.cpu = 0.0
        self.broken = False  # it could not do what others need it for

    def run(self, words, **options):
        done = command.run(words, **options)
        self.cpu += done.cpu
        return done

    def check(self, name, words, **options):
        """Counts one command: whether it succeeds."""
        done = self.run(words, **options)
        if done.status == 0:
            self.ok()
        else:
            self.fail(name, command.tail(done.output, 60))
        return done.status == 0

    def expect(self, name, holds, why=""):
        """Counts one condition."""
        if holds:
            self.ok()
        else:
            self.fail(name, why)
        return holds

    def ok(self, count=1):
        self.passed += count

    def fail(self, name, why=""):
        self.failed.append(name)
        self.say(f"FAILED {name}")
        if why:
            self.say("  " + why.rstrip().replace("\n", "\n    "))

    def skip(self, name, why):
        self.skipped.append(name)
        self.say(f"skipped {name}: {why}")

    def say(self, line):
        """A line for whoever reads the log; parts run side by side, so it is printed at the end."""
        self.lines.append(line)

    def counts(self):
        return (f"{self.passed} passed, {len(self.failed)} failed, {len(self.skipped)} skipped")


def part(description, name="", **how):
    """Registers a function as a part."""
    def add(function):
        called = name or function.__name__
        PARTS[called] = Part(called, function, description, **how)
        return function
    return add
