#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include <tachyon/base/address.hpp>
#include <tachyon/base/result.hpp>

// How remote bytes get here. Four models: a live process, a paused one, a core file, and an image
// in our own memory for tests and fuzzers. Whoever walks cannot tell them apart.
namespace tachyon {

// One remote range and the place its bytes go to.
struct Range {
  Address at;
  std::span<std::byte> into;
};

// `read` copies all bytes or fails. `read_many` copies ranges in order, as one step as far as the
// model can (one system call for a live process), and returns how many *whole leading ranges*
// arrived; it fails only when none did. Ranges are copied in the order given, which is what makes a
// leading and a trailing copy of the same word bracket everything between them.
template <class M>
concept Memory = requires(M& memory, Address at, std::span<std::byte> into,
                          std::span<const Range> ranges) {
  { memory.read(at, into) } -> std::same_as<Result<void>>;
  { memory.read_many(ranges) } -> std::same_as<Result<std::size_t>>;
  requires noexcept(memory.read(at, into));
  requires noexcept(memory.read_many(ranges));
};

}  // namespace tachyon
