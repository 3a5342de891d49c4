"""What an instruction does to the stack of frames, for the rules that read a running target.

TABLE names every instruction of every version, in all of its forms. Which of them push a frame without
going through C, and which leave one, no header says; a new one that is not in the table fails the
generation, as a call that is taken for something else cuts the stacks of all its callers. From 3.13 on
the interpreter's own metadata say which of the others can run code of others (see SIGNS); every form
of an instruction counts, since it is specialised and unspecialised while it is looked at.
"""

# Flags of an instruction's metadata: it calls C functions that may run anything, it asks for
# signals, collections and other threads' wishes, or it may raise, which builds an exception or
# tells a debugger. (The first alone is not enough: 3.15 does not set it for RAISE_VARARGS.)
SIGNS = ("HAS_ESCAPES_FLAG", "HAS_EVAL_BREAK_FLAG", "HAS_ERROR_FLAG")

# An instrumented form has the line of the instruction whose twin it is.
TABLE = {
    # May push the frame of a Python function itself. EXIT_INIT_CHECK is where the frame that CPython puts
    # below a specialised __init__ stands; LOAD_ATTR, BINARY_OP and BINARY_SUBSCR call properties and
    # __getitem__.
    "calls": """
        BINARY_OP BINARY_OP_SUBSCR_GETITEM BINARY_SUBSCR BINARY_SUBSCR_GETITEM CALL CALL_ADAPTIVE
        CALL_ALLOC_AND_ENTER_INIT CALL_BOUND_METHOD_EXACT_ARGS CALL_BOUND_METHOD_GENERAL CALL_EX_PY CALL_FUNCTION_EX
        CALL_KW CALL_KW_BOUND_METHOD CALL_KW_PY CALL_PY_EXACT_ARGS CALL_PY_GENERAL CALL_PY_WITH_DEFAULTS
        EXIT_INIT_CHECK LOAD_ATTR LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN LOAD_ATTR_PROPERTY PRECALL PRECALL_ADAPTIVE
        PRECALL_BOUND_METHOD PRECALL_PYFUNC
    """,
    # A form of a call for one kind of C function.
    "calls_c": """
        CALL_BUILTIN_CLASS CALL_BUILTIN_FAST CALL_BUILTIN_FAST_WITH_KEYWORDS CALL_BUILTIN_O CALL_ISINSTANCE CALL_LEN
        CALL_LIST_APPEND CALL_METHOD_DESCRIPTOR_FAST CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS
        CALL_METHOD_DESCRIPTOR_NOARGS CALL_METHOD_DESCRIPTOR_O CALL_NO_KW_BUILTIN_FAST CALL_NO_KW_BUILTIN_O
        CALL_NO_KW_ISINSTANCE CALL_NO_KW_LEN CALL_NO_KW_LIST_APPEND CALL_NO_KW_METHOD_DESCRIPTOR_FAST
        CALL_NO_KW_METHOD_DESCRIPTOR_NOARGS CALL_NO_KW_METHOD_DESCRIPTOR_O CALL_NO_KW_STR_1 CALL_NO_KW_TUPLE_1
        CALL_NO_KW_TYPE_1 CALL_STR_1 CALL_TUPLE_1 CALL_TYPE_1 PRECALL_BUILTIN_CLASS
        PRECALL_BUILTIN_FAST_WITH_KEYWORDS PRECALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS PRECALL_NO_KW_BUILTIN_FAST
        PRECALL_NO_KW_BUILTIN_O PRECALL_NO_KW_ISINSTANCE PRECALL_NO_KW_LEN PRECALL_NO_KW_LIST_APPEND
        PRECALL_NO_KW_METHOD_DESCRIPTOR_FAST PRECALL_NO_KW_METHOD_DESCRIPTOR_NOARGS
        PRECALL_NO_KW_METHOD_DESCRIPTOR_O PRECALL_NO_KW_STR_1 PRECALL_NO_KW_TUPLE_1 PRECALL_NO_KW_TYPE_1
    """,
    # A form of a call for everything that is no Python function. Where there is one, a call that is not
    # specialised is one that has run a few times, and calling Python takes nanoseconds of these.
    "calls_all_c": "CALL_EX_NON_PY_GENERAL CALL_KW_NON_PY CALL_NON_PY_GENERAL",
    # Puts a generator's frame on top.
    "resumes_generator": "FOR_ITER FOR_ITER_GEN SEND SEND_ASYNC_GEN SEND_GEN",
    "returns": "INTERPRETER_EXIT RERAISE RETURN_CONST RETURN_GENERATOR RETURN_VALUE YIELD_VALUE",
    # Stands for another instruction, which is kept with optimised code or in the code object's monitoring
    # data.
    "executor": "ENTER_EXECUTOR",
    "line_event": "INSTRUMENTED_LINE",
    "instruction_event": "INSTRUMENTED_INSTRUCTION",
    # Neither pushes a frame nor leaves one; C code that it calls may run Python.
    "stays": """
        ASYNC_GEN_WRAP BEFORE_ASYNC_WITH BEFORE_WITH BINARY_OP_ADAPTIVE BINARY_OP_ADD_FLOAT BINARY_OP_ADD_INT
        BINARY_OP_ADD_UNICODE BINARY_OP_EXTEND BINARY_OP_INPLACE_ADD_UNICODE BINARY_OP_MULTIPLY_FLOAT
        BINARY_OP_MULTIPLY_INT BINARY_OP_SUBSCR_DICT BINARY_OP_SUBSCR_LIST_INT BINARY_OP_SUBSCR_LIST_SLICE
        BINARY_OP_SUBSCR_STR_INT BINARY_OP_SUBSCR_TUPLE_INT BINARY_OP_SUBSCR_USTR_INT BINARY_OP_SUBTRACT_FLOAT
        BINARY_OP_SUBTRACT_INT BINARY_SLICE BINARY_SUBSCR_ADAPTIVE BINARY_SUBSCR_DICT BINARY_SUBSCR_LIST_INT
        BINARY_SUBSCR_STR_INT BINARY_SUBSCR_TUPLE_INT BUILD_CONST_KEY_MAP BUILD_INTERPOLATION BUILD_LIST BUILD_MAP
        BUILD_SET BUILD_SLICE BUILD_STRING BUILD_TEMPLATE BUILD_TUPLE CALL_INTRINSIC_1 CALL_INTRINSIC_2
        CHECK_EG_MATCH CHECK_EXC_MATCH CLEANUP_THROW COMPARE_OP COMPARE_OP_ADAPTIVE COMPARE_OP_FLOAT
        COMPARE_OP_FLOAT_JUMP COMPARE_OP_INT COMPARE_OP_INT_JUMP COMPARE_OP_STR COMPARE_OP_STR_JUMP CONTAINS_OP
        CONTAINS_OP_DICT CONTAINS_OP_SET CONVERT_VALUE DELETE_ATTR DELETE_DEREF DELETE_FAST DELETE_GLOBAL DELETE_NAME
        DELETE_SUBSCR DICT_MERGE DICT_UPDATE END_ASYNC_FOR FORMAT_SIMPLE FORMAT_VALUE FORMAT_WITH_SPEC FOR_ITER_LIST
        FOR_ITER_RANGE FOR_ITER_TUPLE FOR_ITER_VIRTUAL GET_AITER GET_ANEXT GET_AWAITABLE GET_ITER GET_ITER_SELF
        GET_ITER_VIRTUAL GET_LEN GET_YIELD_FROM_ITER IMPORT_FROM IMPORT_NAME IMPORT_STAR JUMP_BACKWARD
        JUMP_BACKWARD_JIT JUMP_BACKWARD_NO_JIT JUMP_BACKWARD_QUICK JUMP_IF_FALSE_OR_POP JUMP_IF_TRUE_OR_POP
        LIST_APPEND LIST_EXTEND LIST_TO_TUPLE LOAD_ATTR_ADAPTIVE LOAD_ATTR_CLASS LOAD_ATTR_CLASS_WITH_METACLASS_CHECK
        LOAD_ATTR_INSTANCE_VALUE LOAD_ATTR_METHOD_LAZY_DICT LOAD_ATTR_METHOD_NO_DICT LOAD_ATTR_METHOD_WITH_VALUES
        LOAD_ATTR_MODULE LOAD_ATTR_NONDESCRIPTOR_NO_DICT LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES LOAD_ATTR_SLOT
        LOAD_ATTR_WITH_HINT LOAD_BUILD_CLASS LOAD_CLASSDEREF LOAD_COMMON_CONSTANT LOAD_DEREF LOAD_FAST_CHECK
        LOAD_FROM_DICT_OR_DEREF LOAD_FROM_DICT_OR_GLOBALS LOAD_GLOBAL LOAD_GLOBAL_ADAPTIVE LOAD_GLOBAL_BUILTIN
        LOAD_GLOBAL_MODULE LOAD_LOCALS LOAD_METHOD LOAD_METHOD_ADAPTIVE LOAD_METHOD_CLASS LOAD_METHOD_MODULE
        LOAD_METHOD_NO_DICT LOAD_METHOD_WITH_DICT LOAD_METHOD_WITH_VALUES LOAD_NAME LOAD_SPECIAL LOAD_SUPER_ATTR
        LOAD_SUPER_ATTR_ATTR LOAD_SUPER_ATTR_METHOD MAKE_CELL MAKE_FUNCTION MAP_ADD MATCH_CLASS MATCH_KEYS POP_EXCEPT
        POP_ITER POP_JUMP_BACKWARD_IF_FALSE POP_JUMP_BACKWARD_IF_TRUE POP_JUMP_FORWARD_IF_FALSE
        POP_JUMP_FORWARD_IF_TRUE POP_JUMP_IF_FALSE POP_JUMP_IF_TRUE PREP_RERAISE_STAR PRINT_EXPR RAISE_VARARGS RESUME
        RESUME_CHECK RESUME_CHECK_JIT RESUME_QUICK SEND_VIRTUAL SETUP_ANNOTATIONS SET_ADD SET_FUNCTION_ATTRIBUTE
        SET_UPDATE STORE_ATTR STORE_ATTR_ADAPTIVE STORE_ATTR_INSTANCE_VALUE STORE_ATTR_SLOT STORE_ATTR_WITH_HINT
        STORE_DEREF STORE_GLOBAL STORE_NAME STORE_SLICE STORE_SUBSCR STORE_SUBSCR_ADAPTIVE STORE_SUBSCR_DICT
        STORE_SUBSCR_LIST_INT TO_BOOL TO_BOOL_ALWAYS_TRUE TO_BOOL_BOOL TO_BOOL_INT TO_BOOL_LIST TO_BOOL_NONE
        TO_BOOL_STR TRACE_RECORD UNARY_INVERT UNARY_NEGATIVE UNARY_NOT UNARY_POSITIVE UNPACK_EX UNPACK_SEQUENCE
        UNPACK_SEQUENCE_ADAPTIVE UNPACK_SEQUENCE_LIST UNPACK_SEQUENCE_TUPLE UNPACK_SEQUENCE_TWO_TUPLE
        WITH_EXCEPT_START
    """,
    # The same, and in a version without metadata it runs no code of others. (Objects that go away are not
    # counted, as in the metadata of 3.13.)
    "stays_alone": """
        CACHE COPY COPY_FREE_VARS DO_TRACING END_FOR END_SEND EXTENDED_ARG EXTENDED_ARG_QUICK IS_OP
        JUMP_BACKWARD_NO_INTERRUPT JUMP_FORWARD KW_NAMES LOAD_ASSERTION_ERROR LOAD_CLOSURE LOAD_CONST
        LOAD_CONST_IMMORTAL LOAD_CONST_MORTAL LOAD_CONST__LOAD_FAST LOAD_FAST LOAD_FAST_AND_CLEAR LOAD_FAST_BORROW
        LOAD_FAST_BORROW_LOAD_FAST_BORROW LOAD_FAST_LOAD_FAST LOAD_FAST__LOAD_CONST LOAD_FAST__LOAD_FAST
        LOAD_SMALL_INT MATCH_MAPPING MATCH_SEQUENCE NOP NOT_TAKEN POP_JUMP_BACKWARD_IF_NONE
        POP_JUMP_BACKWARD_IF_NOT_NONE POP_JUMP_FORWARD_IF_NONE POP_JUMP_FORWARD_IF_NOT_NONE POP_JUMP_IF_NONE
        POP_JUMP_IF_NOT_NONE POP_TOP PUSH_EXC_INFO PUSH_NULL RESERVED STORE_FAST STORE_FAST_LOAD_FAST
        STORE_FAST_STORE_FAST STORE_FAST__LOAD_FAST STORE_FAST__STORE_FAST SWAP
    """,
}

STANDS_FOR_ANOTHER = ("executor", "line_event", "instruction_event")
# The line that the instruction of such a form has to have.
REQUIRES = {"calls": "calls", "calls_c": "calls", "calls_all_c": "calls", "resumes_generator": "resumes_generator"}

MEANING = {name: meaning for meaning, names in TABLE.items() for name in names.split()}
assert len(MEANING) == sum(len(names.split()) for names in TABLE.values()), "gen/opcodes.py names one twice"


def own_name(name: str, table: dict) -> str:
    """The instruction whose line in TABLE an instrumented form has, else its own name."""
    plain = name.removeprefix("INSTRUMENTED_")
    return plain if plain in table["ids"] else name


def bases(table: dict) -> dict[str, str]:
    """Instruction -> the one that it is a form of."""
    names = {number: name for name, number in table["ids"].items()}
    return {name: own_name(name, table) if own_name(name, table) != name else names.get(table["deopt"][number], name)
            for name, number in table["ids"].items()}


def fault(table: dict) -> str | None:
    """What TABLE does not say of the instructions of a version, or says wrongly."""
    base = bases(table)
    unknown = sorted(name for name in table["ids"] if own_name(name, table) not in MEANING)
    if unknown:
        return (f"{', '.join(unknown)}: what it does to the stack of frames is unknown; "
                f"give it its line in TABLE in gen/opcodes.py")
    for name in sorted(table["ids"]):
        does, of_base = MEANING[own_name(name, table)], MEANING[base[name]]
        if REQUIRES.get(does, of_base) != of_base:
            return f"{name}: {does}, but {base[name]}, of which it is a form, has the line {of_base} in gen/opcodes.py"
    return None


def sites(table: dict) -> dict[str, str]:
    """Instruction -> what a frame that executes it can be below of; see layout/opcode.hpp."""
    base = bases(table)
    escaping = {base[name] for name, number in table["ids"].items()
                if (table["escapes"][number] if table["escapes"] else MEANING[base[name]] != "stays_alone")}

    def site(name: str) -> str:
        does = MEANING[base[name]]
        if does in STANDS_FOR_ANOTHER:
            return "any"
        if does in ("calls", "resumes_generator", "returns"):
            return does
        return "escapes" if base[name] in escaping else "plain"
    return {name: site(name) for name in table["ids"]}


def calling_c(table: dict) -> set[str]:
    """The instructions at which a thread whose youngest frame executes one is inside C code that Python called."""
    base = bases(table)
    out = {name for name in table["ids"] if MEANING[own_name(name, table)] in ("calls_c", "calls_all_c")}
    return out | {base[name] for name in table["ids"] if MEANING[own_name(name, table)] == "calls_all_c"}


def number_of(table: dict, meaning: str) -> int:
    """The instruction with this line of TABLE; 0, which is CACHE in every version: there is none."""
    return next((number for name, number in table["ids"].items() if MEANING[own_name(name, table)] == meaning), 0)
