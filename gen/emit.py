"""Headers from facts. Needs nothing but Python, and gives the same bytes on every machine."""

from __future__ import annotations

import json
import re
from pathlib import Path

import opcodes
import schema
from extract import Failure, parse_word

ARCHES = ("x86_64", "aarch64")
BUILD_KEYS = {"version": str, "version_hex": int, "minor": int, "free_threaded": bool, "arch": str}


def file_name(build: dict) -> str:
    return f"cpython-3.{build['minor']}{'t' if build['free_threaded'] else ''}-{build['arch']}"


def symbol(build: dict) -> str:
    return file_name(build).replace("-", "_").replace(".", "_")


def load_facts(path: Path, whole: bool = True) -> dict:
    """The facts of one build, or a Failure that names the member which is wrong. With `whole` false only the build
    itself has to be in order."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}; restore it with git or run gen/generate.py --extract")
    except ValueError as error:
        raise Failure(f"{path}: not JSON ({error}); restore it with git or run gen/generate.py --extract")
    problem = fault(facts) if whole else fault_of_build(facts)
    if problem:
        raise Failure(f"{path}: {problem}; restore it with git or run gen/generate.py --extract")
    if file_name(facts["build"]) != path.stem:
        raise Failure(f"{path}: holds the facts of {file_name(facts['build'])}; rename it to {file_name(facts['build'])}.json")
    return facts


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def fault_of_build(facts: object) -> str | None:
    if not isinstance(facts, dict):
        return "not a JSON object"
    build = facts.get("build")
    if not isinstance(build, dict):
        return "build is missing"
    for key, kind in BUILD_KEYS.items():
        if type(build.get(key)) is not kind:
            return f"build.{key} is missing or not of type {kind.__name__}"
    if build["arch"] not in ARCHES:
        return f"build.arch is {build['arch']}, which is none of {', '.join(ARCHES)}"
    return None


def fault(facts: object) -> str | None:
    """What is wrong with these facts; None when they are complete and every member is an integer."""
    problem = fault_of_build(facts)
    if problem:
        return problem
    if not isinstance(facts.get("members"), dict):
        return "members is missing"
    for group in schema.GROUPS:
        for member in group.members:
            place = facts["members"].get(group.name)
            if not isinstance(place, dict) or member.name not in place:
                return f"members.{group.name}.{member.name} is missing"
            value = place[member.name]
            if value is None:
                continue
            if member.kind is schema.BITS:
                good = isinstance(value, dict) and _is_int(value.get("offset")) and _is_int(value.get("mask"))
            else:
                good = _is_int(value)
            if not good:
                return f"members.{group.name}.{member.name} is not an integer"
    if not _is_int(facts.get("executable_mask")):
        return "executable_mask is missing or not an integer"
    if not isinstance(facts.get("instruction_is_previous"), bool):
        return "instruction_is_previous is missing or not true or false"
    return _fault_of_tables(facts)


def _fault_of_tables(facts: dict) -> str | None:
    published = facts.get("published", 0)
    if published is not None:
        if not isinstance(published, dict) or not _is_int(published.get("count")):
            return "published.count is missing or not an integer"
        words = published.get("words")
        if not isinstance(words, dict) or not all(_is_int(w) for w in words.values()):
            return "published.words is missing or has a member that is not an integer"
    opcodes = facts.get("opcodes")
    if not isinstance(opcodes, dict):
        return "opcodes is missing"
    ids = opcodes.get("ids")
    if not isinstance(ids, dict) or not all(_is_int(n) and 0 <= n < 256 for n in ids.values()):
        return "opcodes.ids is missing or has a member that is not an integer below 256"
    for key in ("deopt", "caches"):
        table = opcodes.get(key)
        if not isinstance(table, list) or len(table) != 256 or not all(_is_int(n) and 0 <= n < 256 for n in table):
            return f"opcodes.{key} is not a list of 256 integers below 256"
    if opcodes.get("send_popped", 0) is not None and not _is_int(opcodes.get("send_popped")):
        return "opcodes.send_popped is missing or not an integer"
    escapes = opcodes.get("escapes", 0)
    if escapes is not None and (not isinstance(escapes, list) or len(escapes) != 256 or not set(escapes) <= {0, 1}):
        return "opcodes.escapes is not a list of 256 zeros and ones"
    return None


def missing_for_walks(facts: dict) -> list[str]:
    """The required members that a build does not have."""
    def has(path: str) -> bool:
        group, member = path.split(".")
        return facts["members"][group][member] is not None
    return [needed for needed in schema.REQUIRED if not any(has(m) for m in needed.split("|"))]


def facts_text(facts: dict) -> str:
    """JSON for reading and for diffs: a line a member, a line a table."""
    text = json.dumps(facts, indent=1)
    text = re.sub(r"\[[\s\d,]*\]", lambda m: json.dumps(json.loads(m.group())), text)  # tables
    text = re.sub(r"\{\s*\"offset\": (\d+),\s*\"mask\": (\d+)\s*\}", r'{"offset": \1, "mask": \2}', text)
    return text + "\n"


# --- headers -----------------------------------------------------------------------------------------

REGENERATE = "python3 gen/generate.py"


def opening(what: str, sources: str, includes: list[str], clang_format: bool = True) -> str:
    lines = ["#pragma once", "", f"// {what}"]
    lines.append(f"// Generated by gen/emit.py from {sources}; do not edit. To rebuild: {REGENERATE}")
    if clang_format:
        lines.append("// clang-format off")
    lines.append("")
    system = sorted(i for i in includes if not i.startswith("tachyon/"))
    own = sorted(i for i in includes if i.startswith("tachyon/"))
    lines += [f"#include <{i}>" for i in system]
    if system and own:
        lines.append("")
    lines += [f"#include <{i}>" for i in own]
    return "\n".join(lines) + "\n\n"


def schema_header() -> str:
    out = [opening("The members that layouts answer for, grouped by the struct they are in.", "gen/schema.py",
                   ["array", "concepts", "cstddef", "cstdint", "string_view", "tachyon/layout/field.hpp",
                    "tachyon/layout/opcode.hpp"])]
    out.append("namespace tachyon::schema {\n")
    for group in schema.GROUPS:
        out.append(f"\n// {group.about}\nstruct {group.cpp} {{\n")
        for member in group.members:
            c = member.c.lstrip("=").replace("|", ", ")
            if member.kind is schema.SIZE:
                c = f"sizeof({(member.c or group.struct).split('|')[0]})"
            elif "::" in c:
                c = c.replace("::", ".")
            note = f"; {member.note}" if member.note else ""
            default = "0" if member.kind is schema.SIZE else ""
            out.append(f"  {member.kind.cpp} {member.name}{{{default}}};  // {c}{note}\n")
        out.append(f"\n  static constexpr std::string_view group = \"{group.name}\";\n")
        out.append(f"  static constexpr bool lasting = {str(group.lasting).lower()};\n")
        out.append(f"  static constexpr std::array<std::string_view, {len(group.members)}> names{{\n")
        out.append(wrap([f'"{m.name}"' for m in group.members], 6) + "};\n};\n")
    out.append("\n// Behaviour that goes with a build and that no offset shows.\nstruct Traits {\n")
    for trait in schema.TRAITS:
        default = "false" if trait.cpp == "bool" else "0"
        out.append(f"  {trait.cpp} {trait.name} = {default};  // {trait.about}\n")
    out.append("\n  friend constexpr bool operator==(const Traits&, const Traits&) noexcept = default;\n};\n")
    out.append(PUBLISHED_HEAD)
    out += [f"  {g.cpp} {g.name}{{}};\n" for g in schema.GROUPS]
    out.append("};\n\n// Every group of a layout, in order.\n")
    out.append("template <class L, class Visit>\nconstexpr void for_each_group(L& layout, Visit&& visit) {\n")
    out += [f"  visit(layout.{g.name});\n" for g in schema.GROUPS]
    out.append("}\n\n// The same groups of two layouts, side by side.\n")
    out.append("template <class A, class B, class Visit>\nconstexpr void for_each_group(A& a, B& b, Visit&& visit) {\n")
    out += [f"  visit(a.{g.name}, b.{g.name});\n" for g in schema.GROUPS]
    out.append("}\n\n// A layout has every group, whichever model it is.\n")
    out.append("template <class L>\nconcept HasGroups = requires(const L& layout) {\n")
    out += [f"  {{ layout.{g.name} }} -> std::same_as<const {g.cpp}&>;\n" for g in schema.GROUPS]
    out.append("};\n\n// Content: without these members there is no way from the runtime to a line of source.\n")
    out.append("template <class L>\n  requires HasGroups<L>\nconstexpr bool is_walkable(const L& layout) noexcept {\n")
    tests = [" || ".join(f"layout.{m}.present()" for m in needed.split("|")) for needed in schema.REQUIRED]
    out.append("  return " + " &&\n         ".join(f"({t})" if "||" in t else t for t in tests) + ";\n}\n")
    out.append("\n}  // namespace tachyon::schema\n")
    return "".join(out)


PUBLISHED_HEAD = """
// The model that is filled at run time; see layout/published.hpp.
struct Published {
  BuildId build{};
  std::uint32_t version_hex = 0;
  Traits traits{};
  Opcodes opcodes{};
"""


def wrap(items: list[str], indent: int, width: int = 100) -> str:
    lines, line = [], " " * indent
    for n, item in enumerate(items):
        item += "," if n + 1 < len(items) else ""
        if len(line) + len(item) + 1 > width and line.strip():
            lines.append(line.rstrip())
            line = " " * indent
        line += item + " "
    return "\n".join([*lines, line.rstrip()])


def opcode_header(facts: dict) -> str:
    minor, table = facts["build"]["minor"], facts["opcodes"]
    names = {number: name for name, number in table["ids"].items()}
    sites, calling_c = opcodes.sites(table), opcodes.calling_c(table)
    out = [opening(f"The instructions of CPython 3.{minor}.", f"layouts/facts/{file_name(facts['build'])}.json",
                   ["array", "tachyon/layout/opcode.hpp"])]
    out.append(f"namespace tachyon::layouts {{\n\ninline constexpr OpcodeTable opcodes_3_{minor}{{\n    .all = {{{{\n")
    for n in range(256):
        name = names.get(n)
        if name is None:
            out.append(f"        {{{{}}, {n}, 0, Opcode::Kind::unassigned, Site::any}},\n")
            continue
        base, kind = table["deopt"][n], "plain"
        if opcodes.MEANING.get(name) == "executor":
            base, kind = n, "executor"
        elif name.startswith("INSTRUMENTED_"):
            base, kind = table["ids"].get(name.removeprefix("INSTRUMENTED_"), n), "instrumented"
        elif base != n:
            kind = "specialised"
        c = ", true" if name in calling_c else ""
        out.append(f'        {{"{name}", {base}, {table["caches"][base]}, Opcode::Kind::{kind}, Site::{sites[name]}{c}}},'
                   f"  // {n}\n")
    out.append("    }},\n")
    for meaning in opcodes.STANDS_FOR_ANOTHER:
        out.append(f"    .{meaning} = {opcodes.number_of(table, meaning)},\n")
    out.append("};\n\n}  // namespace tachyon::layouts\n")
    return "".join(out)


def published_header(facts: dict) -> str:
    minor, table = facts["build"]["minor"], facts["published"]
    rows = []
    for g, group in enumerate(schema.GROUPS):
        for m, member in enumerate(group.members):
            if not member.word:
                continue
            mode, terms = parse_word(member.word)
            places = [(sign, table["words"].get(name)) for sign, name in terms]
            if any(at is None for _, at in places):
                continue
            plus = [at for sign, at in places if sign > 0]
            minus = [at for sign, at in places if sign < 0]
            when = {"": "", "?": ", PublishedWord::When::nonzero", "ft:": ", PublishedWord::When::free_threaded"}[mode]
            numbers = [g, m, plus[0], plus[1] if len(plus) > 1 else 0, minus[0] if minus else 0]
            rows.append(f"    {{{', '.join(map(str, numbers))}{when}}},  // {group.name}.{member.name}\n")
    out = [opening(f"Where CPython 3.{minor} publishes what: word positions in its own offset table.",
                   f"layouts/facts/{file_name(facts['build'])}.json",
                   ["array", "tachyon/layout/published_map.hpp"])]
    out.append(f"namespace tachyon::layouts {{\n\ninline constexpr std::array<PublishedWord, {len(rows)}> "
               f"published_3_{minor}_words{{{{\n")
    out += rows
    out.append(f"}}}};\ninline constexpr PublishedMap published_3_{minor}{{{table['count']}, published_3_{minor}_words}};\n\n"
               "}  // namespace tachyon::layouts\n")
    return "".join(out)


def spelled(member: schema.Member, value) -> str:
    if member.kind is schema.BITS:
        return f"{{{value['offset']}, {value['mask']:#x}}}"
    return str(value) if member.kind is schema.SIZE else f"{{{value}}}"


def descriptor(facts: dict) -> str:
    build = facts["build"]
    minor, name = build["minor"], symbol(build)
    includes = ["cstdint", "string_view", "tachyon/layout/concept.hpp", "tachyon/layout/copies.hpp",
                "tachyon/layout/published_map.hpp",
                f"tachyon/layouts/opcodes_3_{minor}.hpp", "tachyon/layouts/schema.hpp"]
    if facts["published"]:
        includes.append(f"tachyon/layouts/published_3_{minor}.hpp")
    flavour = "free-threaded " if build["free_threaded"] else ""
    out = [opening(f"CPython {build['version']}, {flavour}{build['arch']}.",
                   f"layouts/facts/{file_name(build)}.json", includes)]
    out.append(f"namespace tachyon::layouts {{\n\nstruct {name} {{\n")
    out.append(f"  static constexpr BuildId build{{{minor}, {str(build['free_threaded']).lower()}, Arch::{build['arch']}}};\n")
    out.append(f"  static constexpr std::uint32_t version_hex = {build['version_hex']:#010x};\n")
    tag = f"{build['version']}{'t' if build['free_threaded'] else ''}"
    out.append(f'  static constexpr std::string_view tag = "{tag}";\n')
    out.append(f"  static constexpr Opcodes opcodes{{opcodes_3_{minor}}};\n")
    if facts["published"]:
        out.append(f"  static constexpr PublishedMap published_map = published_3_{minor};\n")
    else:
        out.append("  static constexpr PublishedMap published_map{};\n")
    traits = []
    for trait in schema.TRAITS:
        value = trait.value(facts)
        text = str(value).lower() if trait.cpp == "bool" else hex(value) if "mask" in trait.name else str(value)
        traits.append(f".{trait.name} = {text}")
    out.append("  static constexpr schema::Traits traits{\n" + wrap(traits, 6) + "};\n")
    for group in schema.GROUPS:
        values = facts["members"][group.name]
        items = [f".{m.name} = {spelled(m, values[m.name])}" for m in group.members if values[m.name] is not None]
        start = f"  static constexpr schema::{group.cpp} {group.name}{{"
        out.append(start + ("\n" + wrap(items, 6) if items else "") + "};\n")
    out.append(f"}};\n\n}}  // namespace tachyon::layouts\n\nstatic_assert(tachyon::CompiledLayout<tachyon::layouts::{name}>);\n"
               f"static_assert(tachyon::copies_fit<tachyon::layouts::{name}>(tachyon::copies::All{{}}));\n")
    return "".join(out)


def all_header(every: list[dict]) -> str:
    names = [symbol(f["build"]) for f in every]
    includes = ["tachyon/layout/type_list.hpp"] + [f"tachyon/layouts/{n}.hpp" for n in names]
    out = [opening("Every compiled layout, the list that dispatch chooses from.", "layouts/facts/*.json", includes)]
    out.append("namespace tachyon::layouts {\n\n")
    for arch in ARCHES:
        mine = [symbol(f["build"]) for f in every if f["build"]["arch"] == arch]
        out.append(f"using All_{arch} = TypeList<\n" + wrap(mine, 4) + ">;\n\n")
    out.append("}  // namespace tachyon::layouts\n")
    return "".join(out)


def in_order(every: list[dict]) -> list[dict]:
    return sorted(every, key=lambda f: (f["build"]["minor"], f["build"]["free_threaded"], ARCHES.index(f["build"]["arch"])))


def headers(every: list[dict]) -> dict[str, str]:
    """File name -> text of everything under layouts/tachyon/layouts/."""
    every = in_order(every)
    out = {"schema.hpp": schema_header(), "all.hpp": all_header(every)}
    first: dict[int, dict] = {}
    for facts in every:
        build = facts["build"]
        known = first.setdefault(build["minor"], facts)
        # One table a minor: every build of it has to agree, whichever patch release the facts are of.
        for key in ("opcodes", "published"):
            if known[key] != facts[key]:
                raise Failure(f"layouts/facts/{file_name(build)}.json: its {key} differ from those of "
                              f"{file_name(known['build'])}; extract both from the same release")
        out[f"{symbol(build)}.hpp"] = descriptor(facts)
    for minor, facts in first.items():
        problem = opcodes.fault(facts["opcodes"])
        if problem:
            raise Failure(f"CPython 3.{minor}: {problem}")
        out[f"opcodes_3_{minor}.hpp"] = opcode_header(facts)
        if facts["published"]:
            out[f"published_3_{minor}.hpp"] = published_header(facts)
    return out
