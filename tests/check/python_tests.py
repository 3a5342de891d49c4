"""Python tests: each file of tests/*/ with test cases is a part, run in a process of its own."""

import ast
import glob
import json
import os
import re
import sys
import tempfile

import builds
from command import ROOT, tail
from part import PARTS, Part

HERE = os.path.dirname(os.path.abspath(__file__))


class Options:
    """What the command line says of Python tests."""
    pattern = None


def register():
    for path in sorted(glob.glob(f"{ROOT}/tests/*/*.py")):
        folder = os.path.basename(os.path.dirname(path))
        if folder in ("targets", "support", "check"):
            continue
        said = marks(path)
        if not said["tests"]:
            continue  # a base class for others' tests has none of its own
        name = os.path.relpath(path, f"{ROOT}/tests")
        PARTS[name] = Part(
            name, lambda part_, path=path: run_file(part_, path), said["about"],
            tier=said["TIER"] or "check", needs=needs(path, said["NEEDS"].split()), holds=said["HOLDS"].split(),
            waits=not said["ALONE"], alone=said["ALONE"],
            group=folder if folder not in PARTS else f"{folder}_py")


def marks(path):
    """What a file says of itself: whether it has tests, and constants of its first level.

    ALONE = "why": it measures, and nothing may run beside it. HOLDS = "release": it changes what is
    in build/release. TIER = "quick" or "deep": in `tools/check` it is one of the quick ones, or left
    out. NEEDS = "": no build; else the tool is built before.
    """
    with open(path, encoding="utf-8") as text:
        tree = ast.parse(text.read())
    found = {"ALONE": "", "HOLDS": "", "TIER": "", "NEEDS": "release"}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            for name in node.targets:
                if isinstance(name, ast.Name) and name.id in found:
                    found[name.id] = node.value.value
    found["tests"] = any(isinstance(node, ast.FunctionDef) and node.name.startswith("test")
                         for group in tree.body if isinstance(group, ast.ClassDef)
                         for node in group.body)
    about = (ast.get_docstring(tree) or "").split("\n\n", maxsplit=1)[0].replace("\n", " ")
    found["about"] = about or os.path.basename(path)
    return found


def needs(path, said):
    """The builds that a file says it needs, and what it asks for by naming it."""
    with open(path, encoding="utf-8") as text:
        content = text.read()
    wanted = [f"build {preset}" for preset in said]
    if said and ('"unit"' in content or "TACHYON_BUILD" in content):
        wanted.append("build unit")  # some look at what the unit tests write
    if re.search(r"\binterpreters\b|^(from|import) live\b", content, re.M):
        wanted.append("interpreters")
    return wanted


def run_file(part_, path, **more):
    name = os.path.relpath(path, f"{ROOT}/tests")
    pattern = ["-k", Options.pattern] if Options.pattern else []
    with tempfile.NamedTemporaryFile("r", suffix=".json") as result:
        done = part_.run([sys.executable, f"{HERE}/one_file.py", path, result.name, *pattern],
                         env={**builds.environment(), **more})
        text = result.read()
    if not text:
        part_.fail(name, f"ended with {done.status} before it could report:\n"
                         f"{tail(done.output, 40)}")
        return
    outcomes = json.loads(text)
    for test, outcome, why in outcomes:
        if outcome == "ok":
            part_.ok()
        elif outcome == "skip":
            part_.skip(f"{name}: {test}", why)
        else:
            part_.fail(f"{name}: {test}", tail(why, 40))
    if not outcomes and not pattern:
        part_.fail(name, "it has no tests")
    # A skipped cell of a matrix may be told on a line of its own.
    for line in done.output.splitlines():
        if line.startswith("skipped"):
            part_.say(line)
