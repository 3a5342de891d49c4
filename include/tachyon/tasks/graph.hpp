#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <tachyon/tasks/cache.hpp>

// Which task waits for which, all of it.
//
// A stack goes one way through this graph. If a task is awaited by two others, and a third one by
// both of them, the stack of the innermost shows only one of the two in the middle:
//
//            +-- left  <--+
//   main <---|            |--- work           stack of work: main, left, work
//            +-- right <--+                   right is in no stack
//
// Outputs that show a moment as a whole (dump) show the graph beside the stacks, or instead.
namespace tachyon {

inline constexpr std::size_t no_node = ~std::size_t{0};

struct TaskNode {
  Address at{};  // its id() in the program
  std::string name{};
  std::size_t thread = no_thread;  // index among the threads that were given
  bool running = false;
  std::vector<FrameId> frames{};          // its own, outermost first
  std::vector<std::size_t> awaited_by{};  // nodes
  std::size_t parent = no_node;           // the one of them that stacks go through
};

struct TaskGraph {
  std::vector<TaskNode> nodes{};
  std::vector<std::size_t> leaves{};  // by stack: the node of its innermost task, if it has one
};

}  // namespace tachyon
