#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <tachyon/sample/shared_tables.hpp>

namespace tachyon {

// Grows stacks in the shared tables for one reader. A small cache of its own answers nearly all
// questions, so that readers meet at the tables' lock only for stacks nobody has seen before.
class StackBuilder {
 public:
  explicit StackBuilder(SharedTables& tables) : tables_{tables} {}

  StackId push(StackId parent, FrameId frame) {
    Entry& entry = cache_[hash_of(StackNode{parent, frame}) % cached];
    if (entry.result == StackId::empty || entry.parent != parent || entry.frame != frame) {
      entry = {parent, frame,
               tables_.with([&](Tables& tables) { return tables.frames.push(parent, frame); })};
    }
    return entry.result;
  }

  FrameId leaf(StackId stack) {
    return tables_.with([&](Tables& tables) { return tables.frames.leaf(stack); });
  }

  // A frame that stands for something that is no Python code: "<native>", "<GC>", a task.
  FrameId synthetic(std::string_view name, FrameKind kind, std::string_view file = "~") {
    return tables_.with([&](Tables& tables) {
      FrameTable& frames = tables.frames;
      const FunctionId function = frames.function({frames.string(name), frames.string(file), 0});
      return frames.frame({function, {}, OpcodeId::none, kind});
    });
  }

  SharedTables& tables() noexcept { return tables_; }

 private:
  struct Entry {
    StackId parent{};
    FrameId frame{};
    StackId result = StackId::empty;  // no push gives the empty stack
  };

  static constexpr std::size_t cached = 8192;

  SharedTables& tables_;
  // Not in here: these 96 KiB would stand on the stack of whoever has a reader there, and a main
  // thread may have little of it (ulimit -s).
  std::vector<Entry> cache_ = std::vector<Entry>(cached);
};

}  // namespace tachyon
