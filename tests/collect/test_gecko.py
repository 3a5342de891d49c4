"""The profiles for the Firefox Profiler that are kept as goldens keep the format's rules."""

import copy
import json
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from gecko_check import Checker, check  # noqa: E402  pylint: disable=wrong-import-position

GOLDEN = os.path.join(HERE, "golden")


def load(name):
    with open(os.path.join(GOLDEN, name), encoding="utf-8") as file:
        return json.load(file)


class Gecko(unittest.TestCase):
    def test_goldens_keep_the_rules(self):
        for name in ("gecko.json", "gecko-empty.json"):
            with self.subTest(name):
                self.assertEqual(check(os.path.join(GOLDEN, name)), [])

    def test_the_checker_notices(self):
        """Every table, broken in turn: one row less, an index too large, a key gone."""
        profile = load("gecko.json")
        for table in ("samples", "stackTable", "frameTable", "funcTable", "resourceTable",
                      "markers"):
            for column in profile["threads"][0][table]:
                if column in ("length", "weight", "weightType"):
                    continue
                broken = copy.deepcopy(profile)
                del broken["threads"][0][table][column][-1]
                self.assertTrue(Checker(broken).check(), f"{table}.{column} one short")
        for table, column in (("samples", "stack"), ("stackTable", "frame"),
                              ("stackTable", "prefix"), ("frameTable", "func"),
                              ("funcTable", "name"), ("markers", "name")):
            broken = copy.deepcopy(profile)
            broken["threads"][0][table][column][-1] = 10 ** 6
            self.assertTrue(Checker(broken).check(), f"{table}.{column} out of range")
        for key in profile["meta"]:
            if key in ("extra", "arguments", "sourceCodeIsNotOnSearchfox"):
                continue
            broken = copy.deepcopy(profile)
            del broken["meta"][key]
            self.assertTrue(Checker(broken).check(), f"meta lacks {key}")

    def test_samples_spell_the_stacks(self):
        profile = load("gecko.json")
        strings = profile["shared"]["stringArray"]
        counts = {}
        for thread in profile["threads"]:
            stacks, frames = thread["stackTable"], thread["frameTable"]
            for stack in thread["samples"]["stack"]:
                names = []
                while stack is not None:
                    frame = stacks["frame"][stack]
                    names.append(strings[thread["funcTable"]["name"][frames["func"][frame]]])
                    stack = stacks["prefix"][stack]
                key = thread["name"], ";".join(reversed(names))
                counts[key] = counts.get(key, 0) + 1
        self.assertEqual(counts, {
            ("MainThread", "<module>;Tree.walk;Tree.walk;Tree.walk"): 8,
            ("MainThread", "<module>;Tree.walk;<GC>"): 4,
            ("MainThread", "<module>"): 1,
            ("pool;1", "<native>;Tree.walk"): 3,
            ("a) \x1b[2J: Task-1", "Task-1;</script>\x1b[31m"): 2,
            ("a) \x1b[2J: Task-1", "Task-1;</script>\x1b[31m;ends with 12"): 1,
            ("a) \x1b[2J", ""): 1,
        })

    def test_corrected_details(self):
        profile = load("gecko.json")
        self.assertEqual(profile["meta"]["startTime"], 1_700_000_000_000)
        main = profile["threads"][0]
        self.assertEqual((main["name"], main["isMainThread"], main["pid"], main["tid"]),
                         ("MainThread", True, "4242", 4242))
        strings = profile["shared"]["stringArray"]
        categories = {}
        for thread in profile["threads"]:
            for frame, function in enumerate(thread["frameTable"]["func"]):
                name = strings[thread["funcTable"]["name"][function]]
                categories[name] = thread["frameTable"]["category"][frame]
        self.assertEqual((categories["<GC>"], categories["<native>"], categories["Tree.walk"],
                          categories["Task-1"]), (3, 2, 1, 0))

    def test_markers(self):
        markers = load("gecko.json")["threads"][0]["markers"]
        found = {}
        for row, data in enumerate(markers["data"]):
            found.setdefault(data.get("opname", data["type"]), []).append(
                (markers["startTime"][row], markers["endTime"][row]))
        # Five samples from 1 ms on; unseen while the pool thread was; seen again until another
        # thread's turn comes, waiting for the GIL between 13.5 and 14.5; and once at the end.
        self.assertEqual(found["HasGIL"], [(1, 5), (10.5, 13.5), (14.5, 17.5), (22.5, 22.5)])
        self.assertEqual(found["WaitingforGIL"], [(13.5, 14.5)])
        self.assertEqual(found["NoGIL"], [(13.5, 14.5)])
        self.assertEqual(found["HasException"], [(10.5, 13.5)])
        self.assertEqual(found["GCCollecting"], [(14.5, 17.5)])
        self.assertEqual(found["LOAD_ATTR_INSTANCE_VALUE"], [(1, 5), (13.5, 14.5)])
        self.assertEqual(found["LOAD_ATTR"], [(10.5, 13.5)])
        strings = load("gecko.json")["shared"]["stringArray"]
        self.assertIn("LOAD_ATTR_INSTANCE_VALUE (LOAD_ATTR)", strings)


if __name__ == "__main__":
    sys.exit(unittest.main())
