"""Facts about one interpreter build, read from its headers.

The headers are compiled, never run: every fact is a constant in one object file, whose bytes are read here. So the
interpreter need not exist, and a cross compiler does as well as a native one. Each question is one C declaration on
a line of its own; a declaration that does not compile (the member is not there in this version) is dropped by its
line number and the rest is compiled again. A newer interpreter therefore answers "missing" where an `#if` on its
version would have answered wrongly.
"""

import os
import re
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import opcodes
import schema

ARCHES = {
    "x86_64": ("x86_64-linux-gnu-gcc", "gcc", "cc", "clang"),
    "aarch64": ("aarch64-linux-gnu-gcc", "aarch64-linux-gnu-gcc-12", "aarch64-linux-gnu-gcc-14"),
}
ELF_MACHINE = {62: "x86_64", 183: "aarch64"}
TRIPLETS = {"x86_64": "x86_64-linux-gnu", "aarch64": "aarch64-linux-gnu"}

# In this order; those a version does not have are left out. Not all of them stand alone.
HEADERS = """
pycore_object.h pycore_code.h pycore_backoff.h pycore_structs.h pycore_interp_structs.h pycore_runtime_structs.h pycore_gil.h
pycore_interp.h pycore_interpframe_structs.h pycore_interpframe.h pycore_frame.h pycore_genobject.h pycore_stackref.h
pycore_tstate.h pycore_pystate.h pycore_runtime.h pycore_ceval.h pycore_dict.h pycore_moduleobject.h
pycore_uop.h pycore_optimizer.h pycore_instruments.h pycore_llist.h pycore_debug_offsets.h
""".split()


class Failure(Exception):
    """One line for the user: what is wrong with which file, and what to do about it."""


@dataclass(frozen=True)
class Tree:
    """A header tree: where the headers are and what their pyconfig.h says."""

    include: Path  # holds Python.h
    pyconfig: Path
    version: str  # 3.15.2, 3.16.0a1
    minor: int
    free_threaded: bool
    debug: bool

    @property
    def internal(self) -> Path:
        return self.include / "internal"


def read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}; give a readable header tree")


def define(text: str, name: str) -> str | None:
    found = re.search(rf"^[ \t]*#[ \t]*define[ \t]+{name}[ \t]+(\S+)", text, re.M)
    return found.group(1) if found else None


def find_tree(path: Path) -> Tree:
    """The header tree that belongs to `path`: an interpreter, an include directory, or a source or build tree."""
    if not path.exists():
        raise Failure(f"{path}: no such file; give an interpreter, an include directory or a CPython source tree")
    include = _include_dir(path)
    pyconfig = _pyconfig(path, include)
    text = read_text(include / "patchlevel.h")
    version = (define(text, "PY_VERSION") or '""').strip('"').rstrip("+")
    minor = define(text, "PY_MINOR_VERSION")
    if define(text, "PY_MAJOR_VERSION") != "3" or not minor or not minor.isdigit():
        raise Failure(f"{include / 'patchlevel.h'}: no CPython 3 version in it; give CPython's own headers")
    if int(minor) < 11:
        raise Failure(f"{include}: CPython 3.{minor}; layouts are made for 3.11 and newer")
    if not (include / "internal").is_dir():
        raise Failure(f"{include}/internal: missing; install the development package (libpython3.{minor}-dev)")
    options = read_text(pyconfig)
    return Tree(include, pyconfig, version, int(minor), define(options, "Py_GIL_DISABLED") == "1",
                define(options, "Py_DEBUG") == "1")


def release(version: str) -> tuple:
    """For sorting: 3.15.0a1 < 3.15.0rc1 < 3.15.0 < 3.15.2."""
    micro, level, serial = re.fullmatch(r"3\.\d+\.(\d+)(?:([a-z]+)(\d+))?.*", version).groups()
    return int(micro), level is None, level or "", int(serial or 0)


def _include_dir(path: Path) -> Path:
    if path.is_file():
        real = path.resolve()
        prefix = real.parent.parent
        named = re.search(r"python(3\.\d+[a-z]*)", real.name)
        candidates = sorted(prefix.glob("include/python3.*/Python.h"))
        if named:
            candidates = [c for c in candidates if c.parent.name == f"python{named.group(1)}"]
        if len(candidates) != 1:
            what = "no headers" if not candidates else "several header trees"
            raise Failure(f"{path}: {what} under {prefix}/include; give the include directory itself")
        return candidates[0].parent.resolve()
    for include in (path, path / "Include"):
        if (include / "Python.h").is_file():
            return include.resolve()
    makefile = path / "Makefile"
    if makefile.is_file():  # a build tree beside its source tree
        source = re.search(r"^srcdir=\s*(\S+)", read_text(makefile), re.M)
        if source and (path / source.group(1) / "Include" / "Python.h").is_file():
            return (path / source.group(1) / "Include").resolve()
    found = sorted(path.glob("python3.*/Python.h")) or sorted(path.glob("include/python3.*/Python.h")) \
        or sorted(path.glob("usr/include/python3.*/Python.h"))
    if len(found) == 1:
        return found[0].parent.resolve()
    raise Failure(f"{path}: no Python.h in it; give an include directory such as /usr/include/python3.13")


def _pyconfig(path: Path, include: Path) -> Path:
    """The real pyconfig.h: distributions ship one that only includes an architecture's own."""
    for candidate in (path / "pyconfig.h" if path.is_dir() else include / "pyconfig.h", include / "pyconfig.h",
                      include.parent / "pyconfig.h"):
        if not candidate.is_file():
            continue
        text = read_text(candidate)
        inner = re.findall(r"#\s*include\s+<([^>]+/pyconfig\.h)>", text)
        if not inner:
            return candidate.resolve()
        for relative in inner:
            if relative.split("/")[0] in TRIPLETS.values() and (include.parent / relative).is_file():
                return (include.parent / relative).resolve()
        raise Failure(f"{candidate}: includes an architecture's pyconfig.h that is not there; "
                      f"install the matching libpython-dev package")
    raise Failure(f"{include}: no pyconfig.h belongs to it; run ./configure in the source tree first")


def find_compiler(arch: str) -> str:
    override = os.environ.get("TACHYON_CC_" + arch.upper())
    names = (override,) if override else ARCHES[arch]
    for name in names:
        try:
            run = subprocess.run([name, "-dumpmachine"], capture_output=True, text=True, check=False)
        except OSError:
            continue
        if run.returncode == 0 and run.stdout.startswith(arch):
            return name
    package = {"x86_64": "gcc", "aarch64": "gcc-aarch64-linux-gnu"}[arch]
    if arch == "x86_64" and os.uname().machine != "x86_64":
        package = "gcc-x86-64-linux-gnu"
    raise Failure(f"{names[0]}: no C compiler for {arch}; install {package} or set TACHYON_CC_{arch.upper()}")


def is_clang(compiler: str) -> bool:
    run = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=False)
    return "clang" in run.stdout


# --- the object file ---------------------------------------------------------------------------------


class ObjectFile:
    """The named constants of a relocatable or linked little-endian ELF64 file."""

    def __init__(self, data: bytes, name: str):
        self.data = data
        if data[:6] != b"\x7fELF\x02\x01":
            raise Failure(f"{name}: not a little-endian 64-bit ELF file; use a compiler for Linux")
        machine, = struct.unpack_from("<H", data, 18)
        self.arch = ELF_MACHINE.get(machine, str(machine))
        offset, = struct.unpack_from("<Q", data, 40)
        size, count, names = struct.unpack_from("<HHH", data, 58)
        raw = [struct.unpack_from("<IIQQQQII", data, offset + i * size) for i in range(count)]
        self.sections = [(self._string(raw[names][4] + s[0]), s) for s in raw]
        self.symbols = {}
        for wanted in (2, 11):  # SHT_SYMTAB, SHT_DYNSYM
            for _, (_, kind, _, _, start, length, link, _) in self.sections:
                if kind != wanted:
                    continue
                for at in range(start, start + length, 24):
                    name_at, _, _, section, value, extent = struct.unpack_from("<IBBHQQ", data, at)
                    if name_at and 0 < section < count:
                        symbol = self._string(raw[link][4] + name_at)
                        self.symbols.setdefault(symbol, (section, value, extent))

    def _string(self, at: int) -> str:
        return self.data[at:self.data.index(b"\0", at)].decode()

    def section(self, name: str) -> bytes | None:
        for found, (_, kind, _, _, start, length, _, _) in self.sections:
            if found == name and kind != 8:
                return self.data[start:start + length]
        return None

    def bytes_of(self, symbol: str) -> bytes | None:
        if symbol not in self.symbols:
            return None
        section, value, extent = self.symbols[symbol]
        _, (_, kind, _, address, start, _, _, _) = self.sections[section]
        if kind == 8:  # SHT_NOBITS: all zero
            return bytes(extent)
        return self.data[start + value - address:start + value - address + extent]


# --- the questions -----------------------------------------------------------------------------------


def alternatives(group: schema.Group, member: schema.Member) -> list[tuple[str, str]]:
    """(C struct, C member) pairs to try; struct "" for an expression."""
    if member.kind is schema.SIZE:
        return [(s, "") for s in (member.c or group.struct).split("|")]
    if member.c.startswith("="):
        return [("", member.c[1:])]
    tries = []
    for name in member.c.split("|"):
        if "::" in name:
            tries.append(tuple(name.split("::")))
        else:
            tries += [(s, name) for s in group.struct.split("|")]
    return tries


def question(symbol: str, member: schema.Member, struct_name: str, c: str) -> str:
    number = f"const unsigned long long {symbol}"
    if not struct_name:
        return f"{number} = (unsigned long long)({c});"
    if member.kind is schema.SIZE:
        return f"{number} = sizeof({struct_name});"
    if member.kind is schema.BITS:
        return f"const {struct_name} {symbol} = {{ .{c} = ~0u }};"
    plain = f"{number} = offsetof({struct_name}, {c});"
    if not member.kind.width:
        return plain
    return f"{plain} const unsigned long long {symbol}_width = sizeof((({struct_name}*)0)->{c});"


STACKREF = ("__builtin_types_compatible_p(__typeof__(((struct _PyInterpreterFrame*)0)->f_executable), _PyStackRef)"
            " ? ~(unsigned long long)Py_TAG_BITS : ~0ull")


class Probe:
    def __init__(self, tree: Tree, arch: str, free_threaded: bool, work: Path, remarks: list[str]):
        self.tree, self.arch, self.work, self.remarks = tree, arch, work, remarks
        self.headers = [h for h in HEADERS if (tree.internal / h).is_file()]
        self.compiler = find_compiler(arch)
        include = tree.include
        # The headers' own pyconfig.h, wherever they look for it and whatever the architecture.
        for triplet in TRIPLETS.values():
            place = work / triplet / include.name
            place.mkdir(parents=True, exist_ok=True)
            (place / "pyconfig.h").write_bytes(tree.pyconfig.read_bytes())
        (work / "pyconfig.h").write_bytes(tree.pyconfig.read_bytes())
        self.flags = ["-std=gnu11", "-w", "-fno-pie", "-DPy_BUILD_CORE=1"]
        self.flags += [f"-I{work}", f"-I{include}", f"-I{include / 'internal'}", f"-I{include / 'internal' / 'mimalloc'}"]
        self.flags.append("-ferror-limit=0" if is_clang(self.compiler) else "-fmax-errors=0")
        if free_threaded and not tree.free_threaded:
            self.flags.append("-DPy_GIL_DISABLED=1")

    def preamble(self) -> str:
        return '#include "Python.h"\n#include <stddef.h>\n' + "".join(f'#include "internal/{h}"\n' for h in self.headers)

    def drop_broken_headers(self) -> bool:
        """A header that does not compile behind the others (a newer version's may not) is done without."""
        kept: list[str] = []
        wanted, self.headers = self.headers, kept
        for header in wanted:
            kept.append(header)
            (self.work / "try.c").write_text(self.preamble())
            run = subprocess.run([self.compiler, *self.flags, "-fsyntax-only", str(self.work / "try.c")],
                                 capture_output=True, check=False)
            if run.returncode != 0:
                kept.pop()
                self.remarks.append(f"internal/{header}: does not compile; what only it declares counts as missing")
        return kept != wanted

    def compile(self, questions: list[str]) -> tuple[ObjectFile, set[int]]:
        """Answers to declarations: the object, and the indices of those that do not compile."""
        dropped: set[int] = set()
        for _ in range(8):
            body = "".join(f'#line {i + 1} "question"\n{line}\n' for i, line in enumerate(questions) if i not in dropped)
            errors = self.build(self.preamble() + body)
            if not errors:
                return self.object(), dropped
            bad = {int(n) - 1 for n in re.findall(r"^question:(\d+):(?:\d+:)? (?:fatal )?error:", errors, re.M)}
            if bad - dropped:
                dropped |= bad
            elif not self.drop_broken_headers():
                break
        raise Failure(self.complaint(errors))

    def compile_file(self, text: str) -> ObjectFile:
        errors = self.build(text)
        if errors:
            raise Failure(self.complaint(errors))
        return self.object()

    def build(self, text: str) -> str:
        """Compiles; returns what the compiler said when it failed, otherwise nothing."""
        source, target = self.work / "probe.c", self.work / "probe.o"
        source.write_text(text)
        target.unlink(missing_ok=True)
        run = subprocess.run([self.compiler, *self.flags, "-c", str(source), "-o", str(target)], capture_output=True,
                             text=True, check=False, env={**os.environ, "LC_ALL": "C"})
        return "" if run.returncode == 0 else run.stderr or f"{self.compiler}: exit status {run.returncode}: error"

    def complaint(self, errors: str) -> str:
        first = next((line for line in errors.splitlines() if "error" in line), errors.strip()[:200])
        return (f"{self.tree.include}: {self.compiler} cannot compile these headers ({first.strip()}); "
                f"give a complete header tree of one build")

    def object(self) -> ObjectFile:
        built = ObjectFile((self.work / "probe.o").read_bytes(), self.compiler)
        if built.arch != self.arch:
            raise Failure(f"{self.compiler}: makes {built.arch} code, not {self.arch}; set TACHYON_CC_{self.arch.upper()}")
        return built


def signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def bit_field(data: bytes) -> dict | None:
    """Offset of the aligned 32-bit unit (where it fits one) that holds the bits which are set, and their mask."""
    set_bytes = [i for i, b in enumerate(data) if b]
    if not set_bytes:
        return None
    offset = set_bytes[0] & ~3
    mask = int.from_bytes(data[offset:offset + 4], "little")
    if set_bytes[-1] >= offset + 4:
        raise Failure("a bit-field crosses a 32-bit unit; teach gen/extract.py and layout/field.hpp about it")
    return {"offset": offset, "mask": mask}


def extract(tree: Tree, arch: str, free_threaded: bool) -> tuple[dict, list[str]]:
    """The facts of one build, and remarks about what could not be used."""
    remarks: list[str] = []
    with tempfile.TemporaryDirectory(prefix="tachyon-extract-") as work:
        probe = Probe(tree, arch, free_threaded, Path(work), remarks)
        facts = _members(probe)
        words = _words(probe)
        opcodes = _opcodes(probe)
    version_hex = facts.pop("version_hex")
    build = {
        "version": tree.version, "version_hex": version_hex, "minor": version_hex >> 16 & 255,
        "free_threaded": free_threaded, "arch": arch,
    }
    if build["minor"] != tree.minor:
        raise Failure(f"{tree.include}: patchlevel.h and the compiled headers disagree about the version; "
                      f"give one header tree")
    return {"build": build, **facts, "published": words, "opcodes": opcodes}, remarks


def members_with(tree: Tree, arch: str, free_threaded: bool, options: tuple[str, ...]) -> dict:
    """Only the members, as another configuration of the same release would have them: `options` are the macros that
    it defines."""
    with tempfile.TemporaryDirectory(prefix="tachyon-extract-") as work:
        probe = Probe(tree, arch, free_threaded, Path(work), [])
        probe.flags += [f"-D{option}=1" for option in options]
        return _members(probe)["members"]


def _members(probe: Probe) -> dict:
    lines, asked = [], []
    for group in schema.GROUPS:
        for member in group.members:
            for n, (struct_name, c) in enumerate(alternatives(group, member)):
                symbol = f"tachyon_{group.name}__{member.name}__{n}"
                lines.append(question(symbol, member, struct_name, c))
                asked.append((group, member, symbol, struct_name, c))
    conditions = {m.only.lstrip("!"): f"tachyon_only_{g.name}__{m.name}"
                  for g in schema.GROUPS for m in g.members if m.only}
    for condition, symbol in conditions.items():
        struct_name, c = condition.split("::")
        lines.append(f"const unsigned long long {symbol} = offsetof({struct_name}, {c});")
    extra = {
        "version_hex": "const unsigned long long tachyon_version_hex = PY_VERSION_HEX;",
        "executable_mask": f"const unsigned long long tachyon_executable_mask = {STACKREF};",
        "previous": "const unsigned long long tachyon_previous = offsetof(struct _PyInterpreterFrame, prev_instr);",
    }
    built, _ = probe.compile(lines + list(extra.values()))

    def number(symbol: str) -> int | None:
        data = built.bytes_of(symbol)
        return None if data is None else int.from_bytes(data, "little")

    members: dict = {}
    for group, member, symbol, struct_name, c in asked:
        place = members.setdefault(group.name, {})
        if place.get(member.name) is not None:
            continue
        place[member.name] = None
        if member.only:
            exists = number(conditions[member.only.lstrip("!")]) is not None
            if exists == member.only.startswith("!"):
                continue
        if member.kind is schema.BITS:
            data = built.bytes_of(symbol)
            place[member.name] = None if data is None else bit_field(data)
            continue
        value = number(symbol)
        if value is None:
            continue
        width = number(symbol + "_width")
        if width is not None and width != member.kind.width:
            probe.remarks.append(f"{group.name}.{member.name}: {struct_name}.{c} is {width} bytes wide, not "
                           f"{member.kind.width}; left out")
            continue
        place[member.name] = signed(value) if member.kind is schema.VALUE else value
    hexed = number("tachyon_version_hex")
    if hexed is None:
        raise Failure(f"{probe.tree.include}: PY_VERSION_HEX is missing; give CPython's own headers")
    mask = number("tachyon_executable_mask")
    return {"version_hex": hexed, "members": members, "executable_mask": (1 << 64) - 1 if mask is None else mask,
            "instruction_is_previous": number("tachyon_previous") is not None}


def parse_word(text: str) -> tuple[str, list[tuple[int, str]]]:
    """("", "?" or "ft:") and the signed terms of a word expression."""
    mode = next((m for m in ("?", "ft:") if text.startswith(m)), "")
    parts = re.findall(r"([+-]?)\s*([a-z_0-9.]+)", text[len(mode):])
    return mode, [(-1 if sign == "-" else 1, name) for sign, name in parts]


def _words(probe: Probe) -> dict | None:
    """Word positions in the table that the interpreter publishes, or None where it publishes none."""
    names = sorted({name for group in schema.GROUPS for member in group.members if member.word
                    for _, name in parse_word(member.word)[1]})
    lines = [f"const unsigned long long tachyon_word_{i} = offsetof(struct _Py_DebugOffsets, {name});"
             for i, name in enumerate(names)]
    lines.append("const unsigned long long tachyon_word_total = sizeof(struct _Py_DebugOffsets);")
    built, dropped = probe.compile(lines)
    if len(names) in dropped:
        return None

    def at(symbol: str) -> int:
        return int.from_bytes(built.bytes_of(symbol), "little") // 8

    return {"count": at("tachyon_word_total"),
            "words": {name: at(f"tachyon_word_{i}") for i, name in enumerate(names) if i not in dropped}}


NOT_OPCODES = re.compile(r"^(NB_|HAVE_ARGUMENT|MIN_|MAX_|ENABLE_|Py_|_)")


NO_OPCODES = {"ids": {}, "deopt": list(range(256)), "caches": [0] * 256, "send_popped": None, "escapes": None}


def _opcodes(probe: Probe) -> dict:
    """The instruction tables. A version that keeps them elsewhere has none, and says so."""
    internal = probe.tree.internal
    ids_header = next((h for h in (probe.tree.include / "opcode_ids.h", probe.tree.include / "opcode.h") if h.is_file()), None)
    tables = next((h for h in (internal / "pycore_opcode_metadata.h", internal / "pycore_opcode.h") if h.is_file()), None)
    if not ids_header or not tables:
        probe.remarks.append("opcodes: no header with their numbers and tables; instructions will have no names")
        return NO_OPCODES
    ids = {}
    for name, number in re.findall(r"^#define\s+([A-Z][A-Z0-9_]*)\s+(\d+)\s*$", read_text(ids_header), re.M):
        if not NOT_OPCODES.match(name) and int(number) < 256:
            ids[name] = int(number)
    text = read_text(tables)
    built = probe.compile_file('#define NEED_OPCODE_TABLES 1\n#define NEED_OPCODE_METADATA 1\n#include "Python.h"\n'
                               f'#include "opcode.h"\n#include "internal/{tables.name}"\n')
    arrays = {}
    for key, symbol in (("deopt", "_PyOpcode_Deopt"), ("caches", "_PyOpcode_Caches")):
        data = built.bytes_of(symbol)
        if data is None or len(data) != 256:
            probe.remarks.append(f"opcodes: {symbol} is no array of 256 bytes in {tables.name}; instructions will have no names")
            return NO_OPCODES
        arrays[key] = list(data)
    if len(set(ids.values())) != len(ids):
        probe.remarks.append(f"opcodes: two names share a number in {ids_header.name}; instructions will have no names")
        return NO_OPCODES
    popped = re.search(r"_PyOpcode_num_popped\(.*?case SEND:\s*return (\d+);", text, re.S)
    return {"ids": ids, **arrays, "send_popped": int(popped.group(1)) if popped else None, "escapes": _escapes(text, ids)}


def _escapes(text: str, ids: dict[str, int]) -> list[int] | None:
    """By number, whether an instruction can run code of others. Nothing where the headers do not say."""
    flags = dict(re.findall(r"^\s*\[([A-Z0-9_]+)\]\s*=\s*\{\s*true,\s*\w+,\s*([^}]*)\}", text, re.M))
    if not flags:
        return None
    out = [0] * 256
    for name, number in ids.items():
        # An instruction without metadata could do anything.
        out[number] = int(name not in flags or any(sign in flags[name] for sign in opcodes.SIGNS))
    return out
