#include <tachyon/collect/apportion.hpp>

#include <numeric>
#include <vector>
#include <catch2/catch.hpp>

namespace tachyon::test {

using Numbers = std::vector<std::uint64_t>;

TEST_CASE("apportion: whole units, and the rest to those that lack least") {
  CHECK(apportion({}, 10).empty());
  CHECK(apportion({30, 20, 10}, 10) == Numbers{3, 2, 1});
  CHECK(apportion({26, 17, 17}, 10) == Numbers{2, 2, 2});
  CHECK(apportion({14, 14, 12}, 10) == Numbers{2, 1, 1});
  CHECK(apportion({100, 0, 3}, 10) == Numbers{10, 0, 1});
  CHECK(apportion({7, 8}, 0) == Numbers{0, 0});
}

TEST_CASE("apportion: the sum is right to a unit, but for what would be lost") {
  Numbers weights;
  for (std::uint64_t i = 0; i < 500; ++i) weights.push_back(1'000'000 + i * i * 7919 % 3'000'000);
  const Numbers units = apportion(weights, 1'000'000);
  const std::uint64_t sum = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
  const std::uint64_t all = std::accumulate(units.begin(), units.end(), std::uint64_t{0});
  CHECK(all * 1'000'000 <= sum + 500'000);
  CHECK(all * 1'000'000 + 500'000 >= sum);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    CHECK(units[i] * 1'000'000 < weights[i] + 1'000'000);
    CHECK((units[i] + 1) * 1'000'000 > weights[i]);
  }
}

}  // namespace tachyon::test
