"""Makes the functions of the single header cost nothing until they are used.

A compiler works out everything that an inline function calls, down to the last line of
std::stable_sort, in every file that includes it. It does not do so for a template that nobody uses.
So the single header, which brings all of the library into every file, says

    template <int = 0> inline Result<Attached> attach(std::int32_t pid, AttachOptions options = {})

where the header under include/ has the same line without the first two words. A call is written
the same, overloads are chosen the same, and what is generated for a function that is used is the
same. What is different: such a function is not converted to a pointer without naming its type.

Left as they are: templates, what is constexpr, virtual, defaulted or deleted, constructors that
copy or move, destructors, conversions, friends, and everything in lines between

    // lazy: off
    // lazy: on

This reads C++ as clang-format leaves it in this project, not any C++. The proof that it reads it
right is that the unit tests are compiled against what it writes.
"""

import re

TOKEN = re.compile(r"""
    (?P<comment> //[^\n]* | /\*.*?\*/ )
  | (?P<directive> ^[ \t]*\#(?:[^\n\\]|\\.|\\\n)* )
  | (?P<raw> R"(?P<mark>\w*)\(.*?\)(?P=mark)" )
  | (?P<string> "(?:[^"\\\n]|\\.)*" )
  | (?P<number> \.?\d(?:'?[\w.]|(?<=[eEpP])[+-])* )
  | (?P<char> '(?:[^'\\\n]|\\.)+' )
  | (?P<word> [A-Za-z_]\w* )
  | (?P<mark2> ::|->|&&|\[\[|\]\] | [^\s\w] )
""", re.X | re.S | re.M)

CLOSING = {"(": ")", "{": "}", "[": "]", "[[": "]]"}
HEAD = "template <int = 0> "
AGAIN = "template <int> "


class Unreadable(Exception):
    """C++ that this does not understand; the text names the header and quotes the line."""


class Token:
    __slots__ = ("text", "kind", "at")

    def __init__(self, text, kind, at):
        self.text, self.kind, self.at = text, kind, at


def tokens_of(text):
    found = []
    for match in TOKEN.finditer(text):
        if match.group("comment") is not None or match.group("directive") is not None:
            continue
        found.append(Token(match.group(0), "word" if match.group("word") else "other",
                           match.start()))
    return found


class Scanner:
    def __init__(self, text):
        self.text = text
        self.tokens = tokens_of(text)
        self.insert = []  # (place, words)
        self.declared = set()  # scope, name, parameters: declared and not yet defined

    def refuse(self, what, at):
        place = self.tokens[at].at
        header = self.text.rfind("\n// ---- ", 0, place)
        where = self.text[header + 9:].split(" ", 1)[0] if header >= 0 else "the text"
        line = self.text[self.text.rfind("\n", 0, place) + 1:].split("\n", 1)[0].strip()
        raise Unreadable(f"{where}: {what}, as gen/lazy.py reads it: {line}")

    def close(self, at):
        """The index behind the bracket that closes the one at `at`."""
        depth, end = [], at
        while True:
            if end == len(self.tokens):
                self.refuse("a bracket that nothing closes", at)
            text = self.tokens[end].text
            if text in CLOSING:
                depth.append(CLOSING[text])
            elif depth and text == depth[-1]:
                depth.pop()
            elif text == "]]" and depth[-2:] == ["]", "]"]:
                del depth[-2:]
            elif text in (")", "}", "]"):
                self.refuse("a bracket that nothing closes", at)
            end += 1
            if not depth:
                return end

    def angles(self, at):
        """The index behind the > that closes the < at `at`: a template's parameters."""
        depth, end = 0, at
        while True:
            if end == len(self.tokens):
                self.refuse("a < that nothing closes", at)
            text = self.tokens[end].text
            if text in CLOSING:
                end = self.close(end)
                continue
            depth += (text == "<") - (text == ">")
            end += 1
            if depth == 0:
                return end

    def scope(self, at, path, kind):
        """Reads declarations up to the closing brace (or the end); the index behind it."""
        while at < len(self.tokens):
            text = self.tokens[at].text
            if text == "}":
                return at + 1
            if text == ";":
                at += 1
            elif kind == "class" and text in ("public", "private", "protected"):
                at += 2
            else:
                at = self.declaration(at, path, kind)
        return at

    def declaration(self, at, path, kind):
        start = at
        first = self.tokens[at].text
        if first == "namespace":
            while self.tokens[at].text not in ("{", ";"):
                at += 1
            name = "".join(t.text for t in self.tokens[start + 1:at])
            return self.scope(at + 1, path + (name,), "namespace")
        if first in ("template", "friend", "using", "enum", "static_assert", "extern", "typedef",
                     "concept"):
            return self.skip(at)
        if first in ("class", "struct", "union"):
            at += 1
            while self.tokens[at].text == "[[" or self.tokens[at].text == "alignas":
                at = self.close(at) if self.tokens[at].text == "[[" else self.close(at + 1)
            name = self.tokens[at]
            if name.kind == "word" and self.tokens[at + 1].text in ("{", ":", "final"):
                while self.tokens[at].text != "{":
                    at += 1
                at = self.scope(at + 1, path + (name.text,), "class")
                return self.skip(at)
            if name.text == "{" or self.tokens[at + 1].text == ";":
                return self.skip(start)
        return self.function(start, path, kind)

    def skip(self, at):
        """Behind a declaration of no interest: after its semicolon, or after a function's body."""
        template, value = self.tokens[at].text == "template", False
        while True:
            text = self.tokens[at].text
            if text == "operator":
                at += 1 + (self.tokens[at + 1].text == "(")
                while self.tokens[at].text != "(":
                    at += 1
                continue
            value = value or text == "="
            if text == ";":
                return at + 1
            if text == "}":
                return at
            if text == "<" and template:
                at, template = self.angles(at), False
                continue
            if text in CLOSING:
                brace = text == "{"
                at = self.close(at)
                if brace and not value and self.ends(at):
                    return at
                continue
            at += 1

    def ends(self, at):
        """After a closing brace: is the declaration over, without a semicolon?"""
        if at >= len(self.tokens):
            return True
        return self.tokens[at].text not in (";", ",", "{", ".", "...", "?", "(", ")", "=")

    def function(self, start, path, kind):
        at = start
        while True:  # to the parameters
            text = self.tokens[at].text
            if text == "operator":
                at += 1 + (self.tokens[at + 1].text == "(")
                while self.tokens[at].text != "(":
                    at += 1
                break
            if text in (";", "=", "{", "}"):
                return self.skip(start)
            if text == "(":
                break
            if text in ("[", "[["):
                at = self.close(at)
                continue
            if text in ("alignas", "decltype", "noexcept", "explicit") and \
                    self.tokens[at + 1].text == "(":
                at = self.close(at + 1)
                continue
            if text == "<":
                at = self.angles(at)
                continue
            at += 1
        before = [t.text for t in self.tokens[start:at]]
        after = self.close(at)
        parameters = [t.text for t in self.tokens[at + 1:after - 1]]
        end, body, tail = self.rest(after)
        if body is None and end is None:
            return self.skip(start)
        if self.wanted(before, parameters, tail, path, kind):
            self.mark(start, before, parameters, kind, body is not None)
        return end

    def rest(self, at):
        """What follows parameters: (index behind it, index of the body or None, words between)."""
        start = at
        while True:
            text = self.tokens[at].text
            if text == ";":
                return at + 1, None, [t.text for t in self.tokens[start:at]]
            if text == "{":
                return self.close(at), at, [t.text for t in self.tokens[start:at]]
            if text == ":":
                tail = [t.text for t in self.tokens[start:at]]
                at += 1
                while True:  # members that a constructor initialises
                    while self.tokens[at].text not in ("(", "{"):
                        at = self.angles(at) if self.tokens[at].text == "<" else at + 1
                    at = self.close(at)
                    if self.tokens[at].text != ",":
                        break
                    at += 1
                if self.tokens[at].text != "{":
                    self.refuse("a constructor without a body", start)
                return self.close(at), at, tail
            if text in ("}", ","):
                return None, None, []
            if text == "(" or text == "[[":
                at = self.close(at)
                continue
            if text == "<":
                at = self.angles(at)
                continue
            at += 1

    def wanted(self, before, parameters, tail, path, kind):
        words = set(before)
        if words & {"constexpr", "consteval", "virtual", "friend", "~", "template", "concept",
                    "constinit"}:
            return False
        if "=" in tail or "override" in tail or "final" in tail or "auto" in parameters:
            return False
        name, owner = self.name_of(before)
        if name is None or name in ("main", "if", "while", "return"):
            return False
        if "operator" in before and before[before.index("operator") + 1] not in (
                "(", "[", "<", ">", "=", "!", "+", "-", "*", "/", "|", "&", "&&", "^"):
            return False  # a conversion
        the_class = owner or (path[-1] if kind == "class" else None)
        if "operator" in before and the_class and the_class in parameters and name == "operator=":
            return False
        if name == the_class:  # a constructor
            if self.parameter_count(parameters) == 1 and the_class in parameters and parameters[-2 if parameters[-1] not in (
                    "&", "&&") else -1] in ("&", "&&"):
                return False
        if kind == "namespace" and not owner and "inline" not in words:
            return False
        return True

    @staticmethod
    def parameter_count(parameters):
        depth, count = 0, bool(parameters)
        for text in parameters:
            depth += (text in ("(", "{", "[", "<")) - (text in (")", "}", "]", ">"))
            count += text == "," and depth == 0
        return int(count)

    @staticmethod
    def name_of(before):
        """Name, and the class before it if there is one."""
        if "operator" in before:
            at = before.index("operator")
            name = "operator" + "".join(before[at + 1:])
        else:
            at = len(before) - 1
            name = before[at]
            if not re.match(r"[A-Za-z_]\w*$", name):
                return None, None
        owner = before[at - 2] if at >= 2 and before[at - 1] == "::" else None
        return name, owner

    def mark(self, start, before, parameters, kind, defined):
        """A default argument belongs to the first declaration only."""
        name, owner = self.name_of(before)
        key = (name, self.parameter_count(parameters))
        again = owner or (kind == "namespace" and defined and key in self.declared)
        if kind == "namespace" and not defined:
            self.declared.add(key)
        elif again and not owner:
            self.declared.discard(key)
        self.insert.append((self.tokens[start].at, AGAIN if again else HEAD))


def lazy(text):
    off = [(m.start(), m.group(1)) for m in re.finditer(r"// lazy: (off|on)\b", text)]
    scanner = Scanner(text)
    scanner.scope(0, (), "namespace")
    out, last = [], 0
    for place, words in sorted(scanner.insert):
        state = [what for at, what in off if at < place]
        if state and state[-1] == "off":
            continue
        out += [text[last:place], words]
        last = place
    return "".join(out) + text[last:]
