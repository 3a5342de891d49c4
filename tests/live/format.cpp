#include <tachyon/live/format.hpp>

#include <catch2/catch.hpp>

using namespace tachyon::live;

TEST_CASE("percentages take five columns", "[live]") {
  CHECK(percent5(0) == " 0.0%");
  CHECK(percent5(9.99) == "10.0%");
  CHECK(percent5(9.94) == " 9.9%");
  CHECK(percent5(45.25) == "45.2%");
  CHECK(percent5(99.94) == "99.9%");
  CHECK(percent5(99.96) == " 100%");
  CHECK(percent5(100) == " 100%");
  for (int i = 0; i <= 100'000; ++i) REQUIRE(percent5(i / 1000.0).size() == 5);
}

TEST_CASE("counts take at most six columns", "[live]") {
  CHECK(count6(0) == "0");
  CHECK(count6(999'999) == "999999");
  CHECK(count6(1'000'000) == "1.00M");
  CHECK(count6(12'345'678) == "12.3M");
  CHECK(count6(999'999'999) == "1.00G");
  CHECK(count6(~std::uint64_t{0}) == "18.4E");
}

TEST_CASE("times take at most ten columns", "[live]") {
  CHECK(seconds10(1'234'000'000) == "1.234");
  CHECK(seconds10(123'456'789'000'000) == "123456.789");
  CHECK(seconds10(1'234'567'890'000'000) == "1234567.89");
  CHECK(seconds10(~std::uint64_t{0}).size() <= 11);
  CHECK(uptime(65'000'000'000) == "1m05s");
  CHECK(uptime(3'723'000'000'000) == "1h02m03s");
  CHECK(uptime(0) == "0m00s");
}

TEST_CASE("frequencies", "[live]") {
  CHECK(frequency(998.7) == "998.7Hz");
  CHECK(frequency(1000) == "1.0KHz");
  CHECK(frequency(999.96) == "1.0KHz");
  CHECK(frequency(1e6) == "1.0MHz");
}
