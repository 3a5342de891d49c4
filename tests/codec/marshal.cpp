#include <catch2/catch.hpp>
#include <tachyon/codec/marshal.hpp>

using namespace tachyon;

TEST_CASE("marshal as drawn") {
  StringSink sink;
  MarshalWriter marshal{sink};
  marshal.begin_dict();
  marshal.tuple(2);
  marshal.text("a");
  marshal.integer(1);
  marshal.truth(true);
  marshal.end_dict();
  CHECK(sink.text() == std::string_view("{)\x02u\x01\0\0\0ai\x01\0\0\0T0", 16));
}

TEST_CASE("marshal numbers and text") {
  StringSink sink;
  MarshalWriter marshal{sink};
  marshal.integer(-2);
  marshal.integer(std::int64_t{1} << 31);
  marshal.integer(-(std::int64_t{1} << 62));
  marshal.real(1.0);
  marshal.none();
  marshal.truth(false);
  marshal.text("\xff");
  CHECK(sink.text() == std::string_view("i\xfe\xff\xff\xff"
                                        "l\x03\0\0\0\0\0\0\0\x02\0"
                                        "l\xfb\xff\xff\xff\0\0\0\0\0\0\0\0\x04\0"
                                        "g\0\0\0\0\0\0\xf0\x3f"
                                        "NF"
                                        "u\x03\0\0\0\xef\xbf\xbd",
                                        5 + 11 + 15 + 9 + 2 + 8));
}

TEST_CASE("marshal repeats marked values by number") {
  StringSink sink;
  MarshalWriter marshal{sink};
  marshal.tuple(4);
  CHECK(marshal.mark() == 0);
  marshal.tuple(1);
  CHECK(marshal.mark() == 1);
  marshal.text("x");
  marshal.reference(1);
  marshal.reference(0);
  marshal.none();
  CHECK(sink.text() == std::string_view(")\x04\xa9\x01\xf5\x01\0\0\0xr\x01\0\0\0r\0\0\0\0N", 21));
}
