#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tachyon/base/bytes.hpp>
#include <tachyon/codec/sink.hpp>

// Small numbers in few bytes: LEB128. Seven bits a byte, low ones first, the high bit says "more".
// Signed numbers are zigzagged first (0, -1, 1, -2 become 0, 1, 2, 3), so that small stays small.
//
//   300 = 0b10'0101100   ->   ac 02
//   -2  ->  zigzag 3     ->   03
//
// Encoders write through a Sink or into a buffer; the one decoder is a cursor with a sticky
// failure: a field that is not all there, or a number of more than 64 bits, yields zeros from then
// on and `ok()` says so once at the end. That keeps checks out of every line of a decoder, and a
// decoder that forgets one loops at most as long as the counts it has checked.
namespace tachyon {

inline constexpr std::size_t longest_varint = 10;

constexpr std::uint64_t zigzag(std::int64_t value) noexcept {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) noexcept {
  return static_cast<std::int64_t>(value >> 1 ^ (0 - (value & 1)));
}

// Writes at most `longest_varint` bytes and returns the place behind them.
constexpr char* write_varint(char* to, std::uint64_t value) noexcept {
  while (value >= 0x80) {
    *to++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *to++ = static_cast<char>(value);
  return to;
}

constexpr std::size_t varint_size(std::uint64_t value) noexcept {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

template <Sink S>
void put_varint(S& sink, std::uint64_t value) {
  if (value < 0x80) return sink.put(static_cast<char>(value));
  char buffer[longest_varint];
  const char* const end = write_varint(buffer, value);
  sink.put(std::string_view{buffer, static_cast<std::size_t>(end - buffer)});
}
template <Sink S>
void put_svarint(S& sink, std::int64_t value) {
  put_varint(sink, zigzag(value));
}

// Length, then the bytes.
template <Sink S>
void put_text(S& sink, std::string_view text) {
  put_varint(sink, text.size());
  sink.put(text);
}

// Fixed width, little-endian.
template <Sink S, class T>
requires std::is_integral_v<T>
void put_fixed(S& sink, T value) {
  char bytes[sizeof(T)];
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    bytes[i] = static_cast<char>(static_cast<std::make_unsigned_t<T>>(value) >> (8 * i) & 0xff);
  }
  sink.put(std::string_view{bytes, sizeof bytes});
}

// Reads foreign bytes front to back.
class Cursor {
 public:
  Cursor() noexcept = default;
  explicit Cursor(Bytes bytes) noexcept
      : begin_{bytes.data()}, at_{bytes.data()}, end_{bytes.data() + bytes.size()} {}

  bool ok() const noexcept { return !failed_; }
  bool at_end() const noexcept { return at_ == end_; }
  std::size_t position() const noexcept { return static_cast<std::size_t>(at_ - begin_); }
  std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }

  void fail() noexcept {
    failed_ = true;
    at_ = end_;
  }

  std::uint8_t byte() noexcept {
    if (at_ == end_) {
      fail();
      return 0;
    }
    return static_cast<std::uint8_t>(*at_++);
  }

  std::uint64_t varint() noexcept {
    if (at_ != end_ && static_cast<std::uint8_t>(*at_) < 0x80) {
      return static_cast<std::uint8_t>(*at_++);
    }
    return long_varint();
  }
  std::int64_t svarint() noexcept { return unzigzag(varint()); }

  // A number that must be at most `most`; anything larger is a failure, and yields 0.
  std::uint64_t varint_up_to(std::uint64_t most) noexcept {
    const std::uint64_t value = varint();
    if (value <= most) return value;
    fail();
    return 0;
  }

  template <class T>
  requires std::is_integral_v<T> T fixed()
  noexcept {
    if (left() < sizeof(T)) {
      fail();
      return 0;
    }
    std::make_unsigned_t<T> value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      value = static_cast<std::make_unsigned_t<T>>(
          value |
          static_cast<std::make_unsigned_t<T>>(std::to_integer<std::uint64_t>(at_[i]) << (8 * i)));
    }
    at_ += sizeof(T);
    return static_cast<T>(value);
  }

  Bytes bytes(std::uint64_t length) noexcept {
    if (length > left()) {
      fail();
      return {};
    }
    const Bytes found{at_, static_cast<std::size_t>(length)};
    at_ += length;
    return found;
  }
  std::string_view text() noexcept {
    const std::uint64_t length = varint();
    return as_text(bytes(length));
  }

 private:
  std::uint64_t long_varint() noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at_ != end_; shift += 7) {
      const auto byte = static_cast<std::uint8_t>(*at_++);
      if (shift == 63 && byte > 1) break;  // bits beyond the 64th, or an eleventh byte
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    fail();
    return 0;
  }

  const std::byte* begin_ = nullptr;
  const std::byte* at_ = nullptr;
  const std::byte* end_ = nullptr;
  bool failed_ = false;
};

}  // namespace tachyon
