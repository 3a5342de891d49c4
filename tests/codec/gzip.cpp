#include <random>
#include <catch2/catch.hpp>
#include <tachyon/codec/gzip.hpp>

using namespace tachyon;

// Whether other programs can read it is asked of Python in the live tests; here a small
// reader of our own reading of the standard, with the tables as the standard prints them.
namespace {

std::string inflated(std::string_view data) {
  std::size_t bit = 0;
  const auto bits = [&](unsigned count) {
    unsigned value = 0;
    for (unsigned i = 0; i < count; ++i, ++bit) {
      REQUIRE(bit / 8 < data.size());
      value |= (static_cast<unsigned char>(data[bit / 8]) >> (bit % 8) & 1U) << i;
    }
    return value;
  };
  const auto code = [&](unsigned count) {
    unsigned value = 0;
    for (unsigned i = 0; i < count; ++i) value = value << 1 | bits(1);
    return value;
  };
  static constexpr unsigned lengths[] = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                         15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                         67, 83, 99, 115, 131, 163, 195, 227, 258};
  static constexpr unsigned length_bits[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                             2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
  static constexpr unsigned distances[] = {
      1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
      193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
  static constexpr unsigned distance_bits[] = {0, 0, 0, 0, 1, 1, 2, 2,  3,  3,  4,  4,  5,  5,  6,
                                               6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13};
  REQUIRE(bits(1) == 1);
  REQUIRE(bits(2) == 1);
  std::string text;
  for (;;) {
    unsigned symbol = code(7);
    if (symbol < 0x18) {
      symbol += 256;
    } else if (symbol = symbol << 1 | code(1); symbol >= 0x30 && symbol < 0xc0) {
      symbol -= 0x30;
    } else if (symbol >= 0xc0 && symbol < 0xc8) {
      symbol += 280 - 0xc0;
    } else {
      symbol = (symbol << 1 | code(1)) - 0x190 + 144;
    }
    if (symbol == 256) break;
    if (symbol < 256) {
      text.push_back(static_cast<char>(symbol));
      continue;
    }
    const unsigned length = lengths[symbol - 257] + bits(length_bits[symbol - 257]);
    const unsigned d = code(5);
    const unsigned distance = distances[d] + bits(distance_bits[d]);
    REQUIRE(distance <= text.size());
    for (unsigned i = 0; i < length; ++i) text.push_back(text[text.size() - distance]);
  }
  REQUIRE((bit + 7) / 8 == data.size());
  return text;
}

std::string deflated(std::string_view text) {
  StringSink sink;
  put_deflated(sink, text);
  return sink.take();
}

}  // namespace

TEST_CASE("gzip as drawn") {
  StringSink sink;
  put_gzip(sink, "");
  CHECK(sink.text() == std::string_view("\x1f\x8b\x08\0\0\0\0\0\0\xff\x03\0\0\0\0\0\0\0\0\0", 20));
}

TEST_CASE("deflated text comes back") {
  std::mt19937 random{1};
  std::vector<std::string> texts{
      "", "a", "aaa", "abcd", std::string(1000, 'x'), "abcabcabcabcabcabc"};
  std::string mixed;
  for (int i = 0; i < 3000; ++i) mixed += "frame_" + std::to_string(random() % 97) + ";";
  texts.push_back(mixed);
  texts.push_back(mixed + std::string(40'000, '\xff') + mixed);  // distances around the window
  std::string noise;
  for (int i = 0; i < 5000; ++i) noise.push_back(static_cast<char>(random()));
  texts.push_back(noise);
  for (const std::string& text : texts) CHECK((inflated(deflated(text)) == text));
  CHECK(deflated(mixed).size() < mixed.size() / 2);
}
