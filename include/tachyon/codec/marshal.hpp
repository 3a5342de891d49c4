#pragma once

#include <bit>
#include <cassert>
#include <cstdint>
#include <limits>
#include <string_view>
#include <tachyon/codec/sink.hpp>
#include <tachyon/codec/utf8.hpp>
#include <tachyon/codec/varint.hpp>

// Python's marshal, as far as profiles need it: what `marshal.load` turns into dicts, tuples,
// strings and numbers. One type byte, then the value, little-endian:
//
//   N T F             None, True, False
//   i + 4 bytes       int, 32 bits              l + count + 15-bit digits    any other int
//   g + 8 bytes       float                     u + length + UTF-8           str
//   ) + 1 byte count  tuple, items follow       { key value ... 0            dict
//   r + 4 bytes       the object that was the n-th to carry the flag 0x80 in its type byte
//
//   {("a", 1): True}  =  7b  29 02 75 01000000 61 69 01000000  54  30
//
// The flag matters for size: a profile names the same few functions again and again, as keys and as
// callers of others. `mark()` before a value makes it one that `reference(n)` can repeat; the
// numbers count marked values in the order in which they begin. Strings may hold surrogates:
// marshal does too.
namespace tachyon {

template <Sink S>
class MarshalWriter {
 public:
  explicit MarshalWriter(S& sink) noexcept : sink_{sink} {}

  // The next value can be referred to by the number returned.
  std::uint32_t mark() noexcept {
    assert(flag_ == 0);
    flag_ = 0x80;
    return marked_++;
  }
  void reference(std::uint32_t marked) {
    assert(marked < marked_ && flag_ == 0);
    type('r');
    put_fixed(sink_, marked);
  }

  void none() { type('N'); }
  void truth(bool value) { type(value ? 'T' : 'F'); }
  void integer(std::int64_t value) {
    if (value >= std::numeric_limits<std::int32_t>::min() &&
        value <= std::numeric_limits<std::int32_t>::max()) {
      type('i');
      return put_fixed(sink_, static_cast<std::int32_t>(value));
    }
    long_integer(value);
  }
  void real(double value) {
    type('g');
    put_fixed(sink_, std::bit_cast<std::uint64_t>(value));
  }
  void text(std::string_view value) {
    type('u');
    put_fixed(sink_, static_cast<std::uint32_t>(repaired_size<Surrogates::kept>(value)));
    put_repaired<Surrogates::kept>(sink_, value);
  }

  // The items follow.
  void tuple(std::uint8_t count) {
    type(')');
    sink_.put(static_cast<char>(count));
  }
  // Keys and values follow by turns, then the end.
  void begin_dict() { type('{'); }
  void end_dict() { sink_.put('0'); }

 private:
  void type(char code) {
    sink_.put(static_cast<char>(code | flag_));
    flag_ = 0;
  }
  void long_integer(std::int64_t value) {
    auto magnitude = static_cast<std::uint64_t>(value);
    if (value < 0) magnitude = 0 - magnitude;
    std::int32_t digits = 0;
    for (std::uint64_t rest = magnitude; rest != 0; rest >>= 15) ++digits;
    type('l');
    put_fixed(sink_, value < 0 ? -digits : digits);
    for (; magnitude != 0; magnitude >>= 15) {
      put_fixed(sink_, static_cast<std::uint16_t>(magnitude & 0x7fff));
    }
  }

  S& sink_;
  std::uint32_t marked_ = 0;
  int flag_ = 0;
};

}  // namespace tachyon
