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
// A bell that rings in vain, because two code objects in turn are taken for news, is not listened to
// for a while, and longer each time.
namespace tachyon {

class DrainBell {
 public:
  static constexpr std::uint64_t usual = 100'000'000;
  static constexpr std::uint64_t idle = 200'000'000;

  enum class Woken : std::uint8_t { by_time, by_news, by_stop };

  // `news` becomes readable when there is news; records that bring none do not count.
  explicit DrainBell(const Descriptor& news) : both_{::epoll_create1(EPOLL_CLOEXEC)} {
    add(news.get(), EPOLLIN | EPOLLET);
  }

  // Until `end` at the latest, and until the control says stop.
  template <RunControl Control>
  Woken wait(Control& control, std::uint64_t end);

  // After the drain: was there anything new, and any record at all?
  void learn(Woken why, bool news, bool records) noexcept {
    if (why == Woken::by_news) deaf_ = news ? 0 : std::clamp(2 * deaf_, least_deaf, usual);
    wait_ = records ? usual : idle;
  }
  std::uint64_t deaf() const noexcept { return deaf_; }

 private:
  static constexpr std::uint64_t least_deaf = 1'000'000;
  static constexpr std::uint64_t asked_every = 50'000'000;  // where a stop is not told

  void add(int descriptor, std::uint32_t events) noexcept {
    epoll_event event{};
    event.events = events;
    event.data.fd = descriptor;
    if (both_ && descriptor >= 0) (void)::epoll_ctl(both_.get(), EPOLL_CTL_ADD, descriptor, &event);
  }

  Descriptor both_;  // only the bell; the control's own descriptor is polled beside it
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
    pollfd wake[2] = {{control.descriptor(), POLLIN, 0}, {listens ? both_.get() : -1, POLLIN, 0}};
    const timespec limit{static_cast<time_t>(rest / 1'000'000'000),
                         static_cast<long>(rest % 1'000'000'000)};
    if (::ppoll(wake, 2, &limit, nullptr) <= 0) continue;
    if ((wake[1].revents & POLLIN) == 0) continue;
    epoll_event event{};
    (void)::epoll_wait(both_.get(), &event, 1, 0);  // it has been heard
    return Woken::by_news;
  }
}

}  // namespace tachyon
