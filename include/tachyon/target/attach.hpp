#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <elf.h>
#include <unistd.h>
#include <utility>

#include <tachyon/base/clock.hpp>
#include <tachyon/base/descriptor.hpp>
#include <tachyon/base/result.hpp>
#include <tachyon/memory/live_process.hpp>
#include <tachyon/target/process.hpp>
#include <tachyon/target/runtime.hpp>

// From a pid to an interpreter that can be read: open the process, find the runtime, and see that
// this build is one we know. Half a millisecond, unless the interpreter is not there yet.
//
// A program that was started a moment ago may not have loaded its library, not have made its first
// interpreter, or be about to become another program (a launcher that execs). Those answers are
// asked for again until `patience` is over; all others are final at once.
namespace tachyon {

struct Attached {
  LiveProcess memory;
  Process process;
  RuntimeSite site;
};

struct AttachOptions {
  std::uint64_t patience = 1'000'000'000;  // ns
  // It will be a Python, whatever it is now: we have just started it.
  bool expect_python = false;
};

namespace detail {

// Nanoseconds since the process was forked.
inline std::uint64_t age_of(std::uint64_t start_ticks) noexcept {
  const auto per_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  const std::uint64_t started = start_ticks * (1'000'000'000U / per_second);
  const std::uint64_t now = boot_now();
  return now > started ? now - started : 0;
}

// Why is it not a Python that we can read? A program for another word size or machine says so in
// the first bytes of its file.
inline Errc not_python_because(const Process& process) noexcept {
  const auto file = open_for_reading("exe", 0, process.directory().get());
  if (!file) return Errc::not_python;
  std::array<std::byte, 20> start{};
  const auto size = read_at(*file, 0, start);
  if (!size || *size != start.size()) return Errc::not_python;
  const bool elf = std::memcmp(start.data(), ELFMAG, SELFMAG) == 0;
  const bool native = start[EI_CLASS] == std::byte{ELFCLASS64} &&
                      load<std::uint16_t>(start, offsetof(Elf64_Ehdr, e_machine)) == native_machine;
  return elf && !native ? Errc::unsupported_arch : Errc::not_python;
}

inline Result<Attached> attach_once(std::int32_t pid) {
  auto memory = LiveProcess::open(pid);
  if (!memory) return memory.error();
  auto process = Process::open(pid);
  if (!process) return process.error();
  const auto stat = process->stat();
  if (!stat) return stat.error();
  if (stat->start_ticks != memory->start_ticks()) return Errc::process_changed;
  // The number of a thread leads to its process, under /proc, but is not a process.
  const auto status = process->status();
  if (!status) return status.error();
  if (status->process != pid) return Errc::no_such_process;
  const auto modules = ProcessModules::read(*process);
  if (!modules) return modules.error();
  auto site = find_runtime(*memory, *modules);
  if (!site) {
    if (const auto still = memory->verify(); !still) return still.error();
    if (site.error().code == Errc::not_python) return not_python_because(*process);
    return site.error();
  }
  if (const auto supported = check_supported(*site); !supported) return supported.error();
  if (site->state == RuntimeState::not_started) return Errc::not_started;
  if (site->state == RuntimeState::finalizing) return Errc::finalizing;
  return Attached{std::move(*memory), std::move(*process), std::move(*site)};
}

}  // namespace detail

inline Result<Attached> attach(std::int32_t pid, AttachOptions options = {}) {
  constexpr std::uint64_t young = 1'000'000'000;
  const std::uint64_t until = monotonic_now() + options.patience;
  for (;;) {
    auto attached = detail::attach_once(pid);
    if (attached) return attached;
    const Errc why = attached.error().code;
    bool again = why == Errc::not_started || why == Errc::process_changed;
    if (why == Errc::not_python) {
      const auto process = Process::open(pid);
      const auto stat = process ? process->stat() : process.error();
      again = options.expect_python || (stat && detail::age_of(stat->start_ticks) < young);
    }
    if (!again || monotonic_now() >= until) return attached;
    const timespec nap{0, 1'000'000};
    ::nanosleep(&nap, nullptr);
  }
}

}  // namespace tachyon
