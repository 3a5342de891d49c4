#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <tachyon/base/glob.hpp>
#include <tachyon/sample/sample.hpp>

namespace tachyon {

// Is the thread one of those asked for? By its number, by a pattern of the name that the system or
// Python has for it, or as "main", the main thread of the main interpreter. No pattern: it is.
inline bool thread_matches(const std::vector<std::string>& patterns, const Thread& thread) {
  if (patterns.empty()) return true;
  const std::string id = std::to_string(thread.id);
  const auto names = [](const std::string& pattern, const std::string& name) {
    return !name.empty() && matches_glob(pattern, name);
  };
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return pattern == id || names(pattern, thread.name) || names(pattern, thread.python_name) ||
           (pattern == "main" && thread.main && thread.interpreter == 0);
  });
}

}  // namespace tachyon
