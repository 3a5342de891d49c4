#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <tachyon/mode/concept.hpp>
#include <tachyon/sample/collector.hpp>
#include <tachyon/sampler/look.hpp>
#include <tachyon/sampler/schedule.hpp>
#include <tachyon/sampler/strategy.hpp>
#include <tachyon/sampler/watch.hpp>

// Samples of a process that is read from outside: what to read (a Watch), how to read it (a
// strategy) and which threads count (a Mode), put together at compile time. A look that was torn is
// repeated a few times within the tick and then given up, and counted either way.
namespace tachyon {

template <Layout L, Memory M, Host H, Mode P, ReadStrategy R>
class Sampler {
 public:
  Sampler(const L& layout, M& memory, R& strategy, H& host, const RuntimeSite& site,
          SharedTables& tables, const SamplerOptions& options)
      : watch_{layout, memory, host, site, tables, options},
        strategy_{strategy},
        random_{monotonic_now()} {}

  // Everything that can go wrong for good goes wrong here.
  Result<void> start();

  // Waits for `deadline`, then looks once. Samples carry the time of the look since `origin`, and
  // the time that has passed since the look before as their weight.
  template <Collector C>
  Result<Tick> tick(C& collector, std::uint64_t deadline, std::uint64_t origin);

  ReadQuality quality() const noexcept;
  std::uint64_t held() const noexcept { return strategy_.held(); }
  bool adaptive() const noexcept { return strategy_.adaptive(); }

 private:
  using Thread = KnownThread<L>;
  using State = ThreadLook::State;

  static constexpr std::uint64_t most_retrying = 5'000'000;  // ns of processor time a tick

  // All that can be learnt of a thread by reading it: would the mode keep it then?
  static constexpr bool may_keep(Status status) noexcept {
    return P::accepts(status | Status::has_gil | Status::has_exception);
  }

  void choose_followed();
  void compare_followed();
  std::size_t choose_wanted();
  void pass_over_sleepers(LookReport& report);
  Result<void> read_threads();
  template <class C>
  std::size_t deliver(C& collector, const Tick& tick);
  template <class C>
  std::size_t deliver_tasks(C& collector, const Tick& tick);

  void note(StackId stack) {
    const auto index = static_cast<std::size_t>(stack);
    if (index >= seen_.size()) seen_.resize(index * 2 + 64);
    if (!seen_[index]) ++quality_.distinct;
    seen_[index] = true;
  }

  Watch<L, M, H> watch_;
  R& strategy_;
  Random random_;
  LookReport report_;
  Address followed_{};              // the thread state that the strategy sits beside, if any ...
  std::size_t followed_place_ = 0;  // ... and its place in the roster
  std::vector<TaskStack> task_stacks_;
  std::uint64_t last_ = 0;       // when, by the clock
  std::uint64_t last_time_ = 0;  // the same, since the session began
  std::vector<bool> seen_;       // stacks that were delivered before
  ReadQuality quality_;
};

template <Layout L, Memory M, Host H, Mode P, ReadStrategy R>
Result<void> Sampler<L, M, H, P, R>::start() {
  if (const auto ok = watch_.check_tasks(); !ok) return ok;
  return watch_.roster().begin();
}

// Whom an exact reading sits beside: the GIL's holder at the last look, who is probably the only
// one that changes Python frames. Whether it still was is seen in the look itself. Not beside a
// thread that has ended, or that has no kernel id yet.
template <Layout L, Memory M, Host H, Mode P, ReadStrategy R>
void Sampler<L, M, H, P, R>::choose_followed() {
  const std::vector<Thread>& threads = watch_.roster().threads();
  const Thread* followed = nullptr;
  for (const Thread& thread : threads) {
    if (thread.clock && (thread.tid <= 0 || thread.clock->ended())) continue;
    if (followed == nullptr || thread.held_gil) followed = &thread;
  }
  followed_ = followed != nullptr ? followed->reader.at() : Address{};
  followed_place_ = followed != nullptr ? static_cast<std::size_t>(followed - threads.data()) : 0;
  strategy_.follow(followed != nullptr ? followed->clock.get() : nullptr);
}

template <Layout L, Memory M, Host H, Mode P, ReadStrategy R>
void Sampler<L, M, H, P, R>::compare_followed() {
  if constexpr (ComparingStrategy<R>) {
    if (!followed_) return;
    const ThreadLook& look = report_.threads[followed_place_];
    if (look.state == State::kept) strategy_.compare(look.stack);
  }
}

template <Layout L, Memory M, Host H, Mode P, ReadStrategy R>
ReadQuality Sampler<L, M, H, P, R>::quality() const noexcept {
  ReadQuality out = quality_;
  if constexpr (ComparingStrategy<R>) {
    if (const auto distance = strategy_.distance()) out.fast_distance = *distance;
  }
  return out;
}

// Which threads this tick asks for. The kernel is asked first, and about every thread: once a
// thread is stopped, or preempted by us, it looks idle. One that the mode will not keep is not read
// at all.
template <Layout L, Memory M, Host H, Mode P, ReadStrategy R>
std::size_t Sampler<L, M, H, P, R>::choose_wanted() {
  std::vector<Thread>& threads = watch_.roster().threads();
  report_.begin(threads.size());
  std::size_t wanted = 0;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    ThreadLook& look = report_.threads[i];
    look.status = Status::unknown;
    if constexpr (P::needs.on_cpu) {
      ThreadClock* const clock = threads[i].clock.get();
      const auto runs = clock != nullptr ? clock->runs() : Result<bool>{Errc::unreadable};
      if (runs) {
        look.status = *runs ? Status::on_cpu : Status::none;
        if (!may_keep(look.status)) continue;
      }
    }
    look.state = State::wanted;
    ++wanted;
  }
  return wanted;
}

// Whether a thread runs was asked before anything was stopped, but maybe not before the last time.
template <Layout L, Memory M, Host H, Mode P, ReadStrategy R>
void Sampler<L, M, H, P, R>::pass_over_sleepers(LookReport& report) {
  std::vector<Thread>& threads = watch_.roster().threads();
  for (std::size_t i = 0; i < threads.size(); ++i) {
    ThreadLook& look = report.threads[i];
    if (!report.wants(i) || !has(look.status, Status::on_cpu)) continue;
    if (!strategy_.was_asleep(threads[i].tid)) continue;
    look.status = Status::none;
    if (!may_keep(look.status)) look.state = State::passed_over;
  }
}

template <Layout L, Memory M, Host H, Mode P, ReadStrategy R>
Result<void> Sampler<L, M, H, P, R>::read_threads() {
  struct WhileHeld {
    Sampler& sampler;
    void begun(LookReport& report) {
      if constexpr (P::needs.on_cpu && R::holds_everybody) sampler.pass_over_sleepers(report);
    }
    void read(LookReport&) noexcept {}
  };
  std::uint64_t retries_began = 0;
  for (unsigned attempt = 0; attempt < watch_.options().tries; ++attempt) {
    const auto good = look(watch_, strategy_, followed_, last_, report_, WhileHeld{*this});
    if (!good) {
      if (is_transient(good.error().code)) return {};
      return good.error();
    }
    if (*good) strategy_.learn(report_.moved);
    if (*good && !report_.wants_any()) return {};
    if (attempt == 0) {
      ++quality_.first_rejected;
      retries_began = thread_cpu_time();
    } else if (thread_cpu_time() - retries_began > most_retrying) {
      return {};  // an endless chain of frames: each try costs all of it
    }
  }
  return {};
}

template <Layout L, Memory M, Host H, Mode P, ReadStrategy R>
template <class C>
std::size_t Sampler<L, M, H, P, R>::deliver(C& collector, const Tick& tick) {
  std::size_t kept = 0;
  std::vector<Thread>& threads = watch_.roster().threads();
  for (std::size_t i = 0; i < threads.size(); ++i) {
    Thread& thread = threads[i];
    const ThreadLook& look = report_.threads[i];
    if (look.state == State::wanted) {
      ++quality_.given_up;
      note_attempt(thread, false, quality_);
      watch_.give_up(thread);
    }
    if (look.state != State::kept) continue;
    ++quality_.valid;
    note_attempt(thread, true, quality_);
    ++quality_.by_strategy[strategy_.kind()];
    if (look.retried) ++quality_.retried;
    if (thread.reader.trusts_parents() && random_.below(watch_.options().recheck_one_in) == 0) {
      ++quality_.reused_checked;
      if (!watch_.recheck_parents(thread)) ++quality_.reused_wrong;
    }
    if (watch_.options().tasks || !P::accepts(look.status)) continue;
    ++kept;
    note(look.stack);
    collector.add(Sample{thread.index, look.stack, look.status, tick.time, tick.weight});
  }
  return kept;
}

// Threads were read only to know what their running tasks do. A task that waits has no status of
// its own, so a mode that asks for one keeps running tasks only.
template <Layout L, Memory M, Host H, Mode P, ReadStrategy R>
template <class C>
std::size_t Sampler<L, M, H, P, R>::deliver_tasks(C& collector, const Tick& tick) {
  std::size_t kept = 0;
  const std::uint64_t lost = watch_.read_tasks(report_, task_stacks_);
  quality_.attempts += task_stacks_.size() + lost;
  quality_.valid += task_stacks_.size();
  quality_.given_up += lost;
  for (const TaskStack& task : task_stacks_) {
    const bool known = task.thread < report_.threads.size();
    const Status status =
        task.running && known ? report_.threads[task.thread].status : Status::none;
    if (!P::accepts(status)) continue;
    ++kept;
    note(task.stack);
    const ThreadIndex thread =
        known ? watch_.roster().threads()[task.thread].index : watch_.roster().orphan();
    collector.add(Sample{thread, task.stack, status, tick.time, tick.weight});
  }
  return kept;
}

template <Layout L, Memory M, Host H, Mode P, ReadStrategy R>
template <Collector C>
Result<Tick> Sampler<L, M, H, P, R>::tick(C& collector, std::uint64_t deadline,
                                          std::uint64_t origin) {
  if (const auto ok = watch_.roster().keep_up(last_); !ok && !is_transient(ok.error().code)) {
    return ok.error();
  }
  choose_followed();
  strategy_.wait(deadline);
  const std::uint64_t now = monotonic_now();
  Tick tick;
  // In whole microseconds, as recordings keep them: what is replayed is then what was live.
  tick.time = (now - origin) / 1000 * 1000;
  tick.weight = tick.time - last_time_;
  last_time_ = tick.time;
  last_ = now;
  ++quality_.ticks;

  const std::size_t wanted = choose_wanted();
  quality_.attempts += wanted;
  const std::uint64_t valid = quality_.valid;
  if (const auto ok = read_threads(); !ok) return ok.error();
  compare_followed();
  std::size_t kept = deliver(collector, tick);
  const std::uint64_t accepted = quality_.valid - valid;
  if (watch_.options().tasks) {
    // What counts is tasks; a thread that was read is only how they are known.
    quality_.attempts -= accepted;
    quality_.valid -= accepted;
    kept = deliver_tasks(collector, tick);
  }
  watch_.end_tick();

  tick.outcome = accepted < wanted ? (accepted == 0 ? TickOutcome::torn : TickOutcome::partial)
                 : kept == 0       ? TickOutcome::filtered
                                   : TickOutcome::taken;
  return tick;
}

}  // namespace tachyon
