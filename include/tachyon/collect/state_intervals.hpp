#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include <tachyon/collect/thread_statistics.hpp>
#include <tachyon/collect/timeline.hpp>

// What a lane was doing as intervals: it held the GIL from here to there,
// was on a CPU from there on.
//
// States come in groups of which at most one is open at a time. An interval begins with the first
// sample that shows the state and ends with the first that does not; where the thread was not seen
// it ends with the last sample that showed it. What was not looked at has no interval: no CPU
// states where the status says unknown, no GIL states on a build without a GIL.
namespace tachyon {

enum class State : std::uint8_t {
  has_gil,
  no_gil,
  waiting_for_gil,
  on_cpu,
  off_cpu,
  python_code,  // holds the GIL; on a build without one: is on a CPU
  native_code,  // on a CPU without the GIL
  has_exception,
  no_exception,
  collecting,
  opcode,  // the leaf frame's instruction
  none,
};
inline constexpr std::size_t state_count = static_cast<std::size_t>(State::none);

struct StateInterval {
  State state = State::none;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  FrameId frame{};  // for `opcode`
};

class StateIntervals {
 public:
  StateIntervals(const Timeline& timeline, bool free_threaded)
      : timeline_{timeline},
        free_threaded_{free_threaded},
        under_gc_{stacks_under_gc(timeline.frames())} {}

  // visit(const StateInterval&) for one lane, in the order in which they end.
  template <class Visit>
  void for_each(std::uint32_t lane, Visit&& visit) const {
    std::array<StateInterval, groups> open{};
    std::uint64_t last = 0;
    const auto close = [&](StateInterval& interval, std::uint64_t at) {
      if (interval.state == State::none) return;
      interval.end = at;
      visit(static_cast<const StateInterval&>(interval));
      interval.state = State::none;
    };
    timeline_.for_each_sample(lane, [&](const Sample& sample) {
      if (sample.time - last > sample.weight + sample.weight / 2) {
        for (StateInterval& interval : open) close(interval, last);
      }
      const std::array<StateInterval, groups> now = states_of(sample);
      for (std::size_t i = 0; i < groups; ++i) {
        if (open[i].state == now[i].state && open[i].frame == now[i].frame) continue;
        close(open[i], sample.time);
        open[i] = now[i];
        open[i].begin = sample.time;
      }
      last = sample.time;
    });
    for (StateInterval& interval : open) close(interval, last);
  }

 private:
  static constexpr std::size_t groups = 7;

  std::array<StateInterval, groups> states_of(const Sample& sample) const {
    const bool gil = has(sample.status, Status::has_gil);
    const bool cpu_known = !has(sample.status, Status::unknown);
    const bool cpu = cpu_known && has(sample.status, Status::on_cpu);
    std::array<StateInterval, groups> now{};
    if (!free_threaded_) now[0].state = gil ? State::has_gil : State::no_gil;
    if (has(sample.status, Status::gil_requested)) now[1].state = State::waiting_for_gil;
    if (cpu_known) now[2].state = cpu ? State::on_cpu : State::off_cpu;
    if (gil || (free_threaded_ && cpu)) {
      now[3].state = State::python_code;
    } else if (cpu) {
      now[3].state = State::native_code;
    }
    now[4].state =
        has(sample.status, Status::has_exception) ? State::has_exception : State::no_exception;
    if (has(sample.status, Status::in_gc) || under_gc_[static_cast<std::uint32_t>(sample.stack)]) {
      now[5].state = State::collecting;
    }
    if (sample.stack != StackId::empty) {
      const FrameId leaf = timeline_.frames().leaf(sample.stack);
      if (timeline_.frames()[leaf].opcode != OpcodeId::none) {
        now[6].state = State::opcode;
        now[6].frame = leaf;
      }
    }
    return now;
  }

  const Timeline& timeline_;
  bool free_threaded_;
  std::vector<bool> under_gc_;
};

}  // namespace tachyon
