#pragma once

#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cstdint>

#include <tachyon/base/clock.hpp>
#include <tachyon/base/descriptor.hpp>
#include <tachyon/sampler/source.hpp>

// When the ring of the kernel's samples is drained: a few times a second, and at once when there is
// code in it that has to be read while it is there (kernel/seen_code.hpp).
//
// A thread that starts another one, or ends, rings it, too (kernel/perf_event.hpp): a worker that
// lives for a fifth of a second would else be found when half of its time is over.
//
// A bell that rings in vain, because two code objects in turn are taken for news, is not listened to
// for a while, and longer each time.
namespace tachyon {

class DrainBell {
 public:
  static constexpr std::uint64_t usual = 100'000'000;
  static constexpr std::uint64_t idle = 200'000'000;

  enum class Woken : std::uint8_t { by_time, by_code, by_thread, by_stop };

  // `code` becomes readable when there is some; records that bring none do not count.
  explicit DrainBell(const Descriptor& code)
      : code_{code.get()}, all_{::epoll_create1(EPOLL_CLOEXEC)} {
    listen(code);
  }
  // To a thread's events, until they are closed.
  void listen(const Descriptor& descriptor) noexcept {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.fd = descriptor.get();
    if (all_ && descriptor) (void)::epoll_ctl(all_.get(), EPOLL_CTL_ADD, descriptor.get(), &event);
  }

  // Until `end` at the latest, and until the control says stop.
  template <RunControl Control>
  Woken wait(Control& control, std::uint64_t end);

  struct Drained {
    bool news = false;     // there was something new
    bool records = false;  // ... or any record at all
    bool complete = true;  // all threads are known
  };
  // After the drain.
  void learn(Woken why, const Drained& drained) noexcept {
    if (why == Woken::by_code) deaf_ = drained.news ? 0 : std::clamp(2 * deaf_, least_deaf, usual);
    wait_ = !drained.complete ? soon : drained.records ? usual : idle;
  }
  std::uint64_t deaf() const noexcept { return deaf_; }

 private:
  static constexpr std::uint64_t least_deaf = 1'000'000;
  static constexpr std::uint64_t soon = 2'000'000;
  static constexpr std::uint64_t asked_every = 50'000'000;  // where a stop is not told

  int code_;
  Descriptor all_;  // but the control's own, which is polled beside it
  std::uint64_t deaf_ = 0;
  std::uint64_t wait_ = usual;
};

template <RunControl Control>
DrainBell::Woken DrainBell::wait(Control& control, std::uint64_t end) {
  const std::uint64_t begun = monotonic_now();
  const std::uint64_t until = std::min(begun + wait_, end);
  for (;;) {
    if (control.stop()) return Woken::by_stop;
    const std::uint64_t now = monotonic_now();
    if (now >= until) return Woken::by_time;
    const bool listens = now >= begun + deaf_;
    std::uint64_t rest = (listens ? until : std::min(until, begun + deaf_)) - now;
    if (control.descriptor() < 0) rest = std::min(rest, asked_every);
    pollfd wake[2] = {{control.descriptor(), POLLIN, 0}, {listens ? all_.get() : -1, POLLIN, 0}};
    const timespec limit{static_cast<time_t>(rest / 1'000'000'000),
                         static_cast<long>(rest % 1'000'000'000)};
    if (::ppoll(wake, 2, &limit, nullptr) <= 0) continue;
    if ((wake[1].revents & POLLIN) == 0) continue;
    // They have been heard.
    epoll_event events[16];
    const int count = ::epoll_wait(all_.get(), events, 16, 0);
    const bool thread = std::any_of(events, events + std::max(count, 0),
                                    [&](const auto& event) { return event.data.fd != code_; });
    return thread ? Woken::by_thread : Woken::by_code;
  }
}

}  // namespace tachyon
