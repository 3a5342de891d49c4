#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <tachyon/live/screen.hpp>

// Meanings to colours. Three palettes: none at all (NO_COLOR, or a terminal that has none) where
// bold, dim and reverse must do; the 16 colours that the user chose for the terminal; and 256
// colours, picked to be readable on dark and on light backgrounds,
// which is why plain text has no colour.
namespace tachyon::live {

enum class Colours : std::uint8_t { none, sixteen, many };

namespace detail {

struct InkCodes {
  Ink ink;
  std::string_view none;
  std::string_view sixteen;
  std::string_view many;
};

// clang-format off
inline constexpr std::array<InkCodes, ink_count> ink_codes{{
    {Ink::text,        "",    "",      ""},
    {Ink::dim,         "2",   "2",     "38;5;245"},
    {Ink::strong,      "1",   "1",     "1"},
    {Ink::title,       "7;1", "1;7;36", "1;38;5;231;48;5;25"},
    {Ink::rule,        "2",   "2",     "38;5;240"},
    {Ink::label,       "",    "36",    "38;5;73"},
    {Ink::function,    "1",   "1;36",  "38;5;38"},
    {Ink::file,        "",    "32",    "38;5;71"},
    {Ink::number,      "",    "",      ""},
    {Ink::good,        "",    "32",    "38;5;71"},
    {Ink::bad,         "1",   "31",    "38;5;167"},
    {Ink::warn,        "1",   "33",    "38;5;172"},
    {Ink::bar,         "",    "36",    "38;5;38"},
    {Ink::rest,        "2",   "2",     "38;5;240"},
    {Ink::header,      "4",   "4",     "4;38;5;245"},
    {Ink::sorted,      "1;4", "1;4;33", "1;4;38;5;172"},
    {Ink::up,          "1",   "32",    "38;5;71"},
    {Ink::down,        "2",   "31",    "38;5;167"},
    {Ink::gold,        "1",   "1;33",  "1;38;5;178"},
    {Ink::silver,      "1",   "1;37",  "1;38;5;248"},
    {Ink::bronze,      "1",   "1;31",  "1;38;5;137"},
    {Ink::key,         "1",   "1;36",  "1;38;5;38"},
    {Ink::match,       "4",   "4;33",  "4;38;5;172"},
    {Ink::banner,      "7",   "7",     "1;38;5;231;48;5;28"},
    {Ink::spark,       "",    "35",    "38;5;97"},
    {Ink::heat_low,    "",    "33",    "38;5;179"},
    {Ink::heat_middle, "1",   "1;33",  "38;5;172"},
    {Ink::heat_high,   "1",   "1;31",  "1;38;5;167"},
}};
// clang-format on

constexpr bool ink_codes_in_order() noexcept {
  for (int i = 0; i < ink_count; ++i) {
    if (static_cast<int>(ink_codes[static_cast<std::size_t>(i)].ink) != i) return false;
  }
  return true;
}
static_assert(ink_codes_in_order(), "the table is indexed by Ink");

}  // namespace detail

// The escape sequence that switches to a style, whatever was on before.
inline void append_style(std::string& out, Style style, Colours colours) {
  const detail::InkCodes& codes = detail::ink_codes[static_cast<std::size_t>(style.ink)];
  const std::string_view code = colours == Colours::none      ? codes.none
                                : colours == Colours::sixteen ? codes.sixteen
                                                              : codes.many;
  out += "\x1b[0";
  if (!code.empty()) (out += ';') += code;
  if (style.selected) out += colours == Colours::many ? ";48;5;24;38;5;231" : ";7";
  out += 'm';
}

}  // namespace tachyon::live
