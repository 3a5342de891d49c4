"""The width tables of glyph_width.hpp against the Unicode data of this Python."""

import os
import re
import unicodedata
import unittest

HEADER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "include", "tachyon",
                      "live", "glyph_width.hpp")


def table(name):
    with open(HEADER, encoding="ascii") as header:
        text = header.read()
    body = text[text.index(name + "[] = {"):]
    body = body[:body.index("};")]
    return [(int(a, 16), int(b, 16))
            for a, b in re.findall(r"\{0x([0-9a-f]+), 0x([0-9a-f]+)\}", body)]


class Tables(unittest.TestCase):
    def setUp(self):
        self.zero = table("zero_width_ranges")
        self.double = table("double_width_ranges")

    def test_sorted_and_apart(self):
        for ranges in (self.zero, self.double):
            self.assertGreater(len(ranges), 50)
            for (a, b), (c, _) in zip(ranges, ranges[1:]):
                self.assertLessEqual(a, b)
                self.assertLess(b, c)

    def test_every_character(self):
        def expand(ranges):
            return {c for a, b in ranges for c in range(a, b + 1)}
        zero, double = expand(self.zero), expand(self.double)
        wrong = []
        for code in range(0x300, 0x30000):
            char = chr(code)
            # Variation selectors are never drawn. Characters younger than Unicode 3.2 are left out:
            # another Python may know more or fewer of them than the tables do.
            if unicodedata.category(char) in ("Cn", "Co", "Cs") or 0xfe00 <= code <= 0xfe0f:
                continue
            if not unicodedata.ucd_3_2_0.name(char, None):
                continue
            mark = unicodedata.category(char) in ("Mn", "Me")
            wide = unicodedata.east_asian_width(char) in "WF"
            expected = 0 if mark else 2 if wide else 1
            found = 0 if code in zero else 2 if code in double else 1
            if expected != found:
                wrong.append(f"U+{code:04X} {unicodedata.name(char, '?')}: {found}, not {expected}")
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
