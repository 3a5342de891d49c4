#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Files put together by hand, after the drawings and without a line of the library: what a test
// expects of a reader must not come from the writer next door.
namespace by_hand {

inline std::string hex(std::string_view digits) {
  std::string bytes;
  int high = -1;
  for (const char c : digits) {
    const int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (value < 0) continue;
    if (high < 0) {
      high = value;
    } else {
      bytes.push_back(static_cast<char>(high * 16 + value));
      high = -1;
    }
  }
  return bytes;
}

inline std::string little(std::uint64_t value, int width) {
  std::string bytes;
  for (int i = 0; i < width; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
  return bytes;
}
inline std::string big(std::uint64_t value, int width) {
  const std::string bytes = little(value, width);
  return {bytes.rbegin(), bytes.rend()};
}

inline std::string number(std::uint64_t value) {
  std::string bytes;
  do {
    bytes.push_back(static_cast<char>(value % 128 + (value >= 128 ? 128 : 0)));
    value /= 128;
  } while (value > 0);
  return bytes;
}
inline std::string numbers(const std::vector<std::uint64_t>& values) {
  std::string bytes;
  for (const std::uint64_t value : values) bytes += number(value);
  return bytes;
}
inline std::uint64_t folded(std::int64_t value) {
  return value >= 0 ? 2 * static_cast<std::uint64_t>(value)
                    : 2 * static_cast<std::uint64_t>(-(value + 1)) + 1;
}
inline std::string text(std::string_view value) {
  return number(value.size()) + std::string{value};
}

// One bit at a time, as the definition says.
inline std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = ~0U;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0x82f63b78U : crc >> 1;
  }
  return ~crc;
}

// Our recording.
inline std::string lead(std::uint32_t unit = 1000) {
  const std::string head =
      "TACHYON\n" + little(1, 2) + little(0, 2) + little(0, 4) + little(unit, 4);
  return head + little(crc32c(head), 4);
}
inline std::string block(char kind, std::uint32_t number, std::string_view payload) {
  const std::string head =
      "TB\xc6\n" + std::string(1, kind) + little(payload.size(), 3) + little(number, 4);
  return head + little(crc32c(head + std::string{payload}), 4) + std::string{payload};
}
inline std::string text_column(std::string_view bytes) {
  return number(bytes.size() * 2) + std::string{bytes};
}
inline std::string column(const std::vector<std::uint64_t>& values) {
  return text_column(numbers(values));
}

}  // namespace by_hand
