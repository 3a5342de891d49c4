#pragma once

#include <cstdint>

#include <tachyon/base/result.hpp>
#include <tachyon/sampler/exact.hpp>
#include <tachyon/sampler/strategy.hpp>

namespace tachyon {

// How many looks may find that the thread moved on, before fast reading is not good enough.
template <class L>
constexpr double tolerated_moves(const L& layout) noexcept {
  return layout.traits.popped_frames_are_cleared ? 0.4 : 0.15;
}

// Fast where it is good enough, exact where it is not: decided by how many looks find that the
// thread moved on while it was read.
//
// What exact costs the target is bounded: a rate at which it would take more than the budget is
// lowered by the session, but not to less than a sixth of what was asked. Where even that does not
// do, fast is what can be had, and it stays.
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
      : choice_{choice}, budget_{budget}, exact_now_{choice == Choice::exact} {}

  void follow(ThreadClock* thread) noexcept { exact_.follow(thread); }

  bool wait(std::uint64_t deadline) noexcept {
    return exact_now_ ? exact_.wait(deadline) : fast_.wait(deadline);
  }
  Result<void> begin() noexcept {
    if (!exact_now_) return {};
    return exact_.begin();
  }
  bool end() noexcept { return exact_now_ ? exact_.end() : true; }
  bool certain() const noexcept { return exact_now_ && exact_.certain(); }
  static constexpr bool was_asleep(std::int32_t) noexcept { return false; }

  void learn(bool moved) noexcept {
    if (choice_ != Choice::automatic) return;
    if (exact_now_) {
      ++exact_looks_;
      // Once in a while the fast way is tried again: programs change.
      if (++looks_ < 4 * period || exact_.unreachable()) {
        if (exact_.unreachable()) leave_exact();
        return;
      }
      leave_exact();
      return;
    }
    ++looks_;
    moves_ += moved ? 1 : 0;
    const std::uint32_t judged = probing_ ? period / 8 : period;
    if (looks_ < judged) return;
    if (moves_ > looks_ * budget_.tolerated && exact_.following() && !exact_.unreachable() &&
        affordable()) {
      exact_now_ = true;
    }
    probing_ = false;
    looks_ = moves_ = 0;
  }

  std::uint64_t held() const noexcept { return exact_.held(); }
  Strategy kind() const noexcept { return certain() ? Strategy::exact : Strategy::fast; }
  bool adaptive() const noexcept { return choice_ == Choice::automatic; }

 private:
  static constexpr std::uint32_t period = 512;
  static constexpr double usual_cost = 15'000;  // ns a look, before it has been measured
  static constexpr double most_lowering = 6;

  bool affordable() const noexcept {
    const double cost = exact_looks_ < period ? usual_cost
                                              : static_cast<double>(exact_.held()) /
                                                    static_cast<double>(exact_looks_);
    return budget_.share <= 0 ||
           cost <= most_lowering * budget_.share * static_cast<double>(budget_.interval);
  }

  void leave_exact() noexcept {
    exact_now_ = false;
    exact_.release();
    looks_ = moves_ = 0;
    probing_ = true;  // a short probe: turn back to exact quickly where nothing has changed
  }

  Choice choice_;
  Budget budget_;
  FastStrategy fast_;
  ExactStrategy exact_;
  bool exact_now_;
  bool probing_ = true;
  std::uint32_t looks_ = 0;
  std::uint32_t moves_ = 0;
  std::uint64_t exact_looks_ = 0;
};

}  // namespace tachyon
