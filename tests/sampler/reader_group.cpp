#include <tachyon/sampler/reader_group.hpp>

#include <atomic>
#include <vector>

#include <catch2/catch.hpp>

namespace {

using namespace tachyon;

// Sees a stack of its own at every deadline, until it has seen enough.
struct FakeSampler {
  std::uint32_t own;
  std::uint64_t enough;
  Errc then = Errc::no_such_process;
  unsigned per_look = 1;
  ReadQuality books{};

  template <class C>
  Result<Tick> tick(C& collector, std::uint64_t deadline, std::uint64_t origin) {
    if (books.ticks == enough) return then;
    while (monotonic_now() < deadline) {
    }
    ++books.ticks;
    Tick tick;
    tick.time = monotonic_now() - origin;
    for (unsigned i = 0; i < per_look; ++i) {
      ++books.valid;
      collector.add(Sample{ThreadIndex{own}, StackId{own + i}, Status::none, tick.time, 1});
    }
    return tick;
  }
  const ReadQuality& quality() const noexcept { return books; }
  std::uint64_t held() const noexcept { return 0; }
  bool adaptive() const noexcept { return false; }
};
static_assert(TickSampler<FakeSampler>);
static_assert(Source<ReaderGroup<FakeSampler>>);

struct Collected {
  std::vector<Sample> samples;
  std::vector<Tick> ticks;
  void add(const Sample& sample) { samples.push_back(sample); }
  void end_tick(const Tick& tick) { ticks.push_back(tick); }
};

struct Until {
  std::uint64_t looks;
  const Collected& collected;
  bool stop() const { return collected.ticks.size() >= looks; }
  void progress(const Progress&) {}
  int descriptor() const { return -1; }
};

struct Team {
  std::vector<FakeSampler> samplers;
  std::vector<FakeSampler*> readers;

  explicit Team(std::vector<FakeSampler> all) : samplers{std::move(all)} {
    for (FakeSampler& one : samplers) readers.push_back(&one);
  }
  Outcome run(Collected& into, std::uint64_t interval, std::uint64_t looks) {
    SharedTables tables;
    SamplingPlan plan;
    plan.interval = interval;
    Until control{looks, into};
    return ReaderGroup<FakeSampler>{readers, tables, plan}.run(into, control);
  }
};

constexpr std::uint64_t for_ever = ~std::uint64_t{0};

}  // namespace

TEST_CASE("what several readers see comes in order of time, and its weights add up") {
  Team team{{{10, for_ever}, {20, for_ever}, {30, for_ever}}};
  Collected seen;
  const Outcome outcome = team.run(seen, 20'000, 1'000);
  CHECK(outcome.end == RunEnd::stopped);
  REQUIRE(seen.ticks.size() >= 1'000);
  REQUIRE(seen.samples.size() == seen.ticks.size());
  std::uint64_t last = 0, sum = 0;
  bool all_there[3] = {};
  for (std::size_t i = 0; i < seen.samples.size(); ++i) {
    const Sample& sample = seen.samples[i];
    REQUIRE(sample.time >= last);
    REQUIRE(sample.time == seen.ticks[i].time);
    REQUIRE(sample.weight == seen.ticks[i].weight);
    last = sample.time;
    sum += sample.weight;
    all_there[static_cast<std::uint32_t>(sample.thread) / 10 - 1] = true;
  }
  CHECK(sum == last);
  CHECK((all_there[0] && all_there[1] && all_there[2]));
  CHECK(outcome.quality.valid == seen.samples.size());
  CHECK(outcome.quality.ticks == seen.ticks.size());
  CHECK(outcome.quality.distinct == 3);
}

TEST_CASE("a reader that ends ends the others, and nothing it saw is lost") {
  for (const Errc why : {Errc::no_such_process, Errc::not_permitted}) {
    Team team{{{10, for_ever}, {20, 25, why}}};
    Collected seen;
    const Outcome outcome = team.run(seen, 20'000, for_ever);
    CHECK(outcome.end == (why == Errc::not_permitted ? RunEnd::failed : RunEnd::target_ended));
    CHECK(outcome.error.code == why);
    std::size_t of_second = 0;
    for (const Sample& sample : seen.samples) of_second += sample.thread == ThreadIndex{20};
    CHECK(of_second == 25);
    CHECK(outcome.quality.valid == seen.samples.size());
  }
}

TEST_CASE("a look with more stacks than a ring has room for") {
  Team team{{{10, 2, Errc::no_such_process, 100'000}, {20, for_ever}}};
  Collected seen;
  team.run(seen, 20'000, for_ever);
  std::size_t of_first = 0, of_second = 0;
  for (const Sample& sample : seen.samples) {
    ++(sample.thread == ThreadIndex{20} ? of_second : of_first);
  }
  CHECK(of_first == 2 * 100'000);
  CHECK(seen.ticks.size() == 2 + of_second);
}

TEST_CASE("one reader whose looks another thread collects") {
  Team team{{{10, 1'000}}};
  Collected seen;
  const Outcome outcome = team.run(seen, 1'000, for_ever);
  CHECK(seen.ticks.size() == 1'000);
  CHECK(outcome.quality.distinct == 1);
}
