#pragma once

#include <cstddef>
#include <cstdint>

#include <tachyon/base/result.hpp>
#include <tachyon/sampler/look_report.hpp>

// One look: the one place in which a strategy and a watch meet. The sampler, dumps and lists of
// tasks differ in what they want, in how often they look again, and in what they do while the
// target is held.
//
//   begin   the strategy holds the target, or does not
//   read    the watch reads every thread that is wanted, and finishes its stack
//   end     the strategy says whether all of that was of one moment
namespace tachyon {

// What a caller does while the target is held. `begun`: before anything is read.
struct NothingWhileHeld {
  void begun(LookReport&) noexcept {}
  void read(LookReport&) noexcept {}
};

// A strategy that holds one thread holds `followed`.
template <class R>
Held held_by(const R& strategy, Address followed) noexcept {
  if (!strategy.certain()) return {};
  if constexpr (requires { R::holds_everybody; }) {
    if (!R::holds_everybody) return {.thread = followed};
  }
  return {.everybody = true};
}

// True: everything that was read is of one moment, and is kept. False: it is wanted again. An error
// is the strategy's: nothing was read.
template <class W, class R, class WhileHeld>
Result<bool> look(W& watch, R& strategy, Address followed, std::uint64_t now, LookReport& report,
                  WhileHeld&& while_held) {
  if (const auto ok = strategy.begin(); !ok) return ok.error();
  while_held.begun(report);
  const bool read = watch.read(held_by(strategy, followed), now, report);
  if (read) watch.finish(report);
  while_held.read(report);
  const bool good = strategy.end() && read;
  watch.close(good, report);
  return good;
}

}  // namespace tachyon
