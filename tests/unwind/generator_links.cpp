#include <tachyon/unwind/generator_links.hpp>

#include "drawn_thread.hpp"
#include "support/every_layout.hpp"

using namespace tachyon;
using test::DrawnThread;

namespace {

// A thread in a frame `loop`, that everything else stands on.
struct OnLoop : DrawnThread {
  explicit OnLoop(const PublishedLayout& given, Site site = Site::resumes_generator)
      : DrawnThread{given} {
    loop = push("loop", site);
    floor = {loop, code_of("loop").frame_bytes, site};
    remember();
  }
  bool connect(Address from) {
    REQUIRE(copy());
    for (;;) {
      const bool leads = links.connect(view(), from, floor);
      if (!links.wanted()) return leads;
      window.foreign.add_read(raw(links.wanted()));
    }
  }

  GeneratorLinks links{};
  Address loop{};
  Floor floor{};
};

}  // namespace

TEST_CASE("generator links: a frame that is not here is wanted", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    OnLoop thread{layout};
    const Address outer = thread.resume("outer", Site::resumes_generator);
    const Address inner = thread.resume("inner");
    REQUIRE(thread.copy());
    CHECK(!thread.links.connect(thread.view(), inner, thread.floor));
    CHECK(thread.links.wanted() == inner);
    thread.window.foreign.add_read(thread.raw(inner));
    CHECK(!thread.links.connect(thread.view(), inner, thread.floor));
    CHECK(thread.links.wanted() == outer);
    thread.window.foreign.add_read(thread.raw(outer));
    CHECK(thread.links.connect(thread.view(), inner, thread.floor));
    CHECK(!thread.links.wanted());
    REQUIRE(thread.links.between().size() == 2);
    CHECK(thread.links.between()[0].at == inner);
    CHECK(thread.links.between()[1].at == outer);

    thread.window.foreign.clear();
    thread.window.foreign.add_unreadable(inner);
    CHECK(!thread.links.connect(thread.view(), inner, thread.floor));
    CHECK(!thread.links.wanted());
  });
}

TEST_CASE("generator links: what leads elsewhere does not connect", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    OnLoop thread{layout};
    const Address steps = thread.resume("steps");
    CHECK(thread.connect(steps));
    CHECK(thread.connect(thread.loop));
    CHECK(thread.links.between().empty());
    thread.put_previous(steps, thread.loop + 8);
    CHECK(!thread.connect(steps));
    CHECK(!thread.connect({}));
    CHECK(!thread.connect({8}));
    // A frame of the thread's own is none that generators have in between.
    thread.put_previous(steps, thread.loop);
    (void)thread.image.store(layout.frame.owner.at(steps),
                             static_cast<std::uint8_t>(layout.owners.thread.number));
    CHECK(!thread.connect(steps));
  });
}

TEST_CASE("generator links: one that has yielded stands on who called it before", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    OnLoop thread{layout};
    const Address outer = thread.resume("outer", Site::resumes_generator);
    const Address inner = thread.resume("inner");
    thread.remember();
    thread.put_previous(inner, {});
    CHECK(thread.connect(inner));
    CHECK(thread.links.between().size() == 2);
    CHECK(!thread.links.is_ambiguous());
    thread.put_previous(outer, {});
    CHECK(thread.connect(inner));
    CHECK(thread.links.between()[0].previous == outer);
  });
}

TEST_CASE("generator links: one that was not seen before stands on who iterates it", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    OnLoop thread{layout};
    const Address steps = thread.resume("steps");
    thread.put_previous(steps, {});
    CHECK(!thread.connect(steps));
    CHECK(thread.links.is_ambiguous());
    thread.hold(thread.loop, steps);
    CHECK(thread.connect(steps));
    CHECK(!thread.links.is_ambiguous());
    CHECK(thread.links.between().back().previous == thread.loop);
    // Not where no generator is resumed.
    thread.floor.site = Site::any;
    CHECK(!thread.connect(steps));
    CHECK(thread.links.is_ambiguous());
    thread.floor.site = Site::calls;
    CHECK(!thread.connect(steps));
    CHECK(!thread.links.is_ambiguous());
  });
}

// enumerate() and map() have the generator, and the frame has them.
TEST_CASE("generator links: C code was seen to iterate on this frame", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    OnLoop thread{layout};
    const Address one = thread.resume("one");
    CHECK(thread.connect(one));  // and `loop` does not hold it
    const Address two = thread.resume("two");
    thread.put_previous(two, {});
    CHECK(thread.connect(two));
    // A frame that iterates one by itself makes that forgotten.
    thread.put_previous(two, thread.loop);
    thread.hold(thread.loop, two);
    CHECK(thread.connect(two));
    thread.hold(thread.loop, one);
    thread.put_previous(two, {});
    CHECK(!thread.connect(two));
  });
}

TEST_CASE("generator links: an entry from C is read again only where it may be another", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    if (!layout.traits.has_shims) return;
    OnLoop thread{layout, Site::calls};
    const Address entry = thread.enter();
    thread.push("called");
    thread.remember();
    const Address other = thread.enter();
    REQUIRE(thread.copy());
    CHECK(thread.links.lead_down(thread.view(), entry, false) == thread.loop);
    CHECK(!thread.links.wanted());
    CHECK(!thread.links.lead_down(thread.view(), entry, true));
    CHECK(thread.links.wanted() == entry);
    thread.links.clear();
    CHECK(!thread.links.lead_down(thread.view(), other, false));
    CHECK(thread.links.wanted() == other);
    // What claims to be an entry and lies on the data stack is forged.
    CHECK(thread.links.lead_down(thread.view(), thread.loop, true) == thread.loop);
    CHECK(thread.links.between().empty());
  });
}

TEST_CASE("generator links: the place on the data stack", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    OnLoop thread{layout};
    const Address steps = thread.resume("steps");
    REQUIRE(thread.copy());
    CHECK(thread.links.floor_of(thread.view(), thread.loop) == thread.loop);
    CHECK(!thread.links.floor_of(thread.view(), steps));
    CHECK(thread.links.wanted() == steps);
    thread.window.foreign.add_read(thread.raw(steps));
    CHECK(thread.links.floor_of(thread.view(), steps) == thread.loop);
    CHECK(!thread.links.floor_of(thread.view(), {}));
  });
}

TEST_CASE("generator links: two that lead to each other lead nowhere", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    OnLoop thread{layout};
    const Address one = thread.resume("one");
    const Address two = thread.resume("two");
    thread.put_previous(one, two);
    CHECK(!thread.connect(two));
    CHECK(!thread.links.lead_down(thread.view(), two, true));
    CHECK(!thread.links.wanted());
  });
}

TEST_CASE("generator links: generators that ran when they were copied", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    OnLoop thread{layout};
    const Address outer = thread.resume("outer", Site::resumes_generator);
    const Address entry = thread.enter();
    const Address inner = thread.resume("inner");
    thread.remember();
    REQUIRE(thread.copy());
    const auto view = thread.view();
    GeneratorLinks::Running running;
    using Links = GeneratorLinks;
    REQUIRE(Links{}.find_running(view, thread.loop, Site::resumes_generator, false, running));
    CHECK(running.frame.at == outer);
    CHECK(running.entry == nullptr);
    CHECK(!Links{}.find_running(view, thread.loop, Site::plain, false, running));
    REQUIRE(Links{}.find_running(view, outer, Site::plain, true, running));
    CHECK(running.frame.at == inner);
    CHECK((running.entry != nullptr) == layout.traits.has_shims);
    if (running.entry != nullptr) CHECK(running.entry->at == entry);
    CHECK(!Links{}.find_running(view, inner, Site::any, true, running));
  });
}
