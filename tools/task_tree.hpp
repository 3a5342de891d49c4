#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tachyon/sampler/dump.hpp>

#include "dump_text.hpp"

// asyncio tasks as a tree, in the shape that `python -m asyncio pstree` prints: below each task its
// coroutines, outermost first, and below the innermost one the tasks that it waits for:
//
//   Tasks of PID 4242:
//   +-- (T) Task-1
//       +--  main shop.py:31
//           +-- (T) left
//           |   +--  wait shop.py:12
//           |       +-- (T) work
//           |           +--  work shop.py:8
//           +-- (T) right
//               +--  wait shop.py:12
//                   +-- (T) work (see above)
//
// What several tasks wait for is printed below the first of them and named below the others: a tree
// of n tasks has some n lines, whatever its shape. Circles end the same way. A branch that is too
// deep for a line goes on at the left margin.
namespace tachyon::tool {

class TaskTree {
 public:
  TaskTree(const Tables& tables, DumpStyle style)
      : tables_{tables}, style_{style}, here_{detail::current_folder()} {}

  std::string print(const Dump& dump, std::int64_t pid) {
    dump_ = &dump;
    out_ = paint("1;34", concat("Tasks of PID ", std::to_string(pid), ":")) + '\n';
    printed_.assign(dump.tasks.size(), false);
    find_children();
    std::vector<std::size_t> roots;
    for (std::size_t i = 0; i < dump.tasks.size(); ++i) {
      if (dump.tasks[i].node.awaited_by.empty()) roots.push_back(i);
    }
    print_all(roots);
    // Tasks in circles.
    for (std::size_t i = 0; i < dump.tasks.size(); ++i) {
      if (!printed_[i]) print_all({i});
    }
    // What runs without a task, and what stands for tasks beyond a limit.
    for (const DumpedThread& thread : dump.threads) {
      if (thread.innermost != no_node) continue;
      std::vector<FrameId> frames;
      for (const DumpedFrame& each : thread.frames) frames.push_back(each.frame);
      std::string prefix;
      print_frames(frames, prefix);
    }
    if (dump.lost_tasks != 0) {
      const std::string tasks = counted(dump.lost_tasks, "task");
      out_ += paint("33", concat("(", tasks, " not shown: changed while read)")) + '\n';
    }
    return std::move(out_);
  }

 private:
  static constexpr std::size_t deepest = 100;  // levels of tasks and frames
  static constexpr std::string_view branch = "\u251c\u2500\u2500 ", corner = "\u2514\u2500\u2500 ",
                                    bar = "\u2502   ", blank = "    ";

  struct Open {  // a task whose children are being printed
    std::string prefix{};
    const std::vector<std::size_t>* children = nullptr;
    std::size_t next = 0;
  };

  std::string paint(std::string_view code, std::string_view text) const {
    return style_.colour ? concat("\x1b[", code, "m", text, "\x1b[0m") : std::string{text};
  }

  void find_children() {
    children_.assign(dump_->tasks.size(), {});
    for (std::size_t i = 0; i < dump_->tasks.size(); ++i) {
      for (const std::size_t awaiter : dump_->tasks[i].node.awaited_by) {
        children_[awaiter].push_back(i);
      }
    }
  }

  void print_all(const std::vector<std::size_t>& roots) {
    std::vector<std::size_t> postponed;
    print_below(roots, postponed);
    // Each of these is a tree of its own: `postponed` grows meanwhile.
    for (std::size_t i = 0; i < postponed.size(); ++i) {
      if (!printed_[postponed[i]]) print_below({postponed[i]}, postponed);
    }
  }

  void print_below(const std::vector<std::size_t>& roots, std::vector<std::size_t>& postponed) {
    std::vector<Open> open;
    open.push_back({"", &roots, 0});
    while (!open.empty()) {
      Open& parent = open.back();
      if (parent.next == parent.children->size()) {
        open.pop_back();
        continue;
      }
      const std::size_t task = (*parent.children)[parent.next++];
      const bool last = parent.next == parent.children->size();
      std::string prefix = parent.prefix;
      const bool deep = prefix.size() >= deepest * blank.size();
      print_task(task, last, deep, prefix);
      if (printed_[task]) continue;
      if (deep) {
        postponed.push_back(task);
        continue;
      }
      printed_[task] = true;
      print_frames(dump_->tasks[task].node.frames, prefix);
      open.push_back({std::move(prefix), &children_[task], 0});
    }
  }

  // One line; `prefix` becomes that of what is below.
  void line(std::string_view text, bool last, std::string& prefix) {
    out_ += concat(prefix, last ? corner : branch, text, "\n");
    prefix += last ? blank : bar;
  }

  void print_task(std::size_t task, bool last, bool deep, std::string& prefix) {
    const TaskNode& node = dump_->tasks[task].node;
    const std::string name = printable(node.name);
    line(concat("(T) ", paint("1;32", name.empty() ? "<unnamed task>" : name),
                node.running ? paint("33", " (running)") : "",
                printed_[task] ? paint("90", " (see above)") : "",
                deep && !printed_[task] ? paint("90", " (continued below)") : ""),
         last, prefix);
  }

  // Each below the one before; `prefix` becomes that of what is below the last.
  void print_frames(const std::vector<FrameId>& frames, std::string& prefix) {
    for (const FrameId frame : frames) {
      const std::string name = printable(tables_.frames.name_of(frame));
      const std::string_view file = tables_.frames.file_of(frame);
      std::string where;
      if (file != "~" && file != "<task>") {
        where = concat(" ", printable(detail::shorten(file, here_)), ":",
                       std::to_string(tables_.frames[frame].location.line));
      }
      // Thousands of coroutines of one task need not make lines of as many characters.
      std::string level = prefix;
      line(concat(" ", name, paint("36", where)), true, level);
      if (level.size() < 2 * deepest * blank.size()) prefix = std::move(level);
    }
  }

  const Tables& tables_;
  DumpStyle style_;
  std::string here_;
  const Dump* dump_ = nullptr;
  std::vector<std::vector<std::size_t>> children_;  // by task: those that it waits for
  std::vector<bool> printed_;
  std::string out_;
};

}  // namespace tachyon::tool
