#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>
#include <tachyon/base/bytes.hpp>
#include <tachyon/codec/checksum.hpp>
#include <tachyon/codec/sink.hpp>
#include <tachyon/codec/varint.hpp>

// gzip, the writing half: a few formats are only known compressed this way (pprof), and zlib is not
// among the libraries we link. One deflate stream with the fixed codes of RFC 1951: greedy matches
// of 4 to 258 bytes found through one hash table of last places. No lazy matching, and no code
// tables of its own.
//
// Measured: a text comes out 33 % larger than from gzip -6, a program file 30 %, a header 42 %, at
// 20 to 40 MB/s. The files in question are small either way.
//
//   1f 8b 08 00 00000000 00 ff | blocks | crc32 of the text | its length       (all little-endian)
//
//   ""  =  1f 8b 08 00 00 00 00 00 00 ff  03 00  00 00 00 00  00 00 00 00
namespace tachyon {

namespace detail {

// Deflate fills bytes from the low bit up; Huffman codes go in with their first bit first.
template <Sink S>
class BitSink {
 public:
  explicit BitSink(S& sink) noexcept : sink_{sink} {}

  void bits(std::uint32_t value, unsigned count) {
    held_ |= static_cast<std::uint64_t>(value) << used_;
    used_ += count;
    while (used_ >= 8) {
      sink_.put(static_cast<char>(held_ & 0xff));
      held_ >>= 8;
      used_ -= 8;
    }
  }
  void code(std::uint32_t value, unsigned count) {
    std::uint32_t turned = 0;
    for (unsigned i = 0; i < count; ++i) turned |= (value >> i & 1) << (count - 1 - i);
    bits(turned, count);
  }
  void finish() {
    if (used_ != 0) bits(0, 8 - used_);
  }

 private:
  S& sink_;
  std::uint64_t held_ = 0;
  unsigned used_ = 0;
};

// Lengths and distances are coded as a class and extra bits; classes grow in powers of two.
struct DeflateClass {
  std::uint16_t base;
  std::uint8_t extra;
};
inline constexpr auto deflate_lengths = [] {
  std::array<DeflateClass, 29> classes{};
  std::uint16_t base = 3;
  for (std::size_t i = 0; i < 28; ++i) {
    const auto extra = static_cast<std::uint8_t>(i < 4 ? 0 : i / 4 - 1);
    classes[i] = {base, extra};
    base = static_cast<std::uint16_t>(base + (1 << extra));
  }
  classes[28] = {258, 0};
  return classes;
}();
inline constexpr auto deflate_distances = [] {
  std::array<DeflateClass, 30> classes{};
  std::uint16_t base = 1;
  for (std::size_t i = 0; i < 30; ++i) {
    const auto extra = static_cast<std::uint8_t>(i < 2 ? 0 : i / 2 - 1);
    classes[i] = {base, extra};
    base = static_cast<std::uint16_t>(base + (1 << extra));
  }
  return classes;
}();

template <std::size_t n>
constexpr std::size_t deflate_class(const std::array<DeflateClass, n>& classes,
                                    std::size_t value) noexcept {
  std::size_t found = n - 1;
  while (classes[found].base > value) --found;
  return found;
}

// The fixed literal and length code.
template <Sink S>
void put_fixed_symbol(BitSink<S>& out, std::uint32_t symbol) {
  if (symbol < 144) return out.code(0x30 + symbol, 8);
  if (symbol < 256) return out.code(0x190 + symbol - 144, 9);
  if (symbol < 280) return out.code(symbol - 256, 7);
  out.code(0xc0 + symbol - 280, 8);
}

}  // namespace detail

// One deflate stream of `text`.
template <Sink S>
void put_deflated(S& sink, std::string_view text) {
  constexpr std::size_t window = 32768, longest = 258, shortest = 4;
  constexpr unsigned hash_bits = 15;
  constexpr auto nowhere = ~std::size_t{0};
  std::vector<std::size_t> last(std::size_t{1} << hash_bits, nowhere);
  const Bytes bytes = as_bytes(text);
  detail::BitSink out{sink};
  out.bits(1, 1);  // the only block
  out.bits(1, 2);  // fixed codes

  const auto slot_of = [&](std::size_t at) {
    return load<std::uint32_t>(bytes, at) * 2654435761U >> (32 - hash_bits);
  };
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 0, distance = 0;
    if (text.size() - at >= shortest) {
      std::size_t& known = last[slot_of(at)];
      if (known != nowhere && at - known <= window) {
        const std::size_t most = std::min(longest, text.size() - at);
        while (length < most && text[known + length] == text[at + length]) ++length;
        distance = at - known;
      }
      known = at;
    }
    if (length < shortest) {
      detail::put_fixed_symbol(out, static_cast<unsigned char>(text[at++]));
      continue;
    }
    const std::size_t l = detail::deflate_class(detail::deflate_lengths, length);
    const std::size_t d = detail::deflate_class(detail::deflate_distances, distance);
    detail::put_fixed_symbol(out, static_cast<std::uint32_t>(257 + l));
    out.bits(static_cast<std::uint32_t>(length - detail::deflate_lengths[l].base),
             detail::deflate_lengths[l].extra);
    out.code(static_cast<std::uint32_t>(d), 5);
    out.bits(static_cast<std::uint32_t>(distance - detail::deflate_distances[d].base),
             detail::deflate_distances[d].extra);
    const std::size_t end = at + length;
    for (++at; at < end; ++at) {
      if (text.size() - at >= shortest) last[slot_of(at)] = at;
    }
  }
  detail::put_fixed_symbol(out, 256);
  out.finish();
}

// A gzip file of `text`, without a name or a time in it: the same input gives the same file.
template <Sink S>
void put_gzip(S& sink, std::string_view text) {
  sink.put(std::string_view{"\x1f\x8b\x08\0\0\0\0\0\0\xff", 10});
  put_deflated(sink, text);
  Crc32 crc;
  crc.add(as_bytes(text));
  put_fixed(sink, crc.value());
  put_fixed(sink, static_cast<std::uint32_t>(text.size()));
}

}  // namespace tachyon
