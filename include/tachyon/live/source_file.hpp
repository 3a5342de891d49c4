#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <string>
#include <string_view>

// Source text for the line view. The name is whatever the target's code object says, so the file
// may be missing, huge, or no file at all ("<string>", a device, a pipe that would never end).
namespace tachyon::live {

inline constexpr std::size_t longest_source = std::size_t{4} << 20;

// Empty when there is nothing usable.
inline std::string read_source(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) return {};
  std::string text;
  struct stat about {};
  if (::fstat(file, &about) == 0 && S_ISREG(about.st_mode)) {
    char block[16384];
    while (text.size() < longest_source) {
      const ssize_t n = ::read(file, block, sizeof block);
      if (n <= 0) break;
      text.append(block, static_cast<std::size_t>(n));
    }
  }
  ::close(file);
  return text;
}

// `root` is where the target's files are (/proc/PID/root);
// a target in another container has its own.
inline std::string read_source(std::string_view root, std::string_view folder,
                               std::string_view file) {
  if (file.empty() || file.front() == '<' || file.find('\0') != std::string_view::npos) return {};
  std::string path;
  if (file.front() != '/') {
    path = folder;
    path += '/';
  }
  path += file;
  if (!root.empty()) {
    if (std::string text = read_source(std::string{root} + path); !text.empty()) return text;
  }
  return read_source(path);
}

}  // namespace tachyon::live
