#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

namespace tachyon {

// Weights as whole numbers of units, for formats that count: what is left over after the whole units
// goes to those that lack least, so that the sum is right to one unit. What has any weight has one
// unit at least: nothing is lost.
inline std::vector<std::uint64_t> apportion(const std::vector<std::uint64_t>& weights,
                                            std::uint64_t unit) {
  std::vector<std::uint64_t> out(weights.size());
  if (unit == 0) return out;
  std::uint64_t sum = 0, given = 0;
  std::vector<std::size_t> by_rest(weights.size());
  std::iota(by_rest.begin(), by_rest.end(), std::size_t{0});
  for (std::size_t i = 0; i < weights.size(); ++i) {
    sum += weights[i];
    given += out[i] = weights[i] / unit;
  }
  std::stable_sort(by_rest.begin(), by_rest.end(), [&](std::size_t a, std::size_t b) {
    return weights[a] % unit > weights[b] % unit;
  });
  const std::uint64_t whole = sum / unit + (sum % unit >= unit - sum % unit ? 1 : 0);
  for (std::size_t i = 0; i < by_rest.size() && given < whole; ++i, ++given) ++out[by_rest[i]];
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i] == 0 && weights[i] != 0) out[i] = 1;
  }
  return out;
}

}  // namespace tachyon
