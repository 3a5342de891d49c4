#include <csignal>
#include <ctime>
#include <random>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <tachyon/codec/output_file.hpp>
#include <tachyon/codec/recording_reader.hpp>
#include <tachyon/codec/recording_writer.hpp>

#include "../support/in_full.hpp"

using namespace tachyon;

namespace {

constexpr std::uint64_t interval = 100'000, flush_after = 5'000'000;

// What a sampler would do, as fast as it goes, until it is killed. `told` is the last tick that the
// writer was given.
[[noreturn]] void record(OutputFile file, volatile std::uint64_t* told) {
  Tables tables;
  FrameTable& f = tables.frames;
  const ThreadIndex thread = tables.threads.intern({1, 2, 0, "t", "", true});
  Run run;
  run.interval = interval;
  RecordingOptions options;
  options.flush_after = flush_after;
  RecordingWriter writer{file, tables, run, options};
  for (std::uint64_t i = 1;; ++i) {
    // New names and stacks all the time.
    const FunctionId function =
        f.function({f.string("f" + std::to_string(i / 3)), f.string("m.py"), 0});
    const StackId stack = f.push(StackId::empty, f.frame({function, {1, 1, -1, -1}, {}, {}}));
    const std::uint64_t time = i * interval;
    writer.add(Sample{thread, stack, {}, time, interval});
    writer.end_tick(Tick{time, interval, TickOutcome::taken, 0});
    *told = time;
  }
}

struct KilledCheck {
  void add(const Sample& sample) {
    last = sample.time;
    const std::uint64_t i = sample.time / interval;
    wrong += i != ++seen ||
             tables.frames.name_of(tables.frames.leaf(sample.stack)) != "f" + std::to_string(i / 3);
  }
  const Tables& tables;
  std::uint64_t seen = 0, wrong = 0, last = 0;
};

}  // namespace

TEST_CASE("a recording killed at random moments replays up to the last second's worth") {
  const std::string path = "/tmp/tachyon-test-killed-" + std::to_string(::getpid());
  void* const shared =
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(shared != MAP_FAILED);
  auto* const told = static_cast<volatile std::uint64_t*>(shared);
  std::mt19937 random{3};
  std::uint64_t most = 0, unfinished = 0;
  const int rounds = test::in_full() ? 200 : 50;
  for (int round = 0; round < rounds; ++round) {
    ::unlink(path.c_str());
    *told = 0;
    auto file = OutputFile::create(path, Finish::never);
    REQUIRE(file);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) record(std::move(*file), told);
    const timespec pause{0, static_cast<long>(random() % 15'000'000)};
    ::nanosleep(&pause, nullptr);
    REQUIRE(::kill(child, SIGKILL) == 0);
    REQUIRE(::waitpid(child, nullptr, 0) == child);

    auto input = InputFile::open(path.c_str());
    REQUIRE(input);
    const bool empty = input->size() == 0;
    auto reader = RecordingReader::open(std::move(*input));
    if (empty) {  // killed before its first block
      REQUIRE(*told < flush_after);
      continue;
    }
    REQUIRE(reader);
    Tables tables;
    KilledCheck check{tables};
    REQUIRE(reader->replay(tables, check));
    REQUIRE(check.wrong == 0);
    REQUIRE(reader->recovery().lost_blocks == 0);
    REQUIRE(reader->recovery().damaged_bytes == 0);
    REQUIRE_FALSE(reader->recovery().finished);
    REQUIRE(*told <= check.last + flush_after);
    most = std::max(most, check.seen);
    unfinished += reader->recovery().cut_bytes != 0;
  }
  CHECK(most > 0);  // how much one writes in 15 ms is the machine's business
  INFO(unfinished << " of them ended inside a block");
  ::munmap(shared, 4096);
  ::unlink(path.c_str());
}
