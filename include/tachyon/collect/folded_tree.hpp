#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include <tachyon/base/interner.hpp>
#include <tachyon/collect/call_tree.hpp>

// Stacks are kept in full detail: two calls on one line, or two instructions, are two stacks.
// Outputs show less, one node per function or per line. `fold` joins stacks that look the same at
// such a level of detail into one tree, with parents still before their children.
namespace tachyon {

enum class Detail : std::uint8_t {
  function,  // file, name, line of the definition
  line,      // file, name, line that was executing (what CPython's own profiler counts)
  location,  // the same with the line's end and the columns
};

// A place in code at some level of detail. For `function` where the definition's line is not known
// (recordings of CPython's format lack it), the lowest line seen executing stands in for it.
struct CodeKey {
  StringId file{};
  StringId name{};
  std::int32_t line = 0;
  std::int32_t end_line = 0;  // these three for `location` only
  std::int32_t column = -1;
  std::int32_t end_column = -1;

  friend constexpr bool operator==(const CodeKey&, const CodeKey&) noexcept = default;
};
constexpr std::uint64_t hash_of(const CodeKey& k) noexcept {
  const auto word = [](auto high, auto low) {
    return static_cast<std::uint64_t>(high) << 32 | static_cast<std::uint32_t>(low);
  };
  return mix_bits(word(k.file, k.name) ^
                  mix_bits(word(k.line, k.end_line) ^ mix_bits(word(k.column, k.end_column))));
}

// Every frame's place, as small numbers.
class CodeKeys {
 public:
  CodeKeys(const FrameTable& frames, Detail detail) {
    std::vector<std::int32_t> lines;
    if (detail == Detail::function) lines = lines_of_functions(frames);
    intern_all(frames, [&](FrameId id) {
      const Frame& frame = frames[id];
      const Function& function = frames[frame.function];
      const Location& at = frame.location;
      if (detail == Detail::location) {
        return CodeKey{function.file, function.name, at.line,
                       at.end_line,   at.column,     at.end_column};
      }
      return CodeKey{
          function.file, function.name,
          detail == Detail::line ? at.line : lines[static_cast<std::uint32_t>(frame.function)]};
    });
  }

  // Frames that `key_of(FrameId)` gives the same key are the same place.
  template <class KeyOf>
  requires std::is_invocable_r_v<CodeKey, KeyOf, FrameId> CodeKeys(const FrameTable& frames,
                                                                   KeyOf&& key_of) {
    intern_all(frames, key_of);
  }

  std::uint32_t of(FrameId frame) const { return of_frame_[static_cast<std::uint32_t>(frame)]; }
  const CodeKey& operator[](std::uint32_t code) const { return keys_[code]; }
  std::uint32_t size() const noexcept { return keys_.size(); }

 private:
  template <class KeyOf>
  void intern_all(const FrameTable& frames, KeyOf&& key_of) {
    of_frame_.reserve(frames.frame_count());
    for (std::uint32_t i = 0; i < frames.frame_count(); ++i) {
      of_frame_.push_back(keys_.intern(key_of(FrameId{i})));
    }
  }

  static std::vector<std::int32_t> lines_of_functions(const FrameTable& frames) {
    std::vector<std::int32_t> lines(frames.function_count(), 0);
    for (std::uint32_t i = 0; i < frames.frame_count(); ++i) {
      const Frame& frame = frames[FrameId{i}];
      std::int32_t& line = lines[static_cast<std::uint32_t>(frame.function)];
      const std::int32_t seen = frame.location.line;
      if (seen > 0 && (line == 0 || seen < line)) line = seen;
    }
    for (std::uint32_t i = 0; i < frames.function_count(); ++i) {
      if (frames[FunctionId{i}].first_line != 0) lines[i] = frames[FunctionId{i}].first_line;
    }
    return lines;
  }

  Interner<CodeKey> keys_;
  std::vector<std::uint32_t> of_frame_;
};

struct FoldedTree {
  static constexpr std::uint32_t none = 0xffffffff;

  struct Node {
    std::uint32_t parent = 0;   // index of a node before this one; the root is its own
    std::uint32_t code = none;  // which of `keys`; the root has none
    Totals self{};
    Totals inclusive{};
  };

  CodeKeys keys;
  std::vector<Node> nodes;                // [0] is the root
  std::vector<std::uint32_t> of_stack{};  // StackId -> node; `none` for stacks without kept samples

  std::uint32_t node_of(StackId stack) const { return of_stack[static_cast<std::uint32_t>(stack)]; }
};

namespace detail {

struct FoldKey {
  std::uint32_t parent;
  std::uint32_t code;
  friend constexpr bool operator==(const FoldKey&, const FoldKey&) noexcept = default;
};
constexpr std::uint64_t hash_of(const FoldKey& k) noexcept {
  return mix_bits(static_cast<std::uint64_t>(k.parent) << 32 | k.code);
}

}  // namespace detail

// The tree of the samples that `keep` accepts. Samples of the empty stack are the root's own.
template <class Keep = EveryCell>
FoldedTree fold(const CallTree& tree, CodeKeys keys, Keep keep = {}) {
  const FrameTable& frames = tree.frames();
  const StackTotals totals = totals_by_stack(tree, keep);
  FoldedTree out{std::move(keys), {}, {}};
  out.of_stack.assign(frames.stack_count(), FoldedTree::none);
  out.of_stack[0] = 0;
  out.nodes.push_back({0, FoldedTree::none, totals.self[0], totals.inclusive[0]});
  Interner<detail::FoldKey> index;
  for (std::uint32_t i = 1; i < frames.stack_count(); ++i) {
    if (totals.inclusive[i].samples == 0) continue;
    const StackNode& stack = frames[StackId{i}];
    const detail::FoldKey key{out.node_of(stack.parent), out.keys.of(stack.frame)};
    const std::uint32_t node = index.intern(key) + 1;
    if (node == out.nodes.size()) out.nodes.push_back({key.parent, key.code, {}, {}});
    out.of_stack[i] = node;
    out.nodes[node].self += totals.self[i];
    out.nodes[node].inclusive += totals.inclusive[i];
  }
  return out;
}

template <class Keep = EveryCell>
FoldedTree fold(const CallTree& tree, Detail detail, Keep keep = {}) {
  return fold(tree, CodeKeys{tree.frames(), detail}, keep);
}

// First child and next sibling of every node, for walks from the root; 0 ends a list.
struct Children {
  std::vector<std::uint32_t> first;
  std::vector<std::uint32_t> next;

  explicit Children(const FoldedTree& tree) : first(tree.nodes.size()), next(tree.nodes.size()) {
    for (std::uint32_t i = static_cast<std::uint32_t>(tree.nodes.size()); i-- > 1;) {
      next[i] = first[tree.nodes[i].parent];
      first[tree.nodes[i].parent] = i;
    }
  }
};

// How a node's samples split over threads: one entry per node and thread that met.
struct NodeThread {
  ThreadIndex thread{};
  std::uint32_t node = 0;
  Totals self{};
  Totals inclusive{};
};

// Grouped by thread in the order of its index; nodes ascend within a thread, so parents come first.
template <class Keep = EveryCell>
std::vector<NodeThread> split_by_thread(const CallTree& tree, const FoldedTree& folded,
                                        Keep keep = {}) {
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < tree.cells().size(); ++i) {
    if (keep(tree.cells()[i])) order.push_back(i);
  }
  const auto cell = [&](std::uint32_t i) -> const Cell& { return tree.cells()[i]; };
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return cell(a).thread < cell(b).thread;
  });

  std::vector<NodeThread> out;
  std::vector<std::uint32_t> place(folded.nodes.size(), 0);  // 1 + entry of this thread in `out`
  for (std::size_t from = 0; from < order.size();) {
    const ThreadIndex thread = cell(order[from]).thread;
    const std::size_t begin = out.size();
    for (; from < order.size() && cell(order[from]).thread == thread; ++from) {
      const Cell& c = cell(order[from]);
      for (std::uint32_t node = folded.node_of(c.stack); place[node] == 0;
           node = folded.nodes[node].parent) {
        out.push_back({thread, node, {}, {}});
        place[node] = static_cast<std::uint32_t>(out.size());
      }
      out[place[folded.node_of(c.stack)] - 1].self += c.totals;
    }
    const auto first = out.begin() + static_cast<std::ptrdiff_t>(begin);
    std::sort(first, out.end(),
              [](const NodeThread& a, const NodeThread& b) { return a.node < b.node; });
    for (std::size_t i = begin; i < out.size(); ++i) {
      place[out[i].node] = static_cast<std::uint32_t>(i + 1);
      out[i].inclusive = out[i].self;
    }
    for (std::size_t i = out.size(); i-- > begin;) {
      const std::uint32_t parent = folded.nodes[out[i].node].parent;
      if (out[i].node != 0) out[place[parent] - 1].inclusive += out[i].inclusive;
    }
    for (std::size_t i = begin; i < out.size(); ++i) place[out[i].node] = 0;
  }
  return out;
}

}  // namespace tachyon
