#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tachyon/live/palette.hpp>
#include <tachyon/live/screen.hpp>

// The terminal: raw mode, the alternate screen, its size, bytes in and out, signals as data.
//
// Whatever ends the program, the user must get a working terminal back. A handler for every fatal
// signal would need a global variable and still miss SIGKILL. Instead a *guardian* is forked before
// anything else happens: it holds the terminal and the reading end of a pipe and sleeps. When the
// program is gone the kernel closes the pipe, and if the last byte said that the terminal was in
// use the guardian puts it back. One mechanism serves crash, kill -9 and out-of-memory alike; the
// normal ways out restore the terminal themselves and tell the guardian so.
//
//   byte on the pipe    '+' the terminal is ours      '-' it is as we found it
//
// Output goes through an open file of our own where there can be one, set not to block: a terminal
// that is slow or stopped by flow control must not keep keys from working. What does not fit is
// kept, and the next refresh waits until it is gone.
//
// Signals that end or interrupt are read from a signalfd. They must be blocked before other threads
// start, since threads inherit the mask; so make a `Signals` first. A child process inherits it
// too: whoever starts one resets its mask (`Signals::before()` has the old one).
namespace tachyon::live {

enum class TerminalFault : std::uint8_t { none, input, output, type, system };

// One line, without the program's name.
constexpr const char* describe(TerminalFault fault) noexcept {
  switch (fault) {
    case TerminalFault::none:
      return "the terminal is fine";
    case TerminalFault::input:
      return "--live needs a terminal to read keys from, but standard input is none";
    case TerminalFault::output:
      return "--live needs a terminal to draw on, but standard output is none; "
             "leave --live out to get a report instead";
    case TerminalFault::type:
      return "--live cannot draw on this terminal: TERM is not set or is \"dumb\"";
    case TerminalFault::system:
      return "--live could not take over the terminal";
  }
  return "";
}

// What the environment says. Values may be null, as getenv gives them.
struct Environment {
  const char* term = nullptr;
  const char* colorterm = nullptr;
  const char* no_color = nullptr;
  const char* lc_all = nullptr;
  const char* lc_ctype = nullptr;
  const char* lang = nullptr;
};

inline bool knows_terminal(const Environment& environment) noexcept {
  const std::string_view term = environment.term ? environment.term : "";
  return !term.empty() && term != "dumb" && term != "unknown";
}

inline Colours colours_of(const Environment& environment) noexcept {
  const std::string_view term = environment.term ? environment.term : "";
  if (environment.no_color && *environment.no_color) return Colours::none;
  if (term.starts_with("vt1") || term.starts_with("vt2") || term.ends_with("-m")) {
    return Colours::none;
  }
  const bool many = (environment.colorterm && *environment.colorterm) ||
                    term.find("256color") != std::string_view::npos ||
                    term.find("direct") != std::string_view::npos;
  return many ? Colours::many : Colours::sixteen;
}

// The character set of the locale, by the names that people give it.
inline bool unicode_of(const Environment& environment) noexcept {
  const auto set = [](const char* value) { return value && *value; };
  const char* locale = set(environment.lc_all)     ? environment.lc_all
                       : set(environment.lc_ctype) ? environment.lc_ctype
                       : set(environment.lang)     ? environment.lang
                                                   : "";
  const std::string_view name = locale;
  for (const std::string_view utf8 : {"UTF-8", "utf-8", "UTF8", "utf8", "Utf-8"}) {
    if (name.find(utf8) != std::string_view::npos) return true;
  }
  return false;
}

inline TerminalFault check_terminal(const Environment& environment, int input = STDIN_FILENO,
                                    int output = STDOUT_FILENO) noexcept {
  if (::isatty(output) != 1) return TerminalFault::output;
  if (::isatty(input) != 1) return TerminalFault::input;
  return knows_terminal(environment) ? TerminalFault::none : TerminalFault::type;
}

// Signals as something to read. Blocks them for this thread and those it starts.
class Signals {
 public:
  explicit Signals(std::initializer_list<int> which = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH,
                                                       SIGCONT}) noexcept {
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

class Terminal {
 public:
  explicit Terminal(int input = STDIN_FILENO, int output = STDOUT_FILENO) noexcept
      : input_{input}, output_{output} {}
  ~Terminal() {
    leave();
    dismiss_guardian();
    if (own_ >= 0) ::close(own_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  bool enter();  // false: the terminal refused
  void leave();
  // After a stop that we did not ask for somebody else has changed the modes.
  bool retake() {
    entered_ = false;
    return enter();
  }
  Size size() const noexcept;

  // Bytes that can be read now; 0 = none, -1 = the terminal is gone.
  int read(std::span<char> into) noexcept;
  void send(std::string_view text) { waiting_ += text; }
  bool flush();  // false: the terminal is gone
  bool idle() const noexcept { return waiting_.empty(); }

  int input() const noexcept { return input_; }
  int output() const noexcept { return own_ >= 0 ? own_ : output_; }

 private:
  bool start_guardian();
  void tell_guardian(char byte) noexcept;
  void dismiss_guardian() noexcept;
  void open_own() noexcept;

  int input_;
  int output_;
  int own_ = -1;
  termios normal_{};
  termios raw_{};
  bool entered_ = false;
  int pipe_ = -1;
  pid_t guardian_ = -1;
  std::string waiting_;
};

inline bool Terminal::enter() {
  if (entered_) return true;
  if (::tcgetattr(input_, &normal_) != 0) return false;
  raw_ = normal_;
  ::cfmakeraw(&raw_);
  raw_.c_cc[VMIN] = 0;  // reads return at once with what there is
  raw_.c_cc[VTIME] = 0;
  if (own_ < 0) open_own();
  if (guardian_ < 0 && !start_guardian()) return false;
  tell_guardian('+');
  if (::tcsetattr(input_, TCSADRAIN, &raw_) != 0) {
    tell_guardian('-');
    return false;
  }
  entered_ = true;
  waiting_ = detail::take_terminal;
  return flush();
}

inline void Terminal::leave() {
  if (!entered_) return;
  entered_ = false;
  // Half a sequence may be out: what is waiting goes first, so that the terminal understands the
  // rest.
  waiting_ += detail::give_back_terminal;
  detail::write_patiently(output(), waiting_);
  waiting_.clear();
  ::tcflush(input_, TCIFLUSH);  // mouse reports on their way must not become shell input
  ::tcsetattr(input_, TCSANOW, &normal_);
  tell_guardian('-');
}

inline Size Terminal::size() const noexcept {
  winsize size{};
  if (::ioctl(output(), TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) {
    return {24, 80};  // serial lines do not know
  }
  return {size.ws_row, size.ws_col};
}

inline int Terminal::read(std::span<char> into) noexcept {
  pollfd ready{input_, POLLIN, 0};
  if (::poll(&ready, 1, 0) <= 0) return 0;
  if ((ready.revents & POLLIN) == 0) return -1;
  const ssize_t n = ::read(input_, into.data(), into.size());
  if (n > 0) return static_cast<int>(n);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  return -1;
}

inline bool Terminal::flush() {
  while (!waiting_.empty()) {
    const ssize_t n = ::write(output(), waiting_.data(), waiting_.size());
    if (n > 0) {
      waiting_.erase(0, static_cast<std::size_t>(n));
    } else if (n < 0 && errno == EINTR) {
      continue;
    } else {
      return n < 0 && errno == EAGAIN;
    }
  }
  return true;
}

// The flag not to block belongs to the open file, which the shell that started us shares. A file
// opened anew is ours alone; where that is not possible, writing may block.
inline void Terminal::open_own() noexcept {
  constexpr int flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  const std::string path = "/proc/self/fd/" + std::to_string(output_);
  own_ = ::open(path.c_str(), flags);
  if (own_ < 0) own_ = ::open("/dev/tty", flags);
}

inline bool Terminal::start_guardian() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  const termios normal = normal_;
  const termios raw = raw_;
  guardian_ = ::fork();
  if (guardian_ == 0) {
    ::close(ends[1]);
    detail::guard(ends[0], input_, output_, normal, raw);
  }
  ::close(ends[0]);
  if (guardian_ < 0) {
    ::close(ends[1]);
    return false;
  }
  pipe_ = ends[1];
  return true;
}

inline void Terminal::tell_guardian(char byte) noexcept {
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

inline void Terminal::dismiss_guardian() noexcept {
  if (guardian_ < 0) return;
  ::close(pipe_);
  while (::waitpid(guardian_, nullptr, 0) < 0 && errno == EINTR) {
  }
  guardian_ = pipe_ = -1;
}

}  // namespace tachyon::live
