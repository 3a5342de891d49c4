#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>
#include <tachyon/base/interner.hpp>
#include <tachyon/base/view.hpp>
#include <tachyon/collect/totals.hpp>
#include <tachyon/live/shapes.hpp>
#include <tachyon/sample/sample.hpp>

// The figures on the screen, kept up to date by each batch instead of being made anew
// for each refresh.
//
// Outputs written at the end of a run derive their tables from collect/call_tree.hpp in one pass
// over all stacks. Ten times a second for an hour that pass would cost more than the sampling. Here
// a batch touches only the stacks it contains and what lies between them and the root: the weights
// are summed on each stack, then handed down from the deepest stacks to the root, each stack once a
// batch, and on the way added to the function, the line and the path of the call tree that the
// stack stands for.
//
// `Aggregate` knows nothing of threads. The model has one for everything and one for the selection.
namespace tachyon::live {

struct Figures {
  Totals self{};   // samples that ended here
  Totals total{};  // samples that passed here, each counted once
};

struct StackWeight {
  StackId stack{};
  Totals totals{};
};

// Seconds of session time, the last sixty.
class History {
 public:
  static constexpr std::uint64_t seconds = 60;

  struct Slot {
    float self = 0;  // ns
    float total = 0;
  };
  // Slots of seconds that passed without this being seen are zero.
  void add(std::uint64_t second, const Totals& self, const Totals& total) {
    if (last_ >= seconds && second <= last_ - seconds) return;  // too old
    forget(second);
    slots_[second % seconds].self += static_cast<float>(self.weight);
    slots_[second % seconds].total += static_cast<float>(total.weight);
  }
  // `age` 0 is the second `now`.
  Slot at(std::uint64_t now, std::uint64_t age) const noexcept {
    if (age >= seconds || age > now || now - age > last_ || last_ - (now - age) >= seconds)
      return {};
    return slots_[(now - age) % seconds];
  }

 private:
  void forget(std::uint64_t second) {
    if (second <= last_) return;
    for (std::uint64_t s = std::max(last_ + 1, second < seconds ? 0 : second - seconds + 1);
         s <= second; ++s) {
      slots_[s % seconds] = {};
    }
    last_ = second;
  }

  std::array<Slot, seconds> slots_{};
  std::uint64_t last_ = 0;
};

struct OpcodeKey {
  FunctionId function{};
  OpcodeId opcode{};
  friend constexpr bool operator==(const OpcodeKey&, const OpcodeKey&) noexcept = default;
};
constexpr std::uint64_t hash_of(const OpcodeKey& k) noexcept {
  return mix_bits(static_cast<std::uint64_t>(k.function) << 16 |
                  static_cast<std::uint64_t>(k.opcode));
}

class Aggregate {
 public:
  static constexpr std::uint64_t before_history = ~std::uint64_t{0};  // "some second, long ago"

  // Adds stacks (each may come more than once) to the second of session time they belong to.
  void add(const FrameTable& frames, const StackShapes& shapes, std::span<const StackWeight> what,
           std::uint64_t second);

  const Totals& total() const noexcept { return total_; }
  const Figures& function(FunctionId id) const { return get(functions_, id); }
  const Figures& path(std::uint32_t id) const { return get(paths_, id); }
  const Figures& line(std::uint32_t id) const { return get(lines_, id); }
  const History* history(FunctionId id) const {
    const auto i = static_cast<std::size_t>(id);
    return i < histories_.size() ? &histories_[i] : nullptr;
  }
  const History& history() const noexcept { return history_; }
  std::span<const FunctionId> seen() const noexcept {
    return view_of(seen_);
  }  // functions with samples

  template <class Visit>
  void each_opcode(FunctionId function, Visit&& visit) const {
    for (std::uint32_t i = 0; i < opcodes_.size(); ++i) {
      if (opcodes_[i].function == function) visit(opcodes_[i].opcode, opcode_totals_[i]);
    }
  }

 private:
  template <class Id>
  static const Figures& get(const std::vector<Figures>& from, Id id) {
    static constexpr Figures nothing{};
    const auto i = static_cast<std::size_t>(id);
    return i < from.size() ? from[i] : nothing;
  }
  struct Pending {
    Totals self{};
    Totals total{};
    bool listed = false;
  };
  void schedule(const FrameTable& frames, StackId stack);
  void settle(const FrameTable& frames, const StackShapes& shapes, StackId stack,
              std::uint64_t second);

  Totals total_{};
  std::vector<Figures> functions_;  // by FunctionId
  std::vector<History> histories_;
  std::vector<Figures> paths_;
  std::vector<Figures> lines_;
  Interner<OpcodeKey> opcodes_;
  std::vector<Totals> opcode_totals_;
  History history_;
  std::vector<FunctionId> seen_;
  std::vector<bool> known_;  // by FunctionId: is in seen_

  std::vector<Pending> pending_;                // by StackId, all zero between batches
  std::vector<std::vector<StackId>> by_depth_;  // stacks with something pending
};

inline void Aggregate::add(const FrameTable& frames, const StackShapes& shapes,
                           std::span<const StackWeight> what, std::uint64_t second) {
  functions_.resize(frames.function_count());
  known_.resize(frames.function_count());
  histories_.resize(frames.function_count());
  paths_.resize(shapes.paths().size());
  lines_.resize(shapes.line_count());
  pending_.resize(frames.stack_count());
  for (const StackWeight& each : what) {
    total_ += each.totals;
    if (second != before_history) history_.add(second, each.totals, each.totals);
    schedule(frames, each.stack);
    pending_[static_cast<std::size_t>(each.stack)].self += each.totals;
    pending_[static_cast<std::size_t>(each.stack)].total += each.totals;
  }
  for (std::size_t depth = by_depth_.size(); depth-- > 0;) {
    // Settling schedules parents, which are in the list before this one.
    for (const StackId stack : by_depth_[depth]) settle(frames, shapes, stack, second);
    by_depth_[depth].clear();
  }
}

inline void Aggregate::schedule(const FrameTable& frames, StackId stack) {
  Pending& pending = pending_[static_cast<std::size_t>(stack)];
  if (pending.listed) return;
  pending.listed = true;
  const std::size_t depth = frames.depth(stack);
  if (depth >= by_depth_.size()) by_depth_.resize(depth + 1);
  by_depth_[depth].push_back(stack);
}

inline void Aggregate::settle(const FrameTable& frames, const StackShapes& shapes, StackId stack,
                              std::uint64_t second) {
  const Pending pending = pending_[static_cast<std::size_t>(stack)];
  pending_[static_cast<std::size_t>(stack)] = {};
  const StackShape& shape = shapes[stack];
  paths_[shape.path].self += pending.self;
  paths_[shape.path].total += pending.total;
  if (stack == StackId::empty) return;

  const Frame& frame = frames[frames.leaf(stack)];
  Figures& function = functions_[static_cast<std::size_t>(frame.function)];
  if (!known_[static_cast<std::size_t>(frame.function)]) {
    known_[static_cast<std::size_t>(frame.function)] = true;
    seen_.push_back(frame.function);
  }
  function.self += pending.self;
  const Totals counted = shape.outermost_function ? pending.total : Totals{};
  function.total += counted;
  if (second != before_history) {
    histories_[static_cast<std::size_t>(frame.function)].add(second, pending.self, counted);
  }
  lines_[shape.line].self += pending.self;
  if (shape.outermost_line) lines_[shape.line].total += pending.total;
  if (frame.opcode != OpcodeId::none && pending.self.samples != 0) {
    const std::uint32_t i = opcodes_.intern({frame.function, frame.opcode});
    if (i == opcode_totals_.size()) opcode_totals_.push_back({});
    opcode_totals_[i] += pending.self;
  }

  const StackId parent = frames.parent(stack);
  schedule(frames, parent);
  pending_[static_cast<std::size_t>(parent)].total += pending.total;
}

}  // namespace tachyon::live
