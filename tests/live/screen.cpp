#include <tachyon/live/screen.hpp>

#include <catch2/catch.hpp>

using namespace tachyon::live;

TEST_CASE("text is clipped with an ellipsis", "[live]") {
  Screen screen{{1, 10}};
  CHECK(screen.put(0, 0, "hello") == 5);
  CHECK(screen.row_text(0) == "hello");
  CHECK(screen.put(0, 2, "abcdefgh", Ink::text, 4) == 6);
  CHECK(screen.row_text(0) == "heabc\u2026");
  CHECK(screen.put(0, 8, "xyz") == 10);
  CHECK(screen.row_text(0) == "heabc\u2026  x\u2026");
}

TEST_CASE("nothing is written outside", "[live]") {
  Screen screen{{2, 4}};
  CHECK(screen.put(-1, 0, "x") == 0);
  CHECK(screen.put(2, 0, "x") == 0);
  CHECK(screen.put(0, 9, "x") == 9);
  screen.fill(5, 0, 10, U'x');
  screen.fill(1, 3, 10, U'x');
  CHECK(screen.row_text(0).empty());
  CHECK(screen.row_text(1) == "   x");
  Screen none{{0, 0}};
  CHECK(none.put(0, 0, "x") == 0);
  Screen negative{{-3, -3}};
  CHECK(negative.rows() == 0);
}

TEST_CASE("wide characters are never cut in half", "[live]") {
  Screen screen{{1, 5}};
  screen.put(0, 0, "\u8a08\u7b97\u3059");
  CHECK(screen.row_text(0) == "\u8a08\u7b97\u2026");
  CHECK(screen.at(0, 1).width == 0);

  SECTION("overwriting the right half blanks the left one") {
    screen.put(0, 1, "x");
    CHECK(screen.row_text(0) == " x\u7b97\u2026");
  }
  SECTION("overwriting the left half blanks the right one") {
    screen.put(0, 2, "x");
    CHECK(screen.row_text(0) == "\u8a08x \u2026");
  }
  SECTION("an ellipsis in place of a half") {
    Screen small{{1, 4}};
    small.put(0, 0, "a\u8a08\u7b97");
    CHECK(small.row_text(0) == "a\u8a08\u2026");
    small.put(0, 0, "\u8a08\u7b97\u3059");
    CHECK(small.row_text(0) == "\u8a08 \u2026");
  }
}

TEST_CASE("combining marks stay with their letter", "[live]") {
  Screen screen{{1, 5}};
  CHECK(screen.put(0, 0, "cafe\u0301") == 4);
  CHECK(screen.at(0, 3).mark == 0x301);
  CHECK(screen.put(0, 0, "\u0301x") == 1);  // a mark without a letter is left out
}

TEST_CASE("ASCII screens", "[live]") {
  Screen screen{{1, 8}, false};
  screen.put(0, 0, "caf\u00e9 \u8a08\u7b97 and more");
  CHECK(screen.row_text(0) == "caf? ??~");
}

TEST_CASE("fields", "[live]") {
  Screen screen{{1, 12}};
  screen.fill(0, 0, 12, U'.');
  screen.field(0, 1, 6, "ab", {Ink::text}, Align::right);
  CHECK(screen.row_text(0) == ".    ab.....");
  screen.field(0, 1, 6, "ab", {Ink::text}, Align::centre);
  CHECK(screen.row_text(0) == ".  ab  .....");
  screen.field(0, 1, 6, "abcdefgh", {Ink::text}, Align::right);
  CHECK(screen.row_text(0) == ".abcde\u2026.....");
}
