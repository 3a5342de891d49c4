#pragma once

#include <sched.h>

#include <algorithm>
#include <cstdint>
#include <ctime>

#include <tachyon/base/result.hpp>
#include <tachyon/sampler/schedule.hpp>
#include <tachyon/sampler/strategy.hpp>
#include <tachyon/target/thread_clock.hpp>

// The target cannot run, because we run instead. The profiler sits on the CPU on which the thread
// runs, sleeps to its deadline and preempts it by waking up. No signal, no ptrace, nothing left
// behind. Whether it worked is checked: the kernel's count of how often the thread was put on a CPU
// must be the same before and after, and the CPU ours. Where there is no thread to sit beside,
// because it has ended since it was chosen, or no place, because it runs on a CPU that we may not
// use, that look is a fast one.
namespace tachyon {

// The CPUs this thread may use, restored when it goes.
class Placement {
 public:
  Placement() noexcept { known_ = sched_getaffinity(0, sizeof allowed_, &allowed_) == 0; }
  Placement(const Placement&) = delete;
  Placement& operator=(const Placement&) = delete;
  ~Placement() { release(); }

  // Moves us onto `cpu`; false where we may not go there.
  bool pin(int cpu) noexcept {
    if (cpu == pinned_) return true;
    if (!known_ || cpu < 0 || cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, &allowed_)) return false;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(cpu, &only);
    if (sched_setaffinity(0, sizeof only, &only) != 0) return false;
    pinned_ = cpu;
    return true;
  }
  void release() noexcept {
    if (pinned_ >= 0) sched_setaffinity(0, sizeof allowed_, &allowed_);
    pinned_ = -1;
  }
  int pinned() const noexcept { return pinned_; }

 private:
  cpu_set_t allowed_{};
  bool known_ = false;
  int pinned_ = -1;
};

class ExactStrategy {
 public:
  static constexpr bool holds_everybody = false;
  // One thread can be kept from running by running in its place; several at once cannot.
  void follow(ThreadClock* thread) noexcept {
    if (thread == thread_) return;
    thread_ = thread;
    cpu_ = -1;
    accounted_ = false;
  }
  bool following() const noexcept { return thread_ != nullptr; }

  bool wait(std::uint64_t deadline) noexcept {
    if (cpu_ < 0 && thread_ != nullptr) {
      const auto stat = thread_->stat();
      unreachable_ = stat && !placement_.pin(stat->cpu);
      if (stat && !unreachable_) cpu_ = stat->cpu;
    }
    return sleeper_.until(deadline);
  }

  // What goes wrong here is the thread's matter, and the look goes on without holding it.
  Result<void> begin() noexcept {
    const bool possible = thread_ != nullptr && !unreachable_;
    const auto counts = possible ? thread_->time() : Result<CpuTime>{Errc::no_such_thread};
    holds_ = counts.has_value();
    accounted_ = accounted_ && holds_;
    if (!holds_) return {};
    before_ = *counts;
    account();
    return {};
  }

  bool end() noexcept {
    if (!holds_) return true;
    const auto after = thread_->time();
    if (!after || after->turns != before_.turns) return missed();
    const auto stat = thread_->stat();
    if (!stat) return false;
    // A thread that waits for something does not move wherever it last ran.
    if (stat->state != 'R' || stat->cpu == placement_.pinned()) return true;
    unreachable_ = !placement_.pin(stat->cpu);
    cpu_ = unreachable_ ? -1 : stat->cpu;
    return missed();
  }

  bool certain() const noexcept { return holds_; }
  static constexpr bool was_asleep(std::int32_t) noexcept { return false; }
  void learn(bool) noexcept {}
  Strategy kind() const noexcept { return holds_ ? Strategy::exact : Strategy::fast; }
  // The thread runs where we may not go, as far as was seen last.
  bool unreachable() const noexcept { return unreachable_; }
  void release() noexcept {
    placement_.release();
    cpu_ = -1;
    accounted_ = false;
  }
  // What a look costs the thread, in ns, on average.
  double cost() const noexcept {
    if (accounted_looks_ < enough_looks) return usual_cost;
    return static_cast<double>(held_) / static_cast<double>(accounted_looks_);
  }
  std::uint64_t held() const noexcept {
    return held_ + static_cast<std::uint64_t>(static_cast<double>(other_looks_) * cost());
  }
  static constexpr bool adaptive() noexcept { return false; }

 private:
  // From one look to the next, the thread waited for its CPU, and we ran. What is both is our
  // doing: it may wait for others too, and we may run while it sleeps. (Lost throughput, in pairs
  // of windows: 4.5 %; waited: 4.4 %. From begin() to end() it would be 1.1 %.)
  void account() noexcept {
    const std::uint64_t ran = thread_cpu_time();
    if (accounted_) {
      held_ += std::min(before_.waited - waited_, ran - ran_);
      ++accounted_looks_;
    } else {
      ++other_looks_;
    }
    accounted_ = true;
    waited_ = before_.waited;
    ran_ = ran;
  }
  bool missed() noexcept {
    // Falling asleep and waking up again is what preempts.
    timespec moment{0, 1000};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, nullptr);
    return false;
  }

  static constexpr double usual_cost = 15'000;  // ns a look, before it has been measured
  static constexpr std::uint64_t enough_looks = 64;

  Sleeper sleeper_;
  Placement placement_;
  ThreadClock* thread_ = nullptr;
  CpuTime before_{};
  std::uint64_t waited_ = 0;  // the thread, and ...
  std::uint64_t ran_ = 0;     // ... ourselves, at the last begin()
  bool accounted_ = false;
  std::uint64_t held_ = 0;             // in looks that came after another one of this kind ...
  std::uint64_t accounted_looks_ = 0;  // ... which were so many
  std::uint64_t other_looks_ = 0;
  bool holds_ = false;  // the look that began last
  int cpu_ = -1;
  bool unreachable_ = false;
};

}  // namespace tachyon
