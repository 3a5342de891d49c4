#pragma once

#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string_view>

#include "values.hpp"

namespace tachyon::tool {

// --color first, then FORCE_COLOR and NO_COLOR (no-color.org: set and not empty), then whether it
// is a terminal that knows colours.
inline bool wants_colour(std::optional<Colour> asked, int descriptor) {
  const auto is_set = [](const char* name) {
    const char* const value = std::getenv(name);
    return value && *value;
  };
  switch (asked.value_or(Colour::automatic)) {
    case Colour::always:
      return true;
    case Colour::never:
      return false;
    case Colour::automatic:
      break;
  }
  if (is_set("NO_COLOR")) return false;
  if (is_set("FORCE_COLOR")) return true;
  const char* const term = std::getenv("TERM");
  return ::isatty(descriptor) && term && std::string_view{term} != "dumb";
}

}  // namespace tachyon::tool
