#include <tachyon/sampler/drain_bell.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace tachyon::test {
namespace {

struct StopsWhenTold {
  bool told = false;
  bool stop() noexcept { return told; }
  void progress(const Progress&) noexcept {}
  int descriptor() const noexcept { return -1; }
};

}  // namespace

TEST_CASE("drain bell: it rings once for news, and otherwise at its time") {
  const Descriptor news{::eventfd(0, EFD_CLOEXEC)};
  DrainBell bell{news};
  StopsWhenTold control;
  using Woken = DrainBell::Woken;
  const auto soon = [] { return monotonic_now() + 2'000'000; };
  CHECK(bell.wait(control, soon()) == Woken::by_time);
  const std::uint64_t one = 1;
  REQUIRE(::write(news.get(), &one, sizeof one) == sizeof one);
  CHECK(bell.wait(control, monotonic_now() + 60'000'000'000) == Woken::by_code);
  // Nobody took the news, as nobody but the drain does: it has been heard all the same.
  CHECK(bell.wait(control, soon()) == Woken::by_time);
  REQUIRE(::write(news.get(), &one, sizeof one) == sizeof one);
  CHECK(bell.wait(control, monotonic_now() + 60'000'000'000) == Woken::by_code);
  const Descriptor thread{::eventfd(0, EFD_CLOEXEC)};
  bell.listen(thread);
  REQUIRE(::write(thread.get(), &one, sizeof one) == sizeof one);
  CHECK(bell.wait(control, monotonic_now() + 60'000'000'000) == Woken::by_thread);
  control.told = true;
  CHECK(bell.wait(control, monotonic_now() + 60'000'000'000) == Woken::by_stop);
}

TEST_CASE("drain bell: what rings in vain is listened to less") {
  const Descriptor news{::eventfd(0, EFD_CLOEXEC)};
  DrainBell bell{news};
  using Woken = DrainBell::Woken;
  bell.learn(Woken::by_code, {true, true});
  CHECK(bell.deaf() == 0);
  bell.learn(Woken::by_code, {false, true});
  CHECK(bell.deaf() == 1'000'000);
  bell.learn(Woken::by_code, {false, true});
  CHECK(bell.deaf() == 2'000'000);
  bell.learn(Woken::by_time, {false, true});
  CHECK(bell.deaf() == 2'000'000);
  for (int i = 0; i < 20; ++i) bell.learn(Woken::by_code, {false, true});
  CHECK(bell.deaf() == DrainBell::usual);
  bell.learn(Woken::by_code, {true, true});
  CHECK(bell.deaf() == 0);
}

}  // namespace tachyon::test
