#!/usr/bin/env python3
"""Lints what no compiler reads: Python, JavaScript and shell scripts.

    tests/lint.py           lint everything; print FILE:LINE: what is wrong; exit 1 if anything is
    tests/lint.py FILE...   only these
    tests/lint.py --list    the files and what looks at each

Debian packages: pyflakes3, shellcheck, nodejs, node-acorn. A missing one is an error, not a skip,
unless --available is given, which is what the pre-commit hook does: that one then is named.

    python   pyflakes3: unused and undefined names
    script   tests/lint.js: the same for the pages, and what it lists besides. Debian's eslint needs 75
             packages more than nodejs.
    shell    bash -n and shellcheck
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SKIPPED = re.compile(r"build.*|tachyon-demo|__pycache__|\.(?!ci$|github$).*")
PACKAGES = {"pyflakes3": "pyflakes3", "shellcheck": "shellcheck", "bash": "bash", "node": "nodejs"}
# Debian's own node looks there by itself, others do not.
MODULES = "/usr/share/nodejs"


def language(path):
    """'python', 'script', 'shell', or None for what is not linted."""
    name = os.path.basename(path)
    if name.endswith(".py"):
        return "python"
    if name.endswith(".js"):
        return "script"
    with open(path, "rb") as file:
        first = file.readline(200)
    if re.match(rb"#!.*\bpython3?\b", first):
        return "python"
    if re.match(rb"#!.*\b(ba)?sh\b|# shellcheck shell=", first):
        return "shell"
    return None


def everything():
    for place, folders, names in os.walk(ROOT):
        folders[:] = sorted(f for f in folders if not SKIPPED.fullmatch(f))
        for name in sorted(names):
            path = os.path.join(place, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield os.path.relpath(path, ROOT)


def missing(languages):
    """The Debian packages that are not here and that linting these languages needs."""
    tools = {"python": ["pyflakes3"], "shell": ["bash", "shellcheck"], "script": ["node"]}
    absent = [PACKAGES[tool] for each in sorted(languages) for tool in tools[each]
              if not shutil.which(tool)]
    if "script" in languages:
        found = shutil.which("node") and run(["node", "-e", "require('acorn')"])[0] == 0
        if not found:
            absent.append("node-acorn")
    return absent


def run(command, text=None):
    path = os.pathsep.join(filter(None, [os.environ.get("NODE_PATH"), MODULES]))
    done = subprocess.run(command, cwd=ROOT, input=text, text=True, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          env=dict(os.environ, NODE_PATH=path))
    return done.returncode, done.stdout


def lint_python(paths):
    return [run(["pyflakes3", *paths])]


def lint_shell(paths):
    return [run(["bash", "-n", path]) for path in paths] + [
        run(["shellcheck", "--format=gcc", "--external-sources", *paths])]


def lint_script(paths):
    """A page's scripts are read together, whichever of them was asked for."""
    sys.path.insert(0, os.path.join(ROOT, "gen"))
    import embed  # pylint: disable=import-outside-toplevel
    pages = {page: [f"gen/assets/{name}" for name in scripts]
             for page, (_, _, scripts) in embed.PAGES.items()}
    in_pages = {name for scripts in pages.values() for name in scripts}
    wanted = set(paths)
    stray = [name for name in wanted if name.startswith("gen/assets/") and name not in in_pages]
    status, output = run(["node", "tests/lint.js"], json.dumps(
        {"pages": {page: scripts for page, scripts in pages.items() if wanted & set(scripts)},
         "programs": sorted(wanted - in_pages - set(stray))}))
    return [(status, output)] + [(1, f"{name}:1: no page in gen/embed.py has this script\n")
                                 for name in sorted(stray)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--list", action="store_true", help="the files and what looks at each")
    parser.add_argument("--available", action="store_true",
                        help="leave out, and name, what no linter is here for")
    parser.add_argument("files", nargs="*", metavar="FILE", help="only these")
    options = parser.parse_args()
    paths = [os.path.relpath(os.path.abspath(f), ROOT) for f in options.files] or everything()
    by_language = {}
    for path in paths:
        which = language(os.path.join(ROOT, path))
        if which:
            by_language.setdefault(which, []).append(path)
    if options.list:
        for which in sorted(by_language):
            for path in by_language[which]:
                print(f"{which:8} {path}")
        return 0
    if options.available:
        for which in sorted(by_language):
            absent = missing({which})
            if absent:
                print(f"skipped {which}: {' '.join(absent)} not installed", file=sys.stderr)
                del by_language[which]
    absent = missing(by_language)
    if absent:
        print(f"tests/lint.py: needs what is not here: apt-get install {' '.join(absent)}")
        return 1
    linters = {"python": lint_python, "shell": lint_shell, "script": lint_script}
    results = [result for which in sorted(by_language)
               for result in linters[which](by_language[which])]
    for status, output in results:
        if status:
            print(output, end="" if output.endswith("\n") else "\n")
    return 1 if any(status for status, _ in results) else 0


if __name__ == "__main__":
    sys.exit(main())
