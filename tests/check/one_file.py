"""Runs one file of Python tests and writes what came of each test.

    one_file.py FILE RESULT.json [-k TEXT]
"""

import importlib.util
import json
import os
import signal
import sys
import time
import traceback
import unittest


class Recorder(unittest.TextTestResult):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.outcomes = []

    def note(self, test, outcome, why=""):
        self.outcomes.append((test.id().split(".", 1)[-1], outcome, why))

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def stopTest(self, test):
        super().stopTest(test)
        self.stream.writeln(f"{time.monotonic() - self.began:6.1f} s {test.id()}")

    def addSuccess(self, test):
        super().addSuccess(test)
        # A test whose subtests failed was noted by addSubTest, and does not come here as success.
        self.note(test, "ok")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.note(test, "fail", "".join(traceback.format_exception(*err)))

    def addError(self, test, err):
        super().addError(test, err)
        self.note(test, "fail", "".join(traceback.format_exception(*err)))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.note(test, "skip", reason)

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self.note(test, "ok")

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.note(test, "fail", "was expected to fail and did not")

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.note(subtest, "fail", "".join(traceback.format_exception(*err)))


def heed_signals():
    """A shell lets what it starts in the background ignore these, and tests send them."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


def main():
    path, result_path = sys.argv[1:3]
    heed_signals()
    # Ended by the runner: classes clean up behind themselves.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.path[0] = os.path.dirname(path)
    spec = importlib.util.spec_from_file_location(
        os.path.splitext(os.path.basename(path))[0], path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    loader = unittest.TestLoader()
    if sys.argv[3:4] == ["-k"]:
        loader.testNamePatterns = [f"*{sys.argv[4]}*"]
    runner = unittest.TextTestRunner(verbosity=2, resultclass=Recorder, stream=sys.stdout)
    result = runner.run(loader.loadTestsFromModule(module))
    with open(result_path, "w", encoding="utf-8") as out:
        json.dump(result.outcomes, out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
