#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

// Which place a path means. One place has many spellings: `a`, `./a`, a link to it, `/dev/stdout`
// for `-`, a file that standard output has been redirected to. Whoever is about to write must know
// them for one, or one output replaces another, and notices end up in the middle of data.
//
// - What exists is compared by device and inode. What does not exist yet is compared by its folder
//   and its name in it, behind symbolic links, dangling ones too.
// - Character devices are no places: two outputs to /dev/null are no conflict, and neither is a
//   terminal that is named while standard output is the same one. Only the names of standard
//   output itself count there.
namespace tachyon {

namespace detail {

inline std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}
inline std::string_view name_in(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

inline bool is_one_file(const struct stat& a, const struct stat& b) noexcept {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && !S_ISCHR(a.st_mode);
}

}  // namespace detail

// The links of these folders stand for open files, not for places.
inline bool stands_for_open_file(std::string_view path) noexcept {
  return path.starts_with("/proc/") || path.starts_with("/dev/fd/") || path == "/dev/stdin" ||
         path == "/dev/stdout" || path == "/dev/stderr";
}

// The place a symbolic link leads to, also when nothing is there yet.
inline std::string behind_links(std::string path) {
  for (int links = 0; links < 40 && !stands_for_open_file(path); ++links) {
    char target[PATH_MAX];
    const ssize_t length = ::readlink(path.c_str(), target, sizeof target);
    if (length < 0) break;
    const std::string_view text{target, static_cast<std::size_t>(length)};
    const std::size_t name = text.starts_with('/') ? 0 : path.rfind('/') + 1;  // 0 without one
    path.replace(name, std::string::npos, text);
  }
  return path;
}

inline bool is_standard_output(const std::string& path) {
  if (path == "-") return true;
  const std::string place = behind_links(path);
  if (place == "/dev/stdout" || place == "/dev/fd/1" || place == "/proc/self/fd/1") return true;
  struct stat named {};
  struct stat ours {};
  return ::stat(place.c_str(), &named) == 0 && ::fstat(STDOUT_FILENO, &ours) == 0 &&
         detail::is_one_file(named, ours);
}

inline bool is_same_place(std::string a, std::string b) {
  if (a == b) return true;
  if (a == "-" || b == "-") return false;
  for (std::string* path : {&a, &b}) {
    *path = behind_links(std::move(*path));
    while (path->size() > 1 && path->ends_with('/')) path->pop_back();
  }
  struct stat one {};
  struct stat two {};
  const bool here = ::stat(a.c_str(), &one) == 0;
  if (here != (::stat(b.c_str(), &two) == 0)) return false;
  if (here) return detail::is_one_file(one, two);
  return detail::name_in(a) == detail::name_in(b) &&
         ::stat(detail::folder_of(a).c_str(), &one) == 0 &&
         ::stat(detail::folder_of(b).c_str(), &two) == 0 && detail::is_one_file(one, two);
}

}  // namespace tachyon
