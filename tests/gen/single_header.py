"""What gen/lazy.py makes of functions, and what it leaves alone."""

import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, f"{ROOT}/gen")
import lazy  # pylint: disable=wrong-import-position

SOURCE = """\
#include <string>
namespace a {
@inline int twice(int of) { return of * 2; }
@inline int later(int of, int more = 1);
=inline int later(int of, int more) { return twice(of) + more; }
@inline int later(const std::string& text) { return static_cast<int>(text.size()); }
constexpr int known() { return 1; }
inline constexpr int values[] = {1, 1 << 3, 2};
template <class T>
inline T same(T of) { return of; }
struct Plain {
  int x = 1 < 2 ? 3 : 4;
  Plain() = default;
  Plain(const Plain& other) : x{other.x} {}
  @explicit Plain(int from) : x{from} {}
  ~Plain() {}
  Plain& operator=(const Plain& other) = default;
  @Plain& operator+=(const Plain& other) { x += other.x; return *this; }
  @bool operator<(const Plain& other) const { return x < other.x; }
  operator int() const { return x; }
  friend bool operator==(const Plain& p, const Plain& q) { return p.x == q.x; }
  virtual int changed() const { return x; }
  @int sum(int y) const;
  template <class T> T as() const;
  @static int make(int (&of)[2]) { return of[0]; }
  int last[2] = {1, 2};
};
=inline int Plain::sum(int y) const { return x + y; }
template <class T> T Plain::as() const { return T(x); }
// lazy: off
inline int eager() { return 5; }
// lazy: on
@inline int text() { return sizeof "}{;" + sizeof R"(}{;")" + '{'; }
}  // namespace a
"""

USE = """\
int main() {
  a::Plain p{4}, q{p};
  p += q;
  int two[2] = {1, 2};
  return p.sum(1) + a::later(3) + a::later("four") + a::text() + a::Plain::make(two) + p.as<int>() +
         (q < p) + a::eager() - 9 - 8 - 7 - 4 - 8 - 10 - 123 - 8 - 1 - 1 - 5 + 8 - 1 + 10;
}
"""


def marked(source):
    """The source with its marks replaced by what should stand there."""
    return source.replace("@", lazy.HEAD).replace("=inline", lazy.AGAIN + "inline")


def plain(source):
    return source.replace("@", "").replace("=inline", "inline")


class Lazy(unittest.TestCase):
    def test_what_becomes_a_template(self):
        self.assertEqual(lazy.lazy(plain(SOURCE)), marked(SOURCE))

    def test_it_compiles_and_gives_the_same(self):
        with tempfile.TemporaryDirectory() as folder:
            results = []
            for text in (plain(SOURCE), lazy.lazy(plain(SOURCE))):
                with open(f"{folder}/x.cpp", "w", encoding="ascii") as out:
                    out.write(text + USE)
                subprocess.run(["g++", "-std=c++20", f"{folder}/x.cpp", "-o", f"{folder}/x"],
                               check=True)
                results.append(subprocess.run([f"{folder}/x"]).returncode)
            self.assertEqual(results[0], results[1])

    def test_unused_functions_cost_no_instantiation(self):
        """An assertion inside what a function calls is not reached unless it is called."""
        text = ("template <class T> struct Never { static_assert(sizeof(T) == 99); int v; };\n"
                "template <class T> void need(T) { Never<T> n; (void)n; }\n"
                "inline void unused() { need(1); }\nint main() {}\n")
        for source, status in ((text, 1), (lazy.lazy(text), 0)):
            done = subprocess.run(["g++", "-std=c++20", "-fsyntax-only", "-x", "c++", "-"],
                                  input=source, text=True, capture_output=True)
            self.assertEqual(done.returncode, status, done.stderr)

    def test_what_it_cannot_read_is_refused_by_name(self):
        text = "// ---- tachyon/x.hpp ----\n\nnamespace a {\ninline int f(int x { return x; }\n}\n"
        with self.assertRaisesRegex(lazy.Unreadable, r"^tachyon/x\.hpp: a bracket .*inline int f"):
            lazy.lazy("\n" + text)

    def test_every_header_of_the_library_is_reached(self):
        with open(f"{ROOT}/single_include/tachyon/tachyon.hpp", encoding="ascii") as text:
            single = text.read()
        plain_left = re.findall(r"^inline (?!constexpr|namespace)[^=\n]*\([^\n]*\{$", single, re.M)
        self.assertEqual(plain_left, [])


if __name__ == "__main__":
    unittest.main()
