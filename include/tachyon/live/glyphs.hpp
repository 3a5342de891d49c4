#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tachyon/base/text.hpp>
#include <tachyon/live/glyph_width.hpp>

// Text that came from the target, made safe to show.
//
// Function and file names, thread names and source lines are whatever the profiled program says.
// Sent to a terminal as they are they could move the cursor, change the title or hide parts of a
// line. So nothing reaches the screen but through `for_each_glyph`: it decodes UTF-8, replaces
// every byte that is not valid UTF-8, every control character and every character that reorders or
// hides text by U+FFFD, leaves out the joiners that only select how a glyph is drawn, and says how
// wide each is. (base/text.hpp spells such characters out instead; in a cell of the screen there is
// no room for it.)
namespace tachyon::live {

inline constexpr char32_t replacement = 0xfffd;

namespace detail {

// Line and paragraph separators, direction marks and overrides, invisible operators, tags.
constexpr bool is_deceptive(char32_t c) noexcept {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0x180e ||
         c == 0x200b || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x206f) || (c >= 0xd800 && c <= 0xdfff) || c == 0xfeff ||
         (c >= 0xfff0 && c <= 0xfffb) || (c & 0xfffe) == 0xfffe || (c >= 0xe0000 && c <= 0xe00ff) ||
         c > 0x10ffff;
}

constexpr bool is_joiner(char32_t c) noexcept {
  return c == 0x200c || c == 0x200d || (c >= 0xfe00 && c <= 0xfe0f) ||
         (c >= 0xe0100 && c <= 0xe01ef);
}

}  // namespace detail

// Calls emit(code, width) for every glyph; emit returns false to stop.
template <class Emit>
constexpr void for_each_glyph(std::string_view text, Emit&& emit) {
  while (!text.empty()) {
    const Utf8 next = decode_utf8(text);
    text.remove_prefix(next.length == 0 ? 1 : next.length);
    if (next.length != 0 && detail::is_joiner(next.code)) continue;
    const bool safe = next.length != 0 && !detail::is_deceptive(next.code);
    const char32_t code = safe ? next.code : replacement;
    if (!emit(code, glyph_width(code))) return;
  }
}

// Columns that the text takes.
constexpr int width_of(std::string_view text) {
  int width = 0;
  for_each_glyph(text, [&](char32_t, std::uint8_t w) {
    width += w;
    return true;
  });
  return width;
}

// A source line as it looks in a listing: tabs go to the next multiple of `stop` columns.
inline std::string expand_tabs(std::string_view line, int stop = 8) {
  std::string out;
  int column = 0;
  std::size_t from = 0;
  for (std::size_t tab = line.find('\t'); tab != std::string_view::npos;
       tab = line.find('\t', from)) {
    const std::string_view part = line.substr(from, tab - from);
    out.append(part);
    column += width_of(part);
    const int blanks = stop - column % stop;
    out.append(static_cast<std::size_t>(blanks), ' ');
    column += blanks;
    from = tab + 1;
  }
  out.append(line.substr(from));
  return out;
}

}  // namespace tachyon::live
