#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <sys/syscall.h>

#include <tachyon/base/address.hpp>
#include <tachyon/base/bytes.hpp>
#include <tachyon/memory/live_process.hpp>
#include <tachyon/memory/process_stat.hpp>

// What does this thread sleep on? While a thread waits in the kernel, the kernel tells in which
// call, with its arguments:
//
//   /proc/PID/task/TID/syscall    "202 0x8d3b58 0x189 0x0 0x7ffd... ..."      futex(0x8d3b58, ...)
//                                 "running"                                   it does not
//
// A thread that wants the GIL waits for a condition that is part of the lock, and glibc's and
// musl's conditions wait for words inside themselves. So a futex inside the GIL is a thread that
// waits for it, whatever the version; before 3.15 the interpreter itself does not keep that.
namespace tachyon {

// The futex; zero: it waits for something else, or runs.
inline Address parse_futex_wait(std::string_view text) noexcept {
  long call = -1;
  const char* const end = text.data() + text.size();
  auto [at, code] = std::from_chars(text.data(), end, call);
  if (code != std::errc{} || call != SYS_futex) return {};
  if (end - at < 4 || at[0] != ' ' || at[1] != '0' || at[2] != 'x') return {};
  Address futex;
  if (std::from_chars(at + 3, end, futex.value, 16).ec != std::errc{}) return {};
  return futex;
}

// `process` is a /proc/PID directory. Zero also where the kernel does not say.
inline Address futex_wait_of(const Descriptor& process, std::int32_t task) noexcept {
  const auto path = detail::ProcPath{"task/"}.add(task).add("/syscall");
  const auto file = open_for_reading(path.c_str(), 0, process.get());
  if (!file) return {};
  std::array<std::byte, 256> text;
  const ssize_t size = ::pread(file->get(), text.data(), text.size(), 0);
  return size > 0 ? parse_futex_wait(as_text(Bytes{text}.first(static_cast<std::size_t>(size))))
                  : Address{};
}

}  // namespace tachyon
