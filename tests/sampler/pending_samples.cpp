#include <tachyon/sampler/pending_samples.hpp>

#include <vector>
#include <catch2/catch.hpp>

namespace tachyon::test {
namespace {

struct HeardSamples {
  std::vector<Sample> samples;
  std::vector<Tick> ticks;
  void add(const Sample& sample) { samples.push_back(sample); }
  void end_tick(const Tick& tick) { ticks.push_back(tick); }
};

Sample sample_at(std::uint64_t time, std::uint64_t weight, unsigned stack = 1) {
  return {ThreadIndex{}, StackId{stack}, Status::none, time, weight};
}

}  // namespace

TEST_CASE("pending samples: they are told in the order of their times, each a tick") {
  PendingSamples pending;
  HeardSamples heard;
  ReadQuality quality;
  std::uint64_t rounding = 0;
  pending.begin(1'000'000);
  pending.add(sample_at(9'000'000, 1'000'000), rounding);
  pending.add(sample_at(4'000'000, 2'000'000, 2), rounding);
  pending.deliver(heard, quality);
  REQUIRE(heard.samples.size() == 2);
  CHECK(heard.samples[0].time == 3'000'000);
  CHECK(heard.samples[0].weight == 2'000'000);
  CHECK(heard.samples[1].time == 8'000'000);
  CHECK(heard.ticks.size() == 2);
  CHECK(heard.ticks[1].weight == 1'000'000);
  CHECK(quality.ticks == 2);
  CHECK(quality.distinct == 2);

  // One that ended earlier, and was not known then.
  pending.add(sample_at(5'000'000, 500'000), rounding);
  pending.deliver(heard, quality);
  CHECK(heard.samples.back().time == 8'000'000);
  CHECK(quality.distinct == 2);
  pending.add(sample_at(20'000'000, 1'000'000), rounding);
  pending.forget();
  pending.deliver(heard, quality);
  CHECK(heard.samples.size() == 3);
}

TEST_CASE("pending samples: what is cut off of a weight is not lost") {
  PendingSamples pending;
  HeardSamples heard;
  ReadQuality quality;
  std::uint64_t rounding = 0;
  pending.begin(0);
  std::uint64_t sum = 0;
  for (std::uint64_t i = 1; i <= 10; ++i) pending.add(sample_at(i * 1'000'000, 300), rounding);
  pending.deliver(heard, quality);
  for (const Sample& sample : heard.samples) {
    CHECK(sample.weight % 1000 == 0);
    sum += sample.weight;
  }
  CHECK(sum == 3000);
  CHECK(rounding == 0);
  CHECK(heard.samples.size() == 3);
}

}  // namespace tachyon::test
