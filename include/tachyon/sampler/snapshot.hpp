#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <tachyon/sampler/clock.hpp>
#include <tachyon/sampler/reading.hpp>
#include <tachyon/sampler/watch.hpp>
#include <tachyon/unwind/locals.hpp>

// One look that is kept: what every thread is doing, with names, statuses and, where asked for, the
// values of local variables. A running thread is read like a sample is; one that will not be read
// whole after many tries is shown as far as it could be, and says so. One that moves from try to
// try is tried for longer: it will stand well some time. One that stands still may be the work of
// somebody who wants to keep us.
namespace tachyon {

struct SnapshotOptions {
  SamplerOptions frames{};
  bool locals = false;
  unsigned tries = 1000;
  std::uint64_t patience = 20'000'000;  // ns of processor time for all of them
};

struct SnapshotFrame {
  FrameId frame{};
  std::vector<LocalVariable> locals{};
  bool locals_changed = false;  // while they were read; those that did are left out
};

struct SnapshotThread {
  ThreadIndex thread{};
  Status status{};
  std::vector<SnapshotFrame> frames{};  // oldest first
  Error problem{};                      // why the stack is not whole; ok: it is
  bool task = false;                    // the stack of an asyncio task; the thread may have ended
  std::size_t innermost = no_node;      // its task among those of the snapshot, if it has one
};

struct SnapshotTask {
  TaskNode node{};
  ThreadIndex thread{};
};

struct Snapshot {
  std::vector<SnapshotThread> threads{};
  std::vector<SnapshotTask> tasks{};  // with --async-aware
  std::size_t interpreters = 1;
  std::uint64_t lost_tasks = 0;  // that changed in every read
};

namespace detail {

// The frames of a stack. Synthetic frames stand between the links of the chain, in the same order.
// Returns which link each frame is; past the end: none.
inline std::vector<std::size_t> fill_frames(const Chain& chain, StackId stack, SharedTables& tables,
                                            SnapshotThread& out) {
  std::vector<FrameId> frames;
  std::vector<FrameKind> kinds;
  tables.with([&](Tables& all) {
    all.frames.frames_of(stack, frames);
    for (const FrameId frame : frames) kinds.push_back(all.frames[frame].kind);
  });
  std::vector<std::size_t> links;
  std::size_t link = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    out.frames.push_back({frames[i]});
    links.push_back(chain.size());
    if (kinds[i] != FrameKind::python) continue;
    while (link < chain.size() && !chain[link].shown) ++link;
    if (link < chain.size()) links.back() = link++;
  }
  return links;
}

// Is this link what it was? The youngest, too, stands where it stood: otherwise it may have been left
// and entered again, and what is the same at two moments would be what entering it leaves behind.
template <class L, Memory M>
bool is_still(M& memory, const L& layout, const Link& link) {
  StructCopy<copies::Frame> copy;
  return copy.fetch(memory, link.at, layout) &&
         link.same_as(raw_frame(layout, link.at, copy.bytes()));
}

// How many links of the chain, from the outermost on, are what they were.
template <class L, Memory M>
std::size_t count_standing(M& memory, const L& layout, ThreadReader<L>& reader) {
  const Chain& chain = reader.chain();
  std::size_t standing = 0;
  while (standing < chain.size() &&
         (chain[standing].code == nullptr || is_still(memory, layout, chain[standing]))) {
    ++standing;
  }
  if (standing == chain.size() && standing != 0 && !reader.still_runs(memory)) --standing;
  return standing;
}

// The locals of every frame. Of a target that runs on they are read twice, and the frames before,
// between and after. What is the same each time was so all the while, or the thread came back to
// the very instruction three times:
//
//   chain ... | frames | values | frames | values | frames |
//
// (Read once, 3 to 22 of 100 dumps of a busy program showed values of frames that had come since.)
// False: some frames had gone; they and those above them get no values.
template <class L, Memory M>
bool fill_locals(M& memory, const L& layout, ThreadReader<L>& reader,
                 const std::vector<std::size_t>& links, bool still, SnapshotThread& out) {
  const Chain& chain = reader.chain();
  ValueReader<L> values{layout};
  const auto read_all = [&] {
    std::vector<std::vector<LocalVariable>> all(links.size());
    for (std::size_t i = 0; i < links.size(); ++i) {
      if (links[i] == chain.size()) continue;
      const Link& link = chain[links[i]];
      all[i] = read_locals(memory, layout, link.at, link.executable, values);
    }
    return all;
  };
  std::size_t standing = still ? chain.size() : count_standing(memory, layout, reader);
  const auto before = read_all();
  if (!still) standing = std::min(standing, count_standing(memory, layout, reader));
  const auto after = still ? before : read_all();
  if (!still) standing = std::min(standing, count_standing(memory, layout, reader));
  for (std::size_t i = 0; i < links.size(); ++i) {
    if (links[i] == chain.size()) continue;
    SnapshotFrame& frame = out.frames[i];
    if (links[i] < standing) {
      std::copy_if(before[i].begin(), before[i].end(), std::back_inserter(frame.locals),
                   [&](const LocalVariable& one) {
                     return std::find(after[i].begin(), after[i].end(), one) != after[i].end();
                   });
    }
    frame.locals_changed = frame.locals.size() != before[i].size();
  }
  return standing == chain.size();
}

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
bool let_run(R& reading, unsigned time) {
  constexpr std::uint64_t pause = 1'000'000;  // ns
  constexpr unsigned longest = 10;
  return reading.wait(monotonic_now() + std::min(time, longest) * pause);
}

struct TaskLook {
  std::vector<TaskStack> stacks{};
  TaskGraph graph{};
  std::uint64_t lost = 0;
};

// Which coroutines a running task has is known from its thread, and which task that is from the
// look before: so there are two looks, and more while something changes under them, or while many
// tasks, more than anybody forges, become more still.
template <Layout L, Memory M, Host H, class R>
Result<TaskLook> look_at_tasks(Watch<L, M, H>& watch, R& reading, const SnapshotOptions& options) {
  constexpr unsigned enough = 20;
  constexpr std::size_t many = 8192;
  TaskLook out;
  std::size_t before = 0;
  const std::uint64_t began = thread_cpu_time();
  for (unsigned i = 0; i < enough; ++i) {
    const bool grows = out.stacks.size() > std::max(before, many);
    before = out.stacks.size();
    if (i > 1 && !grows && thread_cpu_time() - began > options.patience) break;
    if (i % 5 == 4 && !let_run(reading, i / 5 + 1)) break;
    for (auto& thread : watch.threads()) {
      thread.pending = true;
      thread.accepted = false;
    }
    if (const auto ok = reading.begin(); !ok) return ok.error();
    bool good = watch.look({.everybody = reading.certain()}, monotonic_now());
    for (auto& thread : watch.threads()) {
      if (thread.accepted) watch.judge(thread);
      good = good && !thread.pending;
    }
    out.lost = watch.look_at_tasks(out.stacks);
    good = out.lost == 0 && good;
    if (reading.end() && good && i != 0) break;
  }
  out.graph = watch.task_graph(out.stacks);
  return out;
}

// Thousands of stacks of thousands of tasks each are too many frames: all stacks together have so
// many at most, and those beyond that keep their innermost ones.
inline void keep_innermost(SnapshotThread& shown, std::size_t& left, SharedTables& tables) {
  constexpr std::size_t kept = 64;
  std::vector<SnapshotFrame>& frames = shown.frames;
  if (frames.size() > std::max(left, kept)) {
    const std::size_t cut = frames.size() - kept;
    frames.erase(frames.begin(), frames.begin() + static_cast<std::ptrdiff_t>(cut));
    const std::string name = "<truncated: " + std::to_string(cut) + " frames>";
    const FrameId root = StackBuilder{tables}.synthetic(name, FrameKind::truncated);
    frames.insert(frames.begin(), {root});
  }
  left -= std::min(left, frames.size());
}

}  // namespace detail

// Of a Reading, wait() for a moment, begin(), end() and certain() are used.
template <Layout L, Memory M, Host H, class R>
Result<Snapshot> take_snapshot(const L& layout, M& memory, H& host, R& reading,
                               const RuntimeSite& site, SharedTables& tables,
                               const SnapshotOptions& options) {
  Watch<L, M, H> watch{layout, memory, host, site, tables, options.frames};
  if (const auto ok = watch.check_tasks(); !ok) return ok.error();
  if (const auto ok = watch.refresh(); !ok) return ok.error();
  // The kernel is asked before anything is stopped.
  const bool contended = detail::some_gil_is_held(memory, layout, site.runtime);
  for (auto& thread : watch.threads()) {
    const auto stat =
        thread.schedule ? thread.schedule->stat() : Result<ProcessStat>{Errc::unreadable};
    thread.status = !stat ? Status::unknown : stat->state == 'R' ? Status::on_cpu : Status::none;
    if (contended && (!stat || stat->state == 'S')) thread.waits_at = host.futex_wait(thread.task);
    thread.pending = true;
  }
  Snapshot out;
  out.interpreters = watch.interpreter_count();
  const std::uint64_t began = thread_cpu_time();
  // False: its frames had gone before their values were read, and there is time for another try.
  const auto keep = [&](WatchedThread<L>& thread, Error problem) {
    const Chain& chain = thread.reader.chain();
    SnapshotThread shown{thread.index, thread.status, {}, problem};
    const auto links = detail::fill_frames(chain, thread.stack, tables, shown);
    const bool stood = !options.locals || detail::fill_locals(memory, layout, thread.reader, links,
                                                              reading.certain(), shown);
    if (!stood && problem.code == Errc::ok && thread_cpu_time() - began < options.patience / 2) {
      return false;
    }
    out.threads.push_back(std::move(shown));
    return true;
  };
  unsigned longer = 1;
  std::uint64_t stood = 0;
  for (unsigned attempt = 0; attempt < longer * options.tries; ++attempt) {
    // Somebody may have made an endless chain of frames, and each try costs all of it.
    if (attempt != 0 && thread_cpu_time() - began > longer * options.patience) break;
    if (attempt % 50 == 49 && !detail::let_run(reading, attempt / 50 + 1)) break;
    if (const auto ok = reading.begin(); !ok) return ok.error();
    const bool read = watch.look({.everybody = reading.certain()}, monotonic_now());
    for (auto& thread : watch.threads()) {
      if (!read || !thread.accepted) continue;
      watch.judge(thread);
      // Values are read while the frames are still what they were, as far as this reading goes.
      if (reading.certain()) (void)keep(thread, {});
    }
    const bool good = reading.end() && read;
    bool pending = false;
    std::uint64_t standing = 0;  // another number when somebody moved
    for (auto& thread : watch.threads()) {
      if (thread.accepted && good) {
        thread.pending = !reading.certain() && !keep(thread, {});
        thread.accepted = false;
      } else if (thread.accepted) {
        thread.accepted = false;
        thread.pending = true;
      }
      pending = pending || thread.pending;
      if (thread.pending) standing += thread.reader.current_frame().value;
    }
    if (attempt > 1 && standing != stood) longer = 10;  // where it stands is known at the second
    stood = standing;
    if (!good && reading.certain()) out.threads.clear();
    if (good && !pending) break;
    if (reading.certain() && good && attempt != 0) break;  // nothing moved: it would say the same
  }
  for (auto& thread : watch.threads()) {
    if (thread.pending) (void)keep(thread, watch.read_partial(thread));
  }
  if (options.frames.tasks) {
    auto looked = detail::look_at_tasks(watch, reading, options);
    if (!looked) return looked.error();
    out.lost_tasks = looked->lost;
    out.threads.clear();
    const auto thread_of = [&](std::size_t i) {
      return i < watch.threads().size() ? watch.threads()[i].index : watch.orphan();
    };
    std::size_t left = std::size_t{1} << 20;
    for (std::size_t i = 0; i < looked->stacks.size(); ++i) {
      SnapshotThread shown;
      shown.thread = thread_of(looked->stacks[i].thread);
      shown.task = true;
      if (i < looked->graph.leaves.size()) shown.innermost = looked->graph.leaves[i];
      detail::fill_frames(Chain{}, looked->stacks[i].stack, tables, shown);
      detail::keep_innermost(shown, left, tables);
      out.threads.push_back(std::move(shown));
    }
    for (TaskNode& node : looked->graph.nodes) {
      const ThreadIndex thread = thread_of(node.thread);
      out.tasks.push_back({std::move(node), thread});
    }
    return out;
  }
  // Main interpreter and main thread first, the others as they were started.
  const Tables& all = tables.unguarded();
  std::stable_sort(out.threads.begin(), out.threads.end(),
                   [&](const SnapshotThread& a, const SnapshotThread& b) {
                     const Thread& x = all.threads[a.thread];
                     const Thread& y = all.threads[b.thread];
                     if (x.interpreter != y.interpreter) return x.interpreter < y.interpreter;
                     if (x.main != y.main) return x.main;
                     return x.id < y.id;
                   });
  return out;
}

}  // namespace tachyon
