#include <tachyon/sample/strategy.hpp>

#include <set>
#include <string>
#include <catch2/catch.hpp>

#include <tachyon/sample/run.hpp>

using namespace tachyon;

TEST_CASE("strategy: each has a name and a count of its own") {
  std::set<std::string> names;
  StrategyCounts counts;
  std::uint64_t next = 1;
  for (const Strategy one : strategies) {
    names.emplace(name_of(one));
    counts[one] = next;
    next *= 10;
  }
  CHECK(names.size() == strategies.size());
  CHECK(names.count("") == 0);
  std::uint64_t expected = 1, sum = 0;
  for (const Strategy one : strategies) {
    CHECK(counts[one] == expected);
    sum += expected;
    expected *= 10;
  }
  CHECK(counts.total() == sum);
  counts += counts;
  CHECK(counts.total() == 2 * sum);
}

TEST_CASE("read quality: counts of two runs are added up") {
  ReadQuality sum, one;
  one.ticks = 5;
  one.valid = 4;
  one.by_strategy[Strategy::exact] = 3;
  one.wall = 100;
  add_counts(sum, one);
  add_counts(sum, one);
  CHECK(sum.ticks == 10);
  CHECK(sum.valid == 8);
  CHECK(sum.by_strategy[Strategy::exact] == 6);
  CHECK(sum.by_strategy.total() == 6);
  CHECK(sum.wall == 0);  // times add up differently: the caller does
}
