#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <tachyon/base/descriptor.hpp>

#include "text.hpp"

// Lines of the target's source files, as the target would open them: below its root (it may live in
// a container) and, for relative names, in its working directory. A file that has changed since the
// program read it shows its present text; Python's own tracebacks do the same.
namespace tachyon::tool {

class SourceLines {
 public:
  // `process` 0: no live process, names are looked up as they stand.
  explicit SourceLines(std::int64_t process) : process_{process} {}

  // The line without its end; empty when there is none.
  std::string_view line(std::string_view file, std::int32_t number) {
    if (number < 1 || file.empty() || file.front() == '<' || file.front() == '~') return {};
    auto known = files_.find(file);
    if (known == files_.end()) {
      known = files_.emplace(std::string{file}, split(read(std::string{file}))).first;
    }
    const auto& lines = known->second;
    const auto index = static_cast<std::size_t>(number - 1);
    return index < lines.size() ? std::string_view{lines[index]} : std::string_view{};
  }

 private:
  static constexpr std::size_t largest = std::size_t{16} << 20;

  std::string read(const std::string& file) const {
    if (process_ != 0) {
      const std::string below =
          concat("/proc/", std::to_string(process_), file.front() == '/' ? "/root" : "/cwd/");
      if (std::string text = read_file(below + file); !text.empty()) return text;
    }
    return read_file(file);
  }
  static std::string read_file(const std::string& path) {
    const auto file = open_for_reading(path.c_str(), O_NONBLOCK);
    if (!file) return {};
    auto text = read_whole(*file, largest);
    return text ? std::move(*text) : std::string{};
  }
  static std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
      std::size_t end = text.find('\n', at);
      if (end == std::string::npos) end = text.size();
      lines.push_back(text.substr(at, end - at));
      if (!lines.back().empty() && lines.back().back() == '\r') lines.back().pop_back();
      at = end + 1;
    }
    return lines;
  }

  std::int64_t process_;
  std::map<std::string, std::vector<std::string>, std::less<>> files_;
};

}  // namespace tachyon::tool
