#include <tachyon/unwind/scan.hpp>

#include "drawn_thread.hpp"
#include "support/every_layout.hpp"

using namespace tachyon;
using test::DrawnThread;
using Names = std::vector<std::string>;

namespace {

// main, parse and value, each calling the next.
void draw_three(DrawnThread& thread) {
  thread.enter();
  thread.push("main");
  thread.push("parse");
  thread.push("value");
  thread.remember();
}

}  // namespace

TEST_CASE("scan: what has not changed is kept", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    draw_three(thread);
    CHECK(thread.look() == Names{"main", "parse", "value"});
    CHECK(thread.scan.taken().kept() == thread.chain.size());
    CHECK(thread.scan.taken().fresh().empty());
    CHECK(thread.wanted == 0);
  });
}

TEST_CASE("scan: what has changed is new, and what stands on it", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    thread.push("main");
    const Address parse = thread.push("parse");
    thread.push("value");
    thread.remember();
    thread.move_to(parse, Site::any);
    CHECK(thread.look() == Names{"main", "parse", "value"});
    CHECK(thread.scan.taken().kept() == 1);
    REQUIRE(thread.scan.taken().fresh().size() == 2);
    CHECK(thread.scan.taken().fresh()[0].unit == static_cast<std::uint32_t>(Site::any));
    CHECK(thread.scan.taken().fresh()[0].on_data_stack);

    thread.push("digit", Site::plain);
    CHECK(thread.look() == Names{"main", "parse", "value", "digit"});
  });
}

TEST_CASE("scan: frames that have returned are not shown", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    draw_three(thread);
    thread.pop();
    CHECK(thread.look() == Names{"main", "parse"});
    thread.pop();
    CHECK(thread.look() == Names{"main"});
  });
}

// The interpreter makes the caller current first; the frame goes a few instructions later.
TEST_CASE("scan: a frame that is returning is left when its caller is current", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    draw_three(thread);
    const Address value = thread.current;
    const Address parse = thread.previous_of(value);
    thread.move_to(value, Site::returns);
    const bool cleared = layout.traits.popped_frames_are_cleared;
    CHECK(thread.look() == (cleared ? Names{"main", "parse", "value"} : Names{"main", "parse"}));
    REQUIRE(thread.copy());
    thread.seen_current = parse;
    REQUIRE(thread.scan_all() == ScanResult::stack);
    CHECK(thread.names() == Names{"main", "parse"});
  });
}

TEST_CASE("scan: a frame that is being set up is shown when it runs", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    draw_three(thread);
    thread.code_of("digit").first_traceable = 1;
    const Address value = thread.current;
    const Address digit = thread.push("digit", Site::plain);
    REQUIRE(thread.copy());
    REQUIRE(thread.scan_all() == ScanResult::stack);
    CHECK(thread.names().back() == "digit");
    CHECK(!thread.scan.taken().fresh().back().complete);
    REQUIRE(thread.copy());
    thread.seen_current = value;
    thread.first_current = digit;
    REQUIRE(thread.scan_all() == ScanResult::stack);
    CHECK(thread.names() == Names{"main", "parse", "value"});
  });
}

// An instruction that calls nothing has a frame on it. Where the caller was new in this look, that
// is left over; otherwise a finaliser, which is asked for a second time.
TEST_CASE("scan: a rule that the current frame contradicts is in doubt once", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    draw_three(thread);
    const Address value = thread.current;
    thread.move_to(value, Site::plain);
    thread.remember();
    const Address digit = thread.push("digit", Site::plain);
    CHECK(thread.look() == Names{"(again)"});
    CHECK(thread.look() == Names{"main", "parse", "value", "digit"});
    CHECK(thread.look() == Names{"main", "parse", "value", "digit"});

    // It was there once and is gone: the rule was right.
    DrawnThread other{layout};
    draw_three(other);
    other.move_to(other.current, Site::plain);
    other.remember();
    other.push("digit", Site::plain);
    CHECK(other.look() == Names{"(again)"});
    other.pop();
    CHECK(other.look() == Names{"main", "parse", "value"});

    // The caller has moved since the last look, too: nothing is asked again.
    thread.current = value;
    thread.next = digit;
    thread.move_to(value, Site::calls);
    thread.remember();
    thread.move_to(value, Site::plain);
    thread.push("digit", Site::plain);
    CHECK(thread.look() == Names{"main", "parse", "value"});
  });
}

TEST_CASE("scan: a finaliser on a frame that has been left", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    draw_three(thread);
    const Address value = thread.current;
    thread.current = thread.previous_of(value);  // value is being left, its locals go away
    thread.enter();
    thread.push("finaliser", Site::plain);
    CHECK(thread.look() == Names{"(again)"});
    CHECK(thread.look() == Names{"main", "parse", "finaliser"});
  });
}

TEST_CASE("scan: frames beyond the window, and a stack that ends before it", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    draw_three(thread);
    for (int i = 0; i < 20; ++i) thread.push("deep");
    CHECK(thread.look() == Names{"(wider)"});
    thread.window.reach_forward();
    thread.window.reach_forward();
    Names deep{"main", "parse", "value"};
    deep.insert(deep.end(), 20, "deep");
    CHECK(thread.look() == deep);

    // The first frame of the window runs something else.
    thread.remember();
    for (int i = 0; i < 60; ++i) thread.push("deeper");
    thread.remember();
    REQUIRE(thread.copy());
    const std::size_t first = thread.window.first();
    REQUIRE(first > 3);
    thread.put_executable(thread.chain[first].at, thread.code_of("other").at);
    CHECK(thread.look() == Names{"(shorter)"});
  });
}

TEST_CASE("scan: a frame elsewhere is wanted where it was not copied", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    draw_three(thread);
    thread.move_to(thread.current, Site::resumes_generator);
    const Address steps = thread.resume("steps", Site::plain);
    REQUIRE(thread.copy());
    const auto in = thread.input();
    REQUIRE(thread.scan.start(in, false) == ScanResult::wanted);
    CHECK(thread.scan.wanted_frame() == steps);
    SECTION("it is read") {
      thread.give_wanted();
      REQUIRE(thread.scan.resume(in) == ScanResult::stack);
      CHECK(thread.names() == Names{"main", "parse", "value", "steps"});
      CHECK(!thread.scan.taken().fresh().back().on_data_stack);
      // In the next look it is copied with the window.
      thread.remember();
      CHECK(thread.look() == Names{"main", "parse", "value", "steps"});
      CHECK(thread.wanted == 0);
    }
    SECTION("it cannot be read") {
      thread.window.foreign.add_unreadable(steps);
      REQUIRE(thread.scan.resume(in) == ScanResult::stack);
      CHECK(thread.names() == Names{"main", "parse", "value"});
    }
    SECTION("it runs no code") {
      thread.give_wanted();
      thread.code.hidden.insert(thread.raw(steps).executable.value);
      REQUIRE(thread.scan.resume(in) == ScanResult::wanted);
      CHECK(!thread.scan.wanted_frame());
      thread.scan.refuse_code();
      REQUIRE(thread.scan.resume(in) == ScanResult::misplaced);
      CHECK(thread.names() == Names{"main", "parse", "value"});
    }
  });
}

TEST_CASE("scan: code is wanted where it is not known", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    draw_three(thread);
    const Code& digit = thread.code_of("digit");
    thread.push("digit", Site::plain);
    thread.code.hidden.insert(digit.at.value);
    REQUIRE(thread.copy());
    const auto in = thread.input();
    REQUIRE(thread.scan.start(in, false) == ScanResult::wanted);
    CHECK(!thread.scan.wanted_frame());
    CHECK(thread.scan.wanted_code().executable == digit.at);
    SECTION("it is got") {
      thread.give_wanted();
      REQUIRE(thread.scan.resume(in) == ScanResult::stack);
      CHECK(thread.names() == Names{"main", "parse", "value", "digit"});
    }
    SECTION("it is none") {
      thread.scan.refuse_code();
      REQUIRE(thread.scan.resume(in) == ScanResult::stack);
      CHECK(thread.names() == Names{"main", "parse", "value"});
    }
  });
}

TEST_CASE("scan: calls through generators and C, one on the other", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    thread.enter();
    thread.push("main", Site::resumes_generator);
    thread.remember();
    thread.resume("outer", Site::resumes_generator);
    thread.resume("inner");
    thread.push("leaf", Site::escapes);
    thread.enter();
    thread.push("hook", Site::plain);
    const Names whole{"main", "outer", "inner", "leaf", "hook"};
    CHECK(thread.look() == whole);
    CHECK(thread.wanted != 0);
    CHECK(thread.look(true) == whole);
    thread.remember();
    CHECK(thread.look() == whole);
    CHECK(thread.wanted == 0);
    CHECK(thread.look(true) == whole);
  });
}

// `await sleep()`: the call leaves the frame in which the coroutine of sleep() was made.
TEST_CASE("scan: what a coroutine has left behind does not stand on it once it waits", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    const Address main = thread.push("main");
    thread.enter();
    const Address work = thread.resume("work");
    thread.remember();
    thread.code_of("sleep").first_traceable = 1;
    thread.push("sleep", Site::plain);
    thread.current = work;
    CHECK(thread.look() == Names{"main", "work"});
    thread.current = main;
    thread.put_previous(work, {});
    CHECK(thread.look() == Names{"main"});
    CHECK(thread.look(true) == Names{"main"});
  });
}

TEST_CASE("scan: of a thread that cannot run, the current frame is the top", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    draw_three(thread);
    thread.move_to(thread.current, Site::plain);
    thread.push("digit", Site::returns);
    CHECK(thread.look(true) == Names{"main", "parse", "value", "digit"});
    thread.current = thread.previous_of(thread.current);
    CHECK(thread.look(true) == Names{"main", "parse", "value"});
  });
}

TEST_CASE("scan: an endless chain of frames elsewhere ends", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    draw_three(thread);
    thread.move_to(thread.current, Site::resumes_generator);
    const Address one = thread.resume("one");
    const Address two = thread.resume("two");
    thread.put_previous(one, two);
    CHECK(thread.look() == Names{"main", "parse", "value"});
    CHECK(thread.wanted == 2);
    CHECK(thread.look(true) == Names{"(shorter)"});
    // Where old bytes are told by the current frame, the stack ends below the window.
    thread.put_previous(one, DrawnThread::chunk + 8);
    const bool cleared = layout.traits.popped_frames_are_cleared;
    CHECK(thread.look() == (cleared ? Names{"main", "parse", "value"} : Names{"(shorter)"}));
  });
}
