"""tools/hooks/pre-commit in a small repository of its own: what it lets through, what it refuses."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

NEEDS = ""

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NEEDED = (".clang-format", ".gitignore", "LICENSE", "gen", "include", "layouts", "single_include",
          "tests/layers.py", "tests/lint.py", "tests/lint.js", "tools/hooks")
ALONE = "#pragma once\n\n// Nothing.\nnamespace tachyon {\n\nstruct Nothing {};\n\n}  // namespace tachyon\n"


class Hook(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.origin = os.path.join(folder.name, "origin")
        for name in NEEDED:
            source, to = os.path.join(ROOT, name), os.path.join(cls.origin, name)
            os.makedirs(os.path.dirname(to), exist_ok=True)
            if os.path.isdir(source):
                shutil.copytree(source, to, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, to)
        cls.git(cls.origin, "init", "--quiet", "--initial-branch=main")
        cls.git(cls.origin, "add", "--all")
        cls.git(cls.origin, "commit", "--quiet", "--message=all", "--no-verify")

    @staticmethod
    def git(folder, *words, path=None):
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("GIT_")}
        environment.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_SYSTEM=os.devnull,
                           GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@localhost",
                           GIT_COMMITTER_NAME="a", GIT_COMMITTER_EMAIL="a@localhost",
                           LC_ALL="C.UTF-8", PATH=path or os.environ["PATH"])
        done = subprocess.run(["git", "-C", folder, "-c", "core.hooksPath=tools/hooks", *words],
                              env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.clone = os.path.join(folder.name, "a clone")
        self.assertEqual(self.git(folder.name, "clone", "--quiet", self.origin, self.clone), (0, ""))

    def write(self, name, text, folder=None):
        path = os.path.join(folder or self.clone, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def edit(self, name, old, new):
        with open(os.path.join(self.clone, name), encoding="utf-8") as file:
            text = file.read()
        self.assertIn(old, text)
        self.write(name, text.replace(old, new, 1))

    def commit(self, folder=None, path=None):
        self.git(folder or self.clone, "add", "--all")
        return self.git(folder or self.clone, "commit", "--quiet", "--message=change", path=path)

    def generate(self):
        subprocess.run([sys.executable, "gen/amalgamate.py"], cwd=self.clone, check=True,
                       stdout=subprocess.DEVNULL)

    def need(self, tool):
        if not shutil.which(tool):
            self.skipTest(f"no {tool}")

    def refused(self, done, *texts):
        status, output = done
        self.assertEqual(status, 1, output)
        for text in (*texts, "pre-commit: nothing was committed"):
            self.assertIn(text, output)
        self.assertEqual(self.git(self.clone, "rev-list", "--count", "HEAD")[1], "1\n")

    def test_a_clean_commit(self):
        self.need("clang-format-14")
        self.need("pyflakes3")
        self.write("include/tachyon/base/nothing.hpp", ALONE)
        self.write("tests/base/a name.hpp", ALONE)
        self.write("tools/some thing.py", "print(1)\n")
        self.generate()
        self.assertEqual(self.commit(), (0, ""))

    def test_a_badly_formatted_header_is_staged_in_a_worktree(self):
        self.need("clang-format-14")
        tree = os.path.join(os.path.dirname(self.clone), "a tree")
        self.assertEqual(self.git(self.clone, "worktree", "add", "-q", "-b", "b", tree), (0, ""))
        self.write("tests/a b.hpp", ALONE.replace("struct ", "struct    "), tree)
        self.git(tree, "add", "--all")
        self.write("tests/a b.hpp", ALONE, tree)
        status, output = self.git(tree, "commit", "--quiet", "--message=change")
        self.assertEqual(status, 1, output)
        self.assertIn("pre-commit: not formatted: tests/a b.hpp\n"
                      "  mend: clang-format-14 -i 'tests/a b.hpp'; git add 'tests/a b.hpp'\n", output)
        self.git(tree, "add", "--all")
        self.assertEqual(self.git(tree, "commit", "--quiet", "--message=change"), (0, ""))

    def test_stale_generated_files(self):
        os.unlink(os.path.join(self.clone, "gen/assets/text.js"))
        self.edit("include/tachyon/base/address.hpp", "namespace tachyon {",
                  "// One more line.\nnamespace tachyon {")
        self.refused(self.commit(), "pre-commit: generated\n", "+// One more line.",
                     "mend: gen/amalgamate.py, and git add what it wrote",
                     "mend: gen/embed.py, and git add what it wrote")

    def test_an_include_against_the_arrows(self):
        self.edit("include/tachyon/base/number.hpp", "#pragma once\n",
                  "#pragma once\n\n#include <tachyon/live/app.hpp>\n")
        self.refused(self.commit(), "pre-commit: layers\n", "include/tachyon/base/number.hpp:3: base/ "
                     "must not include <tachyon/live/app.hpp>")

    def test_python_that_names_what_is_not_there(self):
        self.need("pyflakes3")
        self.write("tests/some thing", "#!/usr/bin/env python3\nprint(spelling)\n")
        self.refused(self.commit(), "pre-commit: lint\n", "tests/some thing:2:7: undefined name")

    def test_missing_tools_are_named(self):
        tools = os.path.join(os.path.dirname(self.clone), "bin")
        os.mkdir(tools)
        for name in ("git", "bash", "env", "mktemp", "rm", "sed", "head"):
            os.symlink(shutil.which(name), os.path.join(tools, name))
        os.symlink(sys.executable, os.path.join(tools, "python3"))
        self.write("tests/a.hpp", ALONE)
        self.write("tests/a.py", "print(1)\n")
        self.assertEqual(self.commit(path=tools), (
            0, "pre-commit: skipped format: clang-format-14 is not installed\n"
               "pre-commit: skipped python: pyflakes3 not installed\n"))


if __name__ == "__main__":
    unittest.main()
