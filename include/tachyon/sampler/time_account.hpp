#pragma once

#include <algorithm>
#include <cstdint>

#include <tachyon/sample/sample.hpp>

// Where the time of one thread goes, from what the kernel records of it: a tick every so often of
// its processor time, and each moment at which it stops running. The records have two clocks, the
// wall's and the thread's own, and what passes on the first and not on the second is waiting:
//
//   wall    |-------|=========|-------|---|===|-----|       - runs   = does not
//           begin   switch            tick switch   tick
//
//   switch  stands for the time until the thread runs again, which the next record tells. When it
//           does, there is no record; nothing has to be there to wake up.
//   tick    stands for the processor time since the tick before.
//
// So the sum of the weights is the wall's time, but for what has been computed since the last tick.
// A wait that is still open can be told in parts, for live views, and at the end.
namespace tachyon {

class TimeAccount {
 public:
  struct Doing {
    StackId stack{};
    Status status{};
  };

  // The thread is known from now on, when its processor time is zero. What it does counts if it is
  // waiting: then it does that until its first record.
  void begin(std::uint64_t time, const Doing* waits) noexcept {
    last_time_ = time;
    waiting_ = waits != nullptr;
    if (waiting_) wait_ = *waits;
  }

  // `tell(Doing, time, weight)` is called for a wait that has come to its end, at that time. Returns
  // the weight of the tick.
  template <class Tell>
  std::uint64_t tick(std::uint64_t time, std::uint64_t cpu_time, Tell&& tell) {
    close_wait(time, cpu_time, tell);
    const std::uint64_t weight = cpu_time - std::min(cpu_time, counted_);
    counted_ += weight;
    return weight;
  }
  template <class Tell>
  void stop_running(std::uint64_t time, std::uint64_t cpu_time, const Doing& what, Tell&& tell) {
    close_wait(time, cpu_time, tell);
    waiting_ = true;
    wait_ = what;
  }
  // The wait so far, if there is one.
  template <class Tell>
  void tell_open_wait(std::uint64_t now, Tell&& tell) {
    if (!waiting_ || now <= last_time_ + told_) return;
    tell(wait_, now, now - last_time_ - told_);
    told_ = now - last_time_;
  }
  bool waits() const noexcept { return waiting_; }

 private:
  template <class Tell>
  void close_wait(std::uint64_t time, std::uint64_t cpu_time, Tell&& tell) {
    const std::uint64_t wall = time - std::min(time, last_time_);
    const std::uint64_t ran = cpu_time - std::min(cpu_time, last_cpu_time_);
    const std::uint64_t waited = wall - std::min(wall, ran);
    if (waiting_) {
      // It had woken up when the wait was told in parts: so much has been told too much.
      std::uint64_t rest = waited - std::min(waited, told_);
      owed_ += told_ - std::min(waited, told_);
      const std::uint64_t paid = std::min(owed_, rest);
      owed_ -= paid;
      rest -= paid;
      if (rest != 0) tell(wait_, last_time_ + waited, rest);
    }
    waiting_ = false;
    told_ = 0;
    last_time_ = time;
    last_cpu_time_ = cpu_time;
  }

  std::uint64_t last_time_ = 0;
  std::uint64_t last_cpu_time_ = 0;
  std::uint64_t counted_ = 0;  // processor time that ticks have stood for
  std::uint64_t told_ = 0;     // of the open wait
  std::uint64_t owed_ = 0;
  bool waiting_ = false;
  Doing wait_{};
};

// Waiting time, sampled: for outputs that count samples and do not weigh them. Ticks come at evenly
// drawn stretches of processor time, and this makes them come at such stretches of waiting time. So
// a long wait is many samples, of many short ones some are, and each stands for the time since the
// one before. (One sample a wait would count a wait of 10 us as much as one of a minute.)
class WaitClock {
 public:
  // The wait of `length` that ends at `end`. `draw()` gives the next stretch, `tell(time, weight)`
  // is called for each sample that falls into it.
  template <class Draw, class Tell>
  void pass(std::uint64_t end, std::uint64_t length, Draw&& draw, Tell&& tell) {
    std::uint64_t left = length;
    if (due_ == 0) due_ = draw();
    while (since_ + left >= due_) {
      left -= due_ - since_;
      tell(end - left, due_);
      since_ = 0;
      due_ = draw();
    }
    since_ += left;
  }

 private:
  std::uint64_t since_ = 0;  // waiting time since the last sample
  std::uint64_t due_ = 0;    // when the next one is
};

}  // namespace tachyon
