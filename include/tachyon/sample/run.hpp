#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <tachyon/sample/sample.hpp>
#include <tachyon/sample/strategy.hpp>

// What is known about a run as a whole: what was profiled, how, and how far the figures can be
// trusted. Plain data; recordings keep it, every output that can carry it shows it.
namespace tachyon {

enum class ModeKind : std::uint8_t {
  wall = 0,
  cpu = 1,
  gil = 2,
  all = 3,
  exception = 4,
  unknown = 255
};

constexpr const char* name_of(ModeKind mode) noexcept {
  switch (mode) {
    case ModeKind::wall:
      return "wall";
    case ModeKind::cpu:
      return "cpu";
    case ModeKind::gil:
      return "gil";
    case ModeKind::all:
      return "all";
    case ModeKind::exception:
      return "exception";
    case ModeKind::unknown:
      break;
  }
  return "unknown";
}

struct CaptureOptions {
  bool all_threads = false;
  bool native = false;
  bool gc = true;
  bool opcodes = false;
  bool blocking = false;
  bool async_aware = false;
  bool async_all = false;
  bool c_calls = false;
};

struct Target {
  std::int64_t process = 0;
  std::string command_line{};
  std::string executable{};
  std::string working_directory{};
  std::vector<std::string> import_paths{};  // the target's sys.path, where it could be read
  std::uint8_t major = 0, minor = 0, micro = 0;
  bool free_threaded = false;
  std::uint64_t started = 0;  // unix time in nanoseconds; 0 = unknown
};

// How the reads went. `attempts` counts thread reads asked for, `valid` stacks accepted; the rest
// is accounted for, nothing is dropped in silence.
// Of two distributions of stacks.
struct Distance {
  double value = 0;  // 0: the same, 1: nothing in common
  double error = 0;  // its standard deviation; 0: they were not compared
  bool known() const noexcept { return error > 0; }
};

struct ReadQuality {
  std::uint64_t ticks = 0;           // looks at the target
  std::uint64_t attempts = 0;        // stacks asked for
  std::uint64_t valid = 0;           // stacks accepted
  std::uint64_t distinct = 0;        // different stacks among them
  std::uint64_t first_rejected = 0;  // first tries that failed the rules
  std::uint64_t retried = 0;         // stacks that needed more than one try
  std::uint64_t given_up = 0;        // stacks lost although retried
  std::uint64_t unnamed = 0;         // stacks accepted with code that was gone before it had a name
  std::uint64_t unseen_threads = 0;  // threads of which every stack was given up
  std::uint64_t late = 0;            // ticks that began more than half an interval late
  std::uint64_t missed = 0;          // deadlines skipped because we were late
  StrategyCounts by_strategy{};      // stacks accepted, by how they were read
  std::uint64_t reused_checked = 0;  // random full re-reads of reused parents ...
  std::uint64_t reused_wrong = 0;    // ... and how many disagreed
  std::uint64_t wall = 0;            // ns from first to last tick
  std::uint64_t profiler_cpu = 0;    // ns of CPU the profiler used
  double target_cost = 0;            // estimated share of the target's time taken, 0..1
  Distance fast_distance{};          // what fast reading shows from what exact reading shows
};

// What was counted, added up; of distances, the greatest. Times, costs and distinct stacks are for
// the caller: sessions one after the other and readers side by side add those differently.
inline void add_counts(ReadQuality& sum, const ReadQuality& one) noexcept {
  sum.ticks += one.ticks;
  sum.attempts += one.attempts;
  sum.valid += one.valid;
  sum.first_rejected += one.first_rejected;
  sum.retried += one.retried;
  sum.given_up += one.given_up;
  sum.unnamed += one.unnamed;
  sum.unseen_threads += one.unseen_threads;
  sum.late += one.late;
  sum.missed += one.missed;
  sum.by_strategy += one.by_strategy;
  sum.reused_checked += one.reused_checked;
  sum.reused_wrong += one.reused_wrong;
  const Distance& distance = one.fast_distance;
  if (!sum.fast_distance.known() || distance.value > sum.fast_distance.value) {
    sum.fast_distance = distance;
  }
}

struct Run {
  Target target{};
  ModeKind mode = ModeKind::unknown;
  CaptureOptions options{};
  std::uint64_t interval = 0;  // ns between ticks that was asked for; 0 = unknown
  bool fixed_clock = false;    // deadlines on a fixed grid instead of a jittered one
  std::uint64_t started = 0;   // unix time of session time 0, nanoseconds
  std::uint64_t duration = 0;  // ns
  ReadQuality quality{};
  bool replayed = false;
  bool interrupted = false;
  bool counts_samples = false;  // its shares are those of samples, not of time
  // Source text by file name as the frames spell it, for files that could be read.
  std::map<std::string, std::string, std::less<>> sources{};
};

}  // namespace tachyon
