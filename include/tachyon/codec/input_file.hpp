#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/descriptor.hpp>
#include <tachyon/base/result.hpp>

// A finished file that is read here and there. It is read, not mapped: a mapped file that somebody
// cuts short kills its reader with a signal, and a large one counts as our memory. Directories,
// pipes and devices are refused by name of their kind. The same reader also runs over bytes in
// memory, for tests and fuzzers.
namespace tachyon {

class InputFile {
 public:
  static Result<InputFile> open(const char* path) noexcept {
    // O_NONBLOCK: opening a pipe must not wait for a writer.
    auto opened = open_for_reading(path, O_NONBLOCK);
    if (!opened) return opened.error();
    InputFile file;
    file.descriptor_ = std::move(*opened);
    struct stat status {};
    if (::fstat(file.descriptor_.get(), &status) != 0) return Error{Errc::cannot_open, errno, {}};
    if (S_ISDIR(status.st_mode)) return Error{Errc::cannot_open, EISDIR, {}};
    if (!S_ISREG(status.st_mode)) return Error{Errc::cannot_open, ESPIPE, {}};
    file.size_ = static_cast<std::uint64_t>(status.st_size);
    return file;
  }
  // The bytes must outlive the file.
  static InputFile over(Bytes bytes) noexcept {
    InputFile file;
    file.bytes_ = bytes;
    file.size_ = bytes.size();
    return file;
  }

  std::uint64_t size() const noexcept { return size_; }

  // Fills `into` with what is at `offset`, or with as much of it as the file has;
  // how much that was.
  Result<std::size_t> read_some(std::uint64_t offset, std::span<char> into) const noexcept {
    if (!descriptor_) {
      if (offset >= bytes_.size() || into.empty()) return std::size_t{0};
      const std::size_t length =
          std::min(into.size(), bytes_.size() - static_cast<std::size_t>(offset));
      std::memcpy(into.data(), bytes_.data() + offset, length);
      return length;
    }
    return read_at(descriptor_, offset, std::as_writable_bytes(into));
  }
  // All of `into`; `truncated` when the file ends before.
  Result<void> read(std::uint64_t offset, std::span<char> into) const noexcept {
    const auto got = read_some(offset, into);
    if (!got) return got.error();
    return *got == into.size() ? Result<void>{} : Result<void>{Error{Errc::truncated, 0, {offset}}};
  }

 private:
  InputFile() noexcept = default;

  Descriptor descriptor_{};
  Bytes bytes_{};
  std::uint64_t size_ = 0;
};

}  // namespace tachyon
