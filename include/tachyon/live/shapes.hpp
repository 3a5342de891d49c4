#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>
#include <tachyon/base/interner.hpp>
#include <tachyon/sample/sample.hpp>

// What the display needs to know about each stack, found out once when the stack first appears.
//
// A function that calls itself is on the stack many times but has run for the sample's time only
// once. So its total is the sum over its *outermost* frames; the same holds for a line. Knowing for
// each stack whether its leaf is outermost turns "which functions are on this stack, each once"
// into a walk towards the root that needs no set.
//
// Lines and instructions make many stacks of what the reader sees as one path of functions. The
// paths are the nodes of the call-tree view. They are numbered like stacks:
// parents first, 0 is the root.
namespace tachyon::live {

struct StackShape {
  std::uint32_t path = 0;
  std::uint32_t line = 0;
  bool outermost_function = false;
  bool outermost_line = false;
  bool in_gc = false;
  StackId task = StackId::empty;  // the innermost task marker on the way to the root
};

// A path of functions from the root.
struct Path {
  std::uint32_t parent = 0;
  FunctionId function{0xffffffff};
  std::uint32_t depth = 0;
  std::uint32_t first_child = 0;  // 0 = none; children are linked, newest first
  std::uint32_t next_sibling = 0;
};

struct Line {
  FunctionId function{};
  std::int32_t line = 0;
  friend constexpr bool operator==(const Line&, const Line&) noexcept = default;
};
constexpr std::uint64_t hash_of(const Line& l) noexcept {
  return mix_bits(static_cast<std::uint64_t>(l.function) << 32 |
                  static_cast<std::uint32_t>(l.line));
}

struct PathKey {
  std::uint32_t parent = 0;
  FunctionId function{};
  friend constexpr bool operator==(const PathKey&, const PathKey&) noexcept = default;
};
constexpr std::uint64_t hash_of(const PathKey& k) noexcept {
  return mix_bits(static_cast<std::uint64_t>(k.parent) << 32 |
                  static_cast<std::uint32_t>(k.function));
}

class StackShapes {
 public:
  StackShapes() {
    stacks_.push_back({0, 0, false, false, false, StackId::empty});
    paths_.push_back({});
    path_index_.intern({0, FunctionId{0xffffffff}});  // so that indices and path numbers agree
  }

  // Looks at the stacks that came since the last time.
  void grow(const FrameTable& frames) {
    while (kinds_.size() < frames.function_count()) kinds_.push_back(FrameKind::python);
    for (auto i = static_cast<std::uint32_t>(stacks_.size()); i < frames.stack_count(); ++i) {
      add(frames, StackId{i});
    }
  }

  const StackShape& operator[](StackId id) const { return stacks_[static_cast<std::uint32_t>(id)]; }
  const std::vector<Path>& paths() const noexcept { return paths_; }
  const Line& line(std::uint32_t index) const { return lines_[index]; }
  std::uint32_t line_count() const noexcept { return lines_.size(); }
  // What a function's frames are: functions, or markers such as <GC> and tasks.
  FrameKind kind(FunctionId id) const { return kinds_[static_cast<std::uint32_t>(id)]; }

 private:
  void add(const FrameTable& frames, StackId id) {
    const StackNode& node = frames[id];
    const Frame& frame = frames[node.frame];
    const StackShape& parent = (*this)[node.parent];
    StackShape shape;
    shape.path = path_of(parent.path, frame.function);
    shape.line = lines_.intern({frame.function, frame.location.line});
    shape.in_gc = parent.in_gc || frame.kind == FrameKind::gc;
    shape.task = frame.kind == FrameKind::task ? id : parent.task;
    shape.outermost_function = shape.outermost_line = true;
    for (StackId at = node.parent; at != StackId::empty; at = frames.parent(at)) {
      if (frames[frames.leaf(at)].function != frame.function) continue;
      shape.outermost_function = false;
      if ((*this)[at].line != shape.line) continue;
      shape.outermost_line = false;
      break;
    }
    kinds_[static_cast<std::uint32_t>(frame.function)] = frame.kind;
    stacks_.push_back(shape);
  }

  std::uint32_t path_of(std::uint32_t parent, FunctionId function) {
    const std::uint32_t path = path_index_.intern({parent, function});
    if (path == paths_.size()) {
      paths_.push_back({parent, function, paths_[parent].depth + 1, 0, paths_[parent].first_child});
      paths_[parent].first_child = path;
    }
    return path;
  }

  std::vector<StackShape> stacks_;
  std::vector<Path> paths_;
  Interner<PathKey> path_index_;
  Interner<Line> lines_;
  std::vector<FrameKind> kinds_;  // by FunctionId
};

}  // namespace tachyon::live
