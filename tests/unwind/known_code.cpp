#include <tachyon/unwind/known_code.hpp>

#include "drawn_thread.hpp"
#include "support/every_layout.hpp"

using namespace tachyon;
using test::DrawnThread;

TEST_CASE("known code: a frame is placed, or its code is wanted", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    const Address at = thread.push("main", Site::escapes);
    CodeLookup lookup;
    PlacedFrame placed;
    placed.frame = thread.raw(at);
    REQUIRE(lookup.place_frame(layout, thread.code, 0, placed) == Answer::yes);
    CHECK(placed.code == &thread.code_of("main"));
    CHECK(placed.unit == static_cast<std::uint32_t>(Site::escapes));
    CHECK(placed.complete);

    thread.code.hidden.insert(placed.frame.executable.value);
    CHECK(lookup.place_frame(layout, thread.code, 0, placed) == Answer::wanted);
    CHECK(lookup.wanted().executable == placed.frame.executable);
    lookup.refuse();
    CHECK(lookup.place_frame(layout, thread.code, 0, placed) == Answer::no);
    lookup.start();
    CHECK(lookup.place_frame(layout, thread.code, 0, placed) == Answer::wanted);
    thread.code.hidden.clear();

    // This thread's copy of the bytecode is another one, and not known.
    placed.frame.thread_index = 1;
    CHECK(lookup.place_frame(layout, thread.code, 0, placed) == Answer::wanted);
    CHECK(lookup.wanted().thread_index == 1);
    placed.frame.thread_index = 0;

    for (const std::uint64_t wrong :
         {std::uint64_t{1}, std::uint64_t{200}, std::uint64_t{1} << 60}) {
      PlacedFrame elsewhere = placed;
      elsewhere.frame.instruction = placed.code->bytecode + wrong;
      CHECK(lookup.place_frame(layout, thread.code, 0, elsewhere) == Answer::no);
    }
  });
}

TEST_CASE("known code: of a stack, what stands on a frame without code goes", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    std::vector<PlacedFrame> frames;
    const auto add = [&](Address at) {
      frames.emplace_back();
      frames.back().frame = thread.raw(at);
    };
    add(thread.push("one"));
    if (const Address entry = thread.enter()) add(entry);
    add(thread.push("two"));
    add(thread.push("three"));
    const std::vector<PlacedFrame> all = frames;
    CodeLookup lookup;
    CHECK(lookup.place_all(layout, thread.code, 0, frames) == Answer::yes);
    CHECK(frames.size() == all.size());
    for (const PlacedFrame& each : frames) {
      CHECK((each.code != nullptr) == !is_shim(layout, each.frame));
    }

    frames = all;
    lookup.start();
    thread.code.hidden.insert(thread.code_of("two").at.value);
    CHECK(lookup.place_all(layout, thread.code, 0, frames) == Answer::wanted);
    CHECK(lookup.wanted().executable == thread.code_of("two").at);
    lookup.refuse();
    CHECK(lookup.place_all(layout, thread.code, 0, frames) == Answer::no);
    CHECK(frames.size() == all.size() - 2);
  });
}
