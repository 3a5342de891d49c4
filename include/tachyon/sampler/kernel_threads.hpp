#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include <tachyon/kernel/perf_event.hpp>
#include <tachyon/sampler/drain_bell.hpp>
#include <tachyon/sampler/kernel_stacks.hpp>
#include <tachyon/sampler/look.hpp>
#include <tachyon/sampler/schedule.hpp>
#include <tachyon/sampler/strategy.hpp>
#include <tachyon/sampler/time_account.hpp>
#include <tachyon/sampler/watch.hpp>

// The threads of a roster that the kernel samples, each with its events and the account of its
// time.
//
// A thread that sleeps all along leaves no record. So each is read once from outside when its
// events are switched on, and if it was waiting then, that is what it did until its first record.
//
// Every thread state has events of its own. A kernel thread with states in several interpreters is
// sampled in each, as it is when it is polled.
namespace tachyon {

template <Layout L, Memory M, Host H>
class KernelThreads {
 public:
  using Doing = TimeAccount::Doing;

  struct Watched {
    std::uint64_t id = 0;
    std::uint64_t native_id = 0;
    std::size_t place = 0;  // in the roster
    kernel::ThreadEvents events{};
    TimeAccount time{};
    std::optional<Doing> first{};  // what it did when it was read from outside
    WaitClock waits{};
    typename KernelStacks<L, M, H>::ThreadChain chain{};
    std::uint64_t rounding = 0;   // see PendingSamples
    std::uint64_t last_tick = 0;  // by its processor time
    bool ticked = false;          // since the periods were last drawn
    bool listed = true;
  };

  explicit KernelThreads(Watch<L, M, H>& watch) noexcept : watch_{watch} {}

  // Events for threads that have come; those that have gone take theirs with them. `quality` is told
  // of the threads that were read from outside.
  void keep_up(const kernel::EventPlan& plan, const Descriptor& program, DrainBell& bell,
               ReadQuality& quality);

  // The thread whose state is there; null: it is not watched (any more).
  Watched* find(std::uint64_t at) noexcept {
    const auto found = threads_.find(at);
    return found == threads_.end() ? nullptr : found->second.get();
  }
  std::size_t size() const noexcept { return threads_.size(); }
  // Threads that could not be watched, and why.
  const kernel::EventLosses& not_watched() const noexcept { return not_watched_; }

  template <class Visit>
  void for_each(Visit&& visit) {
    for (const auto& entry : threads_) visit(*entry.second);
  }

 private:
  void read_sleepers(const std::vector<std::uint64_t>& fresh, ReadQuality& quality);

  Watch<L, M, H>& watch_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Watched>> threads_;  // by thread state
  kernel::EventLosses not_watched_;
};

template <Layout L, Memory M, Host H>
void KernelThreads<L, M, H>::keep_up(const kernel::EventPlan& plan, const Descriptor& program,
                                     DrainBell& bell, ReadQuality& quality) {
  for (auto& [at, watched] : threads_) watched->listed = false;
  std::vector<std::uint64_t> fresh;
  auto& threads = watch_.roster().threads();
  for (std::size_t i = 0; i < threads.size(); ++i) {
    const auto& reader = threads[i].reader;
    std::unique_ptr<Watched>& slot = threads_[reader.at().value];
    if (slot && slot->id == reader.id() && slot->native_id == reader.native_id()) {
      slot->listed = true;
      slot->place = i;
      continue;
    }
    slot.reset();
    if (threads[i].tid <= 0) continue;  // it has not begun
    auto events =
        kernel::ThreadEvents::open(threads[i].tid, reader.at().value, plan, program, not_watched_);
    if (!events) continue;
    slot = std::make_unique<Watched>();
    slot->id = reader.id();
    slot->native_id = reader.native_id();
    slot->place = i;
    slot->events = std::move(*events);
    if (plan.threads) bell.listen(slot->events.news());
    slot->time.begin(monotonic_now(), nullptr);
    fresh.push_back(reader.at().value);
  }
  std::erase_if(threads_, [](const auto& entry) { return !entry.second || !entry.second->listed; });
  if (plan.switches && !fresh.empty()) read_sleepers(fresh, quality);
}

// One look from outside. What it shows of a thread that runs is of no use, and is not used: such a
// thread has no open wait.
template <Layout L, Memory M, Host H>
void KernelThreads<L, M, H>::read_sleepers(const std::vector<std::uint64_t>& fresh,
                                           ReadQuality& quality) {
  FastStrategy strategy;
  LookReport report;
  auto& threads = watch_.roster().threads();
  report.begin(threads.size());
  for (std::size_t i = 0; i < threads.size(); ++i) {
    const bool wanted =
        std::find(fresh.begin(), fresh.end(), threads[i].reader.at().value) != fresh.end();
    if (wanted) report.threads[i].state = ThreadLook::State::wanted;
  }
  const std::uint64_t now = monotonic_now();
  for (unsigned attempt = 0; attempt < watch_.options().tries && report.wants_any(); ++attempt) {
    if (!look(watch_, strategy, Address{}, now + attempt, report, NothingWhileHeld{})) return;
  }
  for (std::size_t i = 0; i < threads.size(); ++i) {
    const ThreadLook& seen = report.threads[i];
    if (seen.state != ThreadLook::State::kept) continue;
    const Doing waits{seen.stack, seen.status};
    Watched& watched = *threads_[threads[i].reader.at().value];
    watched.first = waits;
    watched.time.begin(now, &waits);
    ++quality.attempts;
    ++quality.valid;
    ++quality.by_strategy[Strategy::fast];
  }
}

}  // namespace tachyon
