#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <tachyon/sample/frame_table.hpp>
#include <tachyon/sample/run.hpp>

// How far what fast reading shows is from what exact reading shows, of this program, now. Few looks
// that fail prove nothing: a way of reading that never sees short functions fails seldom. So a few
// looks, drawn at random, are taken the other way, and both distributions of stacks are kept.
//
//   fast, 9,400 looks   a;b 61 %   a;c 30 %   a  9 %     distance: half the sum of the differences
//   exact,  620 looks   a;b 55 %   a;c 30 %   a 15 %     = 6 %
//
// Two samples of one distribution differ, too. By how much is known for each stack from its share p
// and the numbers of looks n, m: the difference has a variance of v = p (1 - p) (1/n + 1/m), and is
// sqrt(2 v / pi) on average, whichever its sign. What is left when that is taken off is the distance,
// and the spread of what was taken off is its error.
namespace tachyon {

class Evidence {
 public:
  Evidence() : seen_(slots) {}

  void add(StackId stack, bool exact) noexcept { place_of(stack)[exact] += 1; }

  // From now on what was seen counts half: programs change.
  void fade() {
    std::vector<Seen> before(slots);
    before.swap(seen_);
    for (double& count : others_) count /= 2;
    for (const Seen& one : before) {
      if (one.count() < forgotten_below) continue;
      Looks& looks = place_of(one.stack);
      looks[0] += one.looks[0] / 2;
      looks[1] += one.looks[1] / 2;
    }
  }

  // Nothing while too little was seen of either.
  std::optional<Distance> distance() const noexcept {
    constexpr double pi = 3.14159265358979;
    const Looks all = total();
    if (std::min(all[0], all[1]) < least) return std::nullopt;
    double apart = 0, by_chance = 0, variance = 0;
    for_each([&](const Looks& looks) {
      const double share = (looks[0] + looks[1]) / (all[0] + all[1]);
      const double v = share * (1 - share) * (1 / all[0] + 1 / all[1]);
      apart += std::abs(looks[0] / all[0] - looks[1] / all[1]);
      by_chance += std::min(std::sqrt(2 * v / pi), 2 * share);  // of a stack that was seen once
      variance += (1 - 2 / pi) * v;
    });
    // What one look in as many would have shown may be missing.
    const double rarest = 1 / std::min(all[0], all[1]);
    // What one stack has more, others have less: their differences are not independent.
    return Distance{std::max(0., (apart - by_chance) / 2),
                    std::max(std::sqrt(variance / 2), rarest)};
  }

 private:
  using Looks = std::array<double, 2>;  // fast, exact
  struct Seen {
    StackId stack = StackId::empty;
    Looks looks{};
    double count() const noexcept { return looks[0] + looks[1]; }
  };

  static constexpr std::size_t slots = 4096;
  static constexpr std::size_t most_steps = 8;
  static constexpr double least = 30;
  static constexpr double forgotten_below = 0.1;

  // Where there is no place left, a stack that was seen once makes room: those that are often seen
  // come again. The others are compared as if they were one.
  Looks& place_of(StackId stack) noexcept {
    const std::size_t first = static_cast<std::uint32_t>(stack) * std::size_t{0x9e3779b1} >> 8;
    Seen* rarest = nullptr;
    for (std::size_t i = 0; i < most_steps; ++i) {
      Seen& seen = seen_[(first + i) % slots];
      if (seen.looks == Looks{}) seen.stack = stack;
      if (seen.stack == stack) return seen.looks;
      if (rarest == nullptr || seen.count() < rarest->count()) rarest = &seen;
    }
    if (rarest->count() > 1) return others_;
    others_[0] += rarest->looks[0];
    others_[1] += rarest->looks[1];
    *rarest = {stack, {}};
    return rarest->looks;
  }
  template <class F>
  void for_each(F&& f) const {
    for (const Seen& seen : seen_) {
      if (seen.looks != Looks{}) f(seen.looks);
    }
    f(others_);
  }
  Looks total() const noexcept {
    Looks all{};
    for_each([&](const Looks& looks) {
      all[0] += looks[0];
      all[1] += looks[1];
    });
    return all;
  }

  std::vector<Seen> seen_;
  Looks others_{};
};

}  // namespace tachyon
