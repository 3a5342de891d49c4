"""What can be said of the sources without building anything."""

import glob
import os
import re
import sys

from command import ROOT
from part import part


@part("generated files are what their generators write", tier="quick")
def generated(part_):
    for script in sorted(glob.glob(f"{ROOT}/gen/*.py")):
        with open(script, encoding="utf-8") as text:
            if '"--check"' not in text.read():
                continue
        name = os.path.relpath(script, ROOT)
        part_.check(f"{name} --check", [sys.executable, script, "--check"])


@part("folders include only along the arrows", tier="quick")
def layers(part_):
    part_.check("tests/layers.py", [sys.executable, "tests/layers.py"])
    done = part_.run([sys.executable, "tests/layers.py", "--self-test"])
    ran = re.search(r"Ran (\d+) tests", done.output)
    if done.status == 0 and ran:
        part_.ok(int(ran.group(1)))
    else:
        part_.fail("tests/layers.py --self-test", done.output)


@part("formatted as .clang-format says", tier="quick")
def format(part_):  # pylint: disable=redefined-builtin
    files = [f for base in ("include", "tests", "tools")
             for ending in ("hpp", "cpp") for f in glob.glob(f"{ROOT}/{base}/**/*.{ending}",
                                                             recursive=True)]
    files = [f for f in files if "/render/assets" not in f and not f.endswith("tachyon.hpp")]
    done = part_.run(["clang-format-14", "--dry-run", "-Werror", *sorted(files)])
    wrong = sorted(set(re.findall(r"^(\S+?):\d+:\d+: error: code should", done.output, re.M)))
    part_.expect("format", done.status == 0, f"{len(wrong)} files: clang-format-14 -i " + " ".join(
        os.path.relpath(f, ROOT) for f in wrong))


@part("Python, JavaScript and shell scripts, as linters see them", tier="quick")
def lint(part_):
    part_.check("tests/lint.py", [sys.executable, "tests/lint.py"])
