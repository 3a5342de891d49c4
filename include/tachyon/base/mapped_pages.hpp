#pragma once

#include <cstddef>
#include <sys/mman.h>
#include <sys/types.h>
#include <utility>

#include <tachyon/base/descriptor.hpp>

namespace tachyon {

// A piece of a file in memory, unmapped with its owner.
class MappedPages {
 public:
  MappedPages() noexcept = default;
  // Where that cannot be had it is empty, and errno says why.
  MappedPages(const Descriptor& file, std::size_t size, int protection, int flags = MAP_SHARED,
              off_t from = 0) noexcept
      : size_{size}, at_{::mmap(nullptr, size, protection, flags, file.get(), from)} {}
  MappedPages(MappedPages&& other) noexcept
      : size_{other.size_}, at_{std::exchange(other.at_, MAP_FAILED)} {}
  MappedPages& operator=(MappedPages&& other) noexcept {
    std::swap(size_, other.size_);
    std::swap(at_, other.at_);
    return *this;
  }
  ~MappedPages() {
    if (at_ != MAP_FAILED) ::munmap(at_, size_);
  }

  explicit operator bool() const noexcept { return at_ != MAP_FAILED; }
  void* at() const noexcept { return at_; }

 private:
  std::size_t size_ = 0;
  void* at_ = MAP_FAILED;
};

}  // namespace tachyon
