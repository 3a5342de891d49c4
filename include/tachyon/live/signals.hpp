#pragma once

#include <csignal>
#include <initializer_list>
#include <optional>

#include <sys/signalfd.h>
#include <unistd.h>

namespace tachyon::live {

// Signals as something to read: no handler, no global. They must be blocked before other threads
// start, since threads inherit the mask; so make this first. A child process inherits it too:
// whoever starts one resets its mask (`before()` has the old one).
class Signals {
 public:
  explicit Signals(std::initializer_list<int> which = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH,
                                                       SIGCONT, SIGUSR1}) noexcept {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : which) sigaddset(&set, signal);
    pthread_sigmask(SIG_BLOCK, &set, &before_);
    descriptor_ = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  }
  ~Signals() {
    if (descriptor_ >= 0) ::close(descriptor_);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  std::optional<int> next() noexcept {
    signalfd_siginfo info;
    if (descriptor_ < 0 || ::read(descriptor_, &info, sizeof info) != sizeof info) {
      return std::nullopt;
    }
    return static_cast<int>(info.ssi_signo);
  }
  int descriptor() const noexcept { return descriptor_; }
  const sigset_t& before() const noexcept { return before_; }

 private:
  sigset_t before_{};
  int descriptor_ = -1;
};

}  // namespace tachyon::live
