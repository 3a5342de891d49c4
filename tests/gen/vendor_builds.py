"""Builds that no compiled layout fits are read through the table that they publish.

There is no such build at hand, so one is made: a copy of an interpreter whose table says something else about a
struct that no walk needs, and one whose table says that it is the next minor version.
"""

import os
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from interpreters_here import ROOT, manifest, runtime_file  # noqa: E402

import emit  # noqa: E402
import extract  # noqa: E402

TOOL = os.environ.get("TACHYON")

TARGET = """
import sys, time

def innermost(seconds):
    print("ready", flush=True)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass

def outermost(seconds):
    innermost(seconds)

outermost(20)
"""


def altered(path: Path, word: int, change: int) -> bytes:
    """The file with one word of its published table changed."""
    data = bytearray(path.read_bytes())
    sections = dict(extract.ObjectFile(bytes(data), str(path)).sections)
    at = sections[".PyRuntime"][4] + 8 * word
    struct.pack_into("<Q", data, at, struct.unpack_from("<Q", data, at)[0] + change)
    return bytes(data)


@unittest.skipUnless(TOOL, "no tool to read them with: TACHYON is not set")
class VendorBuilds(unittest.TestCase):
    def interpreters(self):
        found = []
        for entry in manifest():
            if entry["minor"] >= 13 and not entry["debug"] and not entry["libpython"]:
                name = emit.file_name({"minor": entry["minor"], "free_threaded": entry["free_threaded"], "arch": "x86_64"})
                facts = ROOT / "layouts" / "facts" / f"{name}.json"
                if facts.is_file():
                    found.append((entry, emit.load_facts(facts)))
        if not found:
            self.skipTest("no interpreter of 3.13 or newer with its runtime in the executable; tests/interpreters gets them")
        return found

    def dump_of(self, entry, data: bytes) -> str:
        # /tmp is the same inside the roots that tests/interpreters makes.
        with tempfile.TemporaryDirectory(prefix="tachyon-vendor-", dir="/tmp") as folder:
            os.chmod(folder, 0o755)
            copy, script = Path(folder) / Path(entry["exe"]).name, Path(folder) / "target.py"
            copy.write_bytes(data)
            copy.chmod(0o755)
            script.write_text(TARGET)
            become = (f"import os; os.execve({str(copy)!r}, [{str(copy)!r}, {str(script)!r}], "
                      f"{{**os.environ, 'PYTHONHOME': {str(Path(entry['exe']).parent.parent)!r}}})")
            target = subprocess.Popen([ROOT / "tests" / "interpreters", "--run", entry["name"], "--", "-c", become],
                                      stdout=subprocess.PIPE, text=True)
            try:
                self.assertEqual(target.stdout.readline(), "ready\n")
                dump = subprocess.run([TOOL, "dump", str(target.pid)], capture_output=True, text=True, timeout=60)
                self.assertIsNone(target.poll(), "the target is gone")
            finally:
                target.kill()
                target.wait()
                target.stdout.close()
            return dump.stdout + dump.stderr

    def assert_whole_stack(self, dump: str):
        places = [dump.find(f"in {name}") for name in ("<module>", "outermost", "innermost")]
        self.assertNotIn(-1, places, dump)
        self.assertEqual(places, sorted(places), dump)

    def test_another_list_does_not_matter_to_walks(self):
        for entry, facts in self.interpreters():
            with self.subTest(interpreter=entry["name"]):
                word = facts["published"]["words"]["list_object.ob_item"]
                self.assert_whole_stack(self.dump_of(entry, altered(runtime_file(entry), word, 8)))

    def test_the_next_minor_version_with_the_same_structs(self):
        newest = max(entry["minor"] for entry, _ in self.interpreters())
        for entry, _ in self.interpreters():
            if entry["minor"] == newest:
                with self.subTest(interpreter=entry["name"]):
                    self.assert_whole_stack(self.dump_of(entry, altered(runtime_file(entry), 1, 1 << 16)))

    def test_a_table_that_is_another_versions_is_refused(self):
        entry, _ = self.interpreters()[0]
        newest = max(entry["minor"] for entry, _ in self.interpreters())
        if entry["minor"] == newest:
            self.skipTest("only one minor version here")
        dump = self.dump_of(entry, altered(runtime_file(entry), 1, (newest + 1 - entry["minor"]) << 16))
        self.assertNotIn("innermost", dump)
        self.assertIn("error", dump)


if __name__ == "__main__":
    unittest.main()
