#include <tachyon/sample/collector.hpp>

#include <catch2/catch.hpp>

using namespace tachyon;

namespace {

struct SamplesAlone {
  int samples = 0;
  void add(const Sample&) { ++samples; }
};
struct SamplesAndTicks {
  int samples = 0, ticks = 0;
  void add(const Sample&) { ++samples; }
  void end_tick(const Tick&) { ++ticks; }
};
static_assert(Collector<SamplesAlone> && !TickCollector<SamplesAlone>);
static_assert(TickCollector<SamplesAndTicks>);

}  // namespace

TEST_CASE("collector: several are fed by one run, each as far as it cares") {
  SamplesAlone first;
  SamplesAndTicks second;
  Fanout both{first, second};
  static_assert(TickCollector<decltype(both)>);
  for (int i = 0; i < 3; ++i) {
    both.add(Sample{});
    end_tick(both, Tick{});
  }
  end_tick(first, Tick{});
  CHECK(first.samples == 3);
  CHECK(second.samples == 3);
  CHECK(second.ticks == 3);
}
