#pragma once

#include <bit>
#include <cstdint>

namespace tachyon {

// Neither infinite nor no number at all. <cmath>, which has this, takes longer to compile than
// <vector> and <string>, for the special functions in it.
constexpr bool is_finite(double number) noexcept {
  return (std::bit_cast<std::uint64_t>(number) >> 52 & 0x7ff) != 0x7ff;
}

}  // namespace tachyon
