#include <tachyon/sampler/adaptive.hpp>

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <catch2/catch.hpp>

#include <tachyon/target/process.hpp>

using namespace tachyon;

namespace {

constexpr std::uint64_t millisecond = 1'000'000;
constexpr StackId usual{1}, brief{2};

// Looks beside ourselves, who never move during one. Time is what the deadlines say, a millisecond a
// look, and long ago.
struct Looks {
  explicit Looks(AdaptiveStrategy::Budget budget = {})
      : strategy{AdaptiveStrategy::Choice::automatic, budget} {
    strategy.follow(&clock);
  }

  // Of so many looks, the share that was exact. Of the program's time, `truth` is spent in a short
  // function, of which fast looks show `shown`.
  double look(unsigned count, double shown, double truth, bool moves = false) {
    unsigned exact = 0;
    for (unsigned i = 0; i < count; ++i) {
      strategy.wait(now += millisecond);
      REQUIRE(strategy.begin());
      while (!strategy.end()) REQUIRE(strategy.begin());  // somebody else ran meanwhile
      const bool exactly = strategy.certain();
      strategy.learn(moves);
      const double share = exactly ? truth : shown;
      const bool in_brief = static_cast<double>(random.below(1000)) < 1000 * share;
      strategy.compare(in_brief ? brief : usual);
      exact += exactly ? 1 : 0;
    }
    return static_cast<double>(exact) / count;
  }

  Process self{Process::open(::getpid()).value()};
  ThreadClock clock{self.directory(), static_cast<std::int32_t>(::syscall(SYS_gettid))};
  AdaptiveStrategy strategy;
  std::uint64_t now = 0;
  Random random{7};
};

}  // namespace

TEST_CASE("adaptive: fast is good enough where it shows what exact shows") {
  Looks looks;
  CHECK(looks.look(10'000, 0.3, 0.3) < 0.1);
  const auto distance = looks.strategy.distance();
  REQUIRE(distance);
  CHECK(distance->value < 0.03);
}

TEST_CASE("adaptive: where fast shows something else, evidence turns it exact") {
  Looks looks;
  looks.look(10'000, 0.1, 0.3);
  CHECK(looks.look(5'000, 0.1, 0.3) > 0.9);
  const auto distance = looks.strategy.distance();
  REQUIRE(distance);
  CHECK(distance->value == Approx(0.2).margin(0.05));
  // The program changes: fast will do.
  looks.look(60'000, 0.3, 0.3);
  CHECK(looks.look(5'000, 0.3, 0.3) < 0.1);
}

TEST_CASE("adaptive: threads that move on turn it exact at once, until evidence says otherwise") {
  Looks looks;
  looks.look(100, 0.1, 0.3, true);
  CHECK(looks.look(400, 0.1, 0.3, true) > 0.8);
  looks.look(30'000, 0.3, 0.3, true);
  CHECK(looks.look(5'000, 0.3, 0.3, true) < 0.1);
}

TEST_CASE("adaptive: looks the other way are paid from the budget") {
  // At 20 kHz a hundredth of the time is 0.5 us a look: a quarter of that is one exact look in 120.
  Looks looks{{millisecond / 20, 0.01}};
  const double exact = looks.look(20'000, 0.3, 0.3);
  CHECK(exact > 0);
  CHECK(exact < 0.03);
  // At a sixth of the rate it would take five times the budget.
  CHECK(looks.look(40'000, 0.1, 0.3) < 0.03);
}

TEST_CASE("adaptive: who was asked for one way takes no look the other way") {
  for (const auto choice : {AdaptiveStrategy::Choice::fast, AdaptiveStrategy::Choice::exact}) {
    Looks looks;
    AdaptiveStrategy strategy{choice};
    strategy.follow(&looks.clock);
    for (int i = 0; i < 1000; ++i) {
      strategy.wait(looks.now += millisecond);
      REQUIRE(strategy.begin());
      while (!strategy.end()) REQUIRE(strategy.begin());
      CHECK(strategy.certain() == (choice == AdaptiveStrategy::Choice::exact));
      strategy.learn(true);
      strategy.compare(usual);
    }
    CHECK_FALSE(strategy.distance());
  }
}
