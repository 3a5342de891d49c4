#include <tachyon/unwind/follow.hpp>

#include "drawn_thread.hpp"
#include "support/every_layout.hpp"

using namespace tachyon;
using test::DrawnThread;

namespace {

// Follows what is drawn; frames elsewhere are read when they are wanted.
ScanResult follow_down(DrawnThread& thread, TakenFrames& taken) {
  REQUIRE(thread.copy());
  GeneratorLinks links;
  Follow follow;
  taken.start(thread.window.first());
  follow.start(thread.current);
  for (;;) {
    links.clear();
    const ScanResult seen = follow.run(thread.view(), links, taken);
    if (seen != ScanResult::wanted) return seen;
    thread.window.foreign.add_read(thread.raw(links.wanted()));
  }
}

}  // namespace

TEST_CASE("follow: what the current frame leads to is the stack", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    thread.enter();
    thread.push("main");
    thread.remember();
    thread.push("parse", Site::plain);
    const Address steps = thread.resume("steps", Site::returns);
    thread.enter();
    const Address hook = thread.push("hook", Site::plain);
    TakenFrames taken;
    REQUIRE(follow_down(thread, taken) == ScanResult::stack);
    CHECK(taken.kept() == thread.chain.size());
    const std::size_t entries = layout.traits.has_shims ? 1 : 0;
    REQUIRE(taken.fresh().size() == 3 + entries);
    CHECK(taken.fresh()[1].frame.at == steps);
    CHECK(!taken.fresh()[1].on_data_stack);
    CHECK(taken.fresh().back().frame.at == hook);
    CHECK(taken.fresh().back().on_data_stack);
  });
}

TEST_CASE("follow: callers lie below those that they call", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    thread.push("main");
    const Address parse = thread.push("parse");
    const Address value = thread.push("value");
    thread.remember();
    TakenFrames taken;
    thread.put_previous(parse, value);
    CHECK(follow_down(thread, taken) == ScanResult::torn);
    thread.put_previous(parse, parse);
    CHECK(follow_down(thread, taken) == ScanResult::torn);
    thread.put_previous(parse, {});
    CHECK(follow_down(thread, taken) == ScanResult::shorter);
    thread.put_previous(parse, DrawnThread::chunk);
    CHECK(follow_down(thread, taken) == ScanResult::shorter);
    thread.put_executable(value, {});
    CHECK(follow_down(thread, taken) == ScanResult::torn);
  });
}

TEST_CASE("follow: another first frame, and a current one beyond the window", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    const Address main = thread.push("main");
    thread.push("parse");
    thread.remember();
    TakenFrames taken;
    for (int i = 0; i < 20; ++i) thread.push("deep");
    CHECK(follow_down(thread, taken) == ScanResult::wider);
    thread.window.reach_forward();
    thread.window.reach_forward();
    CHECK(follow_down(thread, taken) == ScanResult::stack);
    thread.put_executable(main, thread.code_of("other").at);
    CHECK(follow_down(thread, taken) == ScanResult::shorter);
  });
}
