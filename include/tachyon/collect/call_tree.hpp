#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <tachyon/base/view.hpp>
#include <tachyon/codec/sink.hpp>
#include <tachyon/collect/time_slices.hpp>
#include <tachyon/sample/run.hpp>
#include <tachyon/sample/sample.hpp>

// The one aggregation that every tree-shaped output shares.
//
// Outputs ask different questions of the same samples: totals per line, per function, per thread,
// the share with the GIL held, a tree for one thread only, callers of a function. Answering all of
// them while sampling would make each sample pay for each question. So `add` only finds a *cell*,
// the counter of one (stack, thread, status), and increments it; everything else is derived
// afterwards from the few thousand cells that even a long run has:
//
//   add()                   cells               one increment a sample
//   totals_by_stack()       self, inclusive     one pass over cells, one backward over stacks
//   fold()                  folded_tree.hpp     the stacks as a tree of functions or lines
//   code_table()            code_table.hpp      rows and caller edges of that tree
//   thread_statistics()     thread_statistics.hpp
//   opcode_table()          opcode_table.hpp
//
// Finding the cell: a thread has a page table over stack numbers, pages of 64 that exist only where
// that thread has been, because stacks of one thread have neighbouring numbers but a hundred
// threads in a hundred thousand stacks must not cost their product. The cells of the same stack and
// thread hang in a list by status, rarely longer than three.
// No hashing, no allocation for a known stack.
namespace tachyon {

// What was seen of one stack, thread and status.
struct Cell {
  StackId stack{};
  ThreadIndex thread{};
  Status status{};
  std::uint32_t next = 0;  // 1 + the cell with the same stack and thread and another status
  Totals totals{};
};

// The default for "which cells count".
struct EveryCell {
  constexpr bool operator()(const Cell&) const noexcept { return true; }
};

class CallTree {
 public:
  struct Options {
    std::uint32_t time_slices = 0;  // at most this many slices of time; 0 = no times are kept
  };

  explicit CallTree(const Tables& tables) : CallTree{tables, Options{}} {}
  CallTree(const Tables& tables, Options options) : tables_{&tables} {
    pages_.emplace_back();
    if (options.time_slices != 0) slices_.emplace(options.time_slices);
  }

  void add(const Sample& sample) { add(sample, 1); }
  // Samples that somebody has summed up already: `weight` is that of all of them.
  void add(const Sample& sample, std::uint64_t samples) {
    const std::uint32_t index = cell_of(sample);
    const Totals totals{samples, sample.weight};
    cells_[index].totals += totals;
    total_ += totals;
    if (slices_) slices_->add(index, sample.time, totals);
  }

  void end_tick(const Tick& tick) {
    ++ticks_.all;
    ticks_.missed += tick.missed;
    if (tick.outcome == TickOutcome::torn) ++ticks_.torn;
    if (tick.outcome == TickOutcome::partial) ++ticks_.partial;
    if (tick.outcome == TickOutcome::filtered) ++ticks_.filtered;
  }

  struct Ticks {
    std::uint64_t all = 0, partial = 0, torn = 0, filtered = 0, missed = 0;
  };

  const Tables& tables() const noexcept { return *tables_; }
  const FrameTable& frames() const noexcept { return tables_->frames; }
  std::span<const Cell> cells() const noexcept { return view_of(cells_); }  // by first appearance
  const Totals& total() const noexcept { return total_; }
  const Ticks& ticks() const noexcept { return ticks_; }
  const TimeSlices* slices() const noexcept { return slices_ ? &*slices_ : nullptr; }

 private:
  static constexpr std::uint32_t page_bits = 6;
  struct Page {
    std::uint32_t cell[std::size_t{1} << page_bits] = {};  // 1 + index of the first cell; 0 = none
  };
  struct PageTable {
    std::vector<std::uint32_t> page{};  // 0 = none yet
  };

  std::uint32_t cell_of(const Sample& sample) {
    std::uint32_t& head = head_of(sample);
    for (std::uint32_t at = head; at != 0; at = cells_[at - 1].next) {
      if (cells_[at - 1].status == sample.status) return at - 1;
    }
    cells_.push_back({sample.stack, sample.thread, sample.status, head, {}});
    head = static_cast<std::uint32_t>(cells_.size());
    return head - 1;
  }

  std::uint32_t& head_of(const Sample& sample) {
    const auto thread = static_cast<std::uint32_t>(sample.thread);
    const auto stack = static_cast<std::uint32_t>(sample.stack);
    if (thread >= threads_.size()) threads_.resize(std::size_t{thread} + 1);
    std::vector<std::uint32_t>& table = threads_[thread].page;
    if (stack >> page_bits >= table.size()) table.resize((std::size_t{stack} >> page_bits) + 1);
    std::uint32_t& page = table[stack >> page_bits];
    if (page == 0) {
      page = static_cast<std::uint32_t>(pages_.size());
      pages_.emplace_back();
    }
    return pages_[page].cell[stack & ((1U << page_bits) - 1)];
  }

  const Tables* tables_;
  std::vector<PageTable> threads_;
  std::vector<Page> pages_;
  std::vector<Cell> cells_;
  Totals total_;
  Ticks ticks_;
  std::optional<TimeSlices> slices_;
};

// Totals of every stack of the frame table, by StackId.
struct StackTotals {
  std::vector<Totals> self;       // samples that ended exactly there
  std::vector<Totals> inclusive;  // those and all that went deeper; [empty] is everything
};

template <class Keep = EveryCell>
StackTotals totals_by_stack(const CallTree& tree, Keep keep = {}) {
  StackTotals out;
  out.self.resize(tree.frames().stack_count());
  for (const Cell& cell : tree.cells()) {
    if (keep(cell)) out.self[static_cast<std::uint32_t>(cell.stack)] += cell.totals;
  }
  out.inclusive = out.self;
  for (std::size_t i = out.inclusive.size(); i-- > 1;) {  // children come after their parents
    const StackId parent = tree.frames().parent(StackId{static_cast<std::uint32_t>(i)});
    out.inclusive[static_cast<std::uint32_t>(parent)] += out.inclusive[i];
  }
  return out;
}

// A collector that keeps a call tree and lets `Writer` spell it at the end. Several outputs of one
// run share a tree by calling their writers on it.
template <class Writer>
class FromTree {
 public:
  using Options = typename Writer::Options;

  explicit FromTree(const Tables& tables, Options options = Options{})
      : tree_{tables}, writer_{std::move(options)} {}

  void add(const Sample& sample) { tree_.add(sample); }
  void end_tick(const Tick& tick) { tree_.end_tick(tick); }

  template <Sink S>
  void write(S& sink, const Run& run) const {
    writer_.write(sink, tree_, run);
  }
  const CallTree& tree() const noexcept { return tree_; }

 private:
  CallTree tree_;
  Writer writer_;
};

}  // namespace tachyon
