"""The display and the sampling thread under ThreadSanitizer, with every view and many keys."""

import os
import shutil
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from driver import Pty, build  # pylint: disable=wrong-import-position


@unittest.skipUnless(shutil.which("clang++-14"), "needs clang++-14 for ThreadSanitizer")
class Races(unittest.TestCase):
    def run_keys(self, arguments, keys, ending=b"q"):
        t = Pty(arguments, width=160, height=45, program=build("thread"),
                TSAN_OPTIONS="halt_on_error=1 exitcode=66")
        self.addCleanup(t.close)
        t.wait_for(b"checksum", seconds=60)
        for key in keys:
            t.write(key)
            t.read_for(0.1)
        t.write(ending)
        status = t.wait(60)
        self.assertNotIn(b"ThreadSanitizer", t.output)
        return status

    def test_all_views(self):
        keys = [bytes([c]) for c in b"tt2jj3453j51sSxpp+-+-/"] + [b"check\r", b"c", b"w\r", b"r",
                                                                  b"p", b"sss", b"p"]
        status = self.run_keys(["rate=3000", "functions=300", "threads=8", "tasks", "opcodes",
                                "processes", "odd", "depth=30", "refresh=50"], keys)
        self.assertEqual(status, 0)

    def test_the_end_comes_while_keys_do(self):
        status = self.run_keys(["rate=3000", "duration=1500", "refresh=50"], [b"t"] * 20)
        self.assertEqual(status, 0)


if __name__ == "__main__":
    unittest.main()
