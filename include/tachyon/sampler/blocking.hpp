#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include <tachyon/base/result.hpp>
#include <tachyon/memory/paused_process.hpp>
#include <tachyon/sampler/schedule.hpp>
#include <tachyon/sampler/strategy.hpp>

namespace tachyon {

// Stopped with ptrace. Pausing and resuming are the memory model's; this only keeps the books.
class BlockingStrategy {
 public:
  static constexpr bool holds_everybody = true;
  explicit BlockingStrategy(PausedProcess& process) noexcept : process_{process} {}

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
  // Every thread is stopped. Stopping only the last holder of the GIL is quicker, and leaves the
  // one running that has taken it since: 2 of 900 stacks of threads that hand it
  // around were wrong.
  void follow(ThreadClock*) noexcept {}
  std::uint64_t held() const noexcept { return held_; }
  static constexpr Strategy kind() noexcept { return Strategy::blocking; }
  static constexpr bool adaptive() noexcept { return false; }

 private:
  PausedProcess& process_;
  std::optional<PausedProcess::Pause> pause_;
  Sleeper sleeper_;
  std::uint64_t began_ = 0;
  std::uint64_t held_ = 0;
};

}  // namespace tachyon
