#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <tachyon/memory/page_cache.hpp>
#include <tachyon/unwind/chain.hpp>
#include <tachyon/unwind/tasks.hpp>

// Stacks by task instead of by thread.
//
// A stack that is of use to somebody who writes `await` does not stop at the event loop: it goes
// from a task to the task that waits for it. Tasks that nobody's wait leads through are the leaves,
// and each leaf gives one stack; root first:
//
//   [Task-1] main, gather  [worker] fetch, read        markers in brackets, then coroutines
//
// A task that runs at this moment continues with the ordinary calls above its coroutine, as the
// walk of its thread found them. Where several tasks wait for one, the stack follows the one whose
// name comes first (numbers counted as numbers), then the one that is older, and the marker says
// how many there are: the same program gives the same stacks in every run.
namespace tachyon {

enum class TaskChoice : std::uint8_t { running, all };

struct TaskStack {
  std::size_t thread = Task::no_thread;  // index among the threads that were given
  StackId stack{};
  bool running = false;
  bool idle = false;  // no task: the loop waits
};

// "Task-9" before "Task-10".
inline bool comes_before(std::string_view a, std::string_view b) noexcept {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  while (!a.empty() && !b.empty()) {
    if (is_digit(a[0]) && is_digit(b[0])) {
      std::uint64_t x = 0, y = 0;
      const char* a_end = std::from_chars(a.data(), a.data() + a.size(), x).ptr;
      const char* b_end = std::from_chars(b.data(), b.data() + b.size(), y).ptr;
      if (x != y) return x < y;
      a.remove_prefix(static_cast<std::size_t>(a_end - a.data()));
      b.remove_prefix(static_cast<std::size_t>(b_end - b.data()));
    } else {
      if (a[0] != b[0]) return a[0] < b[0];
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return a.size() < b.size();
}

template <class L, Memory M>
class TaskStacks {
 public:
  // What is known about one thread when tasks are looked at.
  struct ThreadView {
    Address at{};
    const Chain* chain = nullptr;  // of this look; null: it could not be read
    std::uint64_t epoch = 0;
  };

  TaskStacks(const L& layout, M& memory, ChainMaker<L>& maker, const AsyncioOffsets& offsets,
             const WellKnown& types)
      : pages_{memory}, maker_{maker}, reader_{layout, offsets, types} {
    idle_ = maker.builder().synthetic("<idle>", FrameKind::idle);
  }

  // One look. `interpreters` are asked for the tasks whose threads have ended.
  void look(TaskChoice choice, const std::vector<ThreadView>& threads,
            const std::vector<Address>& interpreters, std::vector<TaskStack>& out) {
    out.clear();
    tasks_.clear();
    known_.clear();
    pages_.refresh();
    reader_.begin();
    epoch_ = threads.empty() ? 0 : threads.front().epoch;
    find_running(threads, choice, out);
    if (choice == TaskChoice::all) {
      for (std::size_t i = 0; i < threads.size(); ++i) list(threads[i].at, i);
      for (const Address interpreter : interpreters) list_orphans(interpreter);
    }
    for (std::size_t i = 0; i < tasks_.size(); ++i) find_awaiters(i);
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      if (tasks_[i].awaited) continue;
      out.push_back({tasks_[i].task.thread, stack_of(i, threads), tasks_[i].task.running, false});
    }
  }

  // Lists that did not come back to their head.
  std::uint64_t broken_lists() const noexcept { return broken_; }
  std::size_t task_count() const noexcept { return tasks_.size(); }

 private:
  static constexpr std::uint32_t none = 0xffffffff;

  struct Entry {
    Task task;
    std::uint32_t parent = none;
    bool awaited = false;  // it is somebody's parent
    bool built = false;
    StackId stack{};
  };

  std::uint32_t add(Address at, std::size_t thread) {
    if (const auto known = known_.find(at.value); known != known_.end()) return known->second;
    if (tasks_.size() == reader_.most_tasks()) return none;
    auto task = reader_.read(pages_, at);
    if (!task) return none;
    const auto index = static_cast<std::uint32_t>(tasks_.size());
    known_.emplace(at.value, index);
    task->thread = thread;
    tasks_.push_back({std::move(*task)});
    return index;
  }
  void list(Address thread, std::size_t index) {
    if (!reader_.each_task(pages_, thread, false, [&](Address at) { add(at, index); })) ++broken_;
  }
  void list_orphans(Address interpreter) {
    const auto take = [&](Address at) { add(at, Task::no_thread); };
    if (!reader_.each_task(pages_, interpreter, true, take)) ++broken_;
  }

  // Tasks that run now, and everybody who waits for them.
  void find_running(const std::vector<ThreadView>& threads, TaskChoice choice,
                    std::vector<TaskStack>& out) {
    for (std::size_t i = 0; i < threads.size(); ++i) {
      const auto running = reader_.running(pages_, threads[i].at);
      if (!running.loop) continue;
      // The thread was read a moment earlier: its stack must hold the task's coroutine.
      const std::uint32_t task = running.task ? add(running.task, i) : none;
      const bool runs = task != none && threads[i].chain != nullptr &&
                        link_of(*threads[i].chain, tasks_[task].task.coroutine) != Task::no_thread;
      if (runs) {
        tasks_[task].task.running = true;
      } else if (choice == TaskChoice::running) {
        if (task != none) drop_last(task);
        const StackId stack = maker_.builder().push(StackId::empty, idle_);
        out.push_back({i, stack, false, true});
      }
    }
  }
  void drop_last(std::uint32_t task) {
    if (task + 1 != tasks_.size()) return;
    known_.erase(tasks_.back().task.at.value);
    tasks_.pop_back();
  }

  std::size_t link_of(const Chain& chain, Address coroutine) const {
    const Address frame = reader_.frame_of(coroutine);
    for (std::size_t i = chain.size(); i-- > 0;) {
      if (chain[i].at == frame) return i;
    }
    return Task::no_thread;
  }

  // Of all that wait for a task, one is followed. `tasks_` may grow.
  void find_awaiters(std::size_t index) {
    const std::vector<Address> awaiters = tasks_[index].task.awaiters;
    std::uint32_t chosen = none;
    for (const Address at : awaiters) {
      const std::uint32_t awaiter = add(at, tasks_[index].task.thread);
      if (awaiter == none || awaiter == index) continue;
      tasks_[awaiter].awaited = true;
      if (chosen == none || comes_before(tasks_[awaiter].task.name, tasks_[chosen].task.name)) {
        chosen = awaiter;
      }
    }
    tasks_[index].parent = chosen;
  }

  StackId stack_of(std::size_t index, const std::vector<ThreadView>& threads) {
    // Up to a task whose stack is known, to the root, or around a circle; then down again.
    path_.clear();
    StackId stack = StackId::empty;
    for (std::uint32_t at = static_cast<std::uint32_t>(index);;) {
      if (tasks_[at].built) {
        stack = tasks_[at].stack;
        break;
      }
      if (std::find(path_.begin(), path_.end(), at) != path_.end()) break;
      path_.push_back(at);
      if (tasks_[at].parent == none || path_.size() == most_parents) break;
      at = tasks_[at].parent;
    }
    for (std::size_t i = path_.size(); i-- > 0;) {
      Entry& entry = tasks_[path_[i]];
      stack = maker_.builder().push(stack, marker(entry.task));
      stack = with_frames(entry.task, stack, threads);
      entry.stack = stack;
      entry.built = true;
    }
    return stack;
  }

  FrameId marker(const Task& task) {
    std::string name = task.name;
    if (task.awaiters.size() > 1) name += " (" + std::to_string(task.awaiters.size()) + " parents)";
    return maker_.builder().synthetic(name, FrameKind::task, "<task>");
  }

  StackId with_frames(const Task& task, StackId stack, const std::vector<ThreadView>& threads) {
    if (task.running && task.thread < threads.size()) {
      const Chain& chain = *threads[task.thread].chain;
      const std::size_t link = link_of(chain, task.coroutine);
      if (link != Task::no_thread) return maker_.restack(chain, link, stack);
    }
    for (std::size_t i = task.frames.size(); i-- > 0;) {
      const auto frame = maker_.shown_as(pages_, task.frames[i], epoch_);
      if (frame) stack = maker_.builder().push(stack, *frame);
    }
    return stack;
  }

  static constexpr std::size_t most_parents = 1024;

  PageCache<M> pages_;
  ChainMaker<L>& maker_;
  TaskReader<L> reader_;
  FrameId idle_{};
  std::uint64_t epoch_ = 0;
  std::uint64_t broken_ = 0;
  std::vector<Entry> tasks_;
  std::unordered_map<std::uint64_t, std::uint32_t> known_;
  std::vector<std::uint32_t> path_;
};

}  // namespace tachyon
