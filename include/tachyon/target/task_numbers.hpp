#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <tachyon/base/result.hpp>
#include <tachyon/target/process.hpp>

// A thread in a container has two numbers: the one the interpreter notes down (in its own pid
// namespace), and the one we find it by under /proc. The kernel prints both in the thread's status,
// outermost first:
//
//   NSpid:  48213   7        we say 48213, the target says 7
//
// Outside containers the two are equal, which is known after one look.
namespace tachyon {

class TaskNumbers {
 public:
  // `process` must outlive this.
  static Result<TaskNumbers> read(const Process& process) {
    auto status = process.status();
    if (!status) return status.error();
    TaskNumbers numbers{process};
    numbers.same_ = status->ids.size() <= 1;
    if (!numbers.same_) numbers.refresh();
    return numbers;
  }

  bool same() const noexcept { return same_; }

  // Our number for the thread that the target calls `inner`, or 0: no such thread (any more).
  std::int32_t ours(std::uint64_t inner) {
    if (same_) return inner <= INT32_MAX ? static_cast<std::int32_t>(inner) : 0;
    if (const std::int32_t known = find(inner)) return known;
    refresh();  // one listing; only threads that are new to us are opened
    return find(inner);
  }

 private:
  struct Pair {
    std::int32_t ours;
    std::int32_t theirs;
  };

  explicit TaskNumbers(const Process& process) noexcept : process_{&process} {}

  std::int32_t find(std::uint64_t inner) const noexcept {
    for (const Pair& pair : pairs_) {
      if (static_cast<std::uint64_t>(pair.theirs) == inner) return pair.ours;
    }
    return 0;
  }

  void refresh() {
    const auto tasks = process_->tasks();
    if (!tasks) return;
    const auto listed = [&](std::int32_t task) {
      return std::find(tasks->begin(), tasks->end(), task) != tasks->end();
    };
    pairs_.erase(std::remove_if(pairs_.begin(), pairs_.end(),
                                [&](const Pair& pair) { return !listed(pair.ours); }),
                 pairs_.end());
    for (const std::int32_t task : *tasks) {
      const bool known = std::any_of(pairs_.begin(), pairs_.end(),
                                     [&](const Pair& pair) { return pair.ours == task; });
      if (known) continue;
      const auto status = process_->thread_status(task);
      if (status && !status->ids.empty()) pairs_.push_back({task, status->ids.back()});
    }
  }

  const Process* process_;
  bool same_ = true;
  std::vector<Pair> pairs_;
};

}  // namespace tachyon
