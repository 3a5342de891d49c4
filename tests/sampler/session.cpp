#include <tachyon/sampler/session.hpp>

#include <algorithm>
#include <vector>
#include <catch2/catch.hpp>

using namespace tachyon;

namespace {

// A target that is held for as long as it is told, a look.
struct Held {
  std::uint64_t total = 0;
  std::uint64_t a_look = 0;
  std::uint64_t held() const { return total; }
  bool adaptive() const { return true; }
};

struct Looks {
  Held& reading;
  std::uint64_t until;  // it costs nothing after this, ns since the session began
  std::vector<std::uint64_t> due{};
  Trust books{};

  template <class C>
  Result<Tick> tick(C&, std::uint64_t deadline, std::uint64_t origin) {
    Sleeper{}.until(deadline);
    due.push_back(deadline - origin);
    if (due.back() < until) reading.total += reading.a_look;
    Tick tick;
    tick.time = monotonic_now() - origin;
    return tick;
  }
  const Trust& trust() const { return books; }

  // The usual distance of looks between two moments.
  std::uint64_t distance(std::uint64_t from, std::uint64_t to) const {
    std::vector<std::uint64_t> gaps;
    for (std::size_t i = 1; i < due.size(); ++i) {
      if (due[i - 1] >= from && due[i] < to) gaps.push_back(due[i] - due[i - 1]);
    }
    REQUIRE(!gaps.empty());
    std::nth_element(gaps.begin(), gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2),
                     gaps.end());
    return gaps[gaps.size() / 2];
  }
};

struct Nobody {
  void end_tick(const Tick&) {}
};
struct Patient {
  bool stop() { return false; }
  void progress(const SessionProgress&) {}
  int descriptor() { return -1; }
};

}  // namespace

TEST_CASE("a reading that costs too much is made rarer, and as frequent again when it does not",
          "[sampler]") {
  constexpr std::uint64_t second = 1'000'000'000;
  // Where others have the CPUs, looks are late and cost less of the time: then it is tried again.
  bool as_wanted = false;
  for (int i = 0; i < 12 && !as_wanted; ++i) {
    Held reading;
    reading.a_look = 400'000;  // 4 % of every 10 ms
    Looks looks{reading, second * 3 / 2};
    Nobody collector;
    Patient control;
    SessionPlan plan;
    plan.interval = 10'000'000;
    plan.fixed_clock = true;
    plan.duration = second * 9 / 2;
    const SessionOutcome outcome = run_session(looks, reading, collector, plan, control);
    CHECK(outcome.end == SessionEnd::duration);
    // Half as often, as nearly as a second's looks can be counted.
    const std::uint64_t rarer = looks.distance(second * 11 / 10, second * 19 / 10);
    as_wanted = outcome.slowed_down && looks.distance(0, second) == 10'000'000 &&
                rarer > 15'000'000 && rarer < 22'000'000 &&
                looks.distance(second * 41 / 10, second * 9 / 2) == 10'000'000 &&
                outcome.interval == 10'000'000;
  }
  CHECK(as_wanted);
}
