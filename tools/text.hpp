#pragma once

#include <string>
#include <string_view>

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

}  // namespace tachyon::tool
