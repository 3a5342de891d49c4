#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <tachyon/codec/sink.hpp>
#include <tachyon/codec/varint.hpp>

// Numbers as a page carries them: unsigned LEB128, as base64. A script turns a column of a million
// numbers into a typed array in a few milliseconds, and the file grows by one to three bytes a
// number where JSON would take five to ten.
//
//   300, 1   ->   ac 02 01   ->   rAIB
namespace tachyon {

class PageColumn {
 public:
  void put(std::uint64_t number) { put_varint(bytes_, number); }
  std::size_t size() const noexcept { return bytes_.text().size(); }

  // The column as a JSON string.
  std::string json() const;

 private:
  StringSink bytes_;
};

inline std::string PageColumn::json() const {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::string& bytes = bytes_.text();
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4 + 2);
  out += '"';
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t here = bytes.size() - i < 3 ? bytes.size() - i : 3;
    std::uint32_t word = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      word = word << 8 | (j < here ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += j <= here ? digits[word >> (18 - 6 * j) & 63] : '=';
    }
  }
  out += '"';
  return out;
}

}  // namespace tachyon
