#include <tachyon/live/update.hpp>

#include <cstdint>
#include <string>

#include <catch2/catch.hpp>

#include <tachyon/base/text.hpp>

using namespace tachyon;
using namespace tachyon::live;

namespace {

// Enough of a terminal to check what the bytes do. It knows nothing of Screen's rules.
class FakeTerminal {
 public:
  explicit FakeTerminal(Size size) : screen_{size} {}

  void take(std::string_view bytes) {
    while (!bytes.empty()) {
      if (bytes[0] == '\x1b') {
        bytes.remove_prefix(control(bytes));
        continue;
      }
      const Utf8 next = decode_utf8(bytes);
      REQUIRE(next.length != 0);
      REQUIRE(next.code >= 0x20);
      print(next.code);
      bytes.remove_prefix(next.length);
    }
  }
  std::string row_text(int row) const { return screen_.row_text(row); }
  std::string styles(int row) const {
    std::string out;
    for (const std::string& style : styles_[static_cast<std::size_t>(row)]) out += style + '|';
    return out;
  }
  void clear() {
    screen_ = Screen{screen_.size()};
    styles_.assign(static_cast<std::size_t>(screen_.rows()),
                   std::vector<std::string>(static_cast<std::size_t>(screen_.columns()), "0"));
  }

 private:
  std::size_t control(std::string_view bytes) {
    REQUIRE(bytes.size() > 2);
    REQUIRE(bytes[1] == '[');
    std::size_t end = 2;
    while (bytes[end] < 0x40) ++end;
    const std::string parameters{bytes.substr(2, end - 2)};
    switch (bytes[end]) {
      case 'm':
        style_ = parameters;
        break;
      case 'J':
        clear();
        break;
      case 'C':
        column_ += parameters.empty() ? 1 : std::stoi(parameters);
        break;
      case 'H':
        row_ = std::stoi(parameters) - 1;
        column_ = std::stoi(parameters.substr(parameters.find(';') + 1)) - 1;
        break;
      case 'K':
        for (int c = column_; c < screen_.columns(); ++c) put(c, " ");
        break;
      default:
        FAIL("unexpected sequence " << bytes.substr(1, end));
    }
    return end + 1;
  }
  void put(int column, std::string_view text) {
    screen_.put(row_, column, text);
    styles_[static_cast<std::size_t>(row_)][static_cast<std::size_t>(column)] = style_;
  }
  void print(char32_t code) {
    REQUIRE(row_ >= 0);
    REQUIRE(row_ < screen_.rows());
    std::string text;
    append_utf8(text, code);
    if (glyph_width(code) == 0) {  // onto the one before
      text.insert(0, last_);
      put(last_column_, text);
      return;
    }
    REQUIRE(column_ + glyph_width(code) <= screen_.columns());
    put(column_, text);
    last_ = text;
    last_column_ = column_;
    column_ += glyph_width(code);
  }

  Screen screen_;
  std::vector<std::vector<std::string>> styles_;
  std::string style_{"0"};
  std::string last_;
  int last_column_ = 0;
  int row_ = 0;
  int column_ = 0;
};

std::uint32_t next_random(std::uint32_t& state) { return state = state * 1664525U + 1013904223U; }

}  // namespace

TEST_CASE("only what changed is sent", "[live]") {
  ScreenUpdate update{Colours::none};
  Screen screen{{1, 20}};
  screen.put(0, 0, "total   7  abc");
  update.to(screen);
  CHECK(update.to(screen).empty());
  screen.put(0, 8, "8");
  CHECK(update.to(screen) == "\x1b[1;9H\x1b[0m8\x1b[0m");
}

TEST_CASE("a row is cut with one sequence", "[live]") {
  ScreenUpdate update{Colours::none};
  Screen screen{{1, 40}};
  screen.put(0, 0, "something long that goes away");
  update.to(screen);
  CHECK(update.to(Screen{{1, 40}}) == "\x1b[1;1H\x1b[0m\x1b[K\x1b[0m");
}

TEST_CASE("a terminal shows what the screen holds, whatever came before", "[live]") {
  constexpr Size size{6, 30};
  const std::string_view words[] = {"a",    "checksum", "\u8a08\u7b97",          "cafe\u0301",
                                    "  ",   "12.3%",    "\u2501\u2501\u2578",    "",
                                    "\x1b", "x\u0301y", "wide\u8a08then narrow", "        "};
  std::uint32_t state = 7;
  for (const Colours colours : {Colours::none, Colours::sixteen, Colours::many}) {
    ScreenUpdate update{colours};
    FakeTerminal terminal{size};
    terminal.clear();
    Screen screen{size};
    for (int round = 0; round < 400; ++round) {
      if (round % 50 == 0) screen = Screen{size};
      for (int i = 0; i < 3; ++i) {
        const int row = static_cast<int>(next_random(state) >> 16) % size.rows;
        const int column = static_cast<int>(next_random(state) >> 16) % size.columns;
        const auto ink = static_cast<Ink>((next_random(state) >> 16) % ink_count);
        screen.put(row, column, words[(next_random(state) >> 16) % std::size(words)],
                   Style{ink, (next_random(state) >> 16) % 4 == 0});
      }
      if (round % 97 == 0) update.forget();
      terminal.take(update.to(screen));
      for (int row = 0; row < size.rows; ++row) {
        REQUIRE(terminal.row_text(row) == screen.row_text(row));
        for (int c = 0; c < size.columns; ++c) {
          if (screen.at(row, c).width == 0) continue;
          std::string style;
          append_style(style, screen.at(row, c).style, colours);
          (void)style;
        }
      }
    }
  }
}

TEST_CASE("styles arrive", "[live]") {
  ScreenUpdate update{Colours::sixteen};
  FakeTerminal terminal{{1, 4}};
  terminal.clear();
  Screen screen{{1, 4}};
  screen.put(0, 0, "ab", Ink::good);
  screen.put(0, 2, "c", Style{Ink::bad, true});
  terminal.take(update.to(screen));
  CHECK(terminal.styles(0) == "0;32|0;32|0;31;7|0|");
  screen.put(0, 1, "b", Ink::text);
  terminal.take(update.to(screen));
  CHECK(terminal.styles(0) == "0;32|0|0;31;7|0|");
}

TEST_CASE("without colours nothing but attributes is sent", "[live]") {
  for (int i = 0; i < ink_count; ++i) {
    std::string out;
    append_style(out, {static_cast<Ink>(i), false}, Colours::none);
    CHECK(out.find('3') == std::string::npos);
    CHECK(out.find(";4;") == std::string::npos);
  }
}
