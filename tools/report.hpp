#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "text.hpp"

// Everything the tool says besides its report. One line each, to standard error, so that a report
// in a pipe stays a report.
namespace tachyon::tool {

inline void say(std::string_view kind, std::string_view text) {
  const std::string line =
      concat("tachyon: ", kind, kind.empty() ? "" : ": ", printable(text), "\n");
  std::fwrite(line.data(), 1, line.size(), stderr);
}
inline void say_error(std::string_view text) { say("error", text); }
inline void say_warning(std::string_view text) { say("warning", text); }
inline void say_notice(std::string_view text) { say("", text); }

}  // namespace tachyon::tool
