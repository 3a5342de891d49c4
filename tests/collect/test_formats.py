"""Every format of one recording, decoded here by other means, tells the same story to the sample.

The small recording is read from the goldens; the large one is written by the unit executable.
"""

import collections
import functools
import gzip
import json
import marshal
import os
import re
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import gecko_check  # noqa: E402  pylint: disable=wrong-import-position

GOLDEN = os.path.join(HERE, "golden")
SAMPLED = ("__sampled__",)


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data):
    """A protocol buffer message as {field: [values]}; numbers and bytes, nothing else occurs."""
    found, at = collections.defaultdict(list), 0
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            value, at = varint(data, at)
        elif tag & 7 == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
            if len(value) != size:
                raise ValueError("a field is cut off")
        else:
            raise ValueError(f"wire type {tag & 7}")
        found[tag >> 3].append(value)
    return found


def packed(data):
    numbers, at = [], 0
    while at < len(data):
        number, at = varint(data, at)
        numbers.append(number)
    return numbers


class Pprof:
    """The parts of a decoded profile.proto that tests ask for."""

    def __init__(self, path):
        with gzip.open(path) as file:
            top = fields(file.read())
        self.strings = [text.decode("utf-8") for text in top[6]]
        text = lambda message, field: self.strings[message[field][0]] if message[field] else ""
        one = lambda message, field: message[field][0] if message[field] else 0
        self.types = [(text(t, 1), text(t, 2)) for t in map(fields, top[1])]
        self.default = self.strings[one(top, 14)]
        self.time, self.duration = one(top, 9), one(top, 10)
        functions = {}
        for message in map(fields, top[5]):
            functions[one(message, 1)] = (text(message, 4), text(message, 2), one(message, 5))
        locations = {}
        for message in map(fields, top[4]):
            line = fields(message[4][0])
            locations[one(message, 1)] = (functions[one(line, 1)], one(line, 2), one(line, 3))
        self.samples = []
        for message in map(fields, top[2]):
            labels = {}
            for label in map(fields, message[3]):
                labels[text(label, 1)] = text(label, 2) if label[2] else one(label, 3)
            self.samples.append(([locations[i] for i in packed(message[1][0])],
                                 packed(message[2][0]), labels))
        self.mappings = [fields(m) for m in top[3]]


class Stories:
    """What each format says, brought to the same terms: direct samples per (file, name, line)."""

    def __init__(self, folder):
        self.folder = folder
        self.lines = self.load("lines.pstats")
        self.functions = self.load("functions.pstats")
        self.direct = {key: row[0] for key, row in self.lines.items() if row[0]}
        self.weight = {key: round(row[2] * 1e9) for key, row in self.lines.items() if row[2]}
        self.total = sum(self.direct.values())

    def path(self, name):
        return os.path.join(self.folder, name)

    def load(self, name):
        with open(self.path(name), "rb") as file:
            stats = marshal.load(file)
        stats.pop(SAMPLED, None)  # for programs of 3.15 and later
        return stats

    def text(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def json(self, name):
        return json.loads(self.text(name))


def leaf_text(key):
    """A place as the collapsed format spells it."""
    file, line, name = key
    clean = "".join(c if c >= " " and c != ";" else {"\n": "\\n"}.get(c, f"\\x{ord(c):02x}")
                    for c in name)
    if file == "~":
        return clean
    base = "".join(c if c >= " " and c != ";" else {"\n": "\\n"}.get(c, f"\\x{ord(c):02x}")
                   for c in os.path.basename(file))
    return f"{re.sub(r' (?=[0-9.]+$)', '_', base)}:{re.sub(r' (?=[0-9.]+$)', '_', clean)}:{line}"


def each_story(test):
    """The test, once for each recording."""
    @functools.wraps(test)
    def run(self):
        for story in self.stories:
            with self.subTest(story.folder):
                test(self, story)
    return run


class Formats(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stories = [Stories(GOLDEN)]
        cls.replayed = False
        cls.scratch = tempfile.TemporaryDirectory()
        unit = os.path.join(os.environ.get("TACHYON_BUILD", HERE), "unit")
        if os.access(unit, os.X_OK):
            subprocess.run([unit, "every format of one large recording"], check=True,
                           env={**os.environ, "TACHYON_WRITE_FORMATS": cls.scratch.name},
                           stdout=subprocess.DEVNULL)
            cls.stories.append(Stories(cls.scratch.name))
            cls.replayed = cls.replay(cls.scratch.name)

    @classmethod
    def replay(cls, folder):
        """The same formats once more, all in one go, by the tool from the recording."""
        tool = os.environ.get("TACHYON", "")
        if not os.access(tool, os.X_OK):
            return False
        again = os.path.join(folder, "again")
        os.mkdir(again)
        files = {"--pstats": "functions.pstats", "--collapsed": "collapsed.txt",
                 "--jsonl": "summary.jsonl", "--gecko": "gecko.json",
                 "--speedscope": "speedscope.json", "--pprof": "pprof.pb.gz",
                 "--chrome-trace": "chrome_trace.json"}
        recording = os.path.join(folder, "recording.bin")
        for arguments in ([f"{option}={os.path.join(again, name)}"
                           for option, name in files.items()],
                          ["--pstats=" + os.path.join(again, "lines.pstats"), "--lines"],
                          ["--jsonl=" + os.path.join(again, "events-full.jsonl"),
                           "--jsonl-records", "events-full"]):
            subprocess.run([tool, "replay", recording, *arguments], check=True,
                           stdout=subprocess.DEVNULL)
        cls.stories.append(Stories(again))
        return True

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def test_the_large_recording_is_there(self):
        if len(self.stories) < 2:
            self.skipTest("no unit executable in $TACHYON_BUILD; only the goldens were judged")
        self.assertGreater(self.stories[1].total, 30_000)

    def test_the_tool_writes_the_same(self):
        if not self.replayed:
            self.skipTest("no unit executable in $TACHYON_BUILD or no tool in $TACHYON")
        here, again = self.stories[1:]
        self.assertEqual(again.lines, here.lines)
        self.assertEqual(again.functions, here.functions)
        for name in ("collapsed.txt", "events-full.jsonl"):
            self.assertEqual(again.text(name), here.text(name), name)

    @each_story
    def test_collapsed(self, story):
        leaves = collections.Counter()
        for line in story.text("collapsed.txt").splitlines():
            stack, count = re.fullmatch(r"(tid:\d+;.+) (\d+)", line).groups()
            leaves[stack.split(";")[-1]] += int(count)
        wanted = collections.Counter()
        for key, weight in story.weight.items():
            wanted[leaf_text(key)] += weight
        self.assertEqual(set(leaves), set(wanted))
        interval = sum(wanted.values()) / sum(leaves.values())
        for leaf, weight in wanted.items():  # rounded, and none lost
            self.assertAlmostEqual(weight / interval, leaves[leaf], delta=2, msg=leaf)

    @each_story
    def test_jsonl_summary(self, story):
        records = [json.loads(line) for line in story.text("summary.jsonl").splitlines()]
        strings, frames, rows = {}, {}, {}
        for record in records:
            for entry in record.get("strings", []):
                strings[entry["str_id"]] = entry["value"]
            for entry in record.get("frames", []):
                frames[entry["frame_id"]] = entry
            for entry in record.get("entries", []):
                rows[entry["frame_id"]] = entry
        self.assertEqual([r["type"] for r in records][::len(records) - 1], ["meta", "end"])
        self.assertEqual({r["run_id"] for r in records}, {records[0]["run_id"]})
        self.assertEqual(records[-1]["samples_total"], story.total)
        direct = collections.Counter()
        for number, row in rows.items():
            frame = frames[number]
            self.assertLessEqual(row["self"], row["cumulative"])
            direct[strings[frame["path_str_id"]], frame["line"],
                   strings[frame["func_str_id"]]] += row["self"]
        self.assertEqual(+direct, collections.Counter(story.direct))

    @each_story
    def test_jsonl_events(self, story):
        direct, weight = collections.Counter(), collections.Counter()
        last = {}
        for line in story.text("events-full.jsonl").splitlines():
            event = json.loads(line)
            self.assertGreaterEqual(event["ts"], last.get(event["tid"], 0))
            last[event["tid"]] = event["ts"]
            self.assertEqual(len(event["stack"]), len(event["files"]))
            self.assertEqual(len(event["stack"]), len(event["lines"]))
            if event["stack"]:
                key = event["files"][-1], event["lines"][-1], event["stack"][-1]
                direct[key] += 1
                weight[key] += round(event["weight"] * 1e9)
        self.assertEqual(direct, story.direct)
        self.assertEqual(weight, story.weight)

    @each_story
    def test_speedscope(self, story):
        profile = story.json("speedscope.json")
        frames = profile["shared"]["frames"]
        weight = collections.Counter()
        for lane in profile["profiles"]:
            self.assertEqual(len(lane["samples"]), len(lane["weights"]))
            self.assertEqual(lane["startValue"] + sum(lane["weights"]), lane["endValue"])
            for stack, part in zip(lane["samples"], lane["weights"]):
                if stack:
                    frame = frames[stack[-1]]
                    weight[frame.get("file"), frame.get("line", 0), frame["name"]] += part
            for one, two in zip(lane["samples"], lane["samples"][1:]):
                self.assertNotEqual(one, two, "neighbours are merged")
        wanted = collections.Counter()
        for (file, line, name), value in story.weight.items():
            wanted[None if file in ("~", "<task>") else file, line, name] += value
        self.assertEqual(weight, wanted)

    @each_story
    def test_pprof(self, story):
        profile = Pprof(story.path("pprof.pb.gz"))
        self.assertEqual(profile.types, [("samples", "count"), ("wall", "nanoseconds"),
                                         ("cpu", "nanoseconds")])
        self.assertEqual(profile.default, "wall")
        self.assertEqual(profile.time, 1_700_000_000_000_000_000)
        self.assertEqual(len(profile.mappings), 1)
        direct, weight = collections.Counter(), collections.Counter()
        for stack, (count, wall, cpu), labels in profile.samples:
            self.assertLessEqual(cpu, wall)
            self.assertLessEqual({"thread", "thread_name", "pid"}, set(labels))
            (file, name, _), line, _ = stack[0]
            direct[file, line, name] += count
            weight[file, line, name] += wall
            tasks = [f[0][1] for f in stack if f[0][0] == "<task>"]
            self.assertEqual(labels.get("task"), tasks[0] if tasks else None)
        clean = lambda text: text.replace("\x1b", "\\x1b").replace("\n", "\\n")
        for found, wanted in ((direct, story.direct), (weight, story.weight)):
            self.assertEqual(found, {(clean(file), line, clean(name)): value
                                     for (file, line, name), value in wanted.items()})

    @each_story
    def test_gecko(self, story):
        self.assertEqual(gecko_check.check(story.path("gecko.json")), [])
        profile = story.json("gecko.json")
        strings, direct = profile["shared"]["stringArray"], collections.Counter()
        for thread in profile["threads"]:
            frames, functions = thread["frameTable"], thread["funcTable"]
            for stack in thread["samples"]["stack"]:
                if stack is None:
                    continue
                frame = thread["stackTable"]["frame"][stack]
                function = frames["func"][frame]
                file = functions["fileName"][function]
                direct[None if file is None else strings[file], frames["line"][frame] or 0,
                       strings[functions["name"][function]]] += 1
        wanted = collections.Counter()
        for (file, line, name), value in story.direct.items():
            wanted[None if file in ("~", "<task>") else file, line, name] += value
        self.assertEqual(direct, wanted)

    @each_story
    def test_chrome_trace(self, story):
        events = story.json("chrome_trace.json")["traceEvents"]
        open_calls, last = collections.defaultdict(list), collections.defaultdict(float)
        own = collections.Counter()
        named = set()
        for event in events:
            lane = event["pid"], event["tid"]
            if event["ph"] == "M":
                named.add((event["name"], lane))
                continue
            if event["ph"] == "C":
                for value in event["args"].values():
                    self.assertGreaterEqual(value, 0)
                continue
            self.assertIn(("thread_name", lane), named)
            self.assertGreaterEqual(event["ts"], last[lane])
            if open_calls[lane]:
                own[open_calls[lane][-1]] += round((event["ts"] - last[lane]) * 1000)
            last[lane] = event["ts"]
            if event["ph"] == "B":
                args = event["args"]
                open_calls[lane].append((args["file"], args["line"], event["name"]))
            else:
                self.assertEqual(event["ph"], "E")
                open_calls[lane].pop()
        self.assertEqual([lane for lane, calls in open_calls.items() if calls], [])
        wanted = {key: round(row[2] * 1e9) for key, row in story.functions.items() if row[2]}
        self.assertEqual(+own, wanted)


if __name__ == "__main__":
    sys.exit(unittest.main())
