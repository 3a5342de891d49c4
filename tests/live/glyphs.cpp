#include <tachyon/live/glyphs.hpp>

#include <string>

#include <catch2/catch.hpp>

using namespace tachyon;
using namespace tachyon::live;

namespace {

std::u32string glyphs(std::string_view text) {
  std::u32string out;
  for_each_glyph(text, [&](char32_t code, std::uint8_t) {
    out.push_back(code);
    return true;
  });
  return out;
}

}  // namespace

TEST_CASE("widths", "[live]") {
  static_assert(glyph_width(U'a') == 1);
  static_assert(glyph_width(0x301) == 0);
  static_assert(glyph_width(0x8a08) == 2);
  static_assert(glyph_width(0x1f600) == 2);
  static_assert(glyph_width(0x2500) == 1);
  static_assert(glyph_width(0x10ffff) == 1);
  CHECK(width_of("caf\u00e9") == 4);
  CHECK(width_of("cafe\u0301") == 4);
  CHECK(width_of("\u8a08\u7b97") == 4);
}

TEST_CASE("what could command a terminal becomes a replacement character", "[live]") {
  CHECK(glyphs("a\x1b[31mb") == U"a\ufffd[31mb");
  CHECK(glyphs("\x07\x7f\n\t") == U"\ufffd\ufffd\ufffd\ufffd");
  CHECK(glyphs("\u0085\u009b") == U"\ufffd\ufffd");
  CHECK(glyphs("x\u202ey\u2066z") == U"x\ufffdy\ufffdz");
  CHECK(glyphs("\u200b\ufeff") == U"\ufffd\ufffd");
}

TEST_CASE("broken UTF-8 costs one replacement character a byte", "[live]") {
  CHECK(glyphs("\xff\xfe") == U"\ufffd\ufffd");
  CHECK(glyphs("a\xe8\xa8") == U"a\ufffd\ufffd");
  CHECK(glyphs("\xc0\xaf") == U"\ufffd\ufffd");
  CHECK(glyphs("\xed\xa0\x80") == U"\ufffd");
}

TEST_CASE("joiners and variation selectors draw nothing", "[live]") {
  CHECK(glyphs("a\u200db\ufe0f") == U"ab");
}

TEST_CASE("tabs", "[live]") {
  CHECK(expand_tabs("\tx") == "        x");
  CHECK(expand_tabs("ab\tx", 4) == "ab  x");
  CHECK(expand_tabs("abcd\tx", 4) == "abcd    x");
  CHECK(expand_tabs("none") == "none");
}
