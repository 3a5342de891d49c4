#include <tachyon/kernel/cost.hpp>

#include <string>
#include <vector>
#include <catch2/catch.hpp>

#include <tachyon/kernel/program.hpp>
#include <tachyon/layout/dispatch.hpp>
#include <tachyon/layout/published.hpp>

namespace tachyon::kernel::test {

TEST_CASE("kernel cost: a sample of ourselves takes some time, and is dropped", "[kernel]") {
  std::string words;
  auto recorder = Recorder::create(make_program(published_form<layouts::cpython_3_14_x86_64>, {}),
                                   {}, 1 << 20, words);
  if (!recorder) {
    WARN("skipped: bpf(2) is refused, errno " << recorder.error().sys);
    return;
  }
  const std::uint64_t cost = measure_cost(*recorder);
  if (cost == 0) {
    WARN("skipped: perf events are refused, or this machine is too busy");
    return;
  }
  // From bare metal to a machine that is emulated.
  CHECK(cost > 100);
  CHECK(cost < 5'000'000);
  std::size_t left = 0;
  recorder->drain([&](const Record&) { ++left; });
  CHECK(left == 0);
}

TEST_CASE("kernel cost: the gaps that stand out are found", "[kernel]") {
  const detail::Gaps none = detail::watch_clock(0, 1'000'000);
  CHECK(none.long_ones.empty());
  const detail::Gaps some = detail::watch_clock(1'000'000, 3'000'000);
  CHECK(some.least < 1'000'000);
  for (const std::uint64_t gap : some.long_ones) CHECK(gap > some.least);
}

}  // namespace tachyon::kernel::test
