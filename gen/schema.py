"""What the profiler reads of an interpreter, and nothing else. A new field is one line here.

A group is one remote C struct (or one family of constants). The order of groups and of their members is the
order of the generated aggregates; layouts, the comparison with a target's own table, its printing and its tests
all follow from this file. After a change run `gen/generate.py --extract`.

How one line reads:

    F("current_frame", ADDRESS, "current_frame", word="thread_state.current_frame"),
       |               |         |               |
       |               |         |               the word of the target's own offset table that says the same
       |               |         C member; alternatives for other versions after "|"; "Struct::member" for another
       |               |         struct; "=expression" for a constant expression
       |               width and meaning, checked against sizeof in the headers
       our name

Nothing is here that no header of the library reads, but for sizes, by which all places are checked, and for what says
in `kept` why it is needed; tests/gen/members.py looks for others.

A word may be a sum or difference ("gc.x + y.z"). A leading "?" says that 0 means absent, a leading "ft:" that the
word counts in free-threaded builds only. A member that a header tree does not have is absent, which is how
optional abilities are spelled; nobody compares version numbers.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Kind:
    """One C++ type of a member: its spelling, its width in the target (0: not checked), and its sort."""

    cpp: str
    width: int
    sort: str  # field, bits, size, value


ADDRESS = Kind("Field<Address>", 8, "field")
I64 = Kind("Field<std::int64_t>", 8, "field")
U64 = Kind("Field<std::uint64_t>", 8, "field")
I32 = Kind("Field<std::int32_t>", 4, "field")
U32 = Kind("Field<std::uint32_t>", 4, "field")
I8 = Kind("Field<std::int8_t>", 1, "field")
U8 = Kind("Field<std::uint8_t>", 1, "field")
F64 = Kind("Field<double>", 8, "field")
START = Kind("Start", 0, "field")
BITS = Kind("Bits", 0, "bits")
SIZE = Kind("std::uint32_t", 0, "size")
VALUE = Kind("Value", 0, "value")


@dataclass(frozen=True)
class Member:
    name: str
    kind: Kind
    c: str
    word: str = ""
    note: str = ""
    only: str = ""  # "Struct::member" that has to exist too, or with a leading "!" must not
    kept: str = ""  # why it is here although no header of the library reads it


@dataclass(frozen=True)
class Group:
    name: str  # member of a layout
    cpp: str  # the aggregate's type
    struct: str  # C struct; alternatives after "|"; empty for constants
    about: str
    members: list = field(default_factory=list)
    # Assumed of a newer minor version although its table does not say it: unchanged since 3.11, and a wrong guess
    # makes walks fail instead of lie.
    lasting: bool = False


F = Member


def S(struct: str = "", word: str = "") -> Member:
    return Member("size", SIZE, struct, word)


GROUPS = [
    Group("runtime", "Runtime", "_PyRuntimeState", "The process-wide root, _PyRuntime.", [
        S(word="runtime_state.size"),
        F("finalizing", ADDRESS, "_finalizing", "runtime_state.finalizing"),
        F("interpreters_head", ADDRESS, "interpreters.head", "runtime_state.interpreters_head"),
        F("interpreters_main", ADDRESS, "interpreters.main"),
        F("main_thread", U64, "main_thread"),
        F("gilstate_tstate_current", ADDRESS, "gilstate.tstate_current"),
        F("gil", START, "ceval.gil", note="embedded, where there is one GIL a process"),
        F("main_interpreter", START, "_main_interpreter", note="embedded; options of a build move it where a table is published",
          only="!_PyRuntimeState::debug_offsets"),
    ]),
    Group("interpreter", "Interpreter", "PyInterpreterState", "One interpreter; the first is embedded in the runtime.", [
        S(word="interpreter_state.size"),
        F("id", I64, "id", "interpreter_state.id"),
        F("next", ADDRESS, "next", "interpreter_state.next"),
        F("threads_head", ADDRESS, "threads.head", "interpreter_state.threads_head"),
        F("threads_main", ADDRESS, "threads.main", "interpreter_state.threads_main"),
        F("threads_next_unique_id", U64, "threads.next_unique_id"),
        F("gil", ADDRESS, "ceval.gil", "interpreter_state.ceval_gil", note="own or shared"),
        F("own_gil", START, "_gil", "interpreter_state.gil_runtime_state", note="embedded; in use only when `gil` points at it",
          kept="what a table says of the GIL is relative to it, and tests make tables and interpreters"),
        F("gc_collecting", I32, "gc.collecting", "interpreter_state.gc + gc.collecting"),
        F("gc_frame", ADDRESS, "gc.frame", "interpreter_state.gc + gc.frame"),
        F("code_object_generation", U64, "_code_object_generation", "interpreter_state.code_object_generation"),
        F("tlbc_generation", U32, "tlbc_indices.tlbc_generation", "?interpreter_state.tlbc_generation"),
        F("imports_modules", ADDRESS, "imports.modules|modules", "interpreter_state.imports_modules"),
    ]),
    Group("gil", "Gil", "struct _gil_runtime_state", "The global interpreter lock.", [
        S(),
        F("enabled", I32, "enabled", "ft:interpreter_state.gil_runtime_state_enabled"),
        F("last_holder", ADDRESS, "last_holder", "interpreter_state.gil_runtime_state_holder - interpreter_state.gil_runtime_state"),
        F("locked", I32, "locked", "interpreter_state.gil_runtime_state_locked - interpreter_state.gil_runtime_state"),
        F("switch_number", U64, "switch_number", note="counts the times that another thread took it"),
    ]),
    Group("thread", "Thread", "PyThreadState", "One thread state. The object is longer than its struct: see base_frame.", [
        S(word="thread_state.size"),
        F("next", ADDRESS, "next", "thread_state.next"),
        F("interp", ADDRESS, "interp", "thread_state.interp"),
        F("cframe", ADDRESS, "cframe"),
        F("current_frame", ADDRESS, "current_frame", "thread_state.current_frame"),
        F("base_frame", ADDRESS, "base_frame", "thread_state.base_frame"),
        F("status_holds_gil", BITS, "_status.holds_gil", "thread_state.status"),
        F("holds_gil", I32, "holds_gil", "thread_state.holds_gil"),
        F("gil_requested", I32, "gil_requested", "thread_state.gil_requested"),
        F("current_exception", ADDRESS, "current_exception|curexc_value", "thread_state.current_exception"),
        F("exc_info", ADDRESS, "exc_info"),
        F("exc_state", START, "exc_state", "thread_state.exc_state", note="embedded error item"),
        F("thread_id", U64, "thread_id", "thread_state.thread_id", note="a pthread_t"),
        F("native_thread_id", U64, "native_thread_id", "thread_state.native_thread_id"),
        F("id", U64, "id"),
        F("datastack_chunk", ADDRESS, "datastack_chunk", "thread_state.datastack_chunk"),
        F("datastack_limit", ADDRESS, "datastack_limit"),
        F("current_executor", ADDRESS, "current_executor"),
        F("asyncio_tasks_head", START, "_PyThreadStateImpl::asyncio_tasks_head", note="embedded list node"),
    ]),
    Group("cframe", "CFrame", "_PyCFrame", "The C-stack record between a thread and its current frame.", [
        S(),
        F("current_frame", ADDRESS, "current_frame"),
    ]),
    Group("chunk", "Chunk", "_PyStackChunk", "A piece of a thread's data stack.", [
        S(),
        F("previous", ADDRESS, "previous"),
        F("bytes", U64, "size", note="of the whole piece"),
        F("top", U64, "top", note="words in use when the next piece was started"),
        F("data", START, "data"),
    ], lasting=True),
    Group("frame", "Frame", "_PyInterpreterFrame|struct _PyInterpreterFrame", "One call.", [
        S(word="interpreter_frame.size"),
        F("executable", ADDRESS, "f_executable|f_code", "interpreter_frame.executable", note="tagged: see Traits::executable_mask"),
        F("previous", ADDRESS, "previous", "interpreter_frame.previous"),
        F("instruction", ADDRESS, "instr_ptr|prev_instr", "interpreter_frame.instr_ptr"),
        F("stackpointer", ADDRESS, "stackpointer", "interpreter_frame.stackpointer"),
        F("tlbc_index", I32, "tlbc_index", "?interpreter_frame.tlbc_index"),
        F("is_entry", U8, "is_entry"),
        F("owner", U8, "owner", "interpreter_frame.owner"),
        F("localsplus", START, "localsplus", "interpreter_frame.localsplus"),
    ]),
    Group("code", "Code", "PyCodeObject", "A code object.", [
        S(word="code_object.size"),
        F("units", I64, "ob_base.ob_size", "tuple_object.ob_size", note="code units of two bytes"),
        F("stacksize", I32, "co_stacksize"),
        F("firstlineno", I32, "co_firstlineno", "code_object.firstlineno"),
        F("nlocalsplus", I32, "co_nlocalsplus"),
        F("framesize", I32, "co_framesize", note="words"),
        F("filename", ADDRESS, "co_filename", "code_object.filename"),
        F("qualname", ADDRESS, "co_qualname", "code_object.qualname"),
        F("linetable", ADDRESS, "co_linetable", "code_object.linetable"),
        F("localsplusnames", ADDRESS, "co_localsplusnames", "code_object.localsplusnames"),
        F("localspluskinds", ADDRESS, "co_localspluskinds", "code_object.localspluskinds"),
        F("executors", ADDRESS, "co_executors"),
        F("monitoring", ADDRESS, "_co_monitoring"),
        F("firsttraceable", I32, "_co_firsttraceable", note="index of the first RESUME"),
        F("tlbc", ADDRESS, "co_tlbc", "?code_object.co_tlbc"),
        F("bytecode", START, "co_code_adaptive", "code_object.co_code_adaptive"),
    ]),
    Group("tlbc_array", "TlbcArray", "_PyCodeArray", "Thread-local copies of one code object's bytecode.", [
        S(),
        F("count", I64, "size"),
        F("entries", START, "entries"),
    ]),
    Group("monitoring", "Monitoring", "_PyCoMonitoringData", "What instrumented instructions replaced.", [
        S(),
        F("lines", ADDRESS, "lines"),
        F("per_instruction_opcodes", ADDRESS, "per_instruction_opcodes"),
    ]),
    Group("line_data", "LineData", "_PyCoLineInstrumentationData", "Behind Monitoring::lines: one entry a code unit.", [
        # 3.13.0 still has 3.12's: an entry_size that reads as anything but 2 to 5 tells.
        F("entry_size", U8, "bytes_per_entry", note="absent: LineData::fixed_entry_size bytes each"),
        F("entries", START, "data|original_opcode", note="the first byte of an entry is the replaced opcode"),
        F("fixed_entry_size", VALUE, "=sizeof(_PyCoLineInstrumentationData)"),
    ]),
    Group("executor_array", "ExecutorArray", "_PyExecutorArray", "Behind Code::executors.", [
        S(),
        F("count", I32, "size"),
        F("entries", START, "executors"),
    ]),
    Group("executor", "Executor", "_PyExecutorObject", "Optimised code that took an instruction's place.", [
        S(),
        F("opcode", U8, "vm_data.opcode", note="the replaced instruction"),
    ]),
    Group("object", "Object", "PyObject", "Any object.", [
        S(word="pyobject.size"),
        F("type", ADDRESS, "ob_type", "pyobject.ob_type"),
    ]),
    Group("var_object", "VarObject", "PyVarObject", "Any object with a length of its own.", [
        S(),
        F("count", I64, "ob_size", "tuple_object.ob_size"),
    ]),
    Group("type_object", "TypeObject", "PyTypeObject", "A class.", [
        S(word="type_object.size"),
        F("name", ADDRESS, "tp_name", "type_object.tp_name", note="NUL-terminated bytes"),
        F("flags", U64, "tp_flags", "type_object.tp_flags"),
        F("basicsize", I64, "tp_basicsize", "type_object.tp_basicsize"),
    ]),
    Group("heap_type", "HeapType", "PyHeapTypeObject", "A class made by Python code.", [
        S(word="heap_type_object.size"),
        F("cached_keys", ADDRESS, "ht_cached_keys", "heap_type_object.ht_cached_keys"),
    ]),
    Group("module_object", "ModuleObject", "PyModuleObject", "A module.", [
        S(),
        F("dict", ADDRESS, "md_dict"),
    ]),
    Group("bytes", "BytesObject", "PyBytesObject", "A bytes object; its length is VarObject::count.", [
        S(word="bytes_object.size"),
        F("data", START, "ob_sval", "bytes_object.ob_sval"),
    ]),
    Group("unicode", "Unicode", "PyUnicodeObject", "A str. Names in code objects are always compact.", [
        S(word="unicode_object.size"),
        F("length", I64, "PyASCIIObject::length", "unicode_object.length", note="code points"),
        F("kind", BITS, "PyASCIIObject::state.kind", "unicode_object.state", note="bytes a code point: 1, 2 or 4"),
        F("compact", BITS, "PyASCIIObject::state.compact", "unicode_object.state"),
        F("ascii", BITS, "PyASCIIObject::state.ascii", "unicode_object.state"),
        F("ascii_data", START, "=sizeof(PyASCIIObject)", "unicode_object.asciiobject_size"),
        F("compact_data", START, "=sizeof(PyCompactUnicodeObject)", "unicode_object.compactunicodeobject_size"),
    ]),
    Group("tuple", "Tuple", "PyTupleObject", "A tuple; its length is VarObject::count.", [
        S(word="tuple_object.size"),
        F("items", START, "ob_item", "tuple_object.ob_item"),
    ]),
    Group("list", "List", "PyListObject", "A list; its length is VarObject::count.", [
        S(word="list_object.size"),
        F("items", ADDRESS, "ob_item", "list_object.ob_item"),
    ]),
    Group("set", "Set", "PySetObject", "A set.", [
        S(word="set_object.size"),
        F("used", I64, "used", "set_object.used"),
        F("mask", I64, "mask", "set_object.mask"),
        F("table", ADDRESS, "table", "set_object.table"),
    ]),
    Group("set_entry", "SetEntry", "setentry", "A slot of Set::table.", [
        S(),
        F("key", ADDRESS, "key"),
        F("hash", I64, "hash"),
    ]),
    Group("dict", "Dict", "PyDictObject", "A dict.", [
        S(word="dict_object.size"),
        F("used", I64, "ma_used"),
        F("keys", ADDRESS, "ma_keys", "dict_object.ma_keys"),
        F("values", ADDRESS, "ma_values", "dict_object.ma_values"),
    ]),
    Group("dict_keys", "DictKeys", "struct _dictkeysobject", "Behind Dict::keys: indices, then entries.", [
        S(),
        F("log2_index_bytes", U8, "dk_log2_index_bytes"),
        F("kind", U8, "dk_kind"),
        F("nentries", I64, "dk_nentries"),
        F("indices", START, "dk_indices"),
    ]),
    Group("dict_entry", "DictEntry", "PyDictKeyEntry", "An entry of a general dict.", [
        S(),
        F("key", ADDRESS, "me_key"),
        F("value", ADDRESS, "me_value"),
    ]),
    Group("dict_unicode_entry", "DictUnicodeEntry", "PyDictUnicodeEntry", "An entry of a dict whose keys are all str.", [
        S(),
        F("key", ADDRESS, "me_key"),
        F("value", ADDRESS, "me_value"),
    ]),
    Group("dict_values", "DictValues", "struct _dictvalues", "Values of a dict that shares its keys.", [
        F("values", START, "values"),
    ]),
    Group("long_object", "LongObject", "PyLongObject", "An int: digits of 30 bits.", [
        S(word="long_object.size"),
        F("tag", U64, "long_value.lv_tag", "long_object.lv_tag", note="digits << 3 | sign; absent: VarObject::count, negative for negative"),
        F("digits", START, "long_value.ob_digit|ob_digit", "long_object.ob_digit"),
    ]),
    Group("float_object", "FloatObject", "PyFloatObject", "A float.", [
        S(word="float_object.size"),
        F("value", F64, "ob_fval", "float_object.ob_fval"),
    ]),
    Group("generator", "Generator", "PyGenObject", "A generator, coroutine or asynchronous generator.", [
        S(word="gen_object.size"),
        F("frame_state", I8, "gi_frame_state", "gen_object.gi_frame_state"),
        F("frame", START, "gi_iframe", "gen_object.gi_iframe", note="embedded"),
    ]),
    Group("err_item", "ErrItem", "_PyErr_StackItem", "An exception being handled.", [
        S(),
        F("value", ADDRESS, "exc_value", "err_stackitem.exc_value"),
        F("previous", ADDRESS, "previous_item"),
    ]),
    Group("llist", "LinkedList", "struct llist_node", "A node of a circular list.", [
        S(),
        F("next", ADDRESS, "next", "llist_node.next"),
    ]),
    # --- constants ---------------------------------------------------------------------------------
    Group("owners", "Owners", "", "Values of Frame::owner. Unknown ones from 3 up are not Python frames.", [
        F("thread", VALUE, "=FRAME_OWNED_BY_THREAD"),
        F("generator", VALUE, "=FRAME_OWNED_BY_GENERATOR"),
        F("frame_object", VALUE, "=FRAME_OWNED_BY_FRAME_OBJECT"),
    ], lasting=True),
    Group("states", "States", "", "Values of Generator::frame_state.", [
        F("suspended", VALUE, "=FRAME_SUSPENDED", kept="tests make generators that have yielded"),
        F("suspended_yield_from", VALUE, "=FRAME_SUSPENDED_YIELD_FROM"),
        F("suspended_yield_from_locked", VALUE, "=FRAME_SUSPENDED_YIELD_FROM_LOCKED"),
        F("executing", VALUE, "=FRAME_EXECUTING"),
        F("completed", VALUE, "=FRAME_COMPLETED"),
        F("cleared", VALUE, "=FRAME_CLEARED"),
    ]),
    Group("local_kinds", "LocalKinds", "", "Bits of the bytes in Code::localspluskinds.", [
        F("cell", VALUE, "=CO_FAST_CELL"),
        F("free", VALUE, "=CO_FAST_FREE"),
    ]),
    Group("type_flags", "TypeFlags", "", "Bits of TypeObject::flags.", [
        F("long_subclass", VALUE, "=Py_TPFLAGS_LONG_SUBCLASS"),
        F("list_subclass", VALUE, "=Py_TPFLAGS_LIST_SUBCLASS"),
        F("tuple_subclass", VALUE, "=Py_TPFLAGS_TUPLE_SUBCLASS"),
        F("bytes_subclass", VALUE, "=Py_TPFLAGS_BYTES_SUBCLASS"),
        F("unicode_subclass", VALUE, "=Py_TPFLAGS_UNICODE_SUBCLASS"),
        F("dict_subclass", VALUE, "=Py_TPFLAGS_DICT_SUBCLASS"),
        F("managed_dict", VALUE, "=Py_TPFLAGS_MANAGED_DICT"),
        F("inline_values", VALUE, "=Py_TPFLAGS_INLINE_VALUES"),
    ], lasting=True),
    Group("keys_kinds", "KeysKinds", "", "Values of DictKeys::kind.", [
        F("general", VALUE, "=DICT_KEYS_GENERAL"),
        F("unicode", VALUE, "=DICT_KEYS_UNICODE", kept="tests make dicts of each kind"),
        F("split", VALUE, "=DICT_KEYS_SPLIT", kept="tests make dicts of each kind"),
    ]),
    Group("instance", "Instance", "", "Where an instance keeps its dict, as a distance from it.", [
        F("managed_dict", VALUE, "=MANAGED_DICT_OFFSET"),
    ]),
]


@dataclass(frozen=True)
class Trait:
    """Behaviour that no offset shows, derived from the facts of a build."""

    name: str
    cpp: str
    about: str
    value: object  # facts -> int or bool


TRAITS = [
    Trait("executable_mask", "std::uint64_t", "what to keep of Frame::executable to get an address",
          lambda facts: facts["executable_mask"]),
    Trait("popped_frames_are_cleared", "bool", "a returned frame's executable reads as null: references are tagged",
          lambda facts: facts["executable_mask"] != (1 << 64) - 1),
    Trait("instruction_is_previous", "bool", "Frame::instruction is the unit before the next instruction",
          lambda facts: facts["instruction_is_previous"]),
    Trait("has_shims", "bool", "a frame of the C stack stands where C called Python; without: Frame::is_entry",
          lambda facts: facts["members"]["frame"]["is_entry"] is None),
    Trait("caller_stops_at_last_cache", "bool", "a caller's instruction is the last cache unit of its call",
          lambda facts: facts["instruction_is_previous"] and facts["members"]["frame"]["is_entry"] is not None),
    Trait("awaited_slot_back", "std::uint8_t", "words from the stack top down to what a suspended coroutine awaits",
          lambda facts: (facts["opcodes"]["send_popped"] or 2) - 1),
    # The headers show the place of an instance's dict and the flags; what the words mean was compared with running
    # interpreters (tests/gen/own_objects.py). 3.11 has the values' pointer before that of the dict, 3.12 one word for
    # both, later ones keep the values inside.
    Trait("values_pointer", "std::int32_t", "distance of an instance's pointer to its values; 0: they are inside",
          lambda facts: 0 if facts["members"]["type_flags"]["inline_values"] is not None
          else -24 if facts["members"]["instance"]["managed_dict"] is None
          else facts["members"]["instance"]["managed_dict"] - 8),
    Trait("values_pointer_is_tagged", "bool", "that word is one less than the values' address, or else the dict's",
          lambda facts: facts["members"]["type_flags"]["inline_values"] is None
          and facts["members"]["instance"]["managed_dict"] is None),
    # The library's behaviour; no header shows it. threading names the kernel's threads since 3.14.
    Trait("thread_names_are_os_names", "bool", "the kernel knows the names given in Python",
          lambda facts: facts["build"]["minor"] >= 14),
]


# Without these there is no way from the runtime to a line of source; alternatives after "|".
REQUIRED = """
runtime.interpreters_head interpreter.next interpreter.id interpreter.threads_head
thread.next thread.interp thread.native_thread_id thread.current_frame|thread.cframe thread.current_frame|cframe.current_frame
frame.executable frame.previous frame.instruction frame.owner frame.localsplus
code.filename code.qualname code.linetable code.firstlineno code.bytecode
object.type var_object.count bytes.data
unicode.length unicode.kind unicode.compact unicode.ascii unicode.ascii_data unicode.compact_data
""".split()

# Places that a patch release has elsewhere than the committed facts of its minor version, and that are known
# to; gen/generate.py --extract --check reports every other one.
KNOWN_DIFFERENCES = {
    "3.13.0": {"line_data.entry_size", "line_data.entries"},
}
