"""The committed facts against everything on this machine that knows better."""

import concurrent.futures
import json
import os
import struct
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from interpreters_here import ROOT, load_generate, manifest, run_in, runtime_file  # noqa: E402

import emit  # noqa: E402
import extract  # noqa: E402
import schema  # noqa: E402

ASK_OPCODES = """
import dis, json, opcode
print(json.dumps({
    "base": opcode.opmap,
    "all": {**opcode.opmap, **getattr(dis, "_all_opmap", {}), **getattr(opcode, "_specialized_opmap", {})},
    "deopt": dis.deoptmap,
    "caches": opcode._inline_cache_entries,
}))
"""


def facts_of(entry: dict) -> dict | None:
    name = emit.file_name({"minor": entry["minor"], "free_threaded": entry["free_threaded"], "arch": "x86_64"})
    path = ROOT / "layouts" / "facts" / f"{name}.json"
    return emit.load_facts(path) if path.is_file() else None


def expected_places(facts: dict, words: list[int]):
    """(member, what a published table says, what the facts say) of all members that it speaks of."""
    for group in schema.GROUPS:
        for member in group.members:
            if not member.word or member.kind is schema.SIZE:
                continue
            mode, terms = extract.parse_word(member.word)
            places = [(sign, facts["published"]["words"].get(name)) for sign, name in terms]
            fact = facts["members"][group.name][member.name]
            if any(at is None for _, at in places):
                continue
            value = sum(sign * words[at] for sign, at in places)
            if mode == "?" and value == 0 or mode == "ft:" and not facts["build"]["free_threaded"]:
                value = None
            if member.kind is schema.BITS:
                if fact is None:
                    continue  # the word of a bit-field is published, which bits there are is not
                fact = fact["offset"]
            yield f"{group.name}.{member.name}", value, fact


class Headers(unittest.TestCase):
    def test_every_tree_here_gives_the_committed_facts(self):
        generate = load_generate()
        every = generate.load_every()
        trees = generate.header_trees()
        for tree in trees:
            for free_threaded in generate.flavours(tree):
                for arch in emit.ARCHES:
                    with self.subTest(tree=str(tree.include), free_threaded=free_threaded, arch=arch):
                        agrees, _, text = generate.check_tree(every, tree, free_threaded, arch)
                        if agrees is None:
                            print(f"skipped {text}")
                        self.assertIsNot(agrees, False, text)
        if not trees:
            self.skipTest("no header tree of 3.11 or newer here; tests/interpreters gets them")


class Options(unittest.TestCase):
    # Read from the table of the _asyncio module where a target has one; a search without any table uses it.
    ALLOWED = {"runtime.main_interpreter", "thread.asyncio_tasks_head"}
    OPTIONS = ((), ("Py_DEBUG",), ("Py_STATS",), ("_Py_TIER2", "_Py_JIT"), ("WITH_DTRACE",))

    def test_no_place_moves_unseen_with_the_options_of_a_build(self):
        """A debug build of 3.15 passes for 3.15 as long as its table agrees. So a member that moves with an option
        has to be in the table, or it must not be in gen/schema.py."""
        words = {f"{g.name}.{m.name}": extract.parse_word(m.word)[1] for g in schema.GROUPS for m in g.members if m.word}
        trees = [t for t in load_generate().header_trees() if not t.debug and not t.free_threaded]
        builds = [(tree, free_threaded) for tree in {t.minor: t for t in trees}.values()
                  for free_threaded in ([False, True] if tree.minor >= 13 else [False])]
        cases = [(*build, options) for build in builds for options in self.OPTIONS]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            answers = list(pool.map(lambda case: extract.members_with(case[0], "x86_64", *case[1:]), cases))
        by_case = dict(zip(cases, answers))
        for tree, free_threaded, options in cases:
            plain, other = by_case[tree, free_threaded, ()], by_case[tree, free_threaded, options]
            with self.subTest(version=tree.version, free_threaded=free_threaded, options=options):
                name = emit.file_name({"minor": tree.minor, "free_threaded": free_threaded, "arch": "x86_64"})
                facts = emit.load_facts(ROOT / "layouts" / "facts" / f"{name}.json")
                exported = (facts["published"] or {"words": {}})["words"]
                moved = {f"{g.name}.{m.name}" for g in schema.GROUPS for m in g.members
                         if m.kind is not schema.SIZE and plain[g.name][m.name] != other[g.name][m.name]}
                unseen = {name for name in moved - self.ALLOWED
                          if not all(word in exported for _, word in words.get(name, [(1, "")]))}
                self.assertEqual(unseen, set())
        if not trees:
            self.skipTest("no header tree here; tests/interpreters gets them")


class PublishedTables(unittest.TestCase):
    def test_compiled_layouts_equal_the_tables_in_the_binaries(self):
        """From the file alone: .PyRuntime is initialised data, and the table is its beginning."""
        compared = 0
        for entry in manifest():
            facts = facts_of(entry)
            if entry["minor"] < 13 or facts is None:
                continue
            with self.subTest(interpreter=entry["name"]):
                path = runtime_file(entry)
                self.assertIsNotNone(path, f"{entry['name']}: no file with a .PyRuntime section")
                section = extract.ObjectFile(path.read_bytes(), str(path)).section(".PyRuntime")
                words = list(struct.unpack_from(f"<{facts['published']['count']}Q", section))
                self.assertEqual(section[:8], b"xdebugpy")
                self.assertEqual(words[1] >> 16, 0x300 + entry["minor"])
                self.assertEqual(words[2], int(entry["free_threaded"]))
                for name, published, known in expected_places(facts, words):
                    self.assertEqual(published, known, f"{entry['name']} ({path}): {name}")
                compared += 1
                print(f"{entry['name']}: table of {entry['version']} equals the facts of {facts['build']['version']}")
        if not compared:
            self.skipTest("no interpreter of 3.13 or newer here; tests/interpreters gets them")

    def test_facts_equal_the_table_that_the_headers_initialise(self):
        """3.14 and newer have the initialiser of the table in a header, so every variant can be asked."""
        compared = 0
        trees = [t for t in load_generate().header_trees() if not t.debug]
        for tree in trees:
            if not (tree.internal / "pycore_debug_offsets.h").is_file():
                continue
            for free_threaded in load_generate().flavours(tree):
                for arch in emit.ARCHES:
                    name = emit.file_name({"minor": tree.minor, "free_threaded": free_threaded, "arch": arch})
                    try:
                        extract.find_compiler(arch)
                    except extract.Failure as reason:
                        print(f"skipped {name} of {tree.include}: {reason}")
                        continue
                    with self.subTest(tree=str(tree.include), build=name), tempfile.TemporaryDirectory() as work:
                        probe = extract.Probe(tree, arch, free_threaded, Path(work), [])
                        built, dropped = probe.compile(
                            ["const struct _Py_DebugOffsets table = _Py_DebugOffsets_INIT(_Py_Debug_Cookie);"])
                        self.assertEqual(dropped, set(), "the initialiser does not compile")
                        data = built.bytes_of("table")
                        facts = emit.load_facts(ROOT / "layouts" / "facts" / f"{name}.json")
                        self.assertEqual(len(data), facts["published"]["count"] * 8)
                        words = list(struct.unpack(f"<{len(data) // 8}Q", data))
                        self.assertEqual(words[2], int(free_threaded))
                        for place, published, known in expected_places(facts, words):
                            self.assertEqual(published, known, f"{name} ({tree.version}): {place}")
                        compared += 1
        if not compared:
            self.skipTest("no header tree of 3.14 or newer here; tests/interpreters gets them")

    def test_sizes_of_the_runtime_without_a_table(self):
        compared = 0
        for entry in manifest():
            facts = facts_of(entry)
            if entry["minor"] >= 13 or facts is None or entry["debug"]:
                continue
            with self.subTest(interpreter=entry["name"]):
                path = runtime_file(entry)
                self.assertIsNotNone(path, f"{entry['name']}: no file with a .PyRuntime section")
                section = extract.ObjectFile(path.read_bytes(), str(path)).section(".PyRuntime")
                self.assertEqual(len(section), facts["members"]["runtime"]["size"])
                compared += 1
        if not compared:
            self.skipTest("no interpreter of 3.11 or 3.12 here; tests/interpreters gets them")


class Opcodes(unittest.TestCase):
    def test_tables_equal_those_of_running_interpreters(self):
        compared = 0
        for entry in manifest():
            facts = facts_of(entry)
            if facts is None:
                print(f"skipped {entry['name']}: no facts are committed for it")
                continue
            with self.subTest(interpreter=entry["name"]):
                said = json.loads(run_in(entry["name"], ASK_OPCODES))
                ours = facts["opcodes"]
                real = {name: n for name, n in said["all"].items() if n < 256 and not name.startswith("<")}
                # dis shows specialised ones, but of the instrumented ones only those that it decodes.
                for name, number in real.items():
                    self.assertEqual(ours["ids"].get(name), number, f"{entry['name']}: {name}")
                names = {number: name for name, number in ours["ids"].items()}
                for name, base in said["deopt"].items():
                    if name in ours["ids"] and not name.startswith("INSTRUMENTED_"):
                        self.assertEqual(names[ours["deopt"][ours["ids"][name]]], base, f"{entry['name']}: {name}")
                caches = said["caches"]
                for name, number in said["base"].items():
                    if number < 256 and number == ours["deopt"][number]:
                        counted = caches.get(name, 0) if isinstance(caches, dict) else caches[number]
                        if not name.startswith("INSTRUMENTED_"):
                            self.assertEqual(ours["caches"][number], counted, f"{entry['name']}: {name}")
                self.assertGreater(len(real), 120)
                compared += 1
                print(f"{entry['name']}: {len(real)} instructions equal")
        if not compared:
            self.skipTest("no interpreter here; tests/interpreters gets them")

    def test_tables_equal_those_that_a_binary_exports(self):
        compared = 0
        for entry in manifest():
            facts = facts_of(entry)
            path = runtime_file(entry) if facts else None
            if path is None:
                continue
            binary = extract.ObjectFile(path.read_bytes(), str(path))
            for symbol, key in (("_PyOpcode_Deopt", "deopt"), ("_PyOpcode_Caches", "caches")):
                table = binary.bytes_of(symbol)
                if table is not None and len(table) == 256:
                    self.assertEqual(list(table), facts["opcodes"][key], f"{entry['name']}: {symbol}")
                    compared += 1
        if not compared:
            self.skipTest("no interpreter here exports its tables (3.15 does)")

    def test_every_instrumented_instruction_has_a_base(self):
        for path in sorted((ROOT / "layouts" / "facts").glob("*.json")):
            ids = emit.load_facts(path)["opcodes"]["ids"]
            for name in ids:
                if name.startswith("INSTRUMENTED_") and name not in ("INSTRUMENTED_LINE", "INSTRUMENTED_INSTRUCTION"):
                    self.assertIn(name.removeprefix("INSTRUMENTED_"), ids, f"{path.name}: {name}")


if __name__ == "__main__":
    unittest.main()
