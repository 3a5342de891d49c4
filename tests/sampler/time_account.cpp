#include <tachyon/sampler/time_account.hpp>

#include <vector>
#include <catch2/catch.hpp>

namespace tachyon::test {
namespace {

struct Told {
  std::uint32_t stack;
  std::uint64_t time, weight;
  friend bool operator==(const Told&, const Told&) = default;
};
std::ostream& operator<<(std::ostream& out, const Told& told) {
  return out << told.stack << " at " << told.time << " for " << told.weight;
}

struct Accounted {
  auto tell() {
    return [this](const TimeAccount::Doing& what, std::uint64_t time, std::uint64_t weight) {
      told.push_back({static_cast<std::uint32_t>(what.stack), time, weight});
    };
  }
  void begin(std::uint64_t time, std::uint32_t stack) {
    const TimeAccount::Doing what{StackId{stack}};
    account.begin(time, stack != 0 ? &what : nullptr);
  }
  void tick(std::uint64_t time, std::uint64_t cpu_time, std::uint32_t stack) {
    const std::uint64_t weight = account.tick(time, cpu_time, tell());
    told.push_back({stack, time, weight});
  }
  void stop(std::uint64_t time, std::uint64_t cpu_time, std::uint32_t stack) {
    account.stop_running(time, cpu_time, {StackId{stack}}, tell());
  }
  void open_wait(std::uint64_t now) { account.tell_open_wait(now, tell()); }
  std::uint64_t sum() const {
    std::uint64_t all = 0;
    for (const Told& one : told) all += one.weight;
    return all;
  }

  TimeAccount account{};
  std::vector<Told> told{};
};

using All = std::vector<Told>;

}  // namespace

TEST_CASE("time account: a wait lasts until the thread runs again") {
  Accounted thread;
  thread.begin(1000, 0);
  thread.tick(1100, 100, 1);
  thread.stop(1150, 150, 2);
  thread.tick(5200, 200, 3);  // it waited until 5150
  thread.stop(5210, 210, 4);
  thread.stop(6300, 300, 5);  // it ran for 90 between
  thread.open_wait(7000);
  CHECK(thread.told ==
        All{{1, 1100, 100}, {2, 5150, 4000}, {3, 5200, 100}, {4, 6210, 1000}, {5, 7000, 700}});
  // All but the 100 that it has run since the last tick.
  CHECK(thread.sum() == 6000 - 100);
}

TEST_CASE("time account: a thread that was asleep when it became known") {
  Accounted thread;
  thread.begin(1000, 7);
  thread.open_wait(3000);
  thread.open_wait(3000);
  thread.open_wait(4000);
  thread.tick(10'050, 50, 1);
  CHECK(thread.told == All{{7, 3000, 2000}, {7, 4000, 1000}, {7, 10'000, 6000}, {1, 10'050, 50}});
}

TEST_CASE("time account: a thread that ran when it became known has waited for nothing") {
  Accounted thread;
  thread.begin(1000, 7);
  thread.tick(1100, 100, 1);
  CHECK(thread.told == All{{1, 1100, 100}});
}

TEST_CASE("time account: a thread that sleeps to the end") {
  Accounted thread;
  thread.begin(1000, 7);
  thread.open_wait(61'000);
  CHECK(thread.told == All{{7, 61'000, 60'000}});
}

// It had woken up before the wait was told in parts.
TEST_CASE("time account: what was told too much is taken off the next wait") {
  Accounted thread;
  thread.begin(0, 7);
  thread.open_wait(1000);
  thread.tick(1050, 300, 1);  // it woke up at 750
  thread.stop(1100, 350, 2);
  thread.stop(2100, 350, 3);
  CHECK(thread.told == All{{7, 1000, 1000}, {1, 1050, 300}, {2, 2100, 750}});
  CHECK(thread.sum() == 2050);
}

TEST_CASE("time account: clocks that go backwards add nothing") {
  Accounted thread;
  thread.begin(1000, 0);
  thread.stop(2000, 500, 1);
  thread.tick(1500, 400, 2);
  thread.tick(1400, 300, 3);
  CHECK(thread.sum() == 400);
}

TEST_CASE("wait clock: long waits are many samples, of short ones some are") {
  WaitClock clock;
  All told;
  std::uint32_t stack = 0;
  const auto pass = [&](std::uint64_t end, std::uint64_t length) {
    ++stack;
    clock.pass(
        end, length, [] { return std::uint64_t{100}; },
        [&](std::uint64_t time, std::uint64_t weight) {
          told.push_back({stack, time, weight});
        });
  };
  pass(1250, 250);
  CHECK(told == All{{1, 1100, 100}, {1, 1200, 100}});
  pass(2030, 30);  // 80 since the last
  CHECK(told.size() == 2);
  pass(3030, 30);
  CHECK(told.back() == Told{3, 3020, 100});
  pass(4090, 90);
  CHECK(told.back() == Told{4, 4090, 100});
  pass(5000, 0);
  CHECK(told.size() == 4);
}

}  // namespace tachyon::test
