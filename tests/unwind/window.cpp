#include <tachyon/unwind/window.hpp>

#include "drawn_thread.hpp"
#include "support/every_layout.hpp"

using namespace tachyon;
using test::DrawnThread;

TEST_CASE("window: nothing is aimed at where nothing is known", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    CHECK(!thread.window.aim(layout, thread.chain));
    thread.push("main");
    thread.remember();
    CHECK(thread.window.aim(layout, thread.chain));
    CHECK(!thread.window.empty());
    thread.window.set_chunk(DrawnThread::chunk, 0);
    CHECK(!thread.window.aim(layout, thread.chain));
    CHECK(thread.window.empty());
    // In another chunk now.
    thread.window.set_chunk(DrawnThread::chunk + 0x10000, DrawnThread::chunk_size);
    CHECK(!thread.window.aim(layout, thread.chain));
  });
}

TEST_CASE("window: a short stack is copied whole, of a deep one the end", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    const Address main = thread.push("main");
    const std::uint32_t frame = thread.code_of("main").frame_bytes;
    while (thread.next - main + 2 * frame < Window::whole_below) thread.push("deep");
    thread.remember();
    REQUIRE(thread.window.aim(layout, thread.chain));
    CHECK(thread.window.at() == main);
    CHECK(thread.window.first() == 0);
    CHECK(thread.window.bytes().size() == thread.next - main + Window::least_forward);

    while (thread.next - main < 8000) thread.push("deep");
    thread.remember();
    REQUIRE(thread.window.aim(layout, thread.chain));
    const std::uint64_t back = thread.current - thread.window.at();
    CHECK(back <= Window::least_back);
    CHECK(back + frame > Window::least_back);
    CHECK(thread.chain[thread.window.first()].at == thread.window.at());

    // What was too short is doubled, and becomes shorter again little by little.
    thread.window.reach_back();
    thread.window.reach_forward();
    REQUIRE(thread.window.aim(layout, thread.chain));
    const std::uint64_t more = thread.current - thread.window.at();
    CHECK(more > Window::least_back);
    CHECK(more <= 2 * Window::least_back);
    CHECK(thread.window.bytes().size() == more + frame + 2 * Window::least_forward);
    for (int i = 0; i < 400; ++i) thread.window.shorten();
    REQUIRE(thread.window.aim(layout, thread.chain));
    CHECK(thread.current - thread.window.at() <= Window::least_back + 64);
  });
}

TEST_CASE("window: it ends where the chunk ends", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    const std::uint64_t end = DrawnThread::chunk.value + DrawnThread::chunk_size;
    thread.push("main");
    const std::uint32_t frame = thread.code_of("main").frame_bytes;
    while (thread.next.value + frame <= end) thread.push("deep");
    thread.remember();
    for (int i = 0; i < 20; ++i) {
      thread.window.reach_forward();
      thread.window.reach_back();
    }
    REQUIRE(thread.copy());
    CHECK(thread.window.at().value + thread.window.bytes().size() == end);
    CHECK(thread.window.first() == 0);
    RawFrame seen;
    CHECK(thread.window.frame_at(layout, thread.current, seen));
    CHECK(seen.executable == thread.code_of("deep").at);
  });
}

TEST_CASE("window: a frame is only there when all of its fixed part is", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    const Address main = thread.push("main");
    thread.remember();
    REQUIRE(thread.copy());
    const std::uint64_t size = thread.window.bytes().size();
    const std::uint64_t header = layout.frame.localsplus.offset;
    RawFrame seen;
    CHECK(thread.window.frame_at(layout, main, seen));
    CHECK(seen.at == main);
    CHECK(seen.executable == thread.code_of("main").at);
    CHECK(thread.window.frame_at(layout, main + (size - header), seen));
    CHECK(!thread.window.frame_at(layout, main + (size - header + 8), seen));
    CHECK(!thread.window.frame_at(layout, main + size, seen));
    CHECK(!thread.window.frame_at(layout, main - 8, seen));
    CHECK(!thread.window.frame_at(layout, {}, seen));
    CHECK(!thread.window.frame_at(layout, {~std::uint64_t{0}}, seen));
    CHECK(!thread.window.in_chunk(DrawnThread::chunk - 1));
    CHECK(thread.window.in_chunk(DrawnThread::chunk));
    CHECK(!thread.window.in_chunk(thread.window.chunk_end()));
  });
}

TEST_CASE("window: the youngest generators are copied with it", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    thread.push("main", Site::resumes_generator);
    thread.resume("steps", Site::resumes_generator);
    std::vector<Address> all{thread.current};
    for (std::size_t i = 0; i < ForeignFrames::most_copied; ++i) {
      all.push_back(thread.resume("steps", Site::resumes_generator));
    }
    thread.enter();
    thread.push("leaf");
    thread.remember();
    REQUIRE(thread.copy());
    CHECK(thread.window.foreign.copied_count() == ForeignFrames::most_copied);
    RawFrame seen;
    CHECK(!thread.window.foreign.find_copied(layout, all.front(), seen));
    for (std::size_t i = 1; i < all.size(); ++i) {
      CHECK(thread.window.foreign.find_copied(layout, all[i], seen));
      CHECK(seen.previous == all[i - 1]);
    }
    CHECK(thread.window.foreign.copied(layout, 0).at == all.back());
  });
}

TEST_CASE("window: frames that were read later, and those that could not be", "[scan]") {
  ForeignFrames foreign;
  CHECK(foreign.find_read({16}) == nullptr);
  for (std::uint64_t i = 0; foreign.may_read_more(); ++i) {
    RawFrame frame;
    frame.at = {16 * i};
    if (i % 2 == 0) {
      foreign.add_read(frame);
    } else {
      foreign.add_unreadable(frame.at);
    }
  }
  for (std::uint64_t i = ForeignFrames::most_read; i-- > 0;) {
    const ForeignFrames::Read* const read = foreign.find_read({16 * i});
    REQUIRE(read != nullptr);
    CHECK(read->readable == (i % 2 == 0));
  }
  CHECK(foreign.find_read({8}) == nullptr);
  foreign.clear();
  CHECK(foreign.find_read({16}) == nullptr);
  CHECK(foreign.may_read_more());
}
