"""Judges a profile for the Firefox Profiler by the rules of its processed format, version 57.

    gecko_check.py FILE...      exit status 1 and one line for each rule that is broken
"""

import json
import sys

TOP = {"meta", "libs", "threads", "pages", "shared"}
META = {"interval", "startTime", "abi", "misc", "oscpu", "platform", "processType", "categories",
        "stackwalk", "toolkit", "version", "preprocessedProfileVersion", "appBuildID",
        "physicalCPUs", "logicalCPUs", "CPUName", "product", "symbolicated", "markerSchema",
        "importedFrom", "extensions"}
THREAD = {"name", "isMainThread", "processStartupTime", "processShutdownTime", "registerTime",
          "unregisterTime", "pausedRanges", "pid", "tid", "processType", "processName", "samples",
          "stackTable", "frameTable", "funcTable", "resourceTable", "nativeSymbols", "markers"}
TABLES = {
    "samples": {"stack", "time", "eventDelay"},
    "stackTable": {"frame", "category", "subcategory", "prefix"},
    "frameTable": {"address", "category", "subcategory", "func", "innerWindowID", "implementation",
                   "optimizations", "line", "column", "inlineDepth", "nativeSymbol"},
    "funcTable": {"name", "isJS", "relevantForJS", "resource", "fileName", "lineNumber",
                  "columnNumber"},
    "resourceTable": {"lib", "name", "host", "type"},
    "nativeSymbols": {"libIndex", "address", "name", "functionSize"},
    "markers": {"data", "name", "startTime", "endTime", "phase", "category"},
}
CATEGORIES = ["Other", "Python", "Native", "GC", "GIL", "CPU", "Code Type", "Opcodes", "Exception"]


class Checker:
    def __init__(self, profile):
        self.profile = profile
        self.wrong = []
        self.schemas = {}

    def expect(self, condition, text):
        if not condition:
            self.wrong.append(text)
        return condition

    def keys(self, where, found, wanted):
        self.expect(wanted <= set(found), f"{where}: lacks {sorted(wanted - set(found))}")

    def indices(self, where, values, size, null=False):
        for row, value in enumerate(values):
            if value is None and null:
                continue
            if not self.expect(isinstance(value, int) and 0 <= value < size,
                               f"{where}[{row}] is {value!r}, not an index below {size}"):
                return

    def types(self, where, values, kinds):
        for row, value in enumerate(values):
            if not self.expect(isinstance(value, kinds) and (bool in kinds or not
                               isinstance(value, bool)), f"{where}[{row}] is {value!r}"):
                return

    def check(self):
        self.keys("profile", self.profile, TOP)
        self.meta(self.profile["meta"])
        strings = self.profile["shared"]["stringArray"]
        self.types("stringArray", strings, (str,))
        self.expect(strings[:1] == ["(root)"], "stringArray does not begin with (root)")
        self.expect(len(set(strings)) == len(strings), "a string is listed twice")
        self.keys("sources", self.profile["shared"]["sources"], {"length", "uuid", "filename"})
        tids = [(t["pid"], t["tid"]) for t in self.profile["threads"]]
        self.expect(len(set(tids)) == len(tids), "two threads have one tid")
        for index, thread in enumerate(self.profile["threads"]):
            self.thread(f"threads[{index}]", thread, len(strings))
        return self.wrong

    def meta(self, meta):
        self.keys("meta", meta, META)
        if self.wrong:
            return
        self.expect(meta["preprocessedProfileVersion"] == 57, "not version 57")
        self.expect([c["name"] for c in meta["categories"]] == CATEGORIES, "categories differ")
        self.expect(all(c["subcategories"] == ["Other"] for c in meta["categories"]),
                    "a category lacks its sub-category")
        self.expect(meta["categories"][0]["color"] == "grey", "the first category is not grey")
        self.expect(meta["interval"] > 0, "no interval")
        for schema in meta["markerSchema"]:
            self.keys("markerSchema", schema, {"name", "display", "fields"})
            self.schemas[schema["name"]] = {field["key"] for field in schema["fields"]}
            self.expect(all({"key", "format"} <= set(f) for f in schema["fields"]),
                        f"schema {schema['name']}: a field without key or format")
            self.expect({"marker-chart", "marker-table"} <= set(schema["display"]),
                        f"schema {schema['name']} is not displayed")

    def thread(self, where, thread, strings):
        self.keys(where, thread, THREAD)
        self.expect(isinstance(thread["pid"], str), f"{where}: pid is no string")
        self.expect(isinstance(thread["tid"], (int, str)), f"{where}: tid")
        for table, columns in TABLES.items():
            self.keys(f"{where}.{table}", thread[table], columns | {"length"})
            for column in columns:
                self.expect(len(thread[table][column]) == thread[table]["length"],
                            f"{where}.{table}.{column} has {len(thread[table][column])} rows, "
                            f"not {thread[table]['length']}")
        if self.wrong:
            return  # what follows looks into the tables
        samples, stacks, frames = thread["samples"], thread["stackTable"], thread["frameTable"]
        functions, resources = thread["funcTable"], thread["resourceTable"]
        self.indices(f"{where}.samples.stack", samples["stack"], stacks["length"], null=True)
        self.types(f"{where}.samples.time", samples["time"], (int, float))
        self.expect(all(a <= b for a, b in zip(samples["time"], samples["time"][1:])),
                    f"{where}: samples are not in order")
        self.expect(samples["weight"] is None or len(samples["weight"]) == samples["length"],
                    f"{where}: weights")
        self.indices(f"{where}.stackTable.frame", stacks["frame"], frames["length"])
        for row, prefix in enumerate(stacks["prefix"]):
            self.expect(prefix is None or 0 <= prefix < row,
                        f"{where}.stackTable.prefix[{row}] is {prefix}, not before it")
        for table in (stacks, frames):
            self.indices(f"{where}: category", table["category"], len(CATEGORIES))
        self.indices(f"{where}.frameTable.func", frames["func"], functions["length"])
        for column in ("line", "column"):
            self.expect(all(v is None or v >= 1 for v in frames[column]), f"{where}: {column} < 1")
        self.indices(f"{where}.funcTable.name", functions["name"], strings)
        self.indices(f"{where}.funcTable.fileName", functions["fileName"], strings, null=True)
        self.expect(all(r == -1 or 0 <= r < resources["length"] for r in functions["resource"]),
                    f"{where}: resource")
        self.types(f"{where}.funcTable.isJS", functions["isJS"], (bool,))
        self.indices(f"{where}.resourceTable.name", resources["name"], strings)
        self.markers(where, thread["markers"], strings)

    def markers(self, where, markers, strings):
        self.indices(f"{where}.markers.name", markers["name"], strings)
        self.indices(f"{where}.markers.category", markers["category"], len(CATEGORIES))
        self.expect(set(markers["phase"]) <= {1}, f"{where}: a marker is no interval")
        for row, data in enumerate(markers["data"]):
            begin, end = markers["startTime"][row], markers["endTime"][row]
            self.expect(begin <= end, f"{where}: marker {row} ends before it begins")
            self.expect(abs(data["duration"] - (end - begin)) < 0.0021,
                        f"{where}: marker {row} lasts {data['duration']}, not {end - begin}")
            fields = self.schemas.get(data["type"])
            if self.expect(fields is not None, f"{where}: no schema for {data['type']}"):
                self.expect(set(data) - {"type", "opcode"} <= fields,
                            f"{where}: {data['type']} has fields that its schema lacks")


def check(path):
    with open(path, encoding="utf-8") as file:
        return Checker(json.load(file)).check()


def main():
    status = 0
    for path in sys.argv[1:]:
        for wrong in check(path):
            print(f"{path}: {wrong}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
