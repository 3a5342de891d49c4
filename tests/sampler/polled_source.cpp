#include <tachyon/sampler/polled_source.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <catch2/catch.hpp>

#include <tachyon/base/interner.hpp>

using namespace tachyon;

namespace {

// A strategy that holds the target for the whole of every look.
struct Looks {
  std::uint64_t cost = 0;
  std::uint64_t ends_after = ~std::uint64_t{0};
  Errc end = Errc::no_such_process;
  std::uint64_t total = 0;
  ReadQuality counts{};

  template <class C>
  Result<Tick> tick(C& collector, std::uint64_t deadline, std::uint64_t origin) {
    if (counts.ticks == ends_after) return end;
    Sleeper{}.until(deadline);
    ++counts.ticks;
    total += cost;
    Tick tick;
    tick.time = monotonic_now() - origin;
    collector.add(Sample{});
    return tick;
  }
  const ReadQuality& quality() const { return counts; }
  std::uint64_t held() const { return total; }
  bool adaptive() const { return true; }
};
static_assert(TickSampler<Looks>);
static_assert(Source<PolledSource<Looks>>);

struct Counted {
  std::uint64_t samples = 0, ticks = 0;
  void add(const Sample&) { ++samples; }
  void end_tick(const Tick&) { ++ticks; }
};
struct SamplesOnly {
  std::uint64_t samples = 0;
  void add(const Sample&) { ++samples; }
};

struct StopAfter {
  const std::uint64_t& seen;
  std::uint64_t enough;
  bool stop() const { return seen >= enough; }
  void progress(const Progress&) {}
  int descriptor() const { return -1; }
};

}  // namespace

TEST_CASE("polled source: a strategy that costs too much is used more rarely") {
  SamplingPlan plan;
  plan.interval = 1'000'000;
  plan.max_overhead = 0.02;
  CHECK(affordable_interval(1'000'000, plan, 0.02, 0.02) == 1'000'000);
  CHECK(affordable_interval(1'000'000, plan, 0.04, 0.02) == 2'000'000);
  CHECK(affordable_interval(2'000'000, plan, 0.03, 0.02) == 3'000'000);
  CHECK(affordable_interval(1'000'000, plan, 0.90, 0.02) == 4'000'000);  // in steps
  CHECK(affordable_interval(1'000'000, plan, 0.90, 0) == 1'000'000);     // it was asked for
}

TEST_CASE("polled source: one that costs little again becomes as frequent as was asked") {
  SamplingPlan plan;
  plan.interval = 1'000'000;
  plan.max_overhead = 0.02;
  CHECK(affordable_interval(8'000'000, plan, 0.010, 0.02) == 8'000'000);
  CHECK(affordable_interval(8'000'000, plan, 0.004, 0.02) == 4'000'000);
  CHECK(affordable_interval(1'500'000, plan, 0.004, 0.02) == 1'000'000);
  CHECK(affordable_interval(1'000'000, plan, 0.004, 0.02) == 1'000'000);
}

TEST_CASE("polled source: a run whose looks cost half of the time is slowed down") {
  Looks looks;
  looks.cost = 5'000'000;
  Counted collector;
  Unattended control;
  SamplingPlan plan;
  plan.interval = 10'000'000;
  plan.duration = 1'100'000'000;
  const Outcome outcome = PolledSource{looks, plan}.run(collector, control);
  CHECK(outcome.end == RunEnd::duration);
  CHECK(outcome.slowed_down);
  CHECK(outcome.interval > plan.interval);
  CHECK(outcome.quality.target_cost > 0);
}

TEST_CASE("polled source: how a run ends") {
  SamplingPlan plan;
  plan.interval = 100'000;
  SECTION("when the target does, after what was sampled") {
    for (const Errc why : {Errc::no_such_process, Errc::is_zombie, Errc::process_changed,
                           Errc::finalizing, Errc::not_started}) {
      Looks looks;
      looks.ends_after = 20;
      looks.end = why;
      Counted collector;
      Unattended control;
      const Outcome outcome = PolledSource{looks, plan}.run(collector, control);
      CHECK(outcome.end == RunEnd::target_ended);
      CHECK(outcome.error.code == why);
      CHECK(collector.samples == 20);
      CHECK(collector.ticks == 20);
      CHECK(outcome.quality.ticks == 20);
    }
  }
  SECTION("when something else fails") {
    Looks looks;
    looks.ends_after = 1;
    looks.end = Errc::not_permitted;
    Counted collector;
    Unattended control;
    CHECK(PolledSource{looks, plan}.run(collector, control).end == RunEnd::failed);
  }
  SECTION("when the control says so") {
    Looks looks;
    Counted collector;
    StopAfter control{collector.samples, 5};
    CHECK(PolledSource{looks, plan}.run(collector, control).end == RunEnd::stopped);
    CHECK(collector.samples >= 5);
  }
}

TEST_CASE("polled source: a collector need not care about ticks") {
  Looks looks;
  looks.ends_after = 3;
  SamplesOnly collector;
  Unattended control;
  SamplingPlan plan;
  plan.interval = 100'000;
  (void)PolledSource{looks, plan}.run(collector, control);
  CHECK(collector.samples == 3);
}

namespace {

// A program in three phases. In each, a function runs for a share of the time, in pieces of 137 us.
struct Phases {
  std::uint64_t ends[3];
  std::uint64_t share[3];  // in a hundred

  static constexpr std::uint64_t piece = 137'000;
  bool runs_at(std::uint64_t time) const noexcept {
    const auto phase = static_cast<std::size_t>(time >= ends[0]) + (time >= ends[1] ? 1U : 0U);
    return mix_bits(time / piece) % 100 < share[phase];
  }
  double truth() const noexcept {
    std::uint64_t ran = 0;
    for (std::uint64_t time = 0; time < ends[2]; time += piece) ran += runs_at(time) ? piece : 0;
    return static_cast<double>(ran) / static_cast<double>(ends[2]);
  }
};

struct Shares {
  double by_time = 0, by_count = 0, error = 0;
};

// Looks at it once a millisecond, and from some moment on six times more rarely.
Shares look_at(const Phases& program, std::uint64_t lowered_at, std::uint64_t seed) {
  Schedule schedule{1'000'000, Schedule::Kind::jittered, seed};
  schedule.start(0);
  std::uint64_t last = 0;
  double time = 0, ran = 0, looks = 0, found = 0, squares = 0;
  for (std::uint64_t now = schedule.due(); now < program.ends[2]; now = schedule.due()) {
    if (now >= lowered_at) schedule.set_interval(6'000'000);
    const auto weight = static_cast<double>(now - std::exchange(last, now));
    const bool runs = program.runs_at(now);
    time += weight, ran += runs ? weight : 0;
    ++looks, found += runs ? 1 : 0;
    squares += weight * weight;
    (void)schedule.advance(now);
  }
  return {ran / time, found / looks, std::sqrt(squares) / 2 / time};
}

}  // namespace

// Each look weighs the time since the one before it.
TEST_CASE("polled source: a rate that is lowered, at any moment, changes no share of time") {
  Random random{11};
  double furthest_by_count = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Phases program{};
    std::uint64_t end = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      program.ends[i] = end += 500'000'000 + random.below(3'000'000'000);
      program.share[i] = random.below(101);
    }
    const Shares seen = look_at(program, random.below(end), seed);
    const double truth = program.truth();
    INFO("seed " << seed);
    CHECK(std::abs(seen.by_time - truth) < 5 * seen.error);
    furthest_by_count = std::max(furthest_by_count, std::abs(seen.by_count - truth));
  }
  CHECK(furthest_by_count > 0.2);  // what it is there for
}
