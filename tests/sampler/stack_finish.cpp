#include <tachyon/sampler/stack_finish.hpp>

#include <optional>
#include <string>
#include <vector>
#include <catch2/catch.hpp>

#include <tachyon/sampler/watch.hpp>

#include "support/every_layout.hpp"
#include "unwind/fake_interpreter.hpp"

using namespace tachyon;

namespace {

// One thread with two frames, read and finished by hand.
struct Finished {
  explicit Finished(const PublishedLayout& layout, SamplerOptions wanted = {.all_threads = true})
      : fake{layout}, at{fake.interpreter(0)}, options{std::move(wanted)} {
    code = fake.code(u"work", u"a.py", 1);
    thread = fake.thread(at, 100, 0x7f1100000000);
    fake.main_thread(at, thread, 0x7f1100000000);
    fake.enter(thread);
    outer = fake.push(thread, code, code.call);
    fake.push(thread, code, code.end);
    watch.emplace(fake.layout(), fake.image, host, fake.site, tables, options);
    REQUIRE(watch->roster().refresh());
  }
  std::vector<std::string> frames() {
    report.begin(1);
    report.threads[0].state = ThreadLook::State::wanted;
    REQUIRE(watch->read({.everybody = true}, ++now * 1'000'000'000, report));
    watch->finish(report);
    watch->close(true, report);
    REQUIRE(report.threads[0].state == ThreadLook::State::kept);
    std::vector<FrameId> ids;
    const Tables& all = tables.unguarded();
    all.frames.frames_of(report.threads[0].stack, ids);
    std::vector<std::string> names;
    for (const FrameId id : ids) names.emplace_back(all.frames.name_of(id));
    return names;
  }
  Status status() const { return report.threads[0].status; }

  test::FakeInterpreter fake;
  Address at;
  SamplerOptions options;
  test::FakeCode code{};
  test::FakeThread thread{};
  Address outer{};
  test::FakeHost host{};
  SharedTables tables{};
  std::optional<Watch<PublishedLayout, Image, test::FakeHost>> watch{};
  LookReport report{};
  std::uint64_t now = 0;
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("stack finish: a collection stands on the frame that it began in") {
  test::every_layout([](const PublishedLayout& layout) {
    if (!layout.interpreter.gc_frame.present()) return;
    Finished here{layout};
    CHECK(here.frames() == Names{"work", "work"});
    CHECK_FALSE(has(here.status(), Status::in_gc));
    here.fake.put(here.at, layout.interpreter.gc_collecting, 1);
    here.fake.put(here.at, layout.interpreter.gc_frame, here.outer);
    CHECK(here.frames() == Names{"work", "<GC>", "work"});
    CHECK(has(here.status(), Status::in_gc));
    // It began in a frame of another thread.
    here.fake.put(here.at, layout.interpreter.gc_frame, here.outer + 0x100000);
    CHECK(here.frames() == Names{"work", "work"});
    CHECK_FALSE(has(here.status(), Status::in_gc));
  });
}

TEST_CASE("stack finish: without a word on where it began the GIL's holder collects") {
  test::every_layout([](const PublishedLayout& layout) {
    if (!layout.interpreter.gc_collecting.present()) return;
    Finished here{layout};
    here.fake.put(here.at, layout.interpreter.gc_collecting, 1);
    CHECK(here.frames() == Names{"work", "work"});
    here.fake.put(here.thread.at, layout.thread.holds_gil, 1);
    here.fake.put(here.thread.at, layout.thread.status_holds_gil, 1);
    const Address gil = here.fake.gil_of(here.at);
    here.fake.put(gil, layout.gil.locked, 1);
    here.fake.put(gil, layout.gil.last_holder, here.thread.at);
    here.fake.put(here.fake.site.runtime, layout.runtime.gilstate_tstate_current, here.thread.at);
    CHECK(here.frames() == Names{"work", "work", "<GC>"});
    CHECK(has(here.status(), Status::in_gc));
    CHECK(has(here.status(), Status::has_gil));
  });
}

TEST_CASE("stack finish: the collection can be left out of the stack, and the status says it") {
  test::every_layout([](const PublishedLayout& layout) {
    if (!layout.interpreter.gc_frame.present()) return;
    SamplerOptions options{.all_threads = true};
    options.gc = false;
    Finished here{layout, options};
    here.fake.put(here.at, layout.interpreter.gc_collecting, 1);
    here.fake.put(here.at, layout.interpreter.gc_frame, here.outer);
    CHECK(here.frames() == Names{"work", "work"});
    CHECK(has(here.status(), Status::in_gc));
  });
}
