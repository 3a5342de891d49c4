#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/view.hpp>
#include <tachyon/memory/concept.hpp>

// An address space in our own memory: segments of bytes at addresses, the rest unmapped. Tests
// build one field by field, fuzzers fill one with anything, `tests/images` restores recorded ones.
// It has no notion of layouts; what knows them writes through store().
namespace tachyon {

class Image {
 public:
  // Maps `size` zero bytes. Overlapping what is there already is refused: a builder's mistake.
  Result<void> map(Address at, std::size_t size) {
    if (size == 0 || at.value + (size - 1) < at.value) return Error{Errc::bad_value, 0, at};
    const auto after = first_after(at);
    if (after != segments_.end() && after->at - at < size) return Error{Errc::bad_value, 0, at};
    if (after != segments_.begin()) {
      const Segment& before = *std::prev(after);
      if (at - before.at < before.bytes.size()) return Error{Errc::bad_value, 0, at};
    }
    segments_.insert(after, Segment{at, std::vector<std::byte>(size)});
    return {};
  }

  Result<void> map(Address at, Bytes bytes) {
    if (auto mapped = map(at, bytes.size()); !mapped) return mapped;
    return write(at, bytes);
  }

  // Into what is mapped; a write may span segments that touch.
  Result<void> write(Address at, Bytes bytes) noexcept {
    return each_piece(at, bytes.size(), [&](std::span<std::byte> piece, std::size_t done) {
      std::memcpy(piece.data(), bytes.data() + done, piece.size());
    });
  }

  template <class T>
  requires std::is_trivially_copyable_v<T> Result<void> store(Address at, const T& value)
  noexcept { return write(at, Bytes{reinterpret_cast<const std::byte*>(&value), sizeof value}); }

  Result<void> unmap(Address at) {
    const auto found = std::find_if(segments_.begin(), segments_.end(),
                                    [&](const Segment& segment) { return segment.at == at; });
    if (found == segments_.end()) return Error{Errc::unreadable, 0, at};
    segments_.erase(found);
    return {};
  }

  Result<void> read(Address at, std::span<std::byte> into) noexcept {
    return each_piece(at, into.size(), [&](std::span<std::byte> piece, std::size_t done) {
      std::memcpy(into.data() + done, piece.data(), piece.size());
    });
  }

  Result<std::size_t> read_many(std::span<const Range> ranges) noexcept {
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      const auto outcome = read(ranges[i].at, ranges[i].into);
      if (!outcome && i == 0) return outcome.error();
      if (!outcome) return i;
    }
    return ranges.size();
  }

  struct Segment {
    Address at;
    std::vector<std::byte> bytes;
  };
  std::span<const Segment> segments() const noexcept { return view_of(segments_); }

 private:
  std::vector<Segment>::iterator first_after(Address at) noexcept {
    return std::upper_bound(segments_.begin(), segments_.end(), at,
                            [](Address a, const Segment& segment) { return a < segment.at; });
  }

  template <class Take>
  Result<void> each_piece(Address at, std::size_t size, Take&& take) noexcept {
    for (std::size_t done = 0; done < size;) {
      const Address here = at + done;
      auto segment = first_after(here);
      if (segment == segments_.begin()) return Error{Errc::unreadable, 0, here};
      --segment;
      const std::uint64_t offset = here - segment->at;
      if (offset >= segment->bytes.size()) return Error{Errc::unreadable, 0, here};
      const auto skip = static_cast<std::size_t>(offset);
      const std::size_t n = std::min(size - done, segment->bytes.size() - skip);
      take(view_of(segment->bytes).subspan(skip, n), done);
      done += n;
    }
    return {};
  }

  std::vector<Segment> segments_;  // by address, never overlapping
};
static_assert(Memory<Image>);

}  // namespace tachyon
