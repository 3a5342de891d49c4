#pragma once

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <unistd.h>
#include <utility>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/descriptor.hpp>
#include <tachyon/base/mapped_pages.hpp>
#include <tachyon/base/result.hpp>
#include <tachyon/kernel/bpf_call.hpp>

// The reader's end of the ring that programs put their records into.
//
//   page 0               page 1               pages 2 ...                  the same pages again
//   +------------------+ +------------------+ +--------------------------+--------------------------
//   | taken (ours)     | | put (the kernel's)| | len | rec | len | rec .. | ...
//   +------------------+ +------------------+ +--------------------------+--------------------------
//
// Both are counts of bytes that only grow. A record has eight bytes before it: its length, bit 31
// of it set while it is being written, bit 30 when it was given up; then four bytes of the
// kernel's. The next one begins at a multiple of eight. Since the pages are there twice, a record
// that runs past the end can be read in one piece.
//
// The kernel's positions are taken as they are, but no length leads out of the mapping.
namespace tachyon::kernel {

namespace detail {

inline constexpr std::uint32_t being_written = 1U << 31;
inline constexpr std::uint32_t unwanted = 1U << 30;
inline constexpr std::size_t record_head = 8;

// Takes records from `taken` up to `put` out of a ring of `size` bytes, which is a power of two, and
// returns how far it came. `data` holds the ring twice. `visit` gets the bytes of each.
template <class Visit>
std::uint64_t take_records(const std::byte* data, std::uint64_t size, std::uint64_t taken,
                           std::uint64_t put, Visit&& visit) {
  if (put - taken > size) return put;  // no kernel says that
  while (taken < put) {
    const std::byte* const at = data + (taken & (size - 1));
    const auto word = std::atomic_ref<std::uint32_t>{*reinterpret_cast<std::uint32_t*>(
                                                         const_cast<std::byte*>(at))}
                          .load(std::memory_order_acquire);
    if ((word & being_written) != 0) break;
    const std::uint64_t length = word & ~(being_written | unwanted);
    const std::uint64_t whole = (record_head + length + 7) / 8 * 8;
    if (whole > put - taken) return put;
    if ((word & unwanted) == 0) visit(Bytes{at + record_head, static_cast<std::size_t>(length)});
    taken += whole;
  }
  return taken;
}

}  // namespace detail

class Ring {
 public:
  // `size` is a power of two, and whole pages.
  static Result<Ring> create(std::uint32_t size) noexcept {
    auto map = create_map({MapType::ring, 0, 0, size});
    if (!map) return map.error();
    Ring out;
    out.map_ = std::move(*map);
    out.size_ = size;
    out.page_ = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    out.taken_ = MappedPages{out.map_, out.page_, PROT_READ | PROT_WRITE};
    if (!out.taken_) return refused_by_kernel(errno);
    out.put_ = MappedPages{out.map_, out.page_ + 2 * std::size_t{size}, PROT_READ, MAP_SHARED,
                           static_cast<off_t>(out.page_)};
    if (!out.put_) return refused_by_kernel(errno);
    return out;
  }

  const Descriptor& map() const noexcept { return map_; }

  // Calls visit(Bytes) for every record that is complete, in the order in which they were put.
  template <class Visit>
  void drain(Visit&& visit) {
    const std::uint64_t put = count(put_).load(std::memory_order_acquire);
    const std::uint64_t taken = count(taken_).load(std::memory_order_relaxed);
    const auto* const data = static_cast<const std::byte*>(put_.at()) + page_;
    const std::uint64_t now = detail::take_records(data, size_, taken, put, visit);
    count(taken_).store(now, std::memory_order_release);
  }

 private:
  Ring() noexcept = default;

  static std::atomic_ref<std::uint64_t> count(const MappedPages& pages) noexcept {
    return std::atomic_ref<std::uint64_t>{*static_cast<std::uint64_t*>(pages.at())};
  }

  Descriptor map_;
  std::uint32_t size_ = 0;
  std::size_t page_ = 0;
  MappedPages taken_;
  MappedPages put_;
};

}  // namespace tachyon::kernel
