"""tests/interpreters: what it prints, and roots that travel as one file."""

import contextlib
import importlib.machinery
import importlib.util
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

NEEDS = ""

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tests" / "interpreters"


def load():
    loader = importlib.machinery.SourceFileLoader("interpreters_script", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


class Cache(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.cache = pathlib.Path(folder.name)
        before = os.environ.get("TACHYON_CACHE")
        os.environ["TACHYON_CACHE"] = folder.name
        self.addCleanup(lambda: os.environ.pop("TACHYON_CACHE") if before is None
                        else os.environ.update(TACHYON_CACHE=before))
        self.script = load()

    def printed(self, *words, **environment):
        done = subprocess.run([sys.executable, SCRIPT, *words], capture_output=True, text=True,
                              env={**os.environ, **environment}, check=True)
        return done.stdout

    def test_only_those_that_are_meant(self):
        entry = {"kind": "host", "root": "/", "exe": sys.executable, "version": "3.11.2"}
        names = ["3.11", "3.11d", "3.13t"]
        (self.cache / "interpreters.json").write_text(
            json.dumps([{**entry, "name": name} for name in names]))
        for meant, expected in (("", names), ("3.11 3.12 3.13t", ["3.11", "3.13t"])):
            said = json.loads(self.printed("--json", TACHYON_INTERPRETERS=meant))
            self.assertEqual([one["name"] for one in said], expected)
            listed = self.printed("--list", TACHYON_INTERPRETERS=meant)
            self.assertEqual([line.split()[0] for line in listed.splitlines()], expected)

    @unittest.skipUnless(shutil.which("zstd") and not os.geteuid(), "needs zstd, and root")
    def test_a_root_is_packed_and_unpacked(self):
        root = self.cache / "roots" / "suite"
        for name, text in (("usr/bin/python3.13", "program"), ("tmp/left", "rest"),
                           ("proc/1", "system"), ("var/lib/apt/lists/list", "long")):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        (root / "usr/bin/python3.13").chmod(0o755)
        self.script.changed.add(str(root))
        self.script.pack_roots()
        self.assertEqual(self.script.changed, set())
        shutil.rmtree(root)
        self.assertTrue(self.script.unpack_root(str(root)))
        self.assertEqual((root / "usr/bin/python3.13").stat().st_mode & 0o777, 0o755)
        # Mounts and what apt fetches again do not travel; their folders do.
        for place in ("tmp", "proc", "var/lib/apt/lists"):
            self.assertEqual(list((root / place).iterdir()), [])

    @unittest.skipUnless(shutil.which("zstd") and not os.geteuid(), "needs zstd, and root")
    def test_a_packed_root_that_is_cut_is_made_anew(self):
        root = self.cache / "roots" / "suite"
        root.mkdir(parents=True)
        (root / "file").write_bytes(os.urandom(100_000))
        self.script.changed.add(str(root))
        self.script.pack_roots()
        packed = self.cache / "roots" / "suite.tar.zst"
        packed.write_bytes(packed.read_bytes()[:50_000])
        shutil.rmtree(root)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.assertFalse(self.script.unpack_root(str(root)))
        self.assertIn("is made anew", said.getvalue())
        self.assertEqual([one.name for one in root.parent.iterdir()], ["suite.tar.zst"])


if __name__ == "__main__":
    unittest.main()
