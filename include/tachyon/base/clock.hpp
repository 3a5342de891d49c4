#pragma once

#include <ctime>

#include <cstdint>

// The clocks, in nanoseconds.
namespace tachyon {

inline std::uint64_t clock_now(clockid_t clock) noexcept {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(now.tv_nsec);
}

inline std::uint64_t monotonic_now() noexcept { return clock_now(CLOCK_MONOTONIC); }
inline std::uint64_t unix_now() noexcept { return clock_now(CLOCK_REALTIME); }
// Goes on while the machine is suspended; the kernel counts starts of processes by it.
inline std::uint64_t boot_now() noexcept { return clock_now(CLOCK_BOOTTIME); }
inline std::uint64_t process_cpu_time() noexcept { return clock_now(CLOCK_PROCESS_CPUTIME_ID); }
inline std::uint64_t thread_cpu_time() noexcept { return clock_now(CLOCK_THREAD_CPUTIME_ID); }

}  // namespace tachyon
