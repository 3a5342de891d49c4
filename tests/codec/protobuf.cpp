#include <array>
#include <catch2/catch.hpp>
#include <tachyon/codec/protobuf.hpp>

using namespace tachyon;

TEST_CASE("protocol buffers as drawn") {
  StringSink inner;
  ProtobufWriter{inner}.number(1, 150);
  CHECK(inner.text() == "\x08\x96\x01");
  StringSink sink;
  ProtobufWriter message{sink};
  message.number(1, 150);
  message.text(2, "hi");
  message.message(3, inner.text());
  message.packed(4, std::array<unsigned, 2>{1, 300});
  CHECK(sink.text() ==
        "\x08\x96\x01"
        "\x12\x02hi"
        "\x1a\x03\x08\x96\x01"
        "\x22\x03\x01\xac\x02");
}

TEST_CASE("protocol buffers leave out what a missing field means") {
  StringSink sink;
  ProtobufWriter message{sink};
  message.number(1, 0);
  message.text(2, "");
  message.truth(3, false);
  message.packed(4, std::array<unsigned, 0>{});
  CHECK(sink.text().empty());
  message.text_item(6, "");
  message.integer(1, -1);
  message.text(2, "\xff");
  CHECK(sink.text() == std::string_view("\x32\0\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
                                        "\x12\x03\xef\xbf\xbd",
                                        18));
}
