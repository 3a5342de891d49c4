#pragma once

#include <compare>
#include <cstdint>

namespace tachyon {

// A place in the target's address space. It is not a pointer: nobody can dereference it by
// accident, and arithmetic wraps instead of being undefined, because the numbers come from a
// process that may be torn, hostile or gone.
struct Address {
  std::uint64_t value = 0;

  constexpr explicit operator bool() const noexcept { return value != 0; }
  friend constexpr auto operator<=>(Address, Address) noexcept = default;
  friend constexpr Address operator+(Address a, std::uint64_t n) noexcept { return {a.value + n}; }
  friend constexpr Address operator-(Address a, std::uint64_t n) noexcept { return {a.value - n}; }
  friend constexpr std::uint64_t operator-(Address a, Address b) noexcept {
    return a.value - b.value;
  }
};

}  // namespace tachyon
