#!/usr/bin/env python3
"""Writes the umbrella header and the single header.

    gen/amalgamate.py            write include/tachyon/tachyon.hpp and single_include/
    gen/amalgamate.py --check    write nothing; print the difference and exit 1 when there is one

The umbrella lists every header of include/tachyon, folder by folder in the order of the data flow.
The single header is the umbrella with every <tachyon/...> include replaced by that file, once, and
has the same include path, so a program changes from one to the other with one -I. Its functions are
templates there, so that a file pays only for what it uses: gen/lazy.py says how and why.

It refuses what would make the two differ or would leak into a user's file:
  - a header that the umbrella does not reach, generated layouts included
  - a <tachyon/...> include inside #if, or one in quotes
  - a macro that is left defined and is not on the public list
  - using namespace at file scope; a byte outside ASCII; a header without #pragma once
"""

import argparse
import difflib
import os
import re
import sys

import lazy

FOLDERS = ("base", "memory", "sample", "codec", "layout", "target", "mode", "unwind", "tasks", "kernel",
           "sampler", "render", "collect", "live")
PUBLIC_MACROS = re.compile(r"TACHYON_VERSION_(MAJOR|MINOR|PATCH)$")
UMBRELLA = "include/tachyon/tachyon.hpp"
SINGLE = "single_include/tachyon/tachyon.hpp"

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
CONDITION = re.compile(r"^\s*#\s*(if|ifdef|ifndef)\b")
END = re.compile(r"^\s*#\s*endif\b")
DEFINE = re.compile(r"^\s*#\s*define\s+(\w+)")
UNDEF = re.compile(r"^\s*#\s*undef\s+(\w+)")
RAW = re.compile(r'R"(\w*)\(')

REQUIREMENTS = """\
#if __cplusplus < 202002L
#error "tachyon needs C++20: compile with -std=c++20"
#endif
#if !__has_include(<boost/pfr.hpp>)
#error "tachyon needs the headers of Boost.PFR, 1.75 or newer (Debian: apt-get install libboost1.81-dev)"
#endif
"""


class Refused(Exception):
    """A header breaks a rule; the text starts with file:line."""


def headers_of(root, base):
    """Include paths of all headers under a base folder, sorted."""
    found = []
    for folder, _, names in os.walk(os.path.join(root, base)):
        found += [os.path.relpath(os.path.join(folder, n), os.path.join(root, base))
                  for n in names if n.endswith(".hpp")]
    return sorted(found)


def umbrella(root):
    listed = [h for h in headers_of(root, "include") if h != "tachyon/tachyon.hpp"]
    groups = [[h for h in listed if h.count("/") == 1]]
    for folder in FOLDERS:
        groups.append([h for h in listed if h.startswith(f"tachyon/{folder}/")])
    for header in listed:
        if not any(header in group for group in groups):
            raise Refused(f"include/{header}:1: its folder is none of {' '.join(FOLDERS)}")
    lines = ["// Everything. Written by gen/amalgamate.py; do not edit.", "#pragma once", "",
             REQUIREMENTS]
    lines += ["\n".join(f"#include <{h}>" for h in group) + "\n" for group in groups if group]
    return "\n".join(lines).rstrip("\n") + "\n"


def without_raw_strings(lines):
    """Yields (number, line, inside) where `inside` is true within a raw string's later lines."""
    closing = None
    for number, line in enumerate(lines, 1):
        inside = closing is not None
        rest = line
        while True:
            if closing is not None:
                at = rest.find(closing)
                if at < 0:
                    break
                rest, closing = rest[at + len(closing):], None
            opened = RAW.search(rest)
            if not opened:
                break
            rest, closing = rest[opened.end():], f"){opened.group(1)}\""
        yield number, line, inside


class Amalgam:
    def __init__(self, root, umbrella_text):
        self.root = root
        self.umbrella_text = umbrella_text
        self.places = {}
        for base in ("include", "layouts"):
            for header in headers_of(root, base):
                self.places[header] = f"{base}/{header}"
        self.done = set()
        self.seen_system = set()
        self.out = []

    def read(self, header, asked_by):
        if header == "tachyon/tachyon.hpp":
            return self.umbrella_text
        place = self.places.get(header)
        if not place:
            raise Refused(f"{asked_by}: includes <{header}>, which does not exist")
        with open(os.path.join(self.root, place), "rb") as file:
            data = file.read()
        for number, line in enumerate(data.split(b"\n"), 1):
            if any(byte > 126 or (byte < 32 and byte != 9) for byte in line):
                raise Refused(f"{place}:{number}: a byte outside printable ASCII")
        return data.decode("ascii")

    def add(self, header, asked_by):
        if header in self.done:
            return
        self.done.add(header)
        place = self.places.get(header, header)
        text = self.read(header, asked_by)
        if "#pragma once" not in text:
            raise Refused(f"{place}:1: no #pragma once")
        depth, left, system, body = 0, {}, [], []
        for number, line, inside in without_raw_strings(text.splitlines()):
            where = f"{place}:{number}"
            if inside:
                body.append(line)
                continue
            if CONDITION.match(line):
                depth += 1
            elif END.match(line):
                depth -= 1
            elif DEFINE.match(line):
                left[DEFINE.match(line).group(1)] = where
            elif UNDEF.match(line):
                left.pop(UNDEF.match(line).group(1), None)
            elif line.startswith("using namespace"):
                raise Refused(f"{where}: using namespace at file scope reaches every user")
            elif line.strip() == "#pragma once":
                continue
            include = INCLUDE.match(line)
            if not include:
                body.append(line)
                continue
            quote, name = include.groups()
            if quote == '"':
                raise Refused(f"{where}: write <{name}>: an include in quotes depends on the place")
            if name.startswith("tachyon/"):
                if depth:
                    raise Refused(f"{where}: a tachyon header must not be included inside #if")
                self.add(name, where)
            elif depth:
                body.append(line)
            else:
                system.append(line.strip())
        for macro, where in left.items():
            if not PUBLIC_MACROS.match(macro):
                raise Refused(f"{where}: macro {macro} is left defined; #undef it or make it a "
                              "constexpr")
        body = re.sub(r"\n{3,}", "\n\n", "\n".join(body)).strip("\n")
        if header == "tachyon/tachyon.hpp":
            return
        # Here, not above: what this header includes of ours has been written by now, and may have
        # brought the same system headers.
        fresh = sorted(set(system) - self.seen_system)
        self.seen_system |= set(fresh)
        self.out.append(f"// ---- {header} ----\n\n" + "".join(f"{line}\n" for line in fresh) +
                        ("\n" if fresh else "") + f"{body}\n")

    def text(self):
        self.add("tachyon/tachyon.hpp", UMBRELLA)
        for header, place in sorted(self.places.items()):
            if header not in self.done and header != "tachyon/tachyon.hpp":
                raise Refused(f"{place}:1: <tachyon/tachyon.hpp> does not reach this header")
        with open(os.path.join(self.root, "LICENSE"), encoding="ascii") as file:
            license_text = "".join(f"// {line}".rstrip() + "\n" for line in file.read().splitlines())
        return ("// tachyon in one header. Written by gen/amalgamate.py; do not edit.\n//\n"
                f"{license_text}#pragma once\n\n{REQUIREMENTS}\n" +
                lazy.lazy("\n".join(self.out)))


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    partial = path + ".partial"
    with open(partial, "w", encoding="ascii", newline="\n") as file:
        file.write(text)
    os.replace(partial, path)


def main():
    parser = argparse.ArgumentParser(description="Writes the umbrella and the single header.")
    parser.add_argument("--check", action="store_true", help="compare only")
    parser.add_argument("--root", help=argparse.SUPPRESS,
                        default=os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    options = parser.parse_args()
    try:
        umbrella_text = umbrella(options.root)
        wanted = {UMBRELLA: umbrella_text, SINGLE: Amalgam(options.root, umbrella_text).text()}
        stale = False
        for name, text in wanted.items():
            path = os.path.join(options.root, name)
            try:
                with open(path, encoding="utf-8", newline="") as file:
                    present = file.read()
            except FileNotFoundError:
                present = ""
            if present == text:
                continue
            if not options.check:
                write(path, text)
                print(f"amalgamate: wrote {name}, {len(text.splitlines())} lines")
                continue
            stale = True
            print(f"amalgamate: {name} is not what the headers give:")
            difference = list(difflib.unified_diff(present.splitlines(), text.splitlines(), name,
                                                   "from the headers", lineterm="", n=1))
            print("\n".join(difference[:40]))
            if len(difference) > 40:
                print(f"... and {len(difference) - 40} more lines")
        if stale:
            print("run: gen/amalgamate.py")
        return 1 if stale else 0
    except (Refused, lazy.Unreadable) as reason:
        print(f"amalgamate: {reason}")
    except OSError as reason:
        print(f"amalgamate: {reason.filename}: {reason.strerror}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
