#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Text that comes out of a target is UTF-8 most of the time and anything at all the rest of it.
// Here is what every reader of such text needs: one code point at a time, and a form that is safe
// to show.
namespace tachyon {

struct Utf8 {
  char32_t code;
  std::size_t length;  // 0: these bytes are no UTF-8
};

// The code point at the start of `text`, which is not empty. Surrogates pass (Python keeps
// undecodable bytes of file names as such), everything else that is not UTF-8 does not.
constexpr Utf8 decode_utf8(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = at(0);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first < 0xc2   ? 0
                             : first < 0xe0 ? 2
                             : first < 0xf0 ? 3
                             : first < 0xf5 ? 4
                                            : 0;
  if (length == 0 || text.size() < length) return {0, 0};
  char32_t code = first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0U) != 0x80) return {0, 0};
    code = code << 6 | (at(i) & 0x3fU);
  }
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  return code < smallest[length] || code > 0x10ffff ? Utf8{0, 0} : Utf8{code, length};
}

// The other way round. Surrogates are encoded like any other code point (WTF-8): a name keeps what
// Python had, and whoever shows or writes it decides how a lone surrogate is spelled there.
inline void append_utf8(std::string& out, char32_t code) {
  const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 63));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 63));
    put(0x80 | (code & 63));
  } else {
    put(0xf0 | (code >> 18 & 7));
    put(0x80 | (code >> 12 & 63));
    put(0x80 | (code >> 6 & 63));
    put(0x80 | (code & 63));
  }
}

namespace detail {

// Moves the cursor, starts a command to the terminal, ends a line, or reorders its neighbours.
constexpr bool is_harmful(char32_t code) noexcept {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c || code == 0x200e ||
         code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069) || (code >= 0xd800 && code < 0xe000);
}

inline void append_escape(std::string& out, char32_t code) {
  constexpr std::string_view digits = "0123456789abcdef";
  if (code == '\n') return void(out += "\\n");
  if (code == '\t') return void(out += "\\t");
  if (code == '\r') return void(out += "\\r");
  out += code < 0x100 ? "\\x" : "\\u";
  for (int shift = code < 0x100 ? 4 : 12; shift >= 0; shift -= 4) out += digits[code >> shift & 15];
}

}  // namespace detail

// A name of the target as it may be shown on a terminal or in a line of text: control characters,
// line ends, direction marks, lone surrogates and bytes that are no UTF-8 appear as \n, \x1b,
// \u202e. What comes out is valid UTF-8 on one line that commands no terminal. Nothing else
// changes, and most names are copied as they are.
inline void append_printable(std::string& out, std::string_view text) {
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && text[plain] >= 0x20 && text[plain] < 0x7f) ++plain;
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) return;
    const Utf8 next = decode_utf8(text);
    const std::size_t length = next.length == 0 ? 1 : next.length;
    if (next.length == 0) {
      detail::append_escape(out, static_cast<unsigned char>(text[0]));
    } else if (detail::is_harmful(next.code)) {
      detail::append_escape(out, next.code);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
}

inline std::string printable(std::string_view text) {
  std::string out;
  append_printable(out, text);
  return out;
}

// The part of a path behind its last slash; all of it where there is none.
constexpr std::string_view base_name(std::string_view path) noexcept {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace tachyon
