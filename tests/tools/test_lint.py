"""tests/lint.py finds what it should, and fails where a linter is missing."""

import functools
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests"))
import lint  # pylint: disable=wrong-import-position

NEEDS = ""

# What is put at the end of gen/assets/text.js, and what is said about it.
SCRIPTS = (
    ("byId(spelling);", "nothing declares 'spelling'"),
    ("function forgotten() {}", "'forgotten' is never read"),
    ("byId(() => { const x = 1; });", "'x' is never read"),
    ("byId((used, unused) => used);", "'unused' is never read"),
    ("byId(() => { let n = 0; n += 1; n++; });", "'n' is never read"),
    ("byId(() => { const {a, b} = byId; return a; });", "'b' is never read"),
    ("byId(() => { const x = 1; x += 1; return x; });", "'x' is a constant"),
    ("byId(() => { for (const a of byId) byId(() => { a = 1; return a; }); });", "'a' is a constant"),
    ("byId(1 == 2);", "==; say ==="),
    ("var old = 1; byId(old);", "var; say const or let"),
    ("byId(() => { return 1; byId(2); });", "is never reached"),
    ("byId((a) => { if (a = 1) byId(a); });", "an assignment as a condition"),
    ("byId(require);", "nothing declares 'require'"),
    ("const bytesOf = 1; byId(bytesOf);", "'bytesOf' is declared in another script, too"),
)
FINE = """
byId((unused, used) => used);
byId(() => { outer: for (;;) { for (const [k, v = k] of byId) { if (v) break outer; } } });
byId(class extends Array { static #n = 0; get [byId]() { return this.n ?? new.target; } });
byId(({a: {b}, ...c}) => { try { later(b); } catch { let n; n = c; return n; } function later(x) { return x; } });
byId(() => { switch (byId) { case 1: { const x = 1; return x; } default: return `${byId}`?.length; } });
byId(() => { let n = 0; const next = () => n++; for (let i = 0; i < 3; ++i) next(); });
"""


@functools.cache
def absent():
    return lint.missing({"python", "shell", "script"})


class Lint(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        os.makedirs(f"{self.root}/tests")
        for name in ("lint.py", "lint.js"):
            shutil.copy(f"{ROOT}/tests/{name}", f"{self.root}/tests/{name}")
        shutil.copytree(f"{ROOT}/gen", f"{self.root}/gen")

    def write(self, name, text, mode="w"):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, mode, encoding="utf-8") as file:
            file.write(text)
        return path

    def lint(self, *words, **environment):
        done = subprocess.run([sys.executable, f"{self.root}/tests/lint.py", *words],
                              capture_output=True, text=True, check=False, cwd="/",
                              env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1", **environment))
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout

    def lint_text(self):
        return self.lint(f"{self.root}/gen/assets/text.js")

    def need_linters(self):
        if absent():
            self.skipTest("not installed: " + " ".join(absent()))

    def test_python_with_and_without_an_ending(self):
        self.need_linters()
        self.write("tools/a b.py", "import os\n")
        self.write("tests/runner", "#!/usr/bin/env python3\nprint(spelling)\n")
        self.write("build/x.py", "import os\n")
        self.assertEqual(self.lint(), (1, "tests/runner:2:7: undefined name 'spelling'\n"
                                          "tools/a b.py:1:1: 'os' imported but unused\n"))

    def test_shell(self):
        self.need_linters()
        script = self.write(".ci/run", "#!/usr/bin/env bash\nfolder='a b'\nrm $folder\n")
        status, output = self.lint(script)
        self.assertEqual(status, 1, output)
        self.assertIn(".ci/run:3:4: note: Double quote", output)
        self.write(".ci/run", "#!/usr/bin/env bash\nif true; then\n")
        self.assertIn(".ci/run: line 3: syntax error", self.lint(script)[1])

    def test_scripts_of_pages(self):
        self.need_linters()
        with open(f"{ROOT}/gen/assets/text.js", encoding="ascii") as file:
            text = file.read()
        line = text.count("\n") + 1
        self.write("gen/assets/text.js", text + "const = 1;\n")
        self.assertIn(f"gen/assets/text.js:{line}: Unexpected token\n", self.lint_text()[1])
        self.write("gen/assets/text.js", text + "".join(code + "\n" for code, _ in SCRIPTS))
        status, output = self.lint_text()
        self.assertEqual(status, 1, output)
        found = [each for each in output.splitlines() if "text.js" in each]
        self.assertEqual(len(found), len(SCRIPTS), output)
        for number, (code, message) in enumerate(SCRIPTS, line):
            self.assertIn(f"gen/assets/text.js:{number}: {message}", output, code)
        self.write("gen/assets/text.js", text + FINE)
        self.assertEqual(self.lint_text(), (0, ""))

    def test_a_script_without_a_page(self):
        self.need_linters()
        lost = self.write("gen/assets/lost.js", "byId(1);\n")
        self.assertEqual(self.lint(lost), (1, "gen/assets/lost.js:1: no page in gen/embed.py has this "
                                          "script\n"))

    def test_a_missing_linter_is_an_error(self):
        self.write("bin/bash", "")
        self.assertEqual(self.lint(PATH=f"{self.root}/bin"), (
            1, "tests/lint.py: needs what is not here: apt-get install pyflakes3 nodejs "
               "node-acorn\n"))

    def test_list(self):
        status, output = self.lint("--list")
        self.assertEqual(status, 0)
        self.assertIn("script   gen/assets/text.js\n", output)
        self.assertIn("python   tests/lint.py\n", output)


if __name__ == "__main__":
    unittest.main()
