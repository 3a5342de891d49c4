#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tachyon/base/text.hpp>

// One string of many pieces. Not operator+: g++ 12 warns falsely about concat("literal",
// std::string){...} when it inlines it, and this makes one allocation.
namespace tachyon::tool {

inline std::string_view piece(std::string_view text) noexcept { return text; }
inline std::string_view piece(const char& c) noexcept { return {&c, 1}; }

template <class... Pieces>
std::string concat(const Pieces&... pieces) {
  std::string text;
  text.reserve((std::size_t{0} + ... + piece(pieces).size()));
  (text.append(piece(pieces)), ...);
  return text;
}

inline std::string dashed(std::string_view name) { return concat("--", name); }

inline std::string counted(std::uint64_t count, std::string_view noun) {
  return concat(std::to_string(count), " ", noun, count == 1 ? "" : "s");
}

// "a, b and c"
inline std::string joined(const std::vector<std::string>& words, std::string_view last) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? concat(" ", last, " ") : ", ";
    text += words[i];
  }
  return text;
}

// For messages: one line that commands no terminal, whatever was typed.
inline std::string quoted(std::string_view text) { return concat("'", printable(text), "'"); }

}  // namespace tachyon::tool
