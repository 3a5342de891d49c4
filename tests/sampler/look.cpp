#include <tachyon/sampler/look.hpp>

#include <string>
#include <vector>
#include <catch2/catch.hpp>

using namespace tachyon;

namespace {

using LookState = ThreadLook::State;

// What happened, one letter each: begin, begun, read, finish, held, end, close.
struct FakeStrategy {
  std::string& events;
  bool of_one_moment = true;
  bool sure = true;
  Error refuses{};

  Result<void> begin() {
    events += 'b';
    if (refuses.code != Errc::ok) return refuses;
    return {};
  }
  bool end() {
    events += 'e';
    return of_one_moment;
  }
  bool certain() const { return sure; }
};

struct OneThreadHeld : FakeStrategy {
  static constexpr bool holds_everybody = false;
};
struct EverybodyHeld : FakeStrategy {
  static constexpr bool holds_everybody = true;
};

struct FakeWatch {
  std::string& events;
  bool readable = true;
  Held held{};

  bool read(const Held& how, std::uint64_t, LookReport& report) {
    events += 'r';
    held = how;
    for (ThreadLook& thread : report.threads) {
      if (readable && thread.state == LookState::wanted) thread.state = LookState::read;
    }
    return readable;
  }
  void finish(LookReport&) { events += 'f'; }
  void close(bool good, LookReport& report) {
    events += good ? 'k' : 'w';
    for (ThreadLook& thread : report.threads) {
      if (thread.state == LookState::read)
        thread.state = good ? LookState::kept : LookState::wanted;
    }
  }
};

struct Noted {
  std::string& events;
  void begun(LookReport&) { events += 'n'; }
  void read(LookReport&) { events += 'h'; }
};

LookReport wanting(std::size_t count) {
  LookReport report;
  report.begin(count);
  for (ThreadLook& thread : report.threads) thread.state = LookState::wanted;
  return report;
}

}  // namespace

TEST_CASE("look: what is read between begin and end is kept") {
  std::string events;
  FakeStrategy strategy{events};
  FakeWatch watch{events};
  LookReport report = wanting(2);
  const auto good = look(watch, strategy, Address{}, 1, report, Noted{events});
  REQUIRE(good);
  CHECK(*good);
  CHECK(events == "bnrfhek");
  CHECK(report.threads[0].state == LookState::kept);
  CHECK_FALSE(report.wants_any());
}

TEST_CASE("look: what was not of one moment is wanted again") {
  std::string events;
  FakeStrategy strategy{events, false};
  FakeWatch watch{events};
  LookReport report = wanting(1);
  const auto good = look(watch, strategy, Address{}, 1, report, NothingWhileHeld{});
  REQUIRE(good);
  CHECK_FALSE(*good);
  CHECK(events == "brfew");
  CHECK(report.wants(0));
}

TEST_CASE("look: a target that cannot be read is let go of, and nothing is finished") {
  std::string events;
  FakeStrategy strategy{events};
  FakeWatch watch{events, false};
  LookReport report = wanting(1);
  const auto good = look(watch, strategy, Address{}, 1, report, NothingWhileHeld{});
  REQUIRE(good);
  CHECK_FALSE(*good);
  CHECK(events == "brew");
}

TEST_CASE("look: a strategy that cannot begin reads nothing") {
  std::string events;
  FakeStrategy strategy{events};
  strategy.refuses = {Errc::no_such_process};
  FakeWatch watch{events};
  LookReport report = wanting(1);
  const auto good = look(watch, strategy, Address{}, 1, report, Noted{events});
  REQUIRE_FALSE(good);
  CHECK(good.error().code == Errc::no_such_process);
  CHECK(events == "b");
  CHECK(report.wants(0));
}

TEST_CASE("look: who is held while it lasts") {
  std::string events;
  FakeWatch watch{events};
  LookReport report = wanting(1);
  const Address followed{0x1000};
  const auto held = [&](auto strategy, bool sure) {
    strategy.sure = sure;
    REQUIRE(look(watch, strategy, followed, 1, report, NothingWhileHeld{}));
    return watch.held;
  };
  CHECK(held(OneThreadHeld{{events}}, true).thread == followed);
  CHECK_FALSE(held(OneThreadHeld{{events}}, true).everybody);
  CHECK(held(EverybodyHeld{{events}}, true).everybody);
  CHECK(held(FakeStrategy{events}, true).everybody);
  for (const Held& none :
       {held(OneThreadHeld{{events}}, false), held(FakeStrategy{events}, false)}) {
    CHECK_FALSE(none.everybody);
    CHECK_FALSE(none.thread);
  }
}
