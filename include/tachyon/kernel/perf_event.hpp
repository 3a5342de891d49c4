#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

#include <tachyon/base/descriptor.hpp>
#include <tachyon/base/mapped_pages.hpp>
#include <tachyon/base/result.hpp>
#include <tachyon/kernel/bpf_call.hpp>

// Events of one thread of the target, and the program that runs when they fire.
//
//   tick     every so many nanoseconds of the thread's own processor time, in the middle of what it
//            does; none while it sleeps
//   switch   whenever it stops running, because it waits or because another thread's turn has come
//
// Both count the time that the thread has run. They are one group, so that they begin to count at
// the same moment and the clock of one is that of the other; the thread may well run for a
// millisecond between two calls of ours.
//
// The kernel sets its timer for the next tick when the last has fired, so the period can be changed
// from outside only. A period that stays the same agrees with programs that have a rhythm of their
// own: it is drawn anew between 0.5 and 1.5 times what was asked for, every time the ring is
// drained.
//
// The tick event also tells when the thread starts another one or ends: its descriptor becomes
// readable. For that the kernel needs two pages to write to. They are not read: which threads there
// are stands in the interpreter's list.
//
// An event takes a descriptor, and its link to the program another. The switch event's own is not
// needed once it is on, so a thread takes three.
namespace tachyon::kernel {

namespace detail {

// perf_event_attr as it was in the first version. The kernel takes every version.
struct EventShape {
  std::uint32_t type = 1;  // PERF_TYPE_SOFTWARE
  std::uint32_t size = 64;
  std::uint64_t config = 0;
  std::uint64_t period = 0;
  std::uint64_t sample_type = 0;
  std::uint64_t read_format = 0;
  std::uint64_t flags = 0;
  std::uint32_t wakeup = 0;
  std::uint32_t breakpoint = 0;
  std::uint64_t config1 = 0;
};
static_assert(sizeof(EventShape) == 64);

inline constexpr std::uint64_t cpu_clock = 0, context_switches = 3;
inline constexpr std::uint64_t disabled = 1;
// The address of a thread state means nothing to the program that comes next.
inline constexpr std::uint64_t until_exec = std::uint64_t{1} << 36;
inline constexpr std::uint64_t tells_of_threads = std::uint64_t{1} << 13 | std::uint64_t{1} << 14;
inline constexpr unsigned long enable_event = 0x2400, set_event_period = 0x40082404;
inline constexpr unsigned long close_on_exec = 8;

inline Result<Descriptor> open_event(const EventShape& shape, std::int32_t tid,
                                     int group) noexcept {
  const long number = ::syscall(SYS_perf_event_open, &shape, tid, -1, group, close_on_exec);
  if (number < 0) {
    if (errno == ESRCH) return Error{Errc::no_such_thread, ESRCH, {}};
    return refused_by_kernel(errno);
  }
  return Descriptor{static_cast<int>(number)};
}

// In a mapping that cannot be written, the kernel writes over what it has written.
inline MappedPages map_news(const Descriptor& event) noexcept {
  return {event, 2 * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)), PROT_READ};
}

}  // namespace detail

// Which events could not be had, and why. Those threads are not sampled.
struct EventLosses {
  std::uint64_t ended = 0;           // the thread had, before we came
  std::uint64_t no_descriptors = 0;  // ulimit -n
  std::uint64_t refused = 0;
  Error why{};  // of the last that was refused

  std::uint64_t total() const noexcept { return ended + no_descriptors + refused; }
};

struct EventPlan {
  std::uint64_t period = 1'000'000;  // ns of the thread's processor time between two ticks
  bool ticks = true;
  bool switches = true;
  bool threads = false;  // news of threads that it starts
};

// The events of one thread. Closed with their owner.
class ThreadEvents {
 public:
  // `thread` is the address of its state, which the program is told.
  static Result<ThreadEvents> open(std::int32_t tid, std::uint64_t thread, const EventPlan& plan,
                                   const Descriptor& program, EventLosses& losses) noexcept {
    ThreadEvents out;
    const Result<void> ok = out.open_all(tid, thread, plan, program);
    if (ok) return out;
    const Error why = ok.error();
    if (why.code == Errc::no_such_thread) {
      ++losses.ended;
    } else if (why.sys == EMFILE || why.sys == ENFILE) {
      ++losses.no_descriptors;
    } else {
      ++losses.refused;
      losses.why = why;
    }
    return why;
  }

  // Becomes readable when the thread has started another one, or has ended, if that was planned.
  const Descriptor& news() const noexcept { return tick_; }

  void set_period(std::uint64_t period) noexcept {
    if (tick_) (void)::ioctl(tick_.get(), detail::set_event_period, &period);
  }

 private:
  // Left to the rest of this process.
  static constexpr std::uint64_t spare_descriptors = 64;

  static Result<void> within_limit(const Descriptor& newest) noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
    const auto number = static_cast<std::uint64_t>(newest.get());
    if (number + spare_descriptors < limit.rlim_cur) return {};
    return Error{Errc::limit, EMFILE, {}};
  }

  Result<void> open_all(std::int32_t tid, std::uint64_t thread, const EventPlan& plan,
                        const Descriptor& program) noexcept {
    Descriptor switches;
    if (plan.switches) {
      auto event = detail::open_event({.config = detail::context_switches,
                                       .period = 1,
                                       .flags = detail::disabled | detail::until_exec},
                                      tid, -1);
      if (!event) return event.error();
      if (const auto ok = within_limit(*event); !ok) return ok;
      auto link = link_program(program, *event, thread | 1);
      if (!link) return link.error();
      switches = std::move(*event);
      switch_link_ = std::move(*link);
    }
    if (plan.ticks) {
      // A member of the group is on as soon as its leader is.
      const int leader = switches ? switches.get() : -1;
      detail::EventShape shape{
          .config = detail::cpu_clock, .period = plan.period, .flags = detail::until_exec};
      if (leader < 0) shape.flags |= detail::disabled;
      if (plan.threads) {
        shape.flags |= detail::tells_of_threads;
        shape.wakeup = 1;  // for every byte
      }
      auto event = detail::open_event(shape, tid, leader);
      if (!event) return event.error();
      if (const auto ok = within_limit(*event); !ok) return ok;
      auto link = link_program(program, *event, thread);
      if (!link) return link.error();
      // Where there is no memory for them, threads are found a little later.
      if (plan.threads) pages_ = detail::map_news(*event);
      tick_ = std::move(*event);
      tick_link_ = std::move(*link);
    }
    const int first = switches ? switches.get() : tick_.get();
    if (::ioctl(first, detail::enable_event, 0) != 0) return refused_by_kernel(errno);
    return {};
  }

  Descriptor tick_;
  MappedPages pages_;
  Descriptor tick_link_;
  Descriptor switch_link_;
};

}  // namespace tachyon::kernel
