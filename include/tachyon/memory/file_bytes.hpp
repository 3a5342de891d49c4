#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include <tachyon/base/descriptor.hpp>
#include <tachyon/memory/concept.hpp>

namespace tachyon {

// A file read as if it were memory: the address is the offset. One reader then serves an ELF file
// on disk and its image in a process. It preads and does not map: a file that shrinks under a
// mapping kills the reader with SIGBUS, and whose file it is was not our choice.
class FileBytes {
 public:
  explicit FileBytes(Descriptor file) noexcept : file_{std::move(file)} {}

  Result<void> read(Address at, std::span<std::byte> into) noexcept {
    if (at.value > max_offset || into.size() > max_offset) return Error{Errc::unreadable, 0, at};
    const auto size = read_at(file_, at.value, into);
    if (!size) return size.error();
    if (*size != into.size()) return Error{Errc::unreadable, 0, at + *size};
    return {};
  }

  Result<std::size_t> read_many(std::span<const Range> ranges) noexcept {
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      const auto outcome = read(ranges[i].at, ranges[i].into);
      if (!outcome && i == 0) return outcome.error();
      if (!outcome) return i;
    }
    return ranges.size();
  }

  const Descriptor& file() const noexcept { return file_; }

 private:
  static constexpr std::uint64_t max_offset = std::uint64_t{1} << 62;

  Descriptor file_;
};
static_assert(Memory<FileBytes>);

}  // namespace tachyon
