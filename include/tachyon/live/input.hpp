#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tachyon/live/glyphs.hpp>

// Bytes from the terminal to events.
//
// Keys without a character arrive as escape sequences, and these may arrive in pieces. The decoder
// is a pure state machine: `feed` takes what has been read and emits what is complete. A lone ESC
// byte is either the Escape key or the start of a sequence; only time can tell, so while
// `waiting()` is true the caller calls `quiet()` when nothing followed for a moment.
//
//   1b 5b 41              CSI A                  up
//   1b 5b 3c 36 34 3b 35 3b 37 4d   CSI < 64;5;7 M   wheel up at column 5, row 7
//
// Sequences we do not know are swallowed whole, so that they never act as keys.
namespace tachyon::live {

enum class Key : std::uint8_t {
  character,
  pasted,  // a character of pasted text: never a command
  up,
  down,
  left,
  right,
  home,
  end,
  page_up,
  page_down,
  enter,
  backspace,
  escape,
  tab,
  back_tab,
  interrupt,  // Ctrl-C
  suspend,    // Ctrl-Z
  redraw,     // Ctrl-L
  wheel_up,
  wheel_down,
  click,
};

struct Event {
  Key key = Key::character;
  char32_t character = 0;
  int row = 0;  // of wheel and click, from 0
  int column = 0;
  friend constexpr bool operator==(const Event&, const Event&) noexcept = default;
};

class InputDecoder {
 public:
  static constexpr std::size_t longest_sequence = 64;

  template <class Emit>
  void feed(std::string_view bytes, Emit&& emit) {
    for (const char c : bytes) take(c, emit);
  }
  bool waiting() const noexcept { return !held_.empty(); }
  // Nothing came after what is held: an ESC was the key, a cut character is broken.
  template <class Emit>
  void quiet(Emit&& emit) {
    if (held_ == "\x1b") emit(Event{Key::escape});
    held_.clear();
  }

 private:
  template <class Emit>
  void take(char c, Emit& emit);
  template <class Emit>
  void plain(Emit& emit);
  template <class Emit>
  void sequence(Emit& emit);
  template <class Emit>
  void mouse(Emit& emit, char final);
  int parameter(std::size_t which) const;

  std::string held_;
  bool pasting_ = false;
};

template <class Emit>
void InputDecoder::take(char c, Emit& emit) {
  if (c == '\x1b' && !held_.empty()) quiet(emit);  // a new sequence cuts an unfinished one
  held_.push_back(c);
  if (held_[0] != '\x1b') {
    plain(emit);
    return;
  }
  if (held_.size() == 1) return;
  const char kind = held_[1];
  if (kind == 'O' ? held_.size() == 3 : kind != '[') {
    sequence(emit);
    held_.clear();
    return;
  }
  if (kind == '[' && held_.size() == 6 && held_[2] == 'M') {
    held_.clear();  // mouse report of an old terminal: three raw bytes, not asked for
    return;
  }
  const bool final = held_.size() > 2 && c >= 0x40 && c <= 0x7e && !(held_[2] == 'M');
  if (final) sequence(emit);
  if (final || held_.size() >= longest_sequence) held_.clear();
}

template <class Emit>
void InputDecoder::plain(Emit& emit) {
  const auto first = static_cast<unsigned char>(held_[0]);
  const std::size_t length = first < 0xc2 || first >= 0xf5 ? 1
                             : first < 0xe0                ? 2
                             : first < 0xf0                ? 3
                                                           : 4;
  const auto last = static_cast<unsigned char>(held_.back());
  if (held_.size() > 1 && (last & 0xc0U) != 0x80U) {  // cut short: the new byte is a key of its own
    held_.clear();
    take(static_cast<char>(last), emit);
    return;
  }
  if (held_.size() < length) return;
  const Utf8 decoded = decode_utf8(held_);
  const char32_t code = decoded.length == 0 ? replacement : decoded.code;
  held_.clear();
  if (pasting_) {
    if (code >= 0x20 && code != 0x7f) emit(Event{Key::pasted, code});
    return;
  }
  switch (code) {
    case 0x03:
      emit(Event{Key::interrupt});
      return;
    case 0x08:
    case 0x7f:
      emit(Event{Key::backspace});
      return;
    case 0x09:
      emit(Event{Key::tab});
      return;
    case 0x0a:
    case 0x0d:
      emit(Event{Key::enter});
      return;
    case 0x0c:
      emit(Event{Key::redraw});
      return;
    case 0x1a:
      emit(Event{Key::suspend});
      return;
    default:
      break;
  }
  if (code >= 0x20) emit(Event{Key::character, code});
}

// The `which`-th number of a control sequence, from 0; 0 when it is not there.
inline int InputDecoder::parameter(std::size_t which) const {
  int value = 0;
  for (std::size_t i = 2; i < held_.size(); ++i) {
    const char c = held_[i];
    if (c == ';') {
      if (which-- == 0) return value;
      value = 0;
    } else if (c >= '0' && c <= '9' && value < 100000) {
      value = value * 10 + (c - '0');
    }
  }
  return which == 0 ? value : 0;
}

template <class Emit>
void InputDecoder::sequence(Emit& emit) {
  const char final = held_.back();
  if (held_[1] == '[' && held_.size() > 3 && held_[2] == '<') {
    mouse(emit, final);
    return;
  }
  if (held_[1] == '[' && final == '~') {
    const int number = parameter(0);
    if (number == 200 || number == 201) pasting_ = number == 200;
    if (pasting_ || number == 201) return;
    if (number == 1 || number == 7) emit(Event{Key::home});
    if (number == 4 || number == 8) emit(Event{Key::end});
    if (number == 5) emit(Event{Key::page_up});
    if (number == 6) emit(Event{Key::page_down});
    return;
  }
  if (pasting_ || (held_[1] != '[' && held_[1] != 'O')) return;
  switch (final) {
    case 'A':
      emit(Event{Key::up});
      return;
    case 'B':
      emit(Event{Key::down});
      return;
    case 'C':
      emit(Event{Key::right});
      return;
    case 'D':
      emit(Event{Key::left});
      return;
    case 'H':
      emit(Event{Key::home});
      return;
    case 'F':
      emit(Event{Key::end});
      return;
    case 'M':
      emit(Event{Key::enter});
      return;  // of the keypad
    case 'Z':
      emit(Event{Key::back_tab});
      return;
    default:
      return;
  }
}

template <class Emit>
void InputDecoder::mouse(Emit& emit, char final) {
  const int button = parameter(0) & ~(4 | 8 | 16);  // shift, meta, control held
  const int row = parameter(2) - 1;
  const int column = parameter(1) - 1;
  if (final != 'M' || row < 0 || column < 0) return;  // 'm' is the release
  if (button == 64) emit(Event{Key::wheel_up, 0, row, column});
  if (button == 65) emit(Event{Key::wheel_down, 0, row, column});
  if (button == 0) emit(Event{Key::click, 0, row, column});
}

}  // namespace tachyon::live
