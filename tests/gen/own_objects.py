"""Places that no table publishes, confirmed by interpreters that read their own memory.

Each interpreter here gets the facts of its build and a script that follows them through its own objects with ctypes
and compares what it finds with what Python says about the same object.
"""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from interpreters_here import ROOT, manifest, run_in  # noqa: E402

import emit  # noqa: E402
import schema  # noqa: E402

SCRIPT = r'''
import ctypes, gc, sys, threading, types

facts = __FACTS__
members, mask = facts["members"], facts["executable_mask"]
compared = []


def read(address, size):
    return int.from_bytes(ctypes.string_at(address, size), "little")


def signed(address, size):
    return int.from_bytes(ctypes.string_at(address, size), "little", signed=True)


def at(group, member):
    return members[group][member]


def word(address, group, member):
    return read(address + at(group, member), 8)


def same(what, found, expected):
    compared.append(what)
    if found != expected:
        raise SystemExit(f"{what}: found {found!r}, Python says {expected!r}")


def in_group(group, address, **expected):
    for member, (size, value) in expected.items():
        if at(group, member) is not None:
            same(f"{group}.{member}", signed(address + at(group, member), size), value)


# ---- code objects
class Holder:
    def function(self, a, /, b, *rest, c=1, **more):
        x = [a, b, c]
        y = lambda: x
        return y

code = Holder.function.__code__
resume = next(i for i in range(0, len(code.co_code), 2)
              if facts["names"].get(str(code.co_code[i])) == "RESUME") // 2
in_group("code", id(code), units=(8, len(code.co_code) // 2), stacksize=(4, code.co_stacksize),
         firstlineno=(4, code.co_firstlineno), filename=(8, id(code.co_filename)), qualname=(8, id(code.co_qualname)),
         linetable=(8, id(code.co_linetable)), firsttraceable=(4, resume))
localsplus = len(set(code.co_varnames) | set(code.co_cellvars)) + len(code.co_freevars)
in_group("code", id(code), nlocalsplus=(4, localsplus))
if at("code", "framesize") is not None:
    same("code.framesize", signed(id(code) + at("code", "framesize"), 4),
         localsplus + code.co_stacksize + at("frame", "localsplus") // 8)
bytecode = id(code) + at("code", "bytecode")
plain = ctypes.string_at(bytecode, len(code.co_code))
same("code.bytecode", plain[resume * 2], code.co_code[resume * 2])


def variables(code):
    """(name, kind) of all variables, through the code object's own tables."""
    names, kinds = word(id(code), "code", "localsplusnames"), word(id(code), "code", "localspluskinds")
    for i in range(signed(kinds + at("var_object", "count"), 8)):
        name = read(names + at("tuple", "items") + 8 * i, 8)
        yield ctypes.cast(name, ctypes.py_object).value, read(kinds + at("bytes", "data") + i, 1)


inside = next(c for c in code.co_consts if isinstance(c, types.CodeType))
same("local_kinds.cell", {n for n, k in variables(code) if k & at("local_kinds", "cell")}, set(code.co_cellvars))
same("local_kinds.free", [n for n, k in variables(inside) if k & at("local_kinds", "free")], ["x"])

# ---- simple objects
for text, kind, ascii in (("plain", 1, 1), ("caf\xe9", 1, 0), ("\u65e5\u672c", 2, 0), ("\U0001f40d", 4, 0)):
    def bits(member, text=text):
        place = at("unicode", member)
        state = read(id(text) + place["offset"], 4) & place["mask"]
        return state // (place["mask"] & -place["mask"])
    same("unicode.length", word(id(text), "unicode", "length"), len(text))
    same("unicode.kind", bits("kind"), kind)
    same("unicode.ascii", bits("ascii"), ascii)
    same("unicode.compact", bits("compact"), 1)
    data = id(text) + at("unicode", "ascii_data" if ascii else "compact_data")
    encoding = {1: "latin-1", 2: "utf-16-le", 4: "utf-32-le"}[kind]
    same("unicode data", ctypes.string_at(data, len(text) * kind).decode(encoding), text)
same("float_object.value", ctypes.c_double.from_address(id(2.5) + at("float_object", "value")).value, 2.5)
big = 12345678901234567890
digits, negative = (2**30 - 1), False
if at("long_object", "tag") is not None:
    same("long_object.tag", word(id(big), "long_object", "tag") >> 3, 3)
else:
    same("var_object.count", word(id(big), "var_object", "count"), 3)
same("long_object.digits", sum(read(id(big) + at("long_object", "digits") + 4 * i, 4) << 30 * i for i in range(3)), big)
pair = (object(), object())
same("tuple.items", read(id(pair) + at("tuple", "items") + 8, 8), id(pair[1]))
same("var_object.count", word(id(pair), "var_object", "count"), 2)
listed = [pair, "x"]
same("list.items", read(word(id(listed), "list", "items"), 8), id(pair))
text = b"bytes of a table"
same("bytes.data", ctypes.string_at(id(text) + at("bytes", "data"), len(text)), text)
same("object.type", word(id(text), "object", "type"), id(bytes))

# ---- containers
keys = {pair, listed[1], 7}
table, size, held = word(id(keys), "set", "table"), word(id(keys), "set", "mask") + 1, set()
for slot in range(size):
    key = word(table + slot * at("set_entry", "size"), "set_entry", "key")
    if key:
        held.add(key)
        same("set_entry.hash", signed(table + slot * at("set_entry", "size") + at("set_entry", "hash"), 8),
             hash(ctypes.cast(key, ctypes.py_object).value))
same("set.table", held, {id(k) for k in keys})
same("set.used", word(id(keys), "set", "used"), 3)


def entries(mapping):
    keys = word(id(mapping), "dict", "keys")
    general = read(keys + at("dict_keys", "kind"), 1) == at("keys_kinds", "general")
    group = "dict_entry" if general else "dict_unicode_entry"
    start = keys + at("dict_keys", "indices") + (1 << read(keys + at("dict_keys", "log2_index_bytes"), 1))
    for i in range(word(keys, "dict_keys", "nentries")):
        entry = start + i * at(group, "size")
        yield word(entry, group, "key"), word(entry, group, "value")


for mapping in ({"one": pair, "two": listed}, {1: pair, "two": listed}):
    same("dict entries", list(entries(mapping)), [(id(k), id(v)) for k, v in mapping.items()])
    same("dict.used", word(id(mapping), "dict", "used"), 2)
same("keys_kinds.unicode", read(word(id({"one": 1}), "dict", "keys") + at("dict_keys", "kind"), 1),
     at("keys_kinds", "unicode"))
large = dict.fromkeys(range(300), pair)
same("dict entries", [v for _, v in entries(large)], [id(pair)] * 300)
module = types.ModuleType("m")
same("module_object.dict", word(id(module), "module_object", "dict"), id(module.__dict__))


class Point:
    pass


same("type_object.basicsize", word(id(Point), "type_object", "basicsize"), Point.__basicsize__)
same("type_object.flags", word(id(Point), "type_object", "flags"), Point.__flags__)
same("type_object.name", ctypes.string_at(word(id(Point), "type_object", "name")), b"Point")
for kind, flag in ((int, "long_subclass"), (list, "list_subclass"), (tuple, "tuple_subclass"), (bytes, "bytes_subclass"),
                   (str, "unicode_subclass"), (dict, "dict_subclass")):
    same("type_flags." + flag, bool(kind.__flags__ & at("type_flags", flag)), True)

# ---- thread, interpreter, frames
api = ctypes.pythonapi
for name in ("PyThreadState_Get", "PyInterpreterState_Get"):
    getattr(api, name).restype = ctypes.c_void_p
api.PyInterpreterState_GetID.restype = ctypes.c_int64
api.PyInterpreterState_GetID.argtypes = [ctypes.c_void_p]
api.PyThreadState_GetID.restype = ctypes.c_uint64
api.PyThreadState_GetID.argtypes = [ctypes.c_void_p]
thread, interpreter = api.PyThreadState_Get(), api.PyInterpreterState_Get()
same("thread.interp", word(thread, "thread", "interp"), interpreter)
same("thread.id", word(thread, "thread", "id"), api.PyThreadState_GetID(thread))
same("thread.thread_id", word(thread, "thread", "thread_id"), threading.get_ident())
same("thread.native_thread_id", word(thread, "thread", "native_thread_id"), threading.get_native_id())
same("interpreter.id", signed(interpreter + at("interpreter", "id"), 8), api.PyInterpreterState_GetID(interpreter))
same("interpreter.threads_head", word(interpreter, "interpreter", "threads_head"), thread)
same("interpreter.imports_modules", word(interpreter, "interpreter", "imports_modules"), id(sys.modules))
before = word(interpreter, "interpreter", "threads_next_unique_id")
begun, done, seen = threading.Event(), threading.Event(), []
def wait_in_thread():
    seen.append(api.PyThreadState_Get())
    begun.set()
    done.wait()
extra = threading.Thread(target=wait_in_thread)
extra.start(); begun.wait()
same("thread.next", word(seen[0], "thread", "next"), thread)
same("interpreter.threads_head", word(interpreter, "interpreter", "threads_head"), seen[0])
done.set(); extra.join()
same("interpreter.threads_next_unique_id", word(interpreter, "interpreter", "threads_next_unique_id"), before + 1)
if at("interpreter", "threads_main") is not None:
    same("interpreter.threads_main", word(interpreter, "interpreter", "threads_main"), thread)
runtime = ctypes.addressof(ctypes.c_char.in_dll(api, "_PyRuntime"))
same("runtime.interpreters_main", word(runtime, "runtime", "interpreters_main"), interpreter)
same("runtime.interpreters_head", word(runtime, "runtime", "interpreters_head"), interpreter)
same("runtime.main_thread", word(runtime, "runtime", "main_thread"), threading.main_thread().ident)
if at("runtime", "main_interpreter") is not None and not facts["debug"]:
    same("runtime.main_interpreter", runtime + at("runtime", "main_interpreter"), interpreter)
if at("runtime", "gilstate_tstate_current") is not None:
    same("runtime.gilstate_tstate_current", word(runtime, "runtime", "gilstate_tstate_current"), thread)
gil = word(interpreter, "interpreter", "gil") if at("interpreter", "gil") is not None else runtime + at("runtime", "gil")
enabled = at("gil", "enabled") is None or read(gil + at("gil", "enabled"), 4) != 0
if enabled:
    same("gil.locked", signed(gil + at("gil", "locked"), 4), 1)
    same("gil.last_holder", word(gil, "gil", "last_holder"), thread)
place = at("thread", "status_holds_gil")
if place is not None and enabled:
    same("thread.status_holds_gil", read(thread + place["offset"], 4) & place["mask"], place["mask"])
if at("thread", "holds_gil") is not None:
    same("thread.holds_gil", read(thread + at("thread", "holds_gil"), 4), int(enabled))


def frames():
    # Function calls of C code put frames of their own above; so look for ours by its code.
    frame = word(thread, "thread", "current_frame") if at("thread", "current_frame") is not None else word(
        word(thread, "thread", "cframe"), "cframe", "current_frame")
    while frame:
        yield frame
        frame = word(frame, "frame", "previous")


def caller(wanted, argument):
    local = argument
    return [f for f in frames() if word(f, "frame", "executable") & mask == id(wanted)], local


def outer():
    found, marker = caller(outer.__code__, pair)
    return found


found = outer()
same("frames of the function", len(found), 1)
chunk = word(thread, "thread", "datastack_chunk")
same("chunk.bytes", word(chunk, "chunk", "bytes") % 4096, 0)
same("thread.datastack_limit", word(thread, "thread", "datastack_limit"), chunk + word(chunk, "chunk", "bytes"))


def inner():
    frame = next(f for f in frames() if word(f, "frame", "executable") & mask == id(inner.__code__))
    code = id(inner.__code__)
    base = code + at("code", "bytecode")
    if at("code", "tlbc") is not None:
        array = word(code, "code", "tlbc")
        index = signed(frame + at("frame", "tlbc_index"), 4)
        same("tlbc_array.count", index < word(array, "tlbc_array", "count"), True)
        same("tlbc_array.entries", read(array + at("tlbc_array", "entries"), 8), base)
        base = read(array + at("tlbc_array", "entries") + 8 * index, 8)
    offset = word(frame, "frame", "instruction") - base
    same("frame.instruction", 0 <= offset < len(inner.__code__.co_code) and offset % 2 == 0, True)
    same("frame.owner", read(frame + at("frame", "owner"), 1), at("owners", "thread"))
    same("frame.localsplus", read(frame + at("frame", "localsplus"), 8) & mask, id(frame))
    return frame


inner()


def deep(n):
    """Far enough down for a second piece of stack: [its address, addresses of the frames of this function]."""
    if n:
        return deep(n - 1)
    own = [f for f in frames() if word(f, "frame", "executable") & mask == id(deep.__code__)]
    newest = word(thread, "thread", "datastack_chunk")
    older = word(newest, "chunk", "previous")
    sizes = [word(piece, "chunk", "bytes") for piece in (newest, older)]
    return own, newest, older, sizes, word(older, "chunk", "top")


for depth in range(100, 900, 7):
    own, newest, older, sizes, used = deep(depth)
    inside = [f for f in own if newest <= f < newest + sizes[0]]
    below = [f for f in own if older <= f < older + sizes[1]]
    if inside and below:
        break
same("chunk.previous", bool(below), True)
same("chunk.data", min(inside), newest + at("chunk", "data"))
step = own[0] - own[1] if own[0] in inside and own[1] in inside else below[0] - below[1]
same("chunk.top", older + at("chunk", "data") + 8 * used, max(below) + step)
if at("frame", "is_entry") is not None:
    def entry_of(code):
        return [read(f + at("frame", "is_entry"), 1) for f in frames() if word(f, "frame", "executable") == id(code)]

    def through_c(_):
        return entry_of(through_c.__code__)

    def directly():
        return entry_of(directly.__code__)

    same("frame.is_entry", (list(map(through_c, [0])), directly()), ([[1]], [0]))

# ---- exceptions
try:
    raise KeyError("handled")
except KeyError as error:
    item = word(thread, "thread", "exc_info")
    same("err_item.value", word(item, "err_item", "value"), id(error))
    same("thread.exc_state", item, thread + at("thread", "exc_state"))

    def handles():
        try:
            raise ValueError
        except ValueError as inner_error:
            own = word(thread, "thread", "exc_info")
            same("err_item.value in a generator", word(own, "err_item", "value"), id(inner_error))
            same("err_item.previous", word(own, "err_item", "previous"), item)
            yield own

    same("err_item of a generator", next(handles()) != item, True)

# ---- generators
def states():
    same("states.executing", signed(id(running) + at("generator", "frame_state"), 1), at("states", "executing"))
    embedded = id(running) + at("generator", "frame")
    same("generator.frame", word(embedded, "frame", "executable") & mask, id(states.__code__))
    same("frame.owner of a generator", read(embedded + at("frame", "owner"), 1), at("owners", "generator"))
    yield 1
    yield from inner_generator

def endless():
    while True:
        yield 2

running, inner_generator = states(), endless()
next(running)
next(running)
if at("states", "suspended_yield_from") is not None:
    in_group("generator", id(running), frame_state=(1, at("states", "suspended_yield_from")))
frame = id(running) + at("generator", "frame")
if at("frame", "stackpointer") is not None:
    top = word(frame, "frame", "stackpointer")
    same("traits.awaited_slot_back", read(top - 8 * facts["awaited_slot_back"], 8) & mask, id(inner_generator))
running.close()
in_group("generator", id(running), frame_state=(1, at("states", "cleared")))

# ---- where an instance keeps what it has
class Plain:
    def __init__(self):
        self.first, self.second = "one", "two"

instance = Plain()
values = read(id(instance) + facts["values_pointer"], 8) if facts["values_pointer"] else id(instance) + Plain.__basicsize__
if facts["values_pointer_is_tagged"]:
    same("traits.values_pointer_is_tagged", values & 1, 1)
    values += 1
same("traits.values_pointer", read(values + at("dict_values", "values") + 8, 8), id(instance.second))
own = vars(instance)
own[1] = 0  # now it has a dict that nobody shares
same("traits.values_pointer of a dict", read(id(instance) + (
    facts["values_pointer"] if facts["values_pointer_is_tagged"] else at("instance", "managed_dict")), 8), id(own))

# ---- garbage collection
during = []
gc.callbacks.append(lambda phase, info: during.append(read(interpreter + at("interpreter", "gc_collecting"), 4)))
same("interpreter.gc_collecting outside", read(interpreter + at("interpreter", "gc_collecting"), 4), 0)
gc.collect()
gc.callbacks.pop()
compared.append("interpreter.gc_collecting")
if 1 not in during:
    raise SystemExit(f"interpreter.gc_collecting: {during} during a collection")

# ---- what instrumented lines replaced
if hasattr(sys, "monitoring"):
    def watched(n):
        total = 0
        for i in range(n):
            total += i
        return total

    watched(3)
    plain = watched.__code__.co_code
    monitoring = sys.monitoring
    monitoring.use_tool_id(2, "t")
    monitoring.register_callback(2, monitoring.events.LINE, lambda *_: None)
    monitoring.set_local_events(2, watched.__code__, monitoring.events.LINE)
    watched(3)
    data = word(id(watched.__code__), "code", "monitoring")
    lines, line = word(data, "monitoring", "lines"), members["line_data"]
    step, start = line["fixed_entry_size"], lines + line["entries"]
    if line["entry_size"] is not None:
        step = read(lines + line["entry_size"], 1)
        if not 2 <= step <= 5:
            step, start = line["fixed_entry_size"], lines
    raw, replaced = watched.__code__._co_code_adaptive, 0
    for unit in range(len(raw) // 2):
        if facts["names"].get(str(raw[2 * unit])) == "INSTRUMENTED_LINE":
            replaced += 1
            under = read(start + unit * step, 1)
            same("line_data.entries", facts["deopt"][under], plain[2 * unit])
    same("INSTRUMENTED_LINE was seen", replaced > 0, True)
    monitoring.register_callback(2, monitoring.events.INSTRUCTION, lambda *_: None)
    monitoring.set_local_events(2, watched.__code__, monitoring.events.INSTRUCTION)
    watched(3)
    under = word(word(id(watched.__code__), "code", "monitoring"), "monitoring", "per_instruction_opcodes")
    raw, replaced = watched.__code__._co_code_adaptive, 0
    for unit in range(len(raw) // 2):
        if facts["names"].get(str(raw[2 * unit])) == "INSTRUMENTED_INSTRUCTION":
            replaced += 1
            base = facts["names"][str(facts["deopt"][read(under + unit, 1)])].replace("INSTRUMENTED_", "")
            same("monitoring.per_instruction_opcodes", base, facts["names"][str(plain[2 * unit])])
    same("INSTRUMENTED_INSTRUCTION was seen", replaced > 0, True)
    monitoring.set_local_events(2, watched.__code__, 0)
    monitoring.free_tool_id(2)

# ---- a second interpreter; last, for 3.11 then names its thread as the holder of the GIL until that changes hands
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
second = interpreters.create()
same("interpreter.next", word(word(runtime, "runtime", "interpreters_head"), "interpreter", "next"), interpreter)
same("interpreter.id of the second", signed(word(runtime, "runtime", "interpreters_head") + at("interpreter", "id"), 8), int(second))
interpreters.destroy(second)
print(len(compared), len(set(compared)))
'''


def traits_of(facts: dict) -> dict:
    names = {number: name for name, number in facts["opcodes"]["ids"].items()}
    return {"members": facts["members"], "executable_mask": facts["executable_mask"], "names": names,
            "deopt": facts["opcodes"]["deopt"],
            **{t.name: t.value(facts) for t in schema.TRAITS if t.name.startswith("values_pointer")},
            "awaited_slot_back": (facts["opcodes"]["send_popped"] or 2) - 1}


class OwnObjects(unittest.TestCase):
    def test_interpreters_find_their_own_objects_where_the_facts_say(self):
        seen = 0
        for entry in manifest():
            name = emit.file_name({"minor": entry["minor"], "free_threaded": entry["free_threaded"], "arch": "x86_64"})
            path = ROOT / "layouts" / "facts" / f"{name}.json"
            if not path.is_file():
                print(f"skipped {entry['name']}: no facts are committed for it")
                continue
            facts = json.dumps({**traits_of(emit.load_facts(path)), "debug": entry["debug"]})
            code = SCRIPT.replace("__FACTS__", f"__import__('json').loads({facts!r})")
            with self.subTest(interpreter=entry["name"]):
                try:
                    said = run_in(entry["name"], code)
                except RuntimeError as error:
                    if "No module named '_ctypes'" in str(error):
                        print(f"skipped {entry['name']}: it was built without libffi-dev")
                        continue
                    self.fail(str(error))
                comparisons, places = map(int, said.split())
                self.assertGreater(places, 70)
                print(f"{entry['name']}: {comparisons} comparisons of {places} places")
                seen += 1
        if not seen:
            self.skipTest("no interpreter here; tests/interpreters gets them")


if __name__ == "__main__":
    unittest.main()
