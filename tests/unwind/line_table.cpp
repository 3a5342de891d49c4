#include <tachyon/unwind/line_table.hpp>

#include <array>
#include <vector>
#include <catch2/catch.hpp>

namespace {

using tachyon::LineTable;
using tachyon::Location;

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

}  // namespace

TEST_CASE("line table: the example of the header", "[unwind]") {
  // f1 = 1 1110 001: kind 14, two units; svarint 2 = +1; end line +0; start 0 = unknown; end 20-1.
  const auto table = bytes({0x80, 0x0a, 0xf1, 0x02, 0x00, 0x00, 0x14});
  const LineTable lines = LineTable::decode(table, 7, 3);
  CHECK(lines.at(0) == Location{7, 7, 0, 10});
  CHECK(lines.at(1) == Location{8, 8, -1, 19});
  CHECK(lines.at(2) == Location{8, 8, -1, 19});
  CHECK(lines.at(3) == Location{});
  CHECK_FALSE(lines.damaged());
}

TEST_CASE("line table: every kind of entry", "[unwind]") {
  const auto table = bytes({
      0x80 | 9 << 3, 0x7f,                                   // short: columns 79..94
      0x80 | 11 << 3, 5, 9,                                  // one line further
      0x80 | 13 << 3 | 1, 0x03,                              // a line back, no columns, two units
      0x80 | 15 << 3,                                        // nowhere
      0x80 | 14 << 3, 0x40 | 0x14, 0x03, 2, 0x41, 0x01, 11,  // +106, to +2, column 64, 10
  });
  const LineTable lines = LineTable::decode(table, 100, 6);
  CHECK(lines.at(0) == Location{100, 100, 79, 94});
  CHECK(lines.at(1) == Location{101, 101, 5, 9});
  CHECK(lines.at(2) == Location{100, 100, -1, -1});
  CHECK(lines.at(3) == Location{100, 100, -1, -1});
  CHECK(lines.at(4) == Location{});
  CHECK(lines.at(5) == Location{206, 208, 64, 10});
}

TEST_CASE("line table: damage is noticed and what came before it is kept", "[unwind]") {
  const auto good = bytes({0x80, 0x0a});
  auto torn = good;
  torn.push_back(std::byte{0x05});  // no entry begins without bit 7
  CHECK(LineTable::decode(torn, 1, 9).damaged());
  CHECK(LineTable::decode(torn, 1, 9).at(0).line == 1);
  auto cut = good;
  cut.push_back(std::byte{0xf0});  // kind 14 without its bytes
  CHECK(LineTable::decode(cut, 1, 9).damaged());
  const auto endless = bytes({0xe8, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f});
  CHECK(LineTable::decode(endless, 1, 9).damaged());
  CHECK(LineTable::decode({}, 1, 9).at(0) == Location{});
  // Entries beyond the code are not believed.
  CHECK(LineTable::decode(bytes({0x87, 0x00, 0x87, 0x00}), 1, 3).at(3) == Location{});
}
