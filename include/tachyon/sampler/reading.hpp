#pragma once

#include <sched.h>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <ctime>
#include <optional>
#include <utility>
#include <vector>

#include <tachyon/base/result.hpp>
#include <tachyon/memory/paused_process.hpp>
#include <tachyon/sample/run.hpp>
#include <tachyon/sampler/clock.hpp>
#include <tachyon/target/thread_clock.hpp>

// Three ways of reading a running target, one concept. A tick calls begin(), reads, calls end();
// what differs is what happened to the target in between.
//
//   fast      nothing. The reader takes what one copy shows (see thread_reader.hpp).
//   exact     it could not run, because we ran instead. The profiler sits on the CPU on which the
//             thread runs, sleeps to its deadline and preempts it by waking up. No signal, no
//             ptrace, nothing left behind. Whether it worked is checked: the kernel's count of how
//             often the thread was put on a CPU must be the same before and after, and the CPU
//             ours. Where there is nobody to sit beside, because the thread has ended since it was
//             chosen, or no place, because it runs on a CPU that we may not use, that look is a
//             fast one.
//   blocking  it was stopped with ptrace.
//
// Exact and blocking agree within noise in what they show (0.02-0.03 between any two runs of 4,000
// samples); fast is 0.05-0.21 away on a program made of functions that last 30 ns, and as good as
// the others on most.
//
// What they cost the target, in the virtual machine they were measured in, a look: exact 43 us, of
// which our waking up and going to sleep again are 29; blocking half as much again; fast 0.4 us,
// for cache lines that are fetched from under the thread.
namespace tachyon {

template <class R>
concept Reading = requires(R& reading, std::uint64_t deadline, bool moved, Trust& trust,
                           ThreadClock* schedule, std::int32_t task) {
  // Who must not run while we read, where one thread can be chosen.
  { reading.follow(schedule) } -> std::same_as<void>;
  // Waits for the deadline, wherever this strategy wants to wait. False: a signal came first.
  { reading.wait(deadline) } -> std::same_as<bool>;
  { reading.begin() } -> std::same_as<Result<void>>;
  // Was the target of one moment from begin() to here? Meaningless when not certain().
  { reading.end() } -> std::same_as<bool>;
  // Does a good end() prove that the current frame was the current frame? Asked after begin().
  { reading.certain() } -> std::same_as<bool>;
  // Is this thread runnable only because it was stopped? Asked between begin() and end().
  { reading.was_asleep(task) } -> std::same_as<bool>;
  // For how many nanoseconds the target was kept from running, all in all.
  { reading.held() } -> std::same_as<std::uint64_t>;
  // Adds one stack to the count of this strategy.
  { reading.count(trust) } -> std::same_as<void>;
  // Did the profiler choose this strategy itself, so that it answers for its cost?
  { reading.adaptive() } -> std::same_as<bool>;
  // The outcome of a fast look, for those who learn from it.
  { reading.learn(moved) } -> std::same_as<void>;
};

class FastReading {
 public:
  static constexpr bool holds_everybody = false;
  void follow(ThreadClock*) noexcept {}
  bool wait(std::uint64_t deadline) noexcept { return sleeper_.until(deadline); }
  Result<void> begin() noexcept { return {}; }
  bool end() noexcept { return true; }
  static constexpr bool certain() noexcept { return false; }
  static constexpr bool was_asleep(std::int32_t) noexcept { return false; }
  void learn(bool) noexcept {}
  std::uint64_t held() const noexcept { return 0; }
  void count(Trust& trust) const noexcept { ++trust.fast; }
  static constexpr bool adaptive() noexcept { return false; }

 private:
  Sleeper sleeper_;
};

// A target that cannot move at all: a core file, an image.
class StillReading {
 public:
  static constexpr bool holds_everybody = true;
  void follow(ThreadClock*) noexcept {}
  bool wait(std::uint64_t) noexcept { return true; }
  Result<void> begin() noexcept { return {}; }
  bool end() noexcept { return true; }
  static constexpr bool certain() noexcept { return true; }
  static constexpr bool was_asleep(std::int32_t) noexcept { return false; }
  void learn(bool) noexcept {}
  std::uint64_t held() const noexcept { return 0; }
  void count(Trust& trust) const noexcept { ++trust.exact; }
  static constexpr bool adaptive() noexcept { return false; }
};

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

class ExactReading {
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
  void count(Trust& trust) const noexcept { ++(holds_ ? trust.exact : trust.fast); }
  // The thread runs where we may not go, as far as was seen last.
  bool unreachable() const noexcept { return unreachable_; }
  void release() noexcept {
    placement_.release();
    cpu_ = -1;
    accounted_ = false;
  }
  std::uint64_t held() const noexcept { return held_; }
  static constexpr bool adaptive() noexcept { return false; }

 private:
  // From one look to the next, the thread waited for its CPU, and we ran. What is both is our
  // doing: it may wait for others too, and we may run while it sleeps. (Lost throughput, in pairs
  // of windows: 4.5 %; waited: 4.4 %. From begin() to end() it would be 1.1 %.)
  void account() noexcept {
    const std::uint64_t ran = thread_cpu_time();
    if (accounted_) held_ += std::min(before_.waited - waited_, ran - ran_);
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

  Sleeper sleeper_;
  Placement placement_;
  ThreadClock* thread_ = nullptr;
  CpuTime before_{};
  std::uint64_t waited_ = 0;  // the thread, and ...
  std::uint64_t ran_ = 0;     // ... ourselves, at the last begin()
  bool accounted_ = false;
  std::uint64_t held_ = 0;
  bool holds_ = false;  // the look that began last
  int cpu_ = -1;
  bool unreachable_ = false;
};

// How many looks may find that the thread moved on, before fast reading is not good enough.
template <class L>
constexpr double tolerated_moves(const L& layout) noexcept {
  return layout.traits.popped_frames_are_cleared ? 0.4 : 0.15;
}

// Fast where it is good enough, exact where it is not: decided by how many looks find that the
// thread moved on while it was read.
//
// What exact costs the target is bounded: a rate at which it would take more than the budget is
// lowered by the session, but not to less than a sixth of what was asked. Where even that does not
// do, fast is what can be had, and it stays.
class AdaptiveReading {
 public:
  static constexpr bool holds_everybody = false;
  enum class Choice : std::uint8_t { automatic, fast, exact };

  struct Budget {
    std::uint64_t interval = 1'000'000;  // ns from look to look, as it was asked for
    double share = 0.02;                 // of the target's time; 0: no limit
    double tolerated = 0.15;             // share of looks that may find that the thread moved on
  };

  explicit AdaptiveReading(Choice choice) noexcept : AdaptiveReading{choice, Budget{}} {}
  AdaptiveReading(Choice choice, Budget budget) noexcept
      : choice_{choice}, budget_{budget}, exact_now_{choice == Choice::exact} {}

  void follow(ThreadClock* thread) noexcept { exact_.follow(thread); }

  bool wait(std::uint64_t deadline) noexcept {
    return exact_now_ ? exact_.wait(deadline) : fast_.wait(deadline);
  }
  Result<void> begin() noexcept {
    if (!exact_now_) return {};
    return exact_.begin();
  }
  bool end() noexcept { return exact_now_ ? exact_.end() : true; }
  bool certain() const noexcept { return exact_now_ && exact_.certain(); }
  static constexpr bool was_asleep(std::int32_t) noexcept { return false; }

  void learn(bool moved) noexcept {
    if (choice_ != Choice::automatic) return;
    if (exact_now_) {
      ++exact_looks_;
      // Once in a while the fast way is tried again: programs change.
      if (++looks_ < 4 * period || exact_.unreachable()) {
        if (exact_.unreachable()) leave_exact();
        return;
      }
      leave_exact();
      return;
    }
    ++looks_;
    moves_ += moved ? 1 : 0;
    const std::uint32_t judged = probing_ ? period / 8 : period;
    if (looks_ < judged) return;
    if (moves_ > looks_ * budget_.tolerated && exact_.following() && !exact_.unreachable() &&
        affordable()) {
      exact_now_ = true;
    }
    probing_ = false;
    looks_ = moves_ = 0;
  }

  std::uint64_t held() const noexcept { return exact_.held(); }
  void count(Trust& trust) const noexcept { ++(certain() ? trust.exact : trust.fast); }
  bool adaptive() const noexcept { return choice_ == Choice::automatic; }

 private:
  static constexpr std::uint32_t period = 512;
  static constexpr double usual_cost = 15'000;  // ns a look, before it has been measured
  static constexpr double most_lowering = 6;

  bool affordable() const noexcept {
    const double cost = exact_looks_ < period ? usual_cost
                                              : static_cast<double>(exact_.held()) /
                                                    static_cast<double>(exact_looks_);
    return budget_.share <= 0 ||
           cost <= most_lowering * budget_.share * static_cast<double>(budget_.interval);
  }

  void leave_exact() noexcept {
    exact_now_ = false;
    exact_.release();
    looks_ = moves_ = 0;
    probing_ = true;  // a short probe: turn back to exact quickly where nothing has changed
  }

  Choice choice_;
  Budget budget_;
  FastReading fast_;
  ExactReading exact_;
  bool exact_now_;
  bool probing_ = true;
  std::uint32_t looks_ = 0;
  std::uint32_t moves_ = 0;
  std::uint64_t exact_looks_ = 0;
};

// Stopped with ptrace. Pausing and resuming are the memory model's; this only keeps the books.
class BlockingReading {
 public:
  static constexpr bool holds_everybody = true;
  explicit BlockingReading(PausedProcess& process) noexcept : process_{process} {}

  bool wait(std::uint64_t deadline) noexcept {
    process_.service();
    return sleeper_.until(deadline);
  }
  Result<void> begin() noexcept {
    began_ = monotonic_now();
    auto pause = process_.pause();
    if (!pause) return pause.error();
    pause_.emplace(std::move(*pause));
    return {};
  }
  bool end() noexcept {
    pause_.reset();
    held_ += monotonic_now() - began_;
    return true;
  }
  static constexpr bool certain() noexcept { return true; }
  bool was_asleep(std::int32_t task) noexcept { return process_.was_asleep(task); }
  void learn(bool) noexcept {}
  // Everybody is stopped. Stopping only who held the GIL at the last look is quicker, and leaves
  // the one running who has taken it since: 2 of 900 stacks of threads that hand it
  // around were wrong.
  void follow(ThreadClock*) noexcept {}
  std::uint64_t held() const noexcept { return held_; }
  void count(Trust& trust) const noexcept { ++trust.blocking; }
  static constexpr bool adaptive() noexcept { return false; }

 private:
  PausedProcess& process_;
  std::optional<PausedProcess::Pause> pause_;
  Sleeper sleeper_;
  std::uint64_t began_ = 0;
  std::uint64_t held_ = 0;
};

}  // namespace tachyon
