#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <tachyon/mode/concept.hpp>
#include <tachyon/sampler/reading.hpp>
#include <tachyon/sampler/watch.hpp>

// One look at a process: what to read (a Watch), how to read it (a Reading), which threads count (a
// Mode), put together at compile time. A look that was torn is repeated a few times within the tick
// and then given up, and counted either way.
namespace tachyon {

template <Layout L, Memory M, Host H, Mode P, Reading R>
class Sampler {
 public:
  Sampler(const L& layout, M& memory, R& reading, H& host, const RuntimeSite& site,
          SharedTables& tables, const SamplerOptions& options)
      : watch_{layout, memory, host, site, tables, options},
        reading_{reading},
        random_{monotonic_now()} {}

  // Everything that can go wrong for good goes wrong here. What moves is asked again for a while.
  Result<void> start();

  // Waits for `deadline`, then looks once. Samples carry the time of the look since `origin`, and
  // the time that has passed since the look before as their weight.
  template <class C>
  Result<Tick> tick(C& collector, std::uint64_t deadline, std::uint64_t origin);

  const Trust& trust() const noexcept { return trust_; }

 private:
  using Thread = WatchedThread<L>;

  static constexpr std::uint64_t most_retrying = 5'000'000;  // ns of processor time a tick
  static constexpr std::uint64_t most_starting = 20'000'000;

  void choose_followed();
  std::size_t choose_wanted();
  void pass_over_sleepers();
  Result<void> look();
  void settle_attempt(bool good);
  template <class C>
  std::size_t deliver(C& collector, const Tick& tick);
  template <class C>
  std::size_t deliver_tasks(C& collector, const Tick& tick);

  void note(StackId stack) {
    const auto index = static_cast<std::size_t>(stack);
    if (index >= seen_.size()) seen_.resize(index * 2 + 64);
    if (!seen_[index]) ++trust_.distinct;
    seen_[index] = true;
  }

  Watch<L, M, H> watch_;
  R& reading_;
  Random random_;
  Address followed_{};  // the thread state that the reading sits beside
  std::vector<TaskStack> task_stacks_;
  std::uint64_t last_ = 0;       // when, by the clock
  std::uint64_t last_time_ = 0;  // the same, since the session began
  std::vector<bool> seen_;       // stacks that were delivered before
  Trust trust_;
};

// Lists that change under the reader are whole a moment later; damaged ones are not.
template <Layout L, Memory M, Host H, Mode P, Reading R>
Result<void> Sampler<L, M, H, P, R>::start() {
  constexpr std::uint64_t patience = 500'000'000;
  constexpr std::uint64_t pause = 1'000'000;
  if (const auto ok = watch_.check_tasks(); !ok) return ok;
  const std::uint64_t began = monotonic_now(), worked = thread_cpu_time();
  for (;;) {
    const auto listed = watch_.refresh();
    if (listed || !is_transient(listed.error().code)) return listed;
    const std::uint64_t now = monotonic_now();
    if (now - began > patience || thread_cpu_time() - worked > most_starting) return listed;
    Sleeper{}.until(now + pause);
  }
}

// Whom an exact reading sits beside: the GIL's holder at the last look, who is probably the only
// one that changes Python frames. Whether it still was is seen in the look itself. Not beside a
// thread that has ended, or that has no number yet.
template <Layout L, Memory M, Host H, Mode P, Reading R>
void Sampler<L, M, H, P, R>::choose_followed() {
  const Thread* followed = nullptr;
  for (const Thread& thread : watch_.threads()) {
    if (thread.schedule && (thread.task <= 0 || thread.schedule->ended())) continue;
    if (followed == nullptr || has(thread.status, Status::has_gil)) followed = &thread;
  }
  followed_ = followed != nullptr ? followed->reader.at() : Address{};
  reading_.follow(followed != nullptr ? followed->schedule.get() : nullptr);
}

// Which threads this tick asks for. The kernel is asked first, and about every thread: once a
// thread is stopped, or preempted by us, it looks idle. One that the mode will not keep is not read
// at all.
template <Layout L, Memory M, Host H, Mode P, Reading R>
std::size_t Sampler<L, M, H, P, R>::choose_wanted() {
  std::size_t wanted = 0;
  for (Thread& thread : watch_.threads()) {
    thread.accepted = thread.retried = thread.pending = false;
    thread.status = Status::unknown | (thread.status & Status::has_gil);
    if constexpr (P::needs.on_cpu) {
      const auto runs = thread.schedule ? thread.schedule->runs() : Result<bool>{Errc::unreadable};
      if (runs) {
        thread.status = (*runs ? Status::on_cpu : Status::none) | (thread.status & Status::has_gil);
        if (!P::accepts(thread.status | Status::has_gil | Status::has_exception)) continue;
      }
    }
    thread.pending = true;
    ++wanted;
  }
  return wanted;
}

// Whether a thread runs was asked before anything was stopped, but maybe not before the last time.
template <Layout L, Memory M, Host H, Mode P, Reading R>
void Sampler<L, M, H, P, R>::pass_over_sleepers() {
  for (Thread& thread : watch_.threads()) {
    if (!thread.pending || !has(thread.status, Status::on_cpu)) continue;
    if (!reading_.was_asleep(thread.task)) continue;
    thread.status = thread.status & Status::has_gil;
    thread.pending = P::accepts(thread.status | Status::has_gil | Status::has_exception);
  }
}

template <Layout L, Memory M, Host H, Mode P, Reading R>
Result<void> Sampler<L, M, H, P, R>::look() {
  std::uint64_t retries_began = 0;
  for (unsigned attempt = 0; attempt < watch_.options().tries; ++attempt) {
    if (const auto ok = reading_.begin(); !ok) {
      if (is_transient(ok.error().code)) return {};
      return ok;
    }
    const Stillness still = !reading_.certain()  ? Stillness{}
                            : R::holds_everybody ? Stillness{.everybody = true}
                                                 : Stillness{.thread = followed_};
    if constexpr (P::needs.on_cpu && R::holds_everybody) pass_over_sleepers();
    bool good = watch_.look(still, last_);
    for (Thread& thread : watch_.threads()) {
      if (good && thread.accepted) watch_.judge(thread);
    }
    good = reading_.end() && good;
    settle_attempt(good);
    const bool pending = std::any_of(watch_.threads().begin(), watch_.threads().end(),
                                     [](const Thread& thread) { return thread.pending; });
    if (good && !pending) return {};
    if (attempt == 0) {
      ++trust_.first_rejected;
      retries_began = thread_cpu_time();
    } else if (thread_cpu_time() - retries_began > most_retrying) {
      return {};  // an endless chain of frames: each try costs all of it
    }
  }
  return {};
}

// An attempt that was not of one moment gives nothing; what a good one gave is kept.
template <Layout L, Memory M, Host H, Mode P, Reading R>
void Sampler<L, M, H, P, R>::settle_attempt(bool good) {
  bool moved = false;
  for (Thread& thread : watch_.threads()) {
    if (!thread.accepted) continue;
    if (!good) {
      thread.accepted = thread.has_stood = false;
      thread.pending = thread.retried = true;
    } else {
      moved = moved || (!thread.resting && thread.reader.moved());
    }
  }
  if (good) reading_.learn(moved);
}

template <Layout L, Memory M, Host H, Mode P, Reading R>
template <class C>
std::size_t Sampler<L, M, H, P, R>::deliver(C& collector, const Tick& tick) {
  std::size_t kept = 0;
  for (Thread& thread : watch_.threads()) {
    if (thread.pending) {
      ++trust_.given_up;
      thread.has_stood = false;
      thread.reader.forget();
    }
    if (!thread.accepted) continue;
    ++trust_.valid;
    reading_.count(trust_);
    if (thread.retried) ++trust_.retried;
    if (thread.reader.trusts_parents() && random_.below(watch_.options().doubt_one_in) == 0) {
      ++trust_.reused_checked;
      if (!watch_.recheck_parents(thread)) {
        ++trust_.reused_wrong;
        thread.has_stood = false;
      }
    }
    if (watch_.options().tasks || !P::accepts(thread.status)) continue;
    ++kept;
    note(thread.stack);
    collector.add(Sample{thread.index, thread.stack, thread.status, tick.time, tick.weight});
  }
  return kept;
}

// Threads were read only to know what their running tasks do. A task that waits has no status of
// its own, so a mode that asks for one keeps running tasks only.
template <Layout L, Memory M, Host H, Mode P, Reading R>
template <class C>
std::size_t Sampler<L, M, H, P, R>::deliver_tasks(C& collector, const Tick& tick) {
  std::size_t kept = 0;
  const std::uint64_t lost = watch_.look_at_tasks(task_stacks_);
  trust_.attempts += task_stacks_.size() + lost;
  trust_.valid += task_stacks_.size();
  trust_.given_up += lost;
  for (const TaskStack& task : task_stacks_) {
    const bool known = task.thread < watch_.threads().size();
    const Status status =
        task.running && known ? watch_.threads()[task.thread].status : Status::none;
    if (!P::accepts(status)) continue;
    ++kept;
    note(task.stack);
    const ThreadIndex thread = known ? watch_.threads()[task.thread].index : watch_.orphan();
    collector.add(Sample{thread, task.stack, status, tick.time, tick.weight});
  }
  return kept;
}

template <Layout L, Memory M, Host H, Mode P, Reading R>
template <class C>
Result<Tick> Sampler<L, M, H, P, R>::tick(C& collector, std::uint64_t deadline,
                                          std::uint64_t origin) {
  if (const auto ok = watch_.keep_up(last_); !ok && !is_transient(ok.error().code)) {
    return ok.error();
  }
  choose_followed();
  reading_.wait(deadline);
  const std::uint64_t now = monotonic_now();
  Tick tick;
  // In whole microseconds, as recordings keep them: what is replayed is then what was live.
  tick.time = (now - origin) / 1000 * 1000;
  tick.weight = tick.time - last_time_;
  last_time_ = tick.time;
  last_ = now;
  ++trust_.ticks;

  const std::size_t wanted = choose_wanted();
  trust_.attempts += wanted;
  const std::uint64_t valid = trust_.valid;
  if (const auto ok = look(); !ok) return ok.error();
  std::size_t kept = deliver(collector, tick);
  const std::uint64_t accepted = trust_.valid - valid;
  if (watch_.options().tasks) {
    // What counts is tasks; a thread that was read is only how they are known.
    trust_.attempts -= accepted;
    trust_.valid -= accepted;
    kept = deliver_tasks(collector, tick);
  }
  watch_.settle();

  tick.outcome = accepted < wanted ? (accepted == 0 ? TickOutcome::torn : TickOutcome::partial)
                 : kept == 0       ? TickOutcome::filtered
                                   : TickOutcome::taken;
  return tick;
}

}  // namespace tachyon
