#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include <tachyon/base/clock.hpp>
#include <tachyon/base/result.hpp>
#include <tachyon/sampler/evidence.hpp>
#include <tachyon/sampler/exact.hpp>
#include <tachyon/sampler/strategy.hpp>

namespace tachyon {

// How many looks may find that the thread moved on, before fast reading is not good enough.
template <class L>
constexpr double tolerated_moves(const L& layout) noexcept {
  return layout.traits.popped_frames_are_cleared ? 0.4 : 0.15;
}

// Fast where it is good enough, exact where it is not. A few times a second it is decided which:
//
//   by evidence   one look in 16 is taken the other way (at first one in 4), or as many as a quarter
//                 of the budget pays for. The distance between the two (evidence.hpp) decides as soon
//                 as it is surely too great, or small enough.
//   by moves      until it is known: how many fast looks found that the thread moved on while it
//                 was read.
//
// What exact costs the target is bounded: a rate at which it would take more than the budget is
// lowered by the source, but not to less than a sixth of what was asked. Where even that does not
// do, it stays fast; or, if that is known to show something else, three times the budget is taken.
class AdaptiveStrategy {
 public:
  static constexpr bool holds_everybody = false;
  enum class Choice : std::uint8_t { automatic, fast, exact };

  struct Budget {
    std::uint64_t interval = 1'000'000;  // ns from look to look, as it was asked for
    double share = 0.02;                 // of the target's time; 0: no limit
    double tolerated = 0.15;             // share of looks that may find that the thread moved on
  };

  explicit AdaptiveStrategy(Choice choice) noexcept : AdaptiveStrategy{choice, Budget{}} {}
  AdaptiveStrategy(Choice choice, Budget budget) noexcept
      : choice_{choice},
        budget_{budget},
        exact_now_{choice == Choice::exact},
        looks_exactly_{exact_now_},
        random_{monotonic_now()} {
    if (choice_ == Choice::automatic) compared_.emplace();
  }

  void follow(ThreadClock* thread) noexcept { exact_.follow(thread); }

  bool wait(std::uint64_t deadline) noexcept {
    if (choice_ == Choice::automatic) choose(deadline);
    return looks_exactly_ ? exact_.wait(deadline) : fast_.wait(deadline);
  }
  Result<void> begin() noexcept {
    if (!looks_exactly_) return {};
    return exact_.begin();
  }
  bool end() noexcept { return looks_exactly_ ? exact_.end() : true; }
  bool certain() const noexcept { return looks_exactly_ && exact_.certain(); }
  static constexpr bool was_asleep(std::int32_t) noexcept { return false; }

  void learn(bool moved) noexcept {
    if (choice_ != Choice::automatic || certain()) return;
    ++looks_;
    if (moved) ++moves_;
    if (looks_ == first_looks && !exact_now_) decide_by_moves();
  }
  // The stack of the thread that is followed, as the look that has just ended showed it.
  void compare(StackId stack) noexcept {
    if (!compared_) return;
    if (certain() != exact_now_) ++other_looks_;
    compared_->lately.add(stack, certain());
    compared_->ever.add(stack, certain());
  }
  // How far fast was from exact, over all the looks so far.
  std::optional<Distance> distance() const noexcept {
    return compared_ ? compared_->ever.distance() : std::nullopt;
  }

  std::uint64_t held() const noexcept { return exact_.held(); }
  Strategy kind() const noexcept { return certain() ? Strategy::exact : Strategy::fast; }
  bool adaptive() const noexcept { return choice_ == Choice::automatic; }

 private:
  struct Compared {
    Evidence lately;
    Evidence ever;
  };

  static constexpr std::uint64_t decide_every = 250'000'000;
  static constexpr unsigned fade_after = 40;  // decisions
  static constexpr std::uint32_t first_looks = 64;
  static constexpr double most_other_looks = 1. / 16;
  static constexpr double most_at_first = 1. / 4;
  static constexpr double most_lowering = 6;
  static constexpr double most_for_truth = 3;  // times the budget
  // Two runs of blocking reading of 4,000 samples are 0.02 to 0.03 apart.
  static constexpr double good_enough = 0.03;
  static constexpr double known_well = 0.015;  // an error that lets both answers come out

  // Which way the next look is taken. A fast one is not made from where it would be exact.
  void choose(std::uint64_t now) noexcept {
    if (now >= decide_at_) decide(now);
    const bool other = static_cast<double>(random_.below(1 << 20)) < share_of_others() * (1 << 20);
    looks_exactly_ = exact_now_ != other && exact_.following();
    if (!looks_exactly_) exact_.release();
  }
  double share_of_others() const noexcept {
    const double most = other_looks_ < first_looks ? most_at_first : most_other_looks;
    if (budget_.share <= 0 || exact_now_) return most;
    const double paid_for = budget_.share / 4 * static_cast<double>(budget_.interval);
    return std::min(most, paid_for / exact_.cost());
  }

  void decide(std::uint64_t now) noexcept {
    const bool first = std::exchange(decide_at_, now + decide_every) == 0;
    if (first) return;
    if (exact_.unreachable()) exact_now_ = false;  // each try asks where the thread runs
    const auto known = compared_->lately.distance();
    if (known && known->value - 3 * known->error > good_enough) {
      turn_exact(most_for_truth);
    } else if (known && known->value + 2 * known->error < good_enough) {
      exact_now_ = false;
    } else if (!known || known->error > known_well) {
      decide_by_moves();
    }
    if (++decisions_ % fade_after != 0) return;
    compared_->lately.fade();
    looks_ /= 2, moves_ /= 2;
  }
  void decide_by_moves() noexcept {
    if (looks_ < first_looks) return;
    if (moves_ > looks_ * budget_.tolerated) turn_exact(1);
    if (moves_ < looks_ * budget_.tolerated / 2) exact_now_ = false;
  }
  // If it can be had for so many times the budget.
  void turn_exact(double times) noexcept {
    const double most =
        times * most_lowering * budget_.share * static_cast<double>(budget_.interval);
    const bool affordable = budget_.share <= 0 || exact_.cost() <= most;
    exact_now_ = exact_.following() && !exact_.unreachable() && affordable;
  }

  Choice choice_;
  Budget budget_;
  FastStrategy fast_;
  ExactStrategy exact_;
  bool exact_now_;      // what most looks are
  bool looks_exactly_;  // what the next one is, or the last one was
  Random random_;
  std::optional<Compared> compared_;
  std::uint64_t decide_at_ = 0;
  unsigned decisions_ = 0;
  std::uint32_t other_looks_ = 0;  // that were compared
  std::uint32_t looks_ = 0;        // fast ones ...
  std::uint32_t moves_ = 0;        // ... of which so many found that the thread moved on
};

}  // namespace tachyon
