#include <tachyon/base/text.hpp>

#include <catch2/catch.hpp>

namespace tachyon {
namespace {

static_assert(decode_utf8("\xe2\x82\xac rest").code == 0x20ac);
static_assert(decode_utf8("\xc0\x80").length == 0);
static_assert(decode_utf8("\xf4\x90\x80\x80").length == 0);
static_assert(base_name("/a/b.py") == "b.py");
static_assert(base_name("b.py") == "b.py");
static_assert(base_name("a/") == "");

TEST_CASE("printable text commands no terminal and stays on its line") {
  CHECK(printable("Tree.walk.<locals>.<lambda>") == "Tree.walk.<locals>.<lambda>");
  CHECK(printable("na\xc3\xafve \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x90\x8d") ==
        "na\xc3\xafve \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x90\x8d");
  CHECK(printable("\x1b[2J\x07\n\r\t\x7f") == "\\x1b[2J\\x07\\n\\r\\t\\x7f");
  CHECK(printable("\xc2\x9b"
                  "31m") == "\\x9b31m");
  CHECK(printable("a\xe2\x80\xae"
                  "b\xe2\x81\xa6") == "a\\u202eb\\u2066");
  CHECK(printable("\xd8\x9c\xe2\x80\x8e") == "\\u061c\\u200e");
  CHECK(printable("\xed\xb3\xbf") == "\\udcff");
  CHECK(printable("\xff\xe2\x82") == "\\xff\\xe2\\x82");
  CHECK(printable(std::string_view{"a\0b", 3}) == "a\\x00b");
  CHECK(printable("") == "");
}

TEST_CASE("every short byte string becomes clean text") {
  for (unsigned a = 0; a < 256; ++a) {
    for (unsigned b = 0; b < 256; ++b) {
      const char bytes[] = {static_cast<char>(a), static_cast<char>(b), '\x80', 'x'};
      const std::string out = printable({bytes, sizeof bytes});
      for (std::string_view rest = out; !rest.empty();) {
        const Utf8 next = decode_utf8(rest);
        if (next.length == 0 || detail::is_harmful(next.code)) FAIL("bytes " << a << ' ' << b);
        rest.remove_prefix(next.length);
      }
      if (out.back() != 'x') FAIL("lost the end after " << a << ' ' << b);
    }
  }
}

}  // namespace
}  // namespace tachyon
