#include <tachyon/sampler/roster.hpp>

#include <memory>
#include <string>
#include <vector>
#include <catch2/catch.hpp>

#include "support/every_layout.hpp"
#include "unwind/fake_interpreter.hpp"

using namespace tachyon;

namespace {

constexpr std::uint64_t first_pthread = 0x7f1100000000;

// An interpreter whose threads come and go, and a roster of it.
struct Listed {
  explicit Listed(const PublishedLayout& layout, SamplerOptions wanted = {.all_threads = true})
      : fake{layout}, at{fake.interpreter(0)}, options{std::move(wanted)} {
    roster.emplace(fake.layout(), fake.image, host, fake.site, tables, options);
  }
  test::FakeThread add(std::uint64_t tid) { return fake.thread(at, tid, first_pthread + tid); }
  std::vector<std::int32_t> tids() {
    std::vector<std::int32_t> all;
    for (const auto& thread : roster->threads()) all.push_back(thread.tid);
    std::sort(all.begin(), all.end());
    return all;
  }
  // What a look does: it reads what the interpreter says of its list.
  bool shows_change() {
    for (KnownInterpreter& each : roster->interpreters()) {
      std::vector<Range> ranges;
      each.copy.add_ranges(fake.layout(), each.at, ranges);
      REQUIRE(fake.image.read_many(ranges));
    }
    return roster->list_changed();
  }

  test::FakeInterpreter fake;
  Address at;
  test::FakeHost host{};
  SharedTables tables{};
  SamplerOptions options;
  std::optional<Roster<PublishedLayout, Image, test::FakeHost>> roster{};
};

using Tids = std::vector<std::int32_t>;

}  // namespace

TEST_CASE("roster: threads that begin and end, in every layout") {
  test::every_layout([](const PublishedLayout& layout) {
    Listed here{layout};
    const test::FakeThread first = here.add(100);
    here.fake.main_thread(here.at, first, first_pthread + 100);
    here.add(101);
    REQUIRE(here.roster->refresh());
    CHECK(here.tids() == Tids{100, 101});
    CHECK_FALSE(here.shows_change());

    const test::FakeThread newest = here.add(102);
    CHECK(here.shows_change());
    here.roster->note_change();
    REQUIRE(here.roster->keep_up(1));
    CHECK(here.tids() == Tids{100, 101, 102});
    CHECK_FALSE(here.shows_change());
    for (const auto& thread : here.roster->threads()) CHECK(thread.main == (thread.tid == 100));

    // The newest one ends: the list begins with the thread that came before it.
    Address before{};
    REQUIRE(here.fake.image.read(newest.at + layout.thread.next.offset, bytes_of(before)));
    here.fake.put(here.at, layout.interpreter.threads_head, before);
    CHECK(here.shows_change());
    here.roster->note_change();
    REQUIRE(here.roster->keep_up(2));
    CHECK(here.tids() == Tids{100, 101});
  });
}

TEST_CASE("roster: a thread that is still there keeps what is known about it") {
  test::every_layout([](const PublishedLayout& layout) {
    Listed here{layout};
    here.add(100);
    here.add(101);
    REQUIRE(here.roster->refresh());
    for (auto& thread : here.roster->threads()) {
      thread.held_gil = thread.tid == 101;
      thread.stack_age = {true, 17};
    }
    here.add(102);
    REQUIRE(here.roster->refresh());
    REQUIRE(here.roster->threads().size() == 3);
    for (const auto& thread : here.roster->threads()) {
      CHECK(thread.held_gil == (thread.tid == 101));
      CHECK(thread.stack_age.known == (thread.tid != 102));
    }
  });
}

TEST_CASE("roster: a list that cannot be read loses no thread") {
  const PublishedLayout& layout = published_form<layouts::cpython_3_13_x86_64>;
  Listed here{layout};
  here.add(100);
  here.add(101);
  REQUIRE(here.roster->refresh());
  Address runtime_head{};
  const Address head = here.fake.site.runtime + layout.runtime.interpreters_head.offset;
  REQUIRE(here.fake.image.read(head, bytes_of(runtime_head)));
  here.fake.put_word(head, 0x10);  // nothing is mapped there
  CHECK(here.roster->refresh().error().code == Errc::unreadable);
  CHECK(here.tids() == Tids{100, 101});
  here.fake.put_word(head, 0);
  CHECK(here.roster->refresh().error().code == Errc::not_started);
  here.fake.put_word(head, runtime_head.value);
  CHECK(here.roster->refresh());
}

TEST_CASE("roster: a list that breaks off is listed again soon") {
  const PublishedLayout& layout = published_form<layouts::cpython_3_13_x86_64>;
  Listed here{layout};
  const test::FakeThread old = here.add(100);
  const test::FakeThread broken = here.add(101);
  here.fake.put(broken.at, layout.thread.next, Address{0x10});
  REQUIRE(here.roster->refresh());
  CHECK(here.tids() == Tids{101});
  here.fake.put(broken.at, layout.thread.next, old.at);
  constexpr std::uint64_t second = 1'000'000'000;
  REQUIRE(here.roster->keep_up(100 * second));  // whole again
  CHECK(here.tids() == Tids{100, 101});
}

TEST_CASE("roster: which threads are wanted") {
  const PublishedLayout& layout = published_form<layouts::cpython_3_13_x86_64>;
  const auto wanted = [&](SamplerOptions options) {
    Listed here{layout, std::move(options)};
    const test::FakeThread main = here.add(100);
    here.fake.main_thread(here.at, main, first_pthread + 100);
    here.add(101);
    REQUIRE(here.roster->refresh());
    return here.tids();
  };
  CHECK(wanted({}) == Tids{100});
  CHECK(wanted({.all_threads = true}) == Tids{100, 101});
  CHECK(wanted({.all_threads = true, .threads = {"101"}}) == Tids{101});
  CHECK(wanted({.all_threads = true, .threads = {"py*3"}}) == Tids{100, 101});
  CHECK(wanted({.all_threads = true, .threads = {"10", "worker*"}}) == Tids{});
}

TEST_CASE("roster: who has had no stack in ten attempts is counted until the first one") {
  test::every_layout([](const PublishedLayout& layout) {
    Listed here{layout};
    here.add(100);
    REQUIRE(here.roster->refresh());
    auto& thread = here.roster->threads().front();
    ReadQuality quality;
    const auto fail = [&](int times) {
      for (int i = 0; i < times; ++i) note_attempt(thread, false, quality);
    };
    fail(9);
    CHECK(quality.unseen_threads == 0);
    fail(20);
    CHECK(quality.unseen_threads == 1);
    note_attempt(thread, true, quality);
    CHECK(quality.unseen_threads == 0);
    fail(20);
    CHECK(quality.unseen_threads == 0);
  });
}
