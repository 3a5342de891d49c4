#pragma once

#include <concepts>
#include <cstdint>

#include <tachyon/base/result.hpp>
#include <tachyon/sample/collector.hpp>
#include <tachyon/sample/run.hpp>

// Where samples come from: a target that is polled (polled_source.hpp), several readers of one
// (reader_group.hpp), a recording (replay.hpp). A collector cannot tell them apart.
//
//   source.run(collector, control)     pushes samples and ticks until it ends, and says how it ended
//
// The source owns its schedule; who may end the run, and who is told about it meanwhile, is the
// control's business.
namespace tachyon {

enum class RunEnd : std::uint8_t {
  duration,      // the time is up, or the recording is over
  stopped,       // the control said so
  target_ended,  // it has exited, or become another program
  failed,        // see the error
};

// Does this error, of a target that was being sampled, say that it is no more? An interpreter whose
// list is empty has been torn down: it had one when sampling began.
constexpr bool target_has_ended(Errc code) noexcept {
  return code == Errc::no_such_process || code == Errc::is_zombie ||
         code == Errc::process_changed || code == Errc::finalizing || code == Errc::not_started;
}

struct Outcome {
  RunEnd end{};
  Error error{};
  std::uint64_t started = 0;   // unix ns
  std::uint64_t duration = 0;  // ns
  std::uint64_t interval = 0;  // in force at the end: longer than planned where it had to be
  bool slowed_down = false;
  ReadQuality quality{};
};

struct Progress {
  std::uint64_t now = 0;  // ns since the run began
  const ReadQuality* quality = nullptr;
  std::uint64_t interval = 0;  // in force from now on
  double part = 0;             // of a recording that has been replayed, 0 to 1
};

// `stop` is asked at least once a second; `progress` is told once a second, of a replay five times;
// `descriptor` becomes readable when stop should be asked at once (-1: nothing does, so it is asked
// 20 times a second; over a tree of idle processes these wake-ups were most of the cost).
template <class C>
concept RunControl = requires(C& control, const Progress& progress) {
  { control.stop() } -> std::same_as<bool>;
  { control.progress(progress) } -> std::same_as<void>;
  { control.descriptor() } -> std::same_as<int>;
};

// The run is not stopped before its time, and no progress is told.
struct Unattended {
  bool stop() noexcept { return false; }
  void progress(const Progress&) noexcept {}
  int descriptor() const noexcept { return -1; }
};
static_assert(RunControl<Unattended>);

namespace detail {

struct SomeCollector {
  void add(const Sample&) noexcept {}
};

}  // namespace detail

// Checked with a collector that keeps nothing: a source must take every collector.
template <class S>
concept Source = requires(S& source, detail::SomeCollector& collector, Unattended& control) {
  { source.run(collector, control) } -> std::same_as<Outcome>;
};

}  // namespace tachyon
