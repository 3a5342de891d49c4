#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "program.hpp"

// Starting the program of `tachyon run`, and seeing it to its end.
//
// The program must not notice us: same terminal, same process group (so Ctrl-C and Ctrl-Z reach it
// from the terminal exactly as without us), same standard streams, same signals (we only ever block
// some, see signals.hpp, and give back the mask that we were started with), nothing in its
// environment. What we add is one thing that it cannot see: should tachyon die, however suddenly,
// the kernel sends the program a hang-up, as a closing terminal would - it is never left behind
// unwatched. `keep_running` leaves even that out.
//
// Starting is known to have worked when start() returns: the child's exec closes a pipe, and a
// failed exec sends its errno through it.
namespace tachyon::tool {

enum class Streams : std::uint8_t {
  shared,  // the program uses ours
  hidden,  // the screen is taken (--live): nothing in, output dropped, errors kept for later
};

struct Ending {
  int status = 0;  // as waitpid tells

  bool by_signal() const noexcept { return WIFSIGNALED(status); }
  int signal() const noexcept { return WTERMSIG(status); }
  // What a shell would report, and what `tachyon run` ends with.
  int code() const noexcept { return by_signal() ? 128 + signal() : WEXITSTATUS(status); }
};

class Child {
 public:
  // A process that waits to become the program, or why there is none. `mask`: the signals to block
  // in it, none if not given.
  static std::variant<Child, std::string> prepare(const Invocation& invocation,
                                                  Streams streams = Streams::shared,
                                                  bool keep_running = false,
                                                  const sigset_t* mask = nullptr);
  // Starts the program. The text says why it cannot be started; the process is gone then.
  std::optional<std::string> release();

  Child(Child&& other) noexcept
      : pid_{std::exchange(other.pid_, -1)},
        pid_fd_{std::exchange(other.pid_fd_, -1)},
        errors_{std::exchange(other.errors_, -1)},
        gate_{std::exchange(other.gate_, -1)},
        executable_{std::move(other.executable_)},
        keep_running_{other.keep_running_},
        ending_{other.ending_} {}
  Child& operator=(Child&&) = delete;

  // A program that nobody has waited for is ended, and one that was never released does not start:
  // no way out of tachyon leaves one behind.
  ~Child() {
    if (gate_ >= 0) {
      (void)::close(gate_);  // it sees the end of the socket and leaves
      (void)wait();
    }
    if (pid_ > 0 && !keep_running_ && !poll()) (void)stop(SIGTERM);
    if (pid_fd_ >= 0) (void)::close(pid_fd_);
    if (errors_ >= 0) (void)::close(errors_);
  }

  pid_t pid() const noexcept { return pid_; }
  // Readable when the program has ended; -1 where the kernel has no such thing.
  int descriptor() const noexcept { return pid_fd_; }

  // The program's end, once it has come.
  std::optional<Ending> poll() noexcept {
    if (!ending_) reap(WNOHANG);
    return ending_;
  }
  // The end, if it has been seen.
  const std::optional<Ending>& ending() const noexcept { return ending_; }
  // Waits for the end.
  Ending wait() noexcept {
    while (!ending_ && reap(0)) {
    }
    return ending_.value_or(Ending{});
  }
  // Waits for the end, but not longer than this.
  std::optional<Ending> wait_for(std::chrono::milliseconds limit) noexcept;

  void send(int signal) noexcept {
    if (!poll()) (void)::kill(pid_, signal);
  }
  // Ends the program: the signal, some time to obey, then SIGKILL.
  Ending stop(int signal, std::chrono::milliseconds grace = std::chrono::seconds{2}) noexcept {
    send(signal);
    if (!wait_for(grace)) send(SIGKILL);
    return wait();
  }

  // With Streams::hidden, what the program wrote to its standard error.
  std::string errors() const;

 private:
  Child(pid_t pid, int errors, int gate, const std::string& executable, bool keep_running)
      : pid_{pid},
        errors_{errors},
        gate_{gate},
        executable_{executable},
        keep_running_{keep_running} {
    pid_fd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  }

  // A reading thread of ours may be tracing the program. Its stops belong to that thread: a plain
  // wait takes them away from it, and for the program's end.
  // So this looks first, and takes only an end.
  bool reap(int flags) noexcept {
    siginfo_t seen{};
    const int looked = ::waitid(P_PID, static_cast<id_t>(pid_), &seen, WEXITED | WNOWAIT | flags);
    if (looked != 0 && errno == EINTR) return true;
    if (looked != 0) {
      ending_ = Ending{};  // not ours to wait for any more
      return false;
    }
    if (seen.si_pid == 0) return true;
    if (seen.si_code != CLD_EXITED && seen.si_code != CLD_KILLED && seen.si_code != CLD_DUMPED) {
      const timespec nap{0, 1'000'000};
      if ((flags & WNOHANG) == 0) (void)::nanosleep(&nap, nullptr);
      return true;
    }
    int status = 0;
    if (::waitpid(pid_, &status, 0) == pid_) ending_ = Ending{status};
    return true;
  }

  pid_t pid_ = -1;
  int pid_fd_ = -1;
  int errors_ = -1;
  int gate_ = -1;  // our end of the socket that the process waits on, until it is released
  std::string executable_{};
  bool keep_running_ = false;
  std::optional<Ending> ending_{};
};

namespace detail {

// In the child, between fork and exec: only calls that are safe there. Returns errno on failure.
inline int become(const Invocation& invocation, char* const* words, Streams streams, int errors,
                  bool keep_running, pid_t parent, const sigset_t& mask) noexcept {
  (void)::sigprocmask(SIG_SETMASK, &mask, nullptr);
  if (!keep_running) {
    (void)::prctl(PR_SET_PDEATHSIG, SIGHUP);
    if (::getppid() != parent) ::_exit(129);  // it died before the kernel knew
  }
  if (streams == Streams::hidden) {
    const int nothing = ::open("/dev/null", O_RDWR);
    if (nothing < 0) return errno;
    if (::dup2(nothing, STDIN_FILENO) < 0 || ::dup2(nothing, STDOUT_FILENO) < 0 ||
        ::dup2(errors, STDERR_FILENO) < 0) {
      return errno;
    }
    if (nothing > STDERR_FILENO) (void)::close(nothing);
  }
  (void)::execv(invocation.executable.c_str(), words);
  return errno;
}

inline std::string cannot_start(const std::string& path, int error) {
  std::string text = concat("cannot start ", quoted(path), ": ", std::strerror(error));
  if (error == ENOENT) text += " (it may need an interpreter or loader that is not there)";
  if (error == ENOEXEC) text += " (no program for this machine, and no #! line)";
  return text;
}

}  // namespace detail

inline std::variant<Child, std::string> Child::prepare(const Invocation& invocation,
                                                       Streams streams, bool keep_running,
                                                       const sigset_t* mask) {
  sigset_t usual;
  sigemptyset(&usual);
  std::vector<char*> words;
  for (const std::string& word : invocation.words) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  int errors = -1;
  if (streams == Streams::hidden) {
    errors = static_cast<int>(::syscall(SYS_memfd_create, "program-stderr", 1U /* MFD_CLOEXEC */));
    if (errors < 0) return concat("cannot keep the program's errors: ", std::strerror(errno));
  }
  int ends[2];  // ours, the process's
  const pid_t parent = ::getpid();
  const bool paired = ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0;
  const pid_t pid = paired ? ::fork() : -1;
  if (pid == 0) {
    // Closing our own copy of the other end makes the wait end, too, when tachyon dies.
    (void)::close(ends[0]);
    char go = 0;
    ssize_t got = 0;
    do {
      got = ::read(ends[1], &go, 1);
    } while (got < 0 && errno == EINTR);
    if (got != 1) ::_exit(127);
    const int error = detail::become(invocation, words.data(), streams, errors, keep_running,
                                     parent, mask ? *mask : usual);
    (void)!::write(ends[1], &error, sizeof error);
    ::_exit(127);
  }
  const int error = errno;
  if (paired) (void)::close(ends[1]);
  if (pid > 0) return Child{pid, errors, ends[0], invocation.executable, keep_running};
  if (paired) (void)::close(ends[0]);
  if (errors >= 0) (void)::close(errors);
  return concat("cannot start a program: ", std::strerror(error));
}

inline std::optional<std::string> Child::release() {
  const int gate = std::exchange(gate_, -1);
  int error = 0;
  ssize_t got = ::send(gate, "", 1, MSG_NOSIGNAL);
  if (got == 1) {
    do {
      got = ::read(gate, &error, sizeof error);
    } while (got < 0 && errno == EINTR);
  }
  (void)::close(gate);
  if (got != static_cast<ssize_t>(sizeof error)) return std::nullopt;
  (void)wait();
  return detail::cannot_start(executable_, error);
}

inline std::optional<Ending> Child::wait_for(std::chrono::milliseconds limit) noexcept {
  using std::chrono::steady_clock;
  const auto until = steady_clock::now() + limit;
  while (!poll()) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - steady_clock::now()).count();
    if (left <= 0) break;
    // Without a pidfd, look again every few milliseconds.
    pollfd one{pid_fd_, POLLIN, 0};
    const int wait = pid_fd_ >= 0 ? static_cast<int>(left) : static_cast<int>(std::min(left, 5L));
    (void)::poll(&one, pid_fd_ >= 0 ? 1 : 0, wait);
  }
  return ending_;
}

inline std::string Child::errors() const {
  std::string text;
  if (errors_ < 0) return text;
  constexpr std::size_t most = 1 << 20;
  char buffer[4096];
  while (text.size() < most) {
    const ssize_t got = ::pread(errors_, buffer, sizeof buffer, static_cast<off_t>(text.size()));
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

}  // namespace tachyon::tool
