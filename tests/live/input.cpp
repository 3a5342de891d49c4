#include <tachyon/live/input.hpp>

#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace tachyon::live;

namespace {

std::vector<Event> decode(std::initializer_list<std::string_view> pieces, bool quiet = false) {
  InputDecoder decoder;
  std::vector<Event> out;
  const auto keep = [&](const Event& event) { out.push_back(event); };
  for (const std::string_view piece : pieces) decoder.feed(piece, keep);
  if (quiet) decoder.quiet(keep);
  return out;
}
std::vector<Event> decode(std::string_view text) { return decode({text}); }
Event character(char32_t c) { return {Key::character, c}; }

}  // namespace

TEST_CASE("plain keys", "[live]") {
  CHECK(decode("qS/") == std::vector{character(U'q'), character(U'S'), character(U'/')});
  CHECK(decode("\r\n\t\x7f\x08") == std::vector{Event{Key::enter}, Event{Key::enter},
                                                Event{Key::tab}, Event{Key::backspace},
                                                Event{Key::backspace}});
  CHECK(decode("\x03\x1a\x0c") ==
        std::vector{Event{Key::interrupt}, Event{Key::suspend}, Event{Key::redraw}});
  CHECK(decode("\x01\x02").empty());
}

TEST_CASE("sequences, whole and in pieces", "[live]") {
  CHECK(decode("\x1b[A\x1bOB") == std::vector{Event{Key::up}, Event{Key::down}});
  CHECK(decode({"\x1b", "[", "C"}) == std::vector{Event{Key::right}});
  CHECK(decode("\x1b[5~\x1b[6~\x1b[1~\x1b[F") ==
        std::vector{Event{Key::page_up}, Event{Key::page_down}, Event{Key::home}, Event{Key::end}});
  CHECK(decode("\x1b[1;5A") == std::vector{Event{Key::up}});
  CHECK(decode("\x1b[Z") == std::vector{Event{Key::back_tab}});
}

TEST_CASE("a lone escape is a key when nothing follows", "[live]") {
  CHECK(decode({"\x1b"}).empty());
  CHECK(decode({"\x1b"}, true) == std::vector{Event{Key::escape}});
  CHECK(decode({"\x1b\x1b"}, true) == std::vector{Event{Key::escape}, Event{Key::escape}});
  CHECK(decode({"\x1b[1;"}, true).empty());
}

TEST_CASE("UTF-8 in pieces", "[live]") {
  CHECK(decode({"\xe8", "\xa8", "\x88"}) == std::vector{character(0x8a08)});
  CHECK(decode("\xff") == std::vector{character(replacement)});
  CHECK(decode("\xe8q") == std::vector{character(U'q')});
}

TEST_CASE("the mouse", "[live]") {
  CHECK(decode("\x1b[<64;5;7M") == std::vector{Event{Key::wheel_up, 0, 6, 4}});
  CHECK(decode("\x1b[<65;5;7M") == std::vector{Event{Key::wheel_down, 0, 6, 4}});
  CHECK(decode("\x1b[<0;1;1M\x1b[<0;1;1m") == std::vector{Event{Key::click, 0, 0, 0}});
  CHECK(decode("\x1b[<2;1;1M").empty());
  CHECK(decode("\x1b[M !!q") == std::vector{character(U'q')});
}

TEST_CASE("unknown sequences act as no key", "[live]") {
  CHECK(decode("\x1b[?2026;2$yq") == std::vector{character(U'q')});
  CHECK(decode("\x1b[11~\x1b[200~q/\x1b[201~x") ==
        std::vector{Event{Key::pasted, U'q'}, Event{Key::pasted, U'/'}, character(U'x')});
  CHECK(decode("\x1b[99999999999999999999~").empty());
  const std::string endless = "\x1b[" + std::string(200, '1');
  CHECK(decode({endless}).size() <= 200);
}
