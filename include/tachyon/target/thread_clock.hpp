#pragma once

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/descriptor.hpp>
#include <tachyon/base/result.hpp>
#include <tachyon/memory/live_process.hpp>
#include <tachyon/memory/process_stat.hpp>

// Does this thread run, and how much has it run? The kernel's books, not the interpreter's.
//
//   /proc/PID/task/TID/schedstat    "918273645 1234567 4321\n"
//                                   ns on a CPU, ns waiting for one, times it was put on one
//
// Read from a descriptor that stays open it costs 1.1 us, an eighth of opening, reading and closing
// stat, and it is exact where stat counts in hundredths of a second: the first number moved since
// the last look, so the thread ran; the third did not, so it was not interrupted in between.
//
//   /proc/PID/task/TID/syscall      "running\n", or what it waits in and with which arguments
//
// 1.2 us for a thread that runs or could, 2.1 us for one that waits; stat says the same for 4.8 us
// and stands in where a kernel or a sandbox does not offer the other.
//
// These files belong to the thread, not to its number: after it ends they answer ESRCH for good.
// That is said as `no_such_thread`, which costs a look and no more: threads come and go all the
// time, and an interpreter lists them a little longer than they live (a state that is made for a
// thread to come bears the number 0, or its creator's; the child of a fork has its parent's until
// it has written its own).
namespace tachyon {

struct CpuTime {
  std::uint64_t ran = 0;     // ns
  std::uint64_t waited = 0;  // ns, runnable without a CPU
  std::uint64_t turns = 0;
  friend constexpr bool operator==(const CpuTime&, const CpuTime&) noexcept = default;
};

inline std::optional<CpuTime> parse_schedstat(std::string_view text) noexcept {
  CpuTime time;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::uint64_t* into : {&time.ran, &time.waited, &time.turns}) {
    while (at != end && *at == ' ') ++at;
    const auto [stop, code] = std::from_chars(at, end, *into);
    if (code != std::errc{}) return std::nullopt;
    at = stop;
  }
  return time;
}

class ThreadClock {
 public:
  // `process` is a /proc/PID directory and must outlive the clock. Nothing is opened before it is
  // asked for: many threads are never looked at.
  ThreadClock(const Descriptor& process, std::int32_t task) noexcept
      : process_{&process}, task_{task} {}

  Result<CpuTime> time() noexcept {
    std::array<std::byte, 96> text;
    const auto size = read(schedstat_, "/schedstat", text);
    if (!size) return size.error();
    const auto time = parse_schedstat(as_text(Bytes{text}.first(*size)));
    if (!time) return Errc::bad_value;
    return *time;
  }

  // State, and the CPU it runs on or ran on last. 3.7-4.8 us.
  Result<ProcessStat> stat() noexcept {
    std::array<std::byte, 1024> text;
    const auto size = read(stat_, "/stat", text);
    if (!size) return size.error();
    const auto stat = parse_process_stat(as_text(Bytes{text}.first(*size)));
    if (!stat) return Errc::bad_value;
    return *stat;
  }

  // Does it run, or wait for nothing but a CPU? The dear file is asked only when the cheap one has
  // moved: while the three numbers stand still, a thread that ran has not left its CPU, and one
  // that slept has not been woken.
  Result<bool> runs() noexcept {
    const auto now = time();
    if (now && known_ && *now == last_) return running_;
    const auto runs = asks_stat_ ? Result<bool>{Errc::unreadable} : not_in_a_call();
    if (runs) {
      running_ = *runs;
    } else {
      const auto full = stat();
      if (!full) return full.error();
      asks_stat_ = true;  // the other file is not to be had, for a thread that is still there
      running_ = full->state == 'R';
    }
    known_ = now.has_value();
    if (now) last_ = *now;
    return running_;
  }

  std::int32_t task() const noexcept { return task_; }
  // Known since a question has failed. It does not come back.
  bool ended() const noexcept { return ended_; }

 private:
  Error failed(int number) noexcept {
    if (number != ENOENT && number != ESRCH) return detail::process_error(number);
    ended_ = true;
    return {Errc::no_such_thread, number, {}};
  }
  Result<bool> not_in_a_call() noexcept {
    std::array<std::byte, 8> text;  // as much as tells "running" from a number
    const auto size = read(syscall_, "/syscall", text);
    if (!size) return size.error();
    return text[0] == std::byte{'r'};
  }
  Result<std::size_t> read(Descriptor& file, std::string_view name,
                           std::span<std::byte> into) noexcept {
    if (!file) {
      const auto path = detail::ProcPath{"task/"}.add(task_).add(name);
      auto opened = open_for_reading(path.c_str(), 0, process_->get());
      if (!opened) return failed(opened.error().sys);
      file = std::move(*opened);
    }
    // One call: these files give all they have at once, and asking for an end costs as much again.
    const ssize_t size = ::pread(file.get(), into.data(), into.size(), 0);
    if (size <= 0) return failed(size == 0 ? ESRCH : errno);
    return static_cast<std::size_t>(size);
  }

  const Descriptor* process_;
  std::int32_t task_;
  Descriptor schedstat_;
  Descriptor stat_;
  Descriptor syscall_;
  bool asks_stat_ = false;
  bool ended_ = false;
  CpuTime last_{};
  bool known_ = false;
  bool running_ = false;
};

}  // namespace tachyon
