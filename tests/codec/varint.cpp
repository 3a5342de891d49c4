#include <limits>
#include <catch2/catch.hpp>
#include <tachyon/codec/varint.hpp>

using namespace tachyon;

namespace {

std::string encoded(std::uint64_t value) {
  StringSink sink;
  put_varint(sink, value);
  return sink.take();
}

}  // namespace

static_assert(Sink<StringSink>);
static_assert(zigzag(0) == 0 && zigzag(-1) == 1 && zigzag(1) == 2 && zigzag(-2) == 3);
static_assert(unzigzag(zigzag(std::numeric_limits<std::int64_t>::min())) ==
              std::numeric_limits<std::int64_t>::min());
static_assert(varint_size(0) == 1 && varint_size(127) == 1 && varint_size(128) == 2);
static_assert(varint_size(~std::uint64_t{0}) == longest_varint);

TEST_CASE("varints as drawn") {
  CHECK(encoded(0) == std::string_view("\0", 1));
  CHECK(encoded(300) == "\xac\x02");
  CHECK(encoded(zigzag(-2)) == "\x03");
  CHECK(encoded(~std::uint64_t{0}) == "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
}

TEST_CASE("varints of every length come back") {
  for (unsigned bits = 0; bits <= 64; ++bits) {
    const std::uint64_t value = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
    const std::string text = encoded(value);
    CHECK(text.size() == varint_size(value));
    Cursor cursor{as_bytes(text)};
    CHECK(cursor.varint() == value);
    CHECK(cursor.ok());
    CHECK(cursor.at_end());
  }
}

TEST_CASE("a varint that is cut or too large fails and stays failed") {
  for (const std::string_view text :
       {"", "\x80", "\xff\xff", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
        "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"}) {
    Cursor cursor{as_bytes(text)};
    CHECK(cursor.varint() == 0);
    CHECK_FALSE(cursor.ok());
    CHECK(cursor.byte() == 0);
    CHECK(cursor.left() == 0);
  }
}

TEST_CASE("text longer than what is left fails before it is looked at") {
  Cursor cursor{
      as_bytes("\xff\xff\xff\xff\x0f"
               "abc")};
  CHECK(cursor.text().empty());
  CHECK_FALSE(cursor.ok());
}

TEST_CASE("fixed-width numbers are little-endian") {
  StringSink sink;
  put_fixed(sink, std::uint32_t{0x01020304});
  put_fixed(sink, std::int16_t{-2});
  CHECK(sink.text() == "\x04\x03\x02\x01\xfe\xff");
  Cursor cursor{as_bytes(sink.text())};
  CHECK(cursor.fixed<std::uint32_t>() == 0x01020304);
  CHECK(cursor.fixed<std::int16_t>() == -2);
  CHECK(cursor.fixed<std::uint8_t>() == 0);
  CHECK_FALSE(cursor.ok());
}
