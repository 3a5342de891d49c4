"""What an instruction can do to the stack of frames, for the rules that read a running target.

From 3.13 on the interpreter's own metadata say which instructions can run code of others (see
SIGNS); every form of an instruction counts, since it is specialised and unspecialised while it is
looked at. For older versions what cannot is listed here. Which instructions push a frame without
going through C, and which leave one, no header says.
"""

# Flags of an instruction's metadata: it calls C functions that may run anything, it asks for
# signals, collections and other threads' wishes, or it may raise, which builds an exception or
# tells a debugger. (The first alone is not enough: 3.15 does not set it for RAISE_VARARGS.)
SIGNS = ("HAS_ESCAPES_FLAG", "HAS_EVAL_BREAK_FLAG", "HAS_ERROR_FLAG")

# Of the versions without metadata. Objects that go away are not counted, as in those of 3.13.
RUN_NOTHING = set("""
CACHE COPY COPY_FREE_VARS END_FOR END_SEND EXTENDED_ARG IS_OP JUMP_BACKWARD_NO_INTERRUPT JUMP_FORWARD KW_NAMES
LOAD_ASSERTION_ERROR LOAD_CLOSURE LOAD_CONST LOAD_FAST LOAD_FAST_AND_CLEAR MATCH_MAPPING MATCH_SEQUENCE NOP
POP_JUMP_BACKWARD_IF_NONE POP_JUMP_BACKWARD_IF_NOT_NONE POP_JUMP_FORWARD_IF_NONE POP_JUMP_FORWARD_IF_NOT_NONE
POP_JUMP_IF_NONE POP_JUMP_IF_NOT_NONE POP_TOP PUSH_EXC_INFO PUSH_NULL RESERVED STORE_FAST SWAP
""".split())

# EXIT_INIT_CHECK is where the frame that CPython puts below a specialised __init__ stands.
ENTER = set("CALL CALL_KW CALL_FUNCTION_EX PRECALL LOAD_ATTR BINARY_OP BINARY_SUBSCR EXIT_INIT_CHECK".split())
RESUME = {"FOR_ITER", "SEND"}
LEAVE = {"RETURN_VALUE", "RETURN_CONST", "RETURN_GENERATOR", "YIELD_VALUE", "INTERPRETER_EXIT", "RERAISE"}

# What these stand for is kept elsewhere.
STAND_FOR_OTHERS = {"ENTER_EXECUTOR", "INSTRUMENTED_LINE", "INSTRUMENTED_INSTRUCTION"}


def bases(table: dict) -> dict[str, str]:
    """Instruction -> the one that it is a form of."""
    names = {number: name for name, number in table["ids"].items()}
    out = {}
    for name, number in table["ids"].items():
        plain = name.removeprefix("INSTRUMENTED_")
        out[name] = plain if plain != name and plain in table["ids"] else names.get(table["deopt"][number], name)
    return out


def sites(table: dict) -> dict[str, str]:
    """Instruction -> what a frame that executes it can be below of; see layout/opcode.hpp."""
    base = bases(table)
    escaping = {base[name] for name, number in table["ids"].items()
                if (table["escapes"][number] if table["escapes"] else base[name] not in RUN_NOTHING)}

    def site(name: str) -> str:
        if name in STAND_FOR_OTHERS:
            return "any"
        name = base[name]
        return ("calls" if name in ENTER else "resumes_generator" if name in RESUME else
                "returns" if name in LEAVE else "escapes" if name in escaping else "plain")
    return {name: site(name) for name in table["ids"]}
