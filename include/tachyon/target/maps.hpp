#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tachyon/base/address.hpp>
#include <tachyon/base/result.hpp>
#include <tachyon/base/view.hpp>

// What is mapped where: the table that /proc/PID/maps prints, and which core files carry as a note.
//
//   7f1c00200000-7f1c00285000 r--p 00085000 fe:01 1311 /usr/lib/libpython3.13.so.1.0 (deleted)
//   start        end          perms offset  device inode path, to the end of the line
//
// The path is the target's text: any byte but a line feed, which the kernel writes as \012. A file
// that was removed or replaced since (a package upgrade) has the marker " (deleted)" appended; it
// is taken off and remembered. Whether a path leads to the mapped file is for whoever opens it to
// check, by device and inode: the path is spelled in the kernel's idea of our root,
// not the target's.
namespace tachyon {

struct Mapping {
  Address start{};
  Address end{};
  std::uint64_t offset = 0;  // in the file
  std::uint64_t device = 0;  // major << 32 | minor; 0 = unknown
  std::uint64_t inode = 0;   // 0 = no file, or unknown
  bool readable = false;
  bool writable = false;
  bool executable = false;
  bool shared = false;
  bool deleted = false;
  std::string path{};  // empty, "/a/file", "[heap]", "/memfd:name"

  constexpr std::uint64_t size() const noexcept { return end - start; }
  constexpr bool contains(Address at) const noexcept { return start <= at && at < end; }
  constexpr bool of_file() const noexcept { return !path.empty() && path[0] == '/'; }
  bool same_file(const Mapping& other) const noexcept {
    return inode == other.inode && device == other.device && path == other.path;
  }
};

namespace detail {

// Takes hexadecimal or decimal digits and the one character that must follow them.
inline bool take_number(std::string_view& text, std::uint64_t& value, int base,
                        char after) noexcept {
  const char* const end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value, base);
  if (code != std::errc{} || stop == end || *stop != after) return false;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()) + 1);
  return true;
}

inline std::string without_escapes(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const bool line_feed = text.substr(at, 4) == "\\012";
    plain += line_feed ? '\n' : text[at];
    at += line_feed ? 4 : 1;
  }
  return plain;
}

}  // namespace detail

// One line without its line feed; false when it is not a line of that file.
inline bool parse_mapping(std::string_view line, Mapping& into) {
  into = {};
  std::uint64_t major = 0;
  std::uint64_t minor = 0;
  if (!detail::take_number(line, into.start.value, 16, '-')) return false;
  if (!detail::take_number(line, into.end.value, 16, ' ')) return false;
  if (into.end <= into.start || line.size() < 5 || line[4] != ' ') return false;
  into.readable = line[0] == 'r';
  into.writable = line[1] == 'w';
  into.executable = line[2] == 'x';
  into.shared = line[3] == 's';
  line.remove_prefix(5);
  if (!detail::take_number(line, into.offset, 16, ' ')) return false;
  if (!detail::take_number(line, major, 16, ':')) return false;
  if (!detail::take_number(line, minor, 16, ' ')) return false;
  if (major > 0xffffffffU || minor > 0xffffffffU) return false;
  into.device = major << 32 | minor;
  const char* const end = line.data() + line.size();
  const auto [stop, code] = std::from_chars(line.data(), end, into.inode);
  if (code != std::errc{}) return false;
  line.remove_prefix(static_cast<std::size_t>(stop - line.data()));
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  constexpr std::string_view marker = " (deleted)";
  if (line.starts_with('/') && line.ends_with(marker)) {
    into.deleted = true;
    line.remove_suffix(marker.size());
  }
  into.path = detail::without_escapes(line);
  return true;
}

class Maps {
 public:
  Maps() = default;
  // In any order; kept by address. Overlaps do not occur in a kernel's table; a forged one only
  // makes lookups find the earlier of the two.
  explicit Maps(std::vector<Mapping> all) : all_{std::move(all)} {
    std::stable_sort(all_.begin(), all_.end(),
                     [](const Mapping& a, const Mapping& b) { return a.start < b.start; });
  }

  // Lines that do not parse are left out and counted: a kernel that adds a kind of line must not
  // end the attach.
  static Maps parse(std::string_view text) {
    std::vector<Mapping> all;
    std::size_t skipped = 0;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      Mapping mapping;
      if (parse_mapping(text.substr(0, end), mapping)) {
        all.push_back(std::move(mapping));
      } else {
        ++skipped;
      }
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    Maps maps{std::move(all)};
    maps.skipped_ = skipped;
    return maps;
  }

  std::span<const Mapping> all() const noexcept { return view_of(all_); }
  std::size_t skipped() const noexcept { return skipped_; }

  const Mapping* find(Address at) const noexcept {
    const auto after =
        std::upper_bound(all_.begin(), all_.end(), at,
                         [](Address a, const Mapping& mapping) { return a < mapping.start; });
    if (after == all_.begin()) return nullptr;
    const Mapping& candidate = *std::prev(after);
    return candidate.contains(at) ? &candidate : nullptr;
  }

  // Indices of file mappings, mappings of one file side by side and in order of address.
  std::vector<std::uint32_t> by_file() const {
    std::vector<std::uint32_t> order;
    for (std::uint32_t i = 0; i < all_.size(); ++i) {
      if (all_[i].of_file()) order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      const Mapping& x = all_[a];
      const Mapping& y = all_[b];
      if (x.inode != y.inode) return x.inode < y.inode;
      if (x.device != y.device) return x.device < y.device;
      return x.path < y.path;
    });
    return order;
  }

 private:
  std::vector<Mapping> all_;
  std::size_t skipped_ = 0;
};

}  // namespace tachyon
