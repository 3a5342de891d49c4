#pragma once

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <optional>

// The signals that end a run in order. They are blocked and read from a descriptor: no handler, no
// global, nothing that a reader thread could be interrupted by, and their dispositions stay what
// they were, so that a started program inherits exactly what it would have had without us. SIGPIPE
// and SIGXFSZ are blocked with them: a reader that has gone, or a file that may not grow any more,
// is an error of that one output, and the others are still written.
namespace tachyon::tool {

class Signals {
 public:
  Signals() noexcept {
    sigset_t ours;
    sigemptyset(&ours);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) sigaddset(&ours, signal);
    sigset_t blocked = ours;
    sigaddset(&blocked, SIGPIPE);
    sigaddset(&blocked, SIGXFSZ);
    (void)::pthread_sigmask(SIG_BLOCK, &blocked, &before_);
    fd_ = ::signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals() {
    if (fd_ >= 0) (void)::close(fd_);
  }

  int descriptor() const noexcept { return fd_; }
  const sigset_t& before() const noexcept { return before_; }

  struct Signal {
    int number = 0;
    bool from_terminal = false;  // Ctrl-C: everybody in the foreground has got it, not only we
  };

  // The next signal that has come, if any.
  std::optional<Signal> next() noexcept {
    signalfd_siginfo info{};
    if (::read(fd_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return std::nullopt;
    return Signal{static_cast<int>(info.ssi_signo), info.ssi_code == SI_KERNEL};
  }

 private:
  sigset_t before_{};
  int fd_ = -1;
};

}  // namespace tachyon::tool
