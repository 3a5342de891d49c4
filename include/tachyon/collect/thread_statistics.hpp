#pragma once

#include <cstdint>
#include <vector>

#include <tachyon/collect/call_tree.hpp>

namespace tachyon {

// In which states a thread was seen. States overlap: a thread can hold the GIL and be on a CPU.
struct ThreadStatistics {
  Totals total{};
  Totals has_gil{};
  Totals on_cpu{};
  Totals gil_requested{};
  Totals unknown{};  // the CPU state was not asked for
  Totals has_exception{};
  Totals gc{};  // collecting, or in code that a collection called
};

struct ThreadStatisticsTable {
  ThreadStatistics all;
  std::vector<ThreadStatistics> by_thread;  // by ThreadIndex; zero totals for threads not seen
};

// Which stacks, by StackId, have a <GC> frame: a collection or what it called.
inline std::vector<bool> stacks_under_gc(const FrameTable& frames) {
  std::vector<bool> out(frames.stack_count());
  for (std::uint32_t i = 1; i < frames.stack_count(); ++i) {
    const StackNode& node = frames[StackId{i}];
    out[i] =
        frames[node.frame].kind == FrameKind::gc || out[static_cast<std::uint32_t>(node.parent)];
  }
  return out;
}

inline void count_status(ThreadStatistics& s, Status status, bool gc, const Totals& totals) {
  s.total += totals;
  if (has(status, Status::has_gil)) s.has_gil += totals;
  if (has(status, Status::on_cpu)) s.on_cpu += totals;
  if (has(status, Status::gil_requested)) s.gil_requested += totals;
  if (has(status, Status::unknown)) s.unknown += totals;
  if (has(status, Status::has_exception)) s.has_exception += totals;
  if (gc) s.gc += totals;
}

inline ThreadStatisticsTable thread_statistics(const CallTree& tree) {
  const FrameTable& frames = tree.frames();
  const std::vector<bool> under_gc = stacks_under_gc(frames);
  ThreadStatisticsTable out;
  out.by_thread.resize(tree.tables().threads.size());
  for (const Cell& cell : tree.cells()) {
    const bool gc =
        has(cell.status, Status::in_gc) || under_gc[static_cast<std::uint32_t>(cell.stack)];
    count_status(out.all, cell.status, gc, cell.totals);
    count_status(out.by_thread[static_cast<std::uint32_t>(cell.thread)], cell.status, gc,
                 cell.totals);
  }
  return out;
}

}  // namespace tachyon
