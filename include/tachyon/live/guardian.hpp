#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

// Whatever ends the program, the user must get a working terminal back.
//
// A handler for every fatal signal would need a global variable and still miss SIGKILL. Instead a
// *guardian* is forked before anything else happens: it holds the terminal and the reading end of a
// pipe and sleeps. When the program is gone the kernel closes the pipe, and if the last byte said
// that the terminal was in use the guardian puts it back. One mechanism serves crash, kill -9 and
// out-of-memory alike; the normal ways out restore the terminal themselves and tell
// the guardian so.
//
//   byte on the pipe    '+' the terminal is ours      '-' it is as we found it
namespace tachyon::live {

namespace detail {

// Alternate screen, hidden cursor, no wrapping, mouse buttons in SGR form, pastes marked as such.
inline constexpr std::string_view take_terminal =
    "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?1000h\x1b[?1006h\x1b[?2004h\x1b[0m\x1b[2J";
inline constexpr std::string_view give_back_terminal =
    "\x1b[?2026l\x1b[?2004l\x1b[?1006l\x1b[?1000l\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

// Writes all of it, waiting at most a second for a terminal that takes nothing.
inline void write_patiently(int descriptor, std::string_view text) noexcept {
  for (int patience = 10; !text.empty() && patience > 0;) {
    const ssize_t n = ::write(descriptor, text.data(), text.size());
    if (n > 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (n < 0 && errno == EAGAIN) {
      pollfd wait{descriptor, POLLOUT, 0};
      if (::poll(&wait, 1, 100) == 0) --patience;
      if ((wait.revents & (POLLERR | POLLHUP)) != 0) return;
    } else if (n < 0 && errno != EINTR) {
      return;
    }
  }
}

// Closes everything but these, so that the guardian keeps nobody's pipe open.
inline void close_all_but(std::array<int, 3> kept) noexcept {
  std::sort(kept.begin(), kept.end());
  int from = 0;
  for (const int descriptor : kept) {
    // Linux 5.9; before that they stay.
    if (from < descriptor) ::syscall(SYS_close_range, from, descriptor - 1, 0);
    from = descriptor + 1;
  }
  ::syscall(SYS_close_range, from, ~0U, 0);
}

// The guardian's whole life. Only calls that are safe after fork in a program with threads.
[[noreturn]] inline void guard(int pipe, int input, int output, const termios& normal,
                               const termios& raw) noexcept {
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE}) {
    ::signal(signal, SIG_IGN);
  }
  ::prctl(PR_SET_NAME, "tachyon-tty");
  close_all_but({pipe, input, output});
  bool taken = false;
  for (;;) {
    char byte = 0;
    const ssize_t n = ::read(pipe, &byte, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    taken = byte == '+';
  }
  if (taken) {
    write_patiently(output, give_back_terminal);
    // If a shell has changed the modes already they are its business.
    termios now{};
    if (::tcgetattr(input, &now) == 0 && now.c_lflag == raw.c_lflag && now.c_iflag == raw.c_iflag) {
      ::tcsetattr(input, TCSAFLUSH, &normal);
    }
  }
  ::_exit(0);
}

}  // namespace detail

class Guardian {
 public:
  Guardian() = default;
  ~Guardian() { dismiss(); }
  Guardian(const Guardian&) = delete;
  Guardian& operator=(const Guardian&) = delete;

  // `normal` is what to restore, `raw` what we are going to set. Once is enough.
  bool start(int input, int output, const termios& normal, const termios& raw);
  void tell(char byte) noexcept;

 private:
  void dismiss() noexcept;

  int pipe_ = -1;
  pid_t process_ = -1;
};

inline bool Guardian::start(int input, int output, const termios& normal, const termios& raw) {
  if (process_ > 0) return true;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  process_ = ::fork();
  if (process_ == 0) {
    ::close(ends[1]);
    detail::guard(ends[0], input, output, normal, raw);
  }
  ::close(ends[0]);
  if (process_ < 0) {
    ::close(ends[1]);
    return false;
  }
  pipe_ = ends[1];
  return true;
}

inline void Guardian::tell(char byte) noexcept {
  if (pipe_ < 0) return;
  // A guardian that was killed cannot be told anything; SIGPIPE would end us for that.
  sigset_t pipe_signal;
  sigset_t before;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  if (::write(pipe_, &byte, 1) != 1) {
    const timespec none{};
    while (::sigtimedwait(&pipe_signal, nullptr, &none) > 0) {
    }
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

inline void Guardian::dismiss() noexcept {
  if (process_ <= 0) return;
  ::close(pipe_);
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
  process_ = pipe_ = -1;
}

}  // namespace tachyon::live
