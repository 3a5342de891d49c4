#include <tachyon/unwind/taken_frames.hpp>

#include "drawn_thread.hpp"
#include "support/every_layout.hpp"

using namespace tachyon;
using test::DrawnThread;

TEST_CASE("taken frames: links are kept up to the first that is another", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    const Address one = thread.push("one");
    const Address two = thread.push("two");
    const Address three = thread.push("three");
    thread.remember();
    thread.move_to(two, Site::plain);
    TakenFrames taken;
    taken.start(0);
    taken.take(thread.chain, thread.raw(one));
    CHECK(taken.youngest(thread.chain) == one);
    const auto mark = taken.mark();
    taken.take(thread.chain, thread.raw(two));
    taken.take(thread.chain, thread.raw(three));
    CHECK(taken.kept() == 1);
    CHECK(taken.fresh().size() == 2);
    CHECK(taken.youngest(thread.chain) == three);
    CHECK(taken.contains(thread.chain, one));
    CHECK(taken.contains(thread.chain, three));
    CHECK(!taken.contains(thread.chain, {8}));
    taken.drop_top(layout, thread.chain);
    CHECK(taken.youngest(thread.chain) == two);
    CHECK(taken.mark().fresh == 1);
    taken.return_to(mark);
    CHECK(taken.fresh().empty());
    // The first one stays.
    taken.drop_top(layout, thread.chain);
    CHECK(taken.kept() == 1);
  });
}

TEST_CASE("taken frames: what is known to be a link is not compared", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    thread.push("one");
    thread.push("two");
    thread.remember();
    const auto one = thread.chain[0].placed(), two = thread.chain[1].placed();
    TakenFrames taken;
    taken.start(0);
    taken.take(thread.chain, 0, one);
    taken.take(thread.chain, TakenFrames::unknown, two);
    CHECK(taken.kept() == 2);
    CHECK(taken.fresh().empty());
    // Another stands between the two now, so what was above it is made anew.
    taken.start(0);
    taken.take(thread.chain, 0, one);
    taken.take(thread.chain, thread.raw(thread.push("three")));
    taken.take(thread.chain, 1, two);
    CHECK(taken.kept() == 1);
    CHECK(taken.fresh().size() == 2);
    CHECK(taken.fresh()[1].code == two.code);
    taken.start(0);
    taken.take(thread.chain, 1, two);
    CHECK(taken.kept() == 0);
  });
}

TEST_CASE("taken frames: an entry goes with the frame that it was there for", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    DrawnThread thread{layout};
    const Address one = thread.push("one");
    const Address entry = thread.enter();
    const Address two = thread.push("two");
    const auto take_all = [&](TakenFrames& taken) {
      taken.start(0);
      taken.take(thread.chain, thread.raw(one));
      if (entry) taken.take(thread.chain, thread.raw(entry));
      taken.take(thread.chain, thread.raw(two));
    };
    TakenFrames taken;
    take_all(taken);
    taken.drop_top(layout, thread.chain);
    CHECK(taken.fresh().size() == 1);
    thread.remember();
    take_all(taken);
    CHECK(taken.kept() == thread.chain.size());
    taken.drop_top(layout, thread.chain);
    CHECK(taken.kept() == 1);

    take_all(taken);
    taken.renew(1, {thread.chain[1].placed()});
    CHECK(taken.kept() == 1);
    CHECK(taken.fresh().size() == 1);
    CHECK(taken.fresh()[0].frame.at == thread.chain[1].at);
  });
}
