#!/usr/bin/env python3
"""Layouts: where every member that the profiler reads is, in every interpreter build it knows.

    gen/generate.py                     write layouts/tachyon/layouts/*.hpp from layouts/facts/*.json
    gen/generate.py --check             write nothing; fail when a header is not what the facts say
    gen/generate.py --extract           write layouts/facts/*.json from the header trees found here, then the headers
    gen/generate.py --extract --check   write nothing; compare every header tree found here with the facts
    gen/generate.py --python PATH       add the layout of a new build: PATH is an interpreter, an include directory,
                                        or a CPython source or build tree that has been configured

Header trees are looked for in /usr/include, in the interpreters that pyenv and PATH offer, and in the cache that
tests/interpreters fills ($TACHYON_CACHE, else $XDG_CACHE_HOME/tachyon, else ~/.cache/tachyon).
"""

from __future__ import annotations

import argparse
import concurrent.futures
import difflib
import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import emit
import extract
import schema
from extract import Failure

ROOT = Path(__file__).resolve().parent.parent
FACTS = ROOT / "layouts" / "facts"
HEADERS = ROOT / "layouts" / "tachyon" / "layouts"
HERE = {"x86_64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}.get(os.uname().machine, "x86_64")


def say(text: str) -> None:
    print(text, flush=True)


def shown(path: Path) -> str:
    try:
        return str(path.relative_to(ROOT))
    except ValueError:
        return str(path)


# --- files -------------------------------------------------------------------------------------------


def write_all(files: dict[Path, str], stale: list[Path]) -> list[Path]:
    """All of the files or none: everything is written beside its place, then renamed, then the stale ones go."""
    pending: list[tuple[Path, Path]] = []
    replaced: list[tuple[Path, bytes | None]] = []
    path = FACTS.parent
    try:
        for path, text in files.items():
            if path.is_file() and path.read_text(encoding="utf-8", errors="replace") == text:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".new")
            pending.append((Path(name), path))
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                out.write(text)
            os.chmod(name, 0o644)
        for name, path in pending:
            before = path.read_bytes() if path.exists() else None
            os.replace(name, path)
            replaced.append((path, before))
        for path in stale:
            before = path.read_bytes()
            path.unlink()
            replaced.append((path, before))
    except OSError as error:
        for done, before in replaced:
            if before is None:
                done.unlink()
            else:
                done.write_bytes(before)
        raise Failure(f"{path}: cannot write: {error.strerror}; make it writable, nothing was changed")
    finally:
        for name, _ in pending:
            name.unlink(missing_ok=True)
    return [path for path, _ in replaced]


def load_every(whole: bool = True) -> dict[str, dict]:
    """The committed facts. Before an extraction only their builds have to be readable: after a change of
    gen/schema.py nothing else is."""
    paths = sorted(FACTS.glob("*.json"))
    if not paths:
        raise Failure(f"{FACTS}: no facts; restore them with git: git checkout -- layouts/facts")
    return {path.stem: emit.load_facts(path, whole) for path in paths}


def generated(every: dict[str, dict]) -> dict[Path, str]:
    return {HEADERS / name: text for name, text in emit.headers(list(every.values())).items()}


def stale_headers(wanted: dict[Path, str]) -> list[Path]:
    return [path for path in sorted(HEADERS.glob("*.hpp")) if path not in wanted] if HEADERS.is_dir() else []


# --- commands ----------------------------------------------------------------------------------------


def write_headers(every: dict[str, dict]) -> int:
    wanted = generated(every)
    changed = write_all(wanted, stale_headers(wanted))
    for path in changed:
        say(f"wrote {shown(path)}" if path.exists() else f"removed {shown(path)}")
    say(f"{len(wanted)} headers of {len(every)} builds, {len(changed)} changed")
    return 0


def check_headers(every: dict[str, dict]) -> int:
    wanted = generated(every)
    wrong = 0
    for path, text in wanted.items():
        try:
            found = path.read_bytes().decode("utf-8", "replace")
        except OSError:
            found = ""
        if found == text:
            continue
        wrong += 1
        lines = list(difflib.unified_diff(found.splitlines(), text.splitlines(), f"{shown(path)} as it is",
                                          f"{shown(path)} as the facts say", lineterm="", n=1))
        say("\n".join(lines[:40] or [f"{shown(path)}: line endings differ"]))
        if len(lines) > 40:
            say(f"... {len(lines) - 40} lines more")
    for path in stale_headers(wanted):
        wrong += 1
        say(f"{shown(path)}: no facts stand behind it")
    if wrong:
        say(f"{wrong} of {len(wanted)} headers are not what layouts/facts says; run: python3 gen/generate.py")
        return 1
    say(f"{len(wanted)} headers are what the facts of {len(every)} builds say")
    return 0


def cache() -> Path:
    base = os.environ.get("TACHYON_CACHE")
    if base:
        return Path(base)
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "tachyon"


def header_trees() -> list[extract.Tree]:
    """Every header tree of 3.11 or newer on this machine, once each, the oldest version first."""
    places: list[Path] = sorted(Path("/usr/include").glob("python3.*"))
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    places += sorted(pyenv.glob("versions/*/include/python3.*"))
    for folder in os.environ.get("PATH", "").split(":"):
        if folder.endswith("/bin") and folder not in ("/bin", "/usr/bin"):
            places += sorted(Path(folder).parent.glob("include/python3.*"))
    places += sorted(cache().glob("headers/*/usr/include/python3.*"))
    try:
        entries = json.loads((cache() / "interpreters.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        entries = []  # nothing was fetched yet
    places += [Path(entry["include"]) for entry in entries if isinstance(entry, dict) and entry.get("include")]
    trees: dict[Path, extract.Tree] = {}
    for place in places:
        minor = re.match(r"python3\.(\d+)", place.name)
        if not minor or int(minor.group(1)) < 11 or not (place / "Python.h").is_file() or place.resolve() in trees:
            continue
        try:
            tree = extract.find_tree(place)
            trees[tree.include] = tree
        except Failure as reason:
            say(f"skipped {reason}")
    return sorted(trees.values(), key=lambda t: (t.minor, extract.release(t.version), t.debug, str(t.include)))


def flavours(tree: extract.Tree) -> list[bool]:
    """Which of default and free-threaded its headers can answer for."""
    if tree.free_threaded:
        return [True]
    return [False, True] if tree.minor >= 13 and not tree.debug else [False]


def extract_facts(every: dict[str, dict]) -> int:
    """Facts again from the trees that are here; a build whose headers are not here keeps its own."""
    trees = [t for t in header_trees() if not t.debug]
    fresh = {}
    for name, known in every.items():
        build = known["build"]
        mine = [t for t in trees if t.minor == build["minor"] and build["free_threaded"] in flavours(t)]
        if not mine:
            say(f"{name}: no headers of 3.{build['minor']} here; kept")
            continue
        same = [t for t in mine if t.version == build["version"]]
        tree = (same or mine)[-1]
        facts, remarks = extract.extract(tree, build["arch"], build["free_threaded"])
        for remark in remarks:
            say(f"{name}: {remark}")
        say(f"{name}: {tree.version} from {tree.include}")
        fresh[name] = facts
    for name in every:
        if name not in fresh:
            fresh[name] = emit.load_facts(FACTS / f"{name}.json")
    wanted = generated(fresh)
    files = {FACTS / f"{name}.json": emit.facts_text(facts) for name, facts in fresh.items()}
    changed = write_all({**files, **wanted}, stale_headers(wanted))
    for path in changed:
        say(f"wrote {shown(path)}" if path.exists() else f"removed {shown(path)}")
    say(f"{len(fresh)} builds, {len(changed)} files changed")
    return 0


def check_tree(every: dict[str, dict], tree: extract.Tree, free_threaded: bool, arch: str) -> tuple[bool | None, str, str]:
    """One tree against the facts of its build: the same release has to give the same facts, another one or a debug
    build the same places. Returns whether it does (None: skipped), which build it is, and what to print."""
    name = emit.file_name({"minor": tree.minor, "free_threaded": free_threaded, "arch": arch})
    what = f"{name}: {tree.version}{' debug' if tree.debug else ''} in {tree.include}"
    if name not in every:
        return None, name, f"{what}: skipped, no facts are committed for it"
    try:
        extract.find_compiler(arch)
    except Failure as reason:
        return None, name, f"{what}: skipped, {reason}"
    facts, _ = extract.extract(tree, arch, free_threaded)
    release = every[name]["build"]["version"]
    same_release = tree.version == release and not tree.debug
    known = schema.KNOWN_DIFFERENCES.get(tree.version, set())
    differences = [d for d in compare(every[name], facts) if same_release or (d.matters and d.path not in known)]
    if not differences:
        return True, name, f"{what}: {'equal' if same_release else f'same places as {release}'}"
    return False, name, "\n".join([f"{what}: differs from the facts, which are of {release}:", *(f"  {d}" for d in differences)])


def check_facts(every: dict[str, dict]) -> int:
    wrong = 0
    seen = set()
    jobs = [(tree, free_threaded, arch) for tree in header_trees() for free_threaded in flavours(tree)
            for arch in emit.ARCHES]
    with concurrent.futures.ThreadPoolExecutor(max_workers=len(os.sched_getaffinity(0))) as pool:
        for agrees, name, text in pool.map(lambda job: check_tree(every, *job), jobs):
            say(text)
            wrong += agrees is False
            if agrees is not None:
                seen.add(name)
    for name in every:
        if name not in seen:
            say(f"skipped {name}: no headers of it here; tests/interpreters gets them")
    if wrong:
        say(f"{wrong} header trees do not agree with layouts/facts; run: python3 gen/generate.py --extract")
        return 1
    say(f"{len(seen)} of {len(every)} builds agree with the headers that are here")
    return 0


# --- a new build -------------------------------------------------------------------------------------


class Difference:
    def __init__(self, path: str, known: object, found: object, matters: bool):
        self.path, self.known, self.found, self.matters = path, known, found, matters

    def __str__(self) -> str:
        def text(value: object) -> str:
            if isinstance(value, dict):
                return f"{value['offset']} mask {value['mask']:#x}"
            return "none" if value is None else str(value)
        how = "new" if self.known is None else "missing" if self.found is None else "moved" if self.matters else "size"
        return f"{how:8} {self.path:44} {text(self.known)} -> {text(self.found)}"


def compare(known: dict, found: dict) -> list[Difference]:
    out = []
    for group in schema.GROUPS:
        for member in group.members:
            a, b = (facts["members"][group.name][member.name] for facts in (known, found))
            if a != b:
                out.append(Difference(f"{group.name}.{member.name}", a, b, member.kind is not schema.SIZE))
    for key in ("executable_mask", "instruction_is_previous"):
        if known[key] != found[key]:
            out.append(Difference(key, known[key], found[key], True))
    a, b = (facts["published"] or {"count": None, "words": {}} for facts in (known, found))
    if a["count"] != b["count"]:
        out.append(Difference("words in the published table", a["count"], b["count"], True))
    for word in sorted(set(a["words"]) | set(b["words"])):
        if a["words"].get(word) != b["words"].get(word):
            out.append(Difference(f"published {word}", a["words"].get(word), b["words"].get(word), True))
    return out + compare_opcodes(known["opcodes"], found["opcodes"])


def compare_opcodes(known: dict, found: dict) -> list[Difference]:
    if known == found:
        return []
    a, b = known["ids"], found["ids"]
    out = [Difference(f"opcode {name}", a.get(name), b.get(name), True) for name in sorted(a.keys() ^ b.keys())]
    moved = sum(a[name] != b[name] for name in a.keys() & b.keys())
    if moved:
        out.append(Difference("opcode numbers", f"{len(a)}", f"{moved} changed", True))
    # Numbers may have changed altogether; what an instruction stands for is compared by name.
    def meaning(table: dict) -> dict:
        names = {number: name for name, number in table["ids"].items()}
        return {name: (names.get(table["deopt"][n]), table["caches"][table["deopt"][n]]) for name, n in table["ids"].items()}
    before, after = meaning(known), meaning(found)
    for name in sorted(a.keys() & b.keys()):
        if before[name] != after[name]:
            out.append(Difference(f"opcode {name}: base, caches", *(f"{m[0]}, {m[1]}" for m in (before[name], after[name])), True))
    if known["send_popped"] != found["send_popped"]:
        out.append(Difference("opcode SEND: popped", known["send_popped"], found["send_popped"], True))
    for name, n in sorted(b.items() if known["escapes"] != found["escapes"] else ()):
        there, here = (table["escapes"] and table["escapes"][table["ids"][name]] for table in (known, found)) if name in a else (0, 0)
        if there != here:
            out.append(Difference(f"opcode {name}: runs code of others", there, here, True))
    return out or [Difference("opcode tables", "these", "others", True)]


def nearest(every: dict[str, dict], build: dict) -> dict | None:
    """Of the same flavour and architecture where there is one: the same minor version, else the closest older one,
    else the closest of all."""
    def distance(facts: dict) -> tuple:
        other = facts["build"]
        gap = build["minor"] - other["minor"]
        return (other["arch"] != build["arch"], other["free_threaded"] != build["free_threaded"],
                abs(gap) if gap >= 0 else 100 + abs(gap), -other["version_hex"])
    return min(every.values(), key=distance, default=None)


def add_build(every: dict[str, dict], path: Path, arch: str, free_threaded: bool, replace: bool) -> int:
    began = time.monotonic()
    tree = extract.find_tree(path)
    if free_threaded and tree.minor < 13:
        raise Failure(f"{tree.include}: 3.{tree.minor} has no free-threaded build; leave out --free-threaded")
    free_threaded = free_threaded or tree.free_threaded
    say(f"headers: {tree.include}")
    say(f"build:   CPython {tree.version}{' free-threaded' if free_threaded else ''}{' debug' if tree.debug else ''}, {arch}")
    facts, remarks = extract.extract(tree, arch, free_threaded)
    for remark in remarks:
        say(f"left out: {remark}")
    name = emit.file_name(facts["build"])
    close = nearest(every, facts["build"])
    differences = compare(close, facts) if close else []
    if close:
        say(f"nearest: {emit.file_name(close['build'])} ({close['build']['version']}), "
            f"{sum(d.matters for d in differences)} places and {sum(not d.matters for d in differences)} sizes differ")
        for difference in differences:
            say(f"  {difference}")
    lacking = emit.missing_for_walks(facts)
    if lacking:
        say(f"not registered: no walk is possible without {', '.join(lacking)}; "
            f"next: teach gen/schema.py where they went, then run this again")
        return 0
    if name in every and not replace:
        known = every[name]["build"]["version"]
        if not any(d.matters for d in differences):
            say(f"nothing to register: {name}, made from {known}, fits this build")
        elif facts["published"]:
            say(f"nothing registered: {name} stays what {known} says; a process of this build publishes its own "
                f"offsets, which are used when they differ. To put this build in its place: add --replace")
        else:
            say(f"nothing registered: {name} stays what {known} says. To put this build in its place: add --replace")
        return 0
    newer = facts["build"]["minor"] > max(f["build"]["minor"] for f in every.values())
    every = {**every, name: facts}
    if newer:
        say("behaviour that no header shows is assumed as in the version before: " + ", ".join(
            f"{t.name} = {t.value(facts)}" for t in schema.TRAITS))
    wanted = generated(every)
    changed = write_all({FACTS / f"{name}.json": emit.facts_text(facts), **wanted}, stale_headers(wanted))
    for path in changed:
        say(f"wrote {shown(path)}")
    say(f"registered {name} in {time.monotonic() - began:.1f} s")
    say("next: python3 gen/amalgamate.py && cmake --build build && ctest --test-dir build")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare and write nothing")
    parser.add_argument("--extract", action="store_true", help="from header trees, not from committed facts")
    parser.add_argument("--python", type=Path, metavar="PATH", help="add the layout of this build")
    parser.add_argument("--arch", choices=emit.ARCHES, default=HERE, help="with --python: for this architecture")
    parser.add_argument("--free-threaded", action="store_true", help="with --python: its free-threaded variant")
    parser.add_argument("--replace", action="store_true", help="with --python: in place of the layout that is there")
    options = parser.parse_args()
    if options.python and (options.extract or options.check):
        parser.error("--python goes without --extract and --check")
    try:
        every = load_every(whole=not options.extract or options.check)
        if options.python:
            return add_build(every, options.python, options.arch, options.free_threaded, options.replace)
        if options.extract:
            return check_facts(every) if options.check else extract_facts(every)
        return check_headers(every) if options.check else write_headers(every)
    except Failure as reason:
        print(f"generate.py: {reason}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
