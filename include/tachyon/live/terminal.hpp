#pragma once

#include <cerrno>
#include <span>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <tachyon/live/guardian.hpp>
#include <tachyon/live/screen.hpp>

// The terminal: raw mode, the alternate screen, its size, bytes in and out.
//
// Output goes through an open file of our own where there can be one, set not to block: a terminal
// that is slow or stopped by flow control must not keep keys from working. What does not fit is
// kept, and the next refresh waits until it is gone.
namespace tachyon::live {

class Terminal {
 public:
  explicit Terminal(int input = STDIN_FILENO, int output = STDOUT_FILENO) noexcept
      : input_{input}, output_{output} {}
  ~Terminal() {
    leave();
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
  void open_own() noexcept;

  int input_;
  int output_;
  int own_ = -1;
  termios normal_{};
  termios raw_{};
  bool entered_ = false;
  Guardian guardian_;
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
  if (!guardian_.start(input_, output_, normal_, raw_)) return false;
  guardian_.tell('+');
  if (::tcsetattr(input_, TCSADRAIN, &raw_) != 0) {
    guardian_.tell('-');
    return false;
  }
  entered_ = true;
  waiting_ = detail::take_terminal;
  return flush();
}

inline void Terminal::leave() {
  if (!entered_) return;
  entered_ = false;
  // Half a sequence may be out: what is waiting goes first,
  // so that the terminal understands the rest.
  waiting_ += detail::give_back_terminal;
  detail::write_patiently(output(), waiting_);
  waiting_.clear();
  ::tcflush(input_, TCIFLUSH);  // mouse reports on their way must not become shell input
  ::tcsetattr(input_, TCSANOW, &normal_);
  guardian_.tell('-');
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

}  // namespace tachyon::live
