#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <tachyon/base/clock.hpp>
#include <tachyon/sampler/dumped_thread.hpp>
#include <tachyon/sampler/look.hpp>
#include <tachyon/sampler/watch.hpp>

// A dump: what every thread is doing at one moment, with names, statuses and, where asked for, the
// values of local variables. A running thread is read like a sample is. One that no look reads whole
// is shown as far as it could be read, and says so.
//
// How often it is tried. A thread that moves from try to try will be read whole sooner or later, so
// it is tried for longer than one that stands where it stood: that one may have been forged to keep
// us busy.
namespace tachyon {

struct DumpOptions {
  SamplerOptions frames{.task_names = TaskNames::as_given};
  bool locals = false;
  unsigned tries = 1000;
  std::uint64_t patience = 20'000'000;  // ns of processor time for all of them
};

struct Dump {
  std::vector<DumpedThread> threads{};
  std::vector<DumpedTask> tasks{};  // with --async-aware
  std::size_t interpreters = 1;
  std::uint64_t lost_tasks = 0;  // that changed in every read
};

namespace detail {

// Does any thread hold a GIL? Where none does, none waits for it.
template <Layout L, Memory M>
bool some_gil_is_held(M& memory, const L& layout, Address runtime) {
  const auto interpreters = list_interpreters(memory, layout, runtime);
  if (!interpreters || !layout.gil.locked.present()) return false;
  return std::any_of(interpreters->begin(), interpreters->end(), [&](Address interpreter) {
    Address gil = layout.runtime.gil.at(runtime);
    if (layout.interpreter.gil.present()) {
      gil = read_value<Address>(memory, layout.interpreter.gil.at(interpreter)).value_or(Address{});
    }
    const auto locked = read_value<std::int32_t>(memory, layout.gil.locked.at(gil));
    return locked && *locked == 1;
  });
}

// A thread that lost its CPU amid a change gets it back a time slice later, not by being asked: on
// a machine where six want each CPU that may be 20 ms. Each time it is given longer.
template <class R>
bool let_run(R& strategy, unsigned time) {
  constexpr std::uint64_t pause = 1'000'000;  // ns
  constexpr unsigned longest = 10;
  return strategy.wait(monotonic_now() + std::min(time, longest) * pause);
}

// Of a strategy, wait() for a moment, begin(), end() and certain() are used.
template <Layout L, Memory M, Host H, class R>
class DumpMaker {
 public:
  DumpMaker(const L& layout, M& memory, H& host, R& strategy, const RuntimeSite& site,
            SharedTables& tables, const DumpOptions& options)
      : layout_{layout},
        memory_{memory},
        host_{host},
        strategy_{strategy},
        site_{site},
        tables_{tables},
        options_{options},
        watch_{layout, memory, host, site, tables, options.frames} {}

  Result<Dump> make() {
    if (const auto ok = watch_.check_tasks(); !ok) return ok.error();
    if (const auto ok = roster().refresh(); !ok) return ok.error();
    out_.interpreters = roster().interpreters().size();
    ask_kernel();
    if (const auto ok = read_threads(); !ok) return ok.error();
    if (options_.frames.tasks) {
      if (const auto ok = read_tasks(); !ok) return ok.error();
    } else {
      sort();
    }
    return std::move(out_);
  }

 private:
  using State = ThreadLook::State;
  struct StandsAt {
    Address frame{};
    bool moved = false;
  };

  Roster<L, M, H>& roster() noexcept { return watch_.roster(); }

  // The kernel is asked before anything is stopped.
  void ask_kernel() {
    const bool contended = some_gil_is_held(memory_, layout_, site_.runtime);
    auto& threads = roster().threads();
    report_.begin(threads.size());
    for (std::size_t i = 0; i < threads.size(); ++i) {
      ThreadLook& look = report_.threads[i];
      const auto stat =
          threads[i].clock ? threads[i].clock->stat() : Result<ProcessStat>{Errc::unreadable};
      look.status = !stat                ? Status::unknown
                    : stat->state == 'R' ? Status::on_cpu
                    : stat->state == 'T' ? Status::stopped
                                         : Status::none;
      if (contended && (!stat || stat->state == 'S')) {
        look.waits_at = host_.futex_wait(threads[i].tid);
      }
      look.state = State::wanted;
    }
  }

  // False: its frames had gone before their values were read, and there is time for another try.
  bool keep(std::size_t i, Error problem) {
    auto& thread = roster().threads()[i];
    const ThreadLook& look = report_.threads[i];
    DumpedThread shown{thread.index, look.status, {}, problem};
    const auto links = fill_frames(thread.reader.chain(), look.stack, tables_, shown);
    const bool stood = !options_.locals || fill_locals(memory_, layout_, thread.reader, links,
                                                       strategy_.certain(), shown);
    if (!stood && problem.code == Errc::ok && thread_cpu_time() - began_ < options_.patience / 2) {
      return false;
    }
    out_.threads.push_back(std::move(shown));
    return true;
  }

  // Values are read while the frames are still what they were, as far as the strategy goes.
  struct KeepWhileHeld {
    DumpMaker& maker;
    void begun(LookReport&) noexcept {}
    void read(LookReport& report) {
      if (!maker.strategy_.certain()) return;
      for (std::size_t i = 0; i < report.threads.size(); ++i) {
        if (report.threads[i].state == State::read) (void)maker.keep(i, {});
      }
    }
  };

  // What a look kept goes into the dump; a number that is another one when some thread moved.
  std::uint64_t take_kept() {
    std::uint64_t standing = 0;
    for (std::size_t i = 0; i < report_.threads.size(); ++i) {
      ThreadLook& look = report_.threads[i];
      if (look.state == State::kept) {
        const bool kept = strategy_.certain() || keep(i, {});
        look.state = kept ? State::passed_over : State::wanted;
      }
      if (look.state != State::wanted) continue;
      const Address at = roster().threads()[i].reader.current_frame();
      standing += at.value;
      if (stands_at_.size() <= i) stands_at_.resize(report_.threads.size(), {at, false});
      stands_at_[i].moved = stands_at_[i].moved || stands_at_[i].frame != at;
    }
    return standing;
  }

  Result<void> read_threads() {
    began_ = thread_cpu_time();
    unsigned longer = 1;
    std::uint64_t stood = 0;
    for (unsigned attempt = 0; attempt < longer * options_.tries; ++attempt) {
      if (attempt != 0 && thread_cpu_time() - began_ > longer * options_.patience) break;
      if (attempt % 50 == 49 && !let_run(strategy_, attempt / 50 + 1)) break;
      const std::size_t before = out_.threads.size();
      const auto good =
          look(watch_, strategy_, Address{}, monotonic_now(), report_, KeepWhileHeld{*this});
      if (!good) return good.error();
      if (!*good) out_.threads.resize(before);
      const std::uint64_t standing = take_kept();
      if (attempt > 1 && standing != stood) longer = 10;  // where it stands is known at the second
      stood = standing;
      if (*good && !report_.wants_any()) break;
      if (*good && strategy_.certain() && attempt != 0) break;  // it would say the same again
    }
    for (std::size_t i = 0; i < report_.threads.size(); ++i) {
      if (!report_.wants(i)) continue;
      Error why = watch_.read_partial(roster().threads()[i], report_.threads[i]);
      // Who sleeps, and never moved, did not change while it was read.
      const bool sleeps = !has(report_.threads[i].status, Status::on_cpu | Status::unknown);
      const bool stays = sleeps && i < stands_at_.size() && !stands_at_[i].moved;
      if (why.code == Errc::torn && stays) why.code = Errc::bad_value;
      (void)keep(i, why);
    }
    return {};
  }

  // Which coroutines a running task has is known from its thread, and which task that is from the
  // look before: so there are two looks, and more while something changes under them, or while many
  // tasks, more than are worth forging, become more still.
  Result<void> read_tasks() {
    constexpr unsigned enough = 20;
    constexpr std::size_t many = 8192;
    struct ReadWhileHeld {
      DumpMaker& maker;
      std::vector<TaskStack>& stacks;
      std::uint64_t& lost;
      void begun(LookReport&) noexcept {}
      void read(LookReport& report) { lost = maker.watch_.read_tasks(report, stacks); }
    };
    std::vector<TaskStack> stacks;
    std::size_t before = 0;
    const std::uint64_t began = thread_cpu_time();
    for (unsigned i = 0; i < enough; ++i) {
      const bool grows = stacks.size() > std::max(before, many);
      before = stacks.size();
      if (i > 1 && !grows && thread_cpu_time() - began > options_.patience) break;
      if (i % 5 == 4 && !let_run(strategy_, i / 5 + 1)) break;
      for (ThreadLook& look : report_.threads) look.state = State::wanted;
      const auto good = look(watch_, strategy_, Address{}, monotonic_now(), report_,
                             ReadWhileHeld{*this, stacks, out_.lost_tasks});
      if (!good) return good.error();
      if (*good && !report_.wants_any() && out_.lost_tasks == 0 && i != 0) break;
    }
    show_tasks(stacks, watch_.task_graph(stacks));
    return {};
  }

  void show_tasks(const std::vector<TaskStack>& stacks, TaskGraph graph) {
    const auto thread_of = [&](std::size_t i) {
      return i < roster().threads().size() ? roster().threads()[i].index : roster().orphan();
    };
    std::size_t left = std::size_t{1} << 20;
    out_.threads.clear();
    for (std::size_t i = 0; i < stacks.size(); ++i) {
      DumpedThread shown;
      shown.thread = thread_of(stacks[i].thread);
      shown.task = true;
      if (i < graph.leaves.size()) shown.innermost = graph.leaves[i];
      fill_frames(Chain{}, stacks[i].stack, tables_, shown);
      keep_innermost(shown, left, tables_);
      out_.threads.push_back(std::move(shown));
    }
    for (TaskNode& node : graph.nodes) {
      const ThreadIndex thread = thread_of(node.thread);
      out_.tasks.push_back({std::move(node), thread});
    }
  }

  // Main interpreter and main thread first, the others as they were started.
  void sort() {
    const Tables& all = tables_.unguarded();
    std::stable_sort(out_.threads.begin(), out_.threads.end(),
                     [&](const DumpedThread& a, const DumpedThread& b) {
                       const Thread& x = all.threads[a.thread];
                       const Thread& y = all.threads[b.thread];
                       if (x.interpreter != y.interpreter) return x.interpreter < y.interpreter;
                       if (x.main != y.main) return x.main;
                       return x.id < y.id;
                     });
  }

  const L& layout_;
  M& memory_;
  H& host_;
  R& strategy_;
  const RuntimeSite& site_;
  SharedTables& tables_;
  const DumpOptions& options_;
  Watch<L, M, H> watch_;
  LookReport report_;
  Dump out_;
  std::vector<StandsAt> stands_at_;  // those that are wanted, when they were seen first
  std::uint64_t began_ = 0;
};

}  // namespace detail

template <Layout L, Memory M, Host H, class R>
Result<Dump> take_dump(const L& layout, M& memory, H& host, R& strategy, const RuntimeSite& site,
                       SharedTables& tables, const DumpOptions& options) {
  return detail::DumpMaker<L, M, H, R>{layout, memory, host, strategy, site, tables, options}
      .make();
}

}  // namespace tachyon
