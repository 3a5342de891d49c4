#!/usr/bin/env python3
"""Turns gen/assets into include/tachyon/render/assets.hpp.

Each page is assembled here: style sheets and scripts are put into its HTML; comments, indentation,
and breaks and blanks that mean nothing are left out, which is what brings a page to less than a
sixth of CPython's (names and statements stay as they were written); and a content security policy
is computed that lets exactly these scripts and styles run. What remains to be filled in per profile
are the title and the data, so a page is three pieces of text.

The pieces become raw literals ending in `sv`, cut at line ends below 60,000 bytes because compilers
need not take longer ones. What several pages have in common stands there once.

    python3 gen/embed.py            writes the header
    python3 gen/embed.py --check    writes nothing; exits 1 and says what to run if it is out of date
"""

import argparse
import base64
import difflib
import hashlib
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ASSETS = ROOT / "gen" / "assets"
HEADER = ROOT / "include" / "tachyon" / "render" / "assets.hpp"
LIMIT = 60000

# name: (html, styles, scripts)
PAGES = {
    "flamegraph": (
        "flamegraph.html",
        ["tokens.css", "flamegraph.css"],
        [
            "data.js",
            "tree.js",
            "text.js",
            "intervals.js",
            "graph.js",
            "timeline.js",
            "model.js",
            "export.js",
            "panels.js",
            "flamegraph.js",
        ],
    ),
    "heatmap_index": (
        "heatmap_index.html",
        ["tokens.css", "heatmap.css"],
        ["data.js", "text.js", "shell.js", "heatmap_index.js"],
    ),
    "heatmap_file": (
        "heatmap_file.html",
        ["tokens.css", "heatmap.css"],
        ["data.js", "text.js", "shell.js", "heatmap_file.js"],
    ),
}


def squeeze(text, kind):
    """What the browser does not need: indentation, comments, breaks and blanks without meaning."""
    if kind == "js":
        return squeeze_script(text)
    if kind == "css":
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
        text = re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r":\s+", ":", text))
        text = re.sub(r";?}", "}\n", re.sub(r" > ", ">", text))
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


# One token of a script, tried in this order. What follows a name, a number or a closing bracket is a
# division, else a slash begins a regular expression. Text inside `...` is taken whole.
TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
      | (?P<text>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|\$\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|[^`\\])*`)
      | (?P<word>[\w$]+(?:\.\d+)?)
      | (?P<regex>/(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\\[\n])+/[a-z]*)
      | (?P<sign>\+\+|--|=>|\?\?|\?\.|\.\.\.|.)""",
    re.X | re.S,
)
BEFORE_REGEX = {"return", "typeof", "case", "of", "in"}


def script_tokens(text):
    at, last = 0, ""
    while at < len(text):
        found = TOKEN.match(text, at)
        operand = last and (last[-1] in ")]}'\"`" or re.match(r"[\w$]", last[-1]))
        if found.lastgroup == "regex" and operand and last not in BEFORE_REGEX:
            token, kind = "/", "sign"
        else:
            token, kind = found.group(), found.lastgroup
        at += len(token)
        if kind != "space":
            last = token
            yield token


def squeeze_script(text):
    """Blanks stay where two words or two signs would become one; each outermost block is a line.

    That is enough because every statement in gen/assets ends with a semicolon or a brace.
    """
    out, depth = [], 0
    for token in script_tokens(text):
        before = out[-1] if out else ""
        if re.match(r"[\w$]", token) and re.search(r"[\w$]$", before):
            out.append(" ")
        elif before in ("+", "-", "++", "--") and token[0] == before[0]:
            out.append(" ")
        elif token == "}" and before == ";":
            out.pop()
        depth += (token in ("{", "(", "[")) - (token in ("}", ")", "]"))
        out.append(token)
        if depth == 0 and token in ("}", ";"):
            out.append("\n")
    return "".join(out)


def read(name):
    text = (ASSETS / name).read_text(encoding="utf-8")
    if not text.isascii():
        bad = next(c for c in text if ord(c) > 127)
        sys.exit(f"gen/assets/{name}: character {bad!r} is not ASCII; write it as an escape")
    return text


def digest(text):
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def assemble(page):
    """The page as three pieces: before the title, between title and data, after the data."""
    html, styles, scripts = PAGES[page]
    style = "\n".join(squeeze(read(name), "css") for name in styles)
    script = '"use strict";\n' + "\n".join(squeeze(read(name), "js") for name in scripts) + "\n"
    policy = (
        f"default-src 'none'; style-src '{digest(style)}'; script-src '{digest(script)}'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    text = squeeze(read(html), "html") + "\n"
    text = text.replace("@policy@", policy).replace("@style@", style).replace("@script@", script)
    before, rest = text.split("@title@")
    between, after = rest.split("@data@")
    return before, between, after


def shared_files():
    """Style sheets and scripts of more than one page: name in C++ -> text."""
    used = [name for _, styles, scripts in PAGES.values() for name in styles + scripts]
    return {
        name.replace(".", "_"): squeeze(read(name), name.rpartition(".")[2])
        for name in dict.fromkeys(used)
        if used.count(name) > 1
    }


def pieces(text, shared):
    """What a text is joined from: names of shared files, and literals."""
    for name, whole in shared.items():
        before, found, after = text.partition(whole)
        if found:
            return pieces(before, shared) + [name] + pieces(after, shared)
    return [literal(piece) for piece in short_enough(text)] if text else []


def short_enough(text):
    out, part = [], ""
    for line in text.splitlines(keepends=True):
        if len(part) + len(line) > LIMIT:
            out.append(part)
            part = ""
        part += line
    return out + [part]


def literal(text):
    if ')page"' in text:
        sys.exit('an asset contains )page", the end of the raw literal')
    return f'R"page({text})page"sv'


def header():
    out = [
        "// Written by gen/embed.py from gen/assets; do not edit. To rebuild it: python3 gen/embed.py",
        "#pragma once",
        "",
        "#include <array>",
        "#include <string_view>",
        "",
        "// The pages as text: head | title | body | data | tail.",
        "// clang-format off",
        "namespace tachyon::assets {",
        'using std::string_view_literals::operator""sv;',
        "",
    ]
    shared = shared_files()
    for name, text in shared.items():
        out += [f"inline constexpr std::string_view {name} =", literal(text) + ";", ""]
    for page in PAGES:
        for part, text in zip(("head", "body", "tail"), assemble(page)):
            cut = pieces(text, shared)
            out += [
                f"inline constexpr std::array<std::string_view, {len(cut)}> {page}_{part}{{",
                ",\n".join(cut) + "};",
                "",
            ]
    out += ["}  // namespace tachyon::assets", "// clang-format on", ""]
    return "\n".join(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare only")
    check = parser.parse_args().check
    wanted = header()
    present = HEADER.read_text(encoding="utf-8") if HEADER.exists() else ""
    if not check:
        HEADER.parent.mkdir(parents=True, exist_ok=True)
        if present != wanted:
            HEADER.write_text(wanted, encoding="utf-8")
        return 0
    if present == wanted:
        return 0
    name = str(HEADER.relative_to(ROOT))
    for line in list(
        difflib.unified_diff(
            present.splitlines(), wanted.splitlines(), name, "gen/assets", n=1, lineterm=""
        )
    )[:40]:
        print(line[:160])
    print(f"{name} is out of date; run: python3 gen/embed.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
