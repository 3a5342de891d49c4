#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <dirent.h>
#include <linux/magic.h>
#include <poll.h>
#include <span>
#include <string_view>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/descriptor.hpp>
#include <tachyon/memory/concept.hpp>
#include <tachyon/memory/process_stat.hpp>

// The memory of a running process, read with the two calls the kernel has for it.
//
// One range: pread on /proc/PID/mem, opened once. It is the cheapest read there is (1.5 us against
// 2.0 for process_vm_readv where we measured) and it is bound to the address space, not to the
// number: after an exec or an exit it reads nothing, whoever has the pid by then. But a child of
// vfork lives in its parent's memory until it execs, and that can be read for longer: an exec shows
// in the new stack, too, which is looked for where nothing else can be read.
//
// Several ranges: process_vm_readv, which copies them in the order given in one call. It takes a
// pid, so verify() is there to be asked once in a while whether that is still the same process; the
// descriptors of the /proc directory and the pidfd answer that without a race.
//
//   ranges    | A | B | C | D |      the kernel copied 5,000 of the 8,000 bytes asked for:
//   copied    |#######~~~|           A whole, B whole, of C some pages. The answer is 2.
//
// The file belongs to the process's user. Somebody else with CAP_SYS_PTRACE and nothing more, which
// is what `setcap` gives a program, cannot open it, but may make the call: then everything is read
// with that, and the new stack is looked for at each failure and every 64th call.
//
// A main thread may have ended while others run on (its pid is a zombie then, with no memory of its
// own); the address space is reached through one of the threads that are left, and when that one
// ends through another.
//
// ptrace is not used and nothing is ever written: the descriptor is opened for reading only.
namespace tachyon {

// A number means one process to /proc and maybe another to system calls: in a new pid namespace
// with the old /proc (unshare --pid without --mount-proc) one was read and the other stopped.
inline Result<void> check_proc() noexcept {
  std::array<char, 16> name;
  const ssize_t size = ::readlink("/proc/self", name.data(), name.size());
  std::int32_t self = 0;
  if (size > 0) std::from_chars(name.data(), name.data() + size, self);
  if (self == ::getpid()) return {};
  // Whose namespace has no number for us, it does not show us at all.
  struct ::statfs kind {};
  const bool mounted = ::statfs("/proc", &kind) == 0 && kind.f_type == PROC_SUPER_MAGIC;
  return mounted ? Errc::foreign_proc : Errc::no_proc;
}

namespace detail {

// "/proc/1234" and the like, without allocating.
class ProcPath {
 public:
  explicit ProcPath(std::string_view prefix) noexcept { add(prefix); }
  ProcPath& add(std::string_view text) noexcept {
    const std::size_t n = text.size() < room() ? text.size() : room();
    std::memcpy(text_.data() + used_, text.data(), n);
    used_ += n;
    text_[used_] = '\0';
    return *this;
  }
  ProcPath& add(std::int64_t number) noexcept {
    const auto end = std::to_chars(text_.data() + used_, text_.data() + used_ + room(), number).ptr;
    used_ = static_cast<std::size_t>(end - text_.data());
    text_[used_] = '\0';
    return *this;
  }
  const char* c_str() const noexcept { return text_.data(); }

 private:
  std::size_t room() const noexcept { return text_.size() - 1 - used_; }

  std::array<char, 96> text_{};
  std::size_t used_ = 0;
};

// What an errno from /proc/PID or a memory call says about the process.
inline Error process_error(int number, Address at = {}) noexcept {
  switch (number) {
    case EFAULT:
    case EIO:
    case EINVAL:
      return {Errc::unreadable, number, at};
    case ENOENT:
    case ESRCH:
      return {Errc::no_such_process, number, at};
    case EPERM:
    case EACCES:
      return {Errc::not_permitted, number, at};
    default:
      return {Errc::system, number, at};
  }
}

inline Result<ProcessStat> read_process_stat(const Descriptor& directory,
                                             const char* name = "stat") noexcept {
  auto file = open_for_reading(name, 0, directory.get());
  if (!file) return process_error(file.error().sys);
  std::array<std::byte, 1024> text;
  const auto size = read_at(*file, 0, text);
  if (!size) return process_error(size.error().sys);
  const auto stat = parse_process_stat(as_text(Bytes{text}.first(*size)));
  if (!stat) return Errc::bad_value;
  return *stat;
}

// Calls `take` with each number that names an entry of a /proc directory, without allocating, until
// it answers false.
template <class Take>
Result<void> each_task(const Descriptor& directory, Take&& take) {
  alignas(dirent64) std::array<char, 8192> entries;
  for (;;) {
    const long size = ::syscall(SYS_getdents64, directory.get(), entries.data(), entries.size());
    if (size < 0) return process_error(errno);
    if (size == 0) return {};
    for (long at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const dirent64*>(entries.data() + at);
      at += entry->d_reclen;
      std::int32_t task = 0;
      const char* const end = entry->d_name + std::strlen(entry->d_name);
      if (std::from_chars(entry->d_name, end, task).ptr != end || task <= 0) continue;
      if (!take(task)) return {};
    }
  }
}

}  // namespace detail

class LiveProcess {
 public:
  static Result<LiveProcess> open(std::int32_t pid) noexcept;

  Result<void> read(Address at, std::span<std::byte> into) noexcept;
  Result<std::size_t> read_many(std::span<const Range> ranges) noexcept;

  // Still the process that was opened, not ended and (where it can be told) not another program.
  Result<void> verify() noexcept;

  std::int32_t pid() const noexcept { return pid_; }
  // A thread that was alive at open(): the main one unless that had ended.
  std::int32_t task() const noexcept { return task_; }
  std::uint64_t start_ticks() const noexcept { return start_ticks_; }
  // Becomes readable when the process ends: for poll(). -1 on kernels before 5.3.
  int exit_descriptor() const noexcept { return pidfd_.get(); }
  // /proc/PID as it was at open(); paths relative to it cannot reach a later owner of the pid.
  const Descriptor& directory() const noexcept { return directory_; }

 private:
  static constexpr std::size_t most_ranges = 1024;  // UIO_MAXIOV
  static constexpr std::uint32_t calls_a_check = 64;

  LiveProcess() noexcept = default;
  bool ended() noexcept;
  Error gone(Address at) noexcept;
  Result<void> open_memory(const ProcessStat& stat) noexcept;
  Result<void> open_through(std::int32_t task, const char* path, const Descriptor& folder) noexcept;
  Result<void> read_by_call(Address at, std::span<std::byte> into) noexcept;
  bool replaced() noexcept;
  bool take_another_thread() noexcept;
  Result<std::size_t> read_batch(std::span<const Range> ranges) noexcept;
  Result<std::size_t> read_apart(std::span<const Range> ranges) noexcept;

  std::int32_t pid_ = 0;
  std::int32_t task_ = 0;  // the thread through which the address space is reached
  std::uint64_t start_ticks_ = 0;
  std::uint64_t stack_ = 0;
  std::uint32_t calls_ = 0;
  Descriptor directory_;
  Descriptor pidfd_;
  Descriptor memory_;  // none: read_by_call()
  bool replaced_ = false;
};
static_assert(Memory<LiveProcess>);

inline Result<LiveProcess> LiveProcess::open(std::int32_t pid) noexcept {
  if (const auto ours = check_proc(); !ours) return ours.error();
  LiveProcess process;
  process.pid_ = process.task_ = pid;
  auto directory =
      open_for_reading(detail::ProcPath{"/proc/"}.add(pid).c_str(), O_DIRECTORY | O_PATH);
  if (!directory) return detail::process_error(directory.error().sys);
  process.directory_ = std::move(*directory);
  process.pidfd_ = Descriptor{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  // Read through the directory *after* the pidfd was made: if this works, both are one process.
  const auto stat = detail::read_process_stat(process.directory_);
  if (!stat) return stat.error();
  process.start_ticks_ = stat->start_ticks;
  process.stack_ = stat->stack;
  if (stat->kernel_thread) return Errc::is_kernel_thread;
  if (stat->state == 'Z' && stat->threads <= 1) return Errc::is_zombie;
  if (const auto opened = process.open_memory(*stat); !opened) return opened.error();
  return process;
}

inline Result<void> LiveProcess::open_memory(const ProcessStat& stat) noexcept {
  if (stat.state != 'Z') return open_through(pid_, "mem", directory_);
  auto tasks = open_for_reading("task", O_DIRECTORY, directory_.get());
  if (!tasks) return detail::process_error(tasks.error().sys);
  const auto listed = detail::each_task(*tasks, [&](std::int32_t task) {
    if (task == pid_) return true;
    // A thread that has just ended is none; the next one may not have.
    return !open_through(task, detail::ProcPath{""}.add(task).add("/mem").c_str(), *tasks);
  });
  if (!listed) return listed.error();
  if (task_ != pid_) return {};
  return Errc::is_zombie;
}

inline Result<void> LiveProcess::open_through(std::int32_t task, const char* path,
                                              const Descriptor& folder) noexcept {
  auto memory = open_for_reading(path, 0, folder.get());
  if (memory) {
    memory_ = std::move(*memory);
  } else {
    const int refused = memory.error().sys;
    if (refused != EACCES) return detail::process_error(refused);
    // Nothing is mapped at address 0; whoever is told so may read.
    std::byte probe{};
    const iovec local{&probe, 1};
    const iovec remote{nullptr, 1};
    if (::process_vm_readv(task, &local, 1, &remote, 1, 0) < 0 && errno != EFAULT) {
      return detail::process_error(refused);
    }
  }
  task_ = task;
  return {};
}

inline Result<void> LiveProcess::read(Address at, std::span<std::byte> into) noexcept {
  if (!memory_) return read_by_call(at, into);
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t n = ::pread(memory_.get(), into.data() + done, into.size() - done,
                              static_cast<off_t>(at.value + done));
    if (n == 0) return gone(at);
    if (n < 0 && errno != EINTR) return detail::process_error(errno, at + done);
    if (n > 0) done += static_cast<std::size_t>(n);
  }
  return {};
}

inline Result<void> LiveProcess::read_by_call(Address at, std::span<std::byte> into) noexcept {
  if ((replaced_ || ++calls_ % calls_a_check == 0) && replaced()) return gone(at);
  std::size_t done = 0;
  while (done < into.size()) {
    const iovec local{into.data() + done, into.size() - done};
    const iovec remote{reinterpret_cast<void*>(at.value + done), into.size() - done};
    const ssize_t n = ::process_vm_readv(task_, &local, 1, &remote, 1, 0);
    if (n > 0) done += static_cast<std::size_t>(n);
    if (n >= 0 || errno == EINTR) continue;
    const int failed = errno;
    if (replaced()) return gone(at);
    return detail::process_error(failed, at + done);
  }
  return {};
}

// By another program: an exec keeps the number. What was open may be somebody else's from now on.
inline bool LiveProcess::replaced() noexcept {
  if (replaced_) return true;
  const auto stat = detail::read_process_stat(directory_);
  if (stat && stat->stack == stack_) return false;
  if (stat && stat->stack == 0 && memory_) return false;  // its main thread has ended
  replaced_ = stat.has_value();
  memory_ = {};
  return true;
}

inline Result<std::size_t> LiveProcess::read_many(std::span<const Range> ranges) noexcept {
  std::size_t done = 0;
  while (done < ranges.size()) {
    const std::size_t size = std::min(most_ranges, ranges.size() - done);
    const auto batch = read_batch(ranges.subspan(done, size));
    if (!batch && done == 0) return batch.error();
    if (!batch) break;
    done += *batch;
    if (*batch < size) break;
  }
  return done;
}

inline Result<std::size_t> LiveProcess::read_batch(std::span<const Range> ranges) noexcept {
  const bool checks = !memory_ && (replaced_ || ++calls_ % calls_a_check == 0);
  if (checks && replaced()) return gone(ranges[0].at);
  // Left uninitialised: 32 KiB, of which a usual call touches the first few lines.
  std::array<iovec, most_ranges> remote;
  std::array<iovec, most_ranges> local;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    remote[i] = {reinterpret_cast<void*>(ranges[i].at.value), ranges[i].into.size()};
    local[i] = {ranges[i].into.data(), ranges[i].into.size()};
  }
  ssize_t copied;
  do {
    copied =
        ::process_vm_readv(task_, local.data(), ranges.size(), remote.data(), ranges.size(), 0);
  } while (copied < 0 && errno == EINTR);
  if (copied < 0 && memory_ && (errno == EPERM || errno == ENOSYS)) return read_apart(ranges);
  if (copied < 0 && memory_ && errno == ESRCH && take_another_thread()) return read_apart(ranges);
  if (copied < 0) {
    const int failed = errno;
    if (replaced()) return gone(ranges[0].at);
    return detail::process_error(failed, ranges[0].at);
  }
  std::size_t whole = 0;
  auto left = static_cast<std::size_t>(copied);
  while (whole < ranges.size() && ranges[whole].into.size() <= left) {
    left -= ranges[whole++].into.size();
  }
  if (whole == 0) return Error{Errc::unreadable, EFAULT, ranges[0].at};
  return whole;
}

// The one that was asked through has ended. Not after an exec: the descriptor reads nothing then,
// while a number would lead to the new program.
inline bool LiveProcess::take_another_thread() noexcept {
  std::byte probe;
  if (::pread(memory_.get(), &probe, 1, 0) == 0) return false;
  const auto tasks = open_for_reading("task", O_DIRECTORY, directory_.get());
  if (!tasks) return false;
  const std::int32_t ended = task_;
  const auto listed = detail::each_task(*tasks, [&](std::int32_t task) {
    if (task == ended) return true;
    const auto stat =
        detail::read_process_stat(*tasks, detail::ProcPath{""}.add(task).add("/stat").c_str());
    if (stat && stat->state != 'Z' && stat->state != 'X') task_ = task;
    return task_ == ended;
  });
  return listed && task_ != ended;
}

// The call itself may be forbidden (seccomp profiles of containers do that) where the file is not.
inline Result<std::size_t> LiveProcess::read_apart(std::span<const Range> ranges) noexcept {
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const auto ok = read(ranges[i].at, ranges[i].into);
    if (!ok && i == 0) return ok.error();
    if (!ok) return i;
  }
  return ranges.size();
}

inline Result<void> LiveProcess::verify() noexcept {
  if (ended()) return Errc::no_such_process;
  if (replaced()) return gone({});
  if (!memory_) return {};
  // Any readable word will do; only "nothing at all" (0 bytes) says that the space is gone.
  std::byte probe;
  if (::pread(memory_.get(), &probe, 1, 0) == 0) return gone({});
  return {};
}

inline bool LiveProcess::ended() noexcept {
  if (!pidfd_) return ::faccessat(directory_.get(), "stat", F_OK, 0) != 0;
  pollfd waiting{pidfd_.get(), POLLIN, 0};
  return ::poll(&waiting, 1, 0) > 0;
}

// Memory goes before the process does: what is on its way out has not become another program.
inline Error LiveProcess::gone(Address at) noexcept {
  if (ended()) return {Errc::no_such_process, 0, at};
  const auto stat = detail::read_process_stat(directory_);
  return {stat && !stat->exiting ? Errc::process_changed : Errc::no_such_process, 0, at};
}

}  // namespace tachyon
