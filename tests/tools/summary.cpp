#include "summary.hpp"

#include <catch2/catch.hpp>

using namespace tachyon;
using namespace tachyon::tool;

namespace {

Run typical() {
  Run run;
  run.duration = 2'500'000'000;
  run.quality.ticks = 2500;
  run.quality.attempts = 2500;
  run.quality.valid = 2450;
  run.quality.distinct = 120;
  run.quality.profiler_cpu = 30'000'000;
  return run;
}

}  // namespace

TEST_CASE("the lines that scripts look for") {
  CHECK(capture_lines(typical()) ==
        "Captured 2500 samples in 2.50 seconds\nSample rate: 1000.00 samples/sec\n"
        "Error rate: 2.00\n");
  Run one;
  one.quality.ticks = one.quality.attempts = one.quality.valid = 1;
  one.interrupted = true;
  CHECK(capture_lines(one) ==
        "Interrupted by the user.\nCaptured 1 sample in 0.00 seconds\n"
        "Sample rate: 0.00 samples/sec\nError rate: 0.00\n");
}

TEST_CASE("quality is one line, and what is zero is not worth a word") {
  ReadQuality quality = typical().quality;
  CHECK(quality_line(quality) == "2450 of 2500 stacks valid, 120 distinct; 0.03 s of our own CPU");
  quality.first_rejected = 70;
  quality.retried = 60;
  quality.given_up = 50;
  quality.by_strategy[Strategy::fast] = 2205;
  quality.by_strategy[Strategy::exact] = 245;
  quality.reused_checked = 40;
  quality.late = 3;
  quality.missed = 2;
  quality.target_cost = 0.0123;
  quality.fast_distance = {0.034, 0.012};
  CHECK(
      quality_line(quality) ==
      "2450 of 2500 stacks valid, 120 distinct, 70 first tries rejected, 60 retried, 50 given up; "
      "read fast 90.0 % exact 10.0 %; fast reading is 0.03 ± 0.01 from exact here; "
      "0 of 40 reused parents were stale, 3 ticks late, 2 missed; "
      "cost to the target about 1.2 %; 0.03 s of our own CPU");
}

TEST_CASE("missed looks are warned about when they matter") {
  Run run = typical();
  CHECK(missed_warning(run).empty());
  run.quality.missed = 5;
  CHECK(missed_warning(run).empty());
  run.quality.missed = 500;
  CHECK(missed_warning(run) ==
        "missed 500 of 3000 looks (16.7 %); a lower --sampling-rate would keep up");
  run.interrupted = true;
  CHECK(missed_warning(run).empty());
}

TEST_CASE("threads that are nowhere are told") {
  Run run = typical();
  CHECK(unseen_warning(run).empty());
  run.quality.unseen_threads = 1;
  CHECK(unseen_warning(run) == "no stack of 1 thread could be read: the outputs do not know it");
  run.quality.unseen_threads = 3;
  CHECK(unseen_warning(run) == "no stack of 3 threads could be read: the outputs do not know them");
}

TEST_CASE("the line of a second overwrites itself on a terminal only") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  RealtimeLine line{1'000'000, ends[1]};
  ReadQuality quality = typical().quality;
  line.show({2'500'000'000, &quality, 1'000'000});
  quality.ticks += 500;
  quality.attempts += 500;
  quality.valid += 500;
  quality.missed += 1;
  line.show({3'000'000'000, &quality, 1'000'000});
  quality.ticks += 250;
  quality.attempts += 250;
  quality.valid += 250;
  line.show({4'000'000'000, &quality, 4'000'000});
  line.end();
  ::close(ends[1]);
  char text[1024];
  const ssize_t got = ::read(ends[0], text, sizeof text);
  ::close(ends[0]);
  REQUIRE(got > 0);
  CHECK(std::string(text, static_cast<std::size_t>(got)) ==
        "Stats: 1000.0Hz (1000.0µs) N=2500 valid 98.0 % late 0 missed 0\n"
        "Stats: 1000.0Hz (1000.0µs) N=3000 valid 100.0 % late 0 missed 1\n"
        "Stats: 250.0Hz (4000.0µs) N=3250 valid 100.0 % late 0 missed 0 slowed down to 250.0Hz\n");
}
