#include <tachyon/live/environment.hpp>

#include <string>

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

using namespace tachyon::live;

TEST_CASE("colours by environment", "[live]") {
  const auto colours = [](const char* term, const char* colorterm, const char* no_color) {
    return colours_of({term, colorterm, no_color, nullptr, nullptr, nullptr});
  };
  CHECK(colours("xterm-256color", nullptr, nullptr) == Colours::many);
  CHECK(colours("xterm", "truecolor", nullptr) == Colours::many);
  CHECK(colours("xterm", nullptr, nullptr) == Colours::sixteen);
  CHECK(colours("linux", nullptr, "") == Colours::sixteen);  // empty does not count
  CHECK(colours("xterm-256color", "truecolor", "1") == Colours::none);
  CHECK(colours("vt100", nullptr, nullptr) == Colours::none);
}

TEST_CASE("drawing by locale", "[live]") {
  const auto unicode = [](const char* all, const char* ctype, const char* lang) {
    return unicode_of({nullptr, nullptr, nullptr, all, ctype, lang});
  };
  CHECK(unicode(nullptr, nullptr, "en_US.UTF-8"));
  CHECK(unicode(nullptr, "C.utf8", "C"));
  CHECK_FALSE(unicode("C", nullptr, "en_US.UTF-8"));
  CHECK(unicode("", nullptr, "de_DE.UTF-8"));
  CHECK_FALSE(unicode(nullptr, nullptr, nullptr));
  CHECK_FALSE(unicode("de_DE.ISO-8859-1", nullptr, nullptr));
}

TEST_CASE("what is no terminal is named", "[live]") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const Environment good{"xterm", nullptr, nullptr, nullptr, nullptr, nullptr};
  CHECK(check_terminal(good, ends[0], ends[1]) == TerminalFault::output);
  CHECK(check_terminal(good, -1, -1) == TerminalFault::output);
  CHECK(std::string{describe(TerminalFault::type)}.find("TERM") != std::string::npos);
  ::close(ends[0]);
  ::close(ends[1]);
  CHECK_FALSE(knows_terminal({nullptr, nullptr, nullptr, nullptr, nullptr, nullptr}));
  CHECK_FALSE(knows_terminal({"", nullptr, nullptr, nullptr, nullptr, nullptr}));
  CHECK_FALSE(knows_terminal({"dumb", nullptr, nullptr, nullptr, nullptr, nullptr}));
}
