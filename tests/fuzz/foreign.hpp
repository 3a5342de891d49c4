#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

#include <tachyon/base/bytes.hpp>
#include <tachyon/memory/concept.hpp>
#include <tachyon/target/maps.hpp>
#include <tachyon/target/runtime.hpp>

// A fuzzer's input as a file or as somebody's memory.
namespace fuzz {

// All of it, from address `base`.
class InputMemory {
 public:
  InputMemory(const std::uint8_t* data, std::size_t size, std::uint64_t base = 0)
      : bytes_{reinterpret_cast<const std::byte*>(data), size}, base_{base} {}

  tachyon::Result<void> read(tachyon::Address at, std::span<std::byte> into) noexcept {
    const auto part = tachyon::slice(bytes_, at.value - base_, into.size());
    if (!part) return tachyon::Error{tachyon::Errc::unreadable, 0, at};
    std::copy(part->begin(), part->end(), into.begin());
    return {};
  }
  tachyon::Result<std::size_t> read_many(std::span<const tachyon::Range> ranges) noexcept {
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      const auto outcome = read(ranges[i].at, ranges[i].into);
      if (!outcome && i == 0) return outcome.error();
      if (!outcome) return i;
    }
    return ranges.size();
  }

 private:
  tachyon::Bytes bytes_;
  std::uint64_t base_;
};
static_assert(tachyon::Memory<InputMemory>);

// Mappings without files behind them.
struct Mapped {
  tachyon::Maps table;
  const tachyon::Maps& maps() const { return table; }
  tachyon::Result<tachyon::OpenedFile> open(const tachyon::Mapping&) const {
    return tachyon::Errc::cannot_open;
  }
  tachyon::Address program_headers() const { return {}; }
};

}  // namespace fuzz
