"""gen/schema.py names what the library reads, and nothing else."""

import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from interpreters_here import ROOT  # noqa: E402

import schema  # noqa: E402

COMMENT = re.compile(r"//[^\n]*")
ACCESS = re.compile(r"\s*(\.|->|::)\s*")


def members_read(text: str, groups: set[str]) -> set[tuple[str, str]]:
    """(group, member) of every `layout.group.member` in a header, the group also by a name of its own."""
    text = ACCESS.sub(r"\1", COMMENT.sub("", text))
    # Overlapping, since the one before the dot may itself be behind one.
    found = set(re.findall(r"(?=(?:\.|->|::)(\w+)\.(\w+))", text))
    for alias, group in re.findall(r"auto&?\s+(\w+)\s*=\s*\w+(?:\.|->|::)(\w+);", text):
        if group in groups:
            found |= {(group, member) for member in re.findall(rf"\b{alias}\.(\w+)", text)}
    return found


class Schema(unittest.TestCase):
    def test_every_member_is_read_or_says_why_it_is_here(self):
        groups = {group.name for group in schema.GROUPS}
        read = set()
        for path in sorted((ROOT / "include").rglob("*.hpp")):
            read |= members_read(path.read_text(encoding="utf-8"), groups)
        for group in schema.GROUPS:
            for member in group.members:
                if member.kind is schema.SIZE:
                    continue
                name = f"{group.name}.{member.name}"
                if (group.name, member.name) in read:
                    self.assertEqual(member.kept, "", f"{name} is read; leave out why it is kept (gen/schema.py)")
                else:
                    self.assertNotEqual(member.kept, "", f"{name} is read by no header; take it out of gen/schema.py, "
                                                         f"or say there why it is kept")

    def test_reading_is_recognised(self):
        groups = {"thread", "frame"}
        self.assertEqual(members_read("layout_.thread.next.at(x)", groups) & {("thread", "next")}, {("thread", "next")})
        self.assertIn(("thread", "id"), members_read("early->thread\n    .id", groups))
        self.assertIn(("thread", "id"), members_read("L::thread.id.offset", groups))
        self.assertIn(("frame", "owner"), members_read("const auto& f = layout.frame;\n f.owner.in(bytes)", groups))
        self.assertNotIn(("frame", "owner"), members_read("// layout.frame.owner\n frame.owner", groups))

    def test_names_are_unique(self):
        for group in schema.GROUPS:
            names = [member.name for member in group.members]
            self.assertEqual(len(names), len(set(names)), group.name)


if __name__ == "__main__":
    unittest.main()
