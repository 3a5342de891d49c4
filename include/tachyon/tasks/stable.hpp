#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <tachyon/tasks/cache.hpp>

// Which tasks were the same in two reads.
//
// A stack of tasks is joined from words all over the heap, and the program runs on while they are
// read. So one rule decides: *a stack is shown only if all words that it was made from were the
// same in two reads*. At any moment between the two reads all of them were there at once. For a
// task that has not changed since the last tick, that tick was the first read. A task that has
// changed is read once more, together with all tasks that its stack leads through.
//
//   tick 1   | A B C D |                     all new: read, and read again
//   tick 2   | A B C D |                     nothing changed: one read, no record made anew
//   tick 3   | A B' C D | B' A |             B changed, A waits for it: these two are read again
//
// A task that changes in every read is given up.
namespace tachyon {

template <class L, Memory M>
class StableTasks {
 public:
  explicit StableTasks(TaskCache<L, M>& cache) : cache_{cache} {}

  // Reads the tasks that changed again until two reads agree. `has_stack` tells of a task whether
  // its stack is known already.
  template <class HasStack>
  void read_until_stable(std::span<const TaskIndex> tasks, HasStack&& has_stack);

  // Has this task changed since two reads of it agreed, or one that its stack leads through?
  bool is_unstable(TaskIndex index);

 private:
  struct Mark {
    std::uint64_t stable = 0;   // its `record_version` when two reads agreed
    std::uint64_t visited = 0;  // by which search
    bool unstable = false;      // ... and what that found
    bool to_read = false;
  };

  void mark_with_parents(TaskIndex index);
  void read_marked(std::size_t of);

  TaskCache<L, M>& cache_;
  PerTask<Mark> marks_;
  std::vector<TaskIndex> marked_;
  std::vector<TaskIndex> path_;
  std::vector<PieceId> pieces_;
  std::uint64_t search_ = 0;
};

template <class L, Memory M>
template <class HasStack>
void StableTasks<L, M>::read_until_stable(std::span<const TaskIndex> tasks, HasStack&& has_stack) {
  for (int i = 0; i < TaskCache<L, M>::most_reads; ++i) {
    ++search_;
    marked_.clear();
    for (const TaskIndex index : tasks) {
      // A task that began to run after its thread was read may be suspended again by now.
      const bool began = cache_[index].record.on_thread && !has_stack(index);
      if (is_unstable(index) || began) mark_with_parents(index);
    }
    if (marked_.empty()) return;
    read_marked(tasks.size());
  }
  ++search_;
}

template <class L, Memory M>
bool StableTasks<L, M>::is_unstable(TaskIndex index) {
  path_.clear();
  bool unstable = false;
  for (TaskIndex at = index; at != TaskIndex::none; at = cache_[at].parent) {
    Mark& mark = marks_[at];
    if (mark.visited == search_) {
      unstable = mark.unstable;
      break;
    }
    mark.visited = search_;
    mark.unstable = false;
    path_.push_back(at);
  }
  for (std::size_t i = path_.size(); i-- > 0;) {
    Mark& mark = marks_[path_[i]];
    unstable = unstable || mark.stable != cache_[path_[i]].record_version;
    mark.unstable = unstable;
  }
  return marks_[index].unstable;
}

template <class L, Memory M>
void StableTasks<L, M>::mark_with_parents(TaskIndex index) {
  for (; index != TaskIndex::none && !marks_[index].to_read; index = cache_[index].parent) {
    marks_[index].to_read = true;
    marked_.push_back(index);
  }
}

template <class L, Memory M>
void StableTasks<L, M>::read_marked(std::size_t of) {
  if (marked_.size() > of / 3) {
    cache_.pieces().read_all();
  } else {
    cache_.pieces().forget();
    pieces_.clear();
    for (const TaskIndex index : marked_) cache_.append_pieces(index, pieces_);
    cache_.pieces().read_some(pieces_);
  }
  for (const TaskIndex index : marked_) {
    Mark& mark = marks_[index];
    mark.to_read = false;
    if (cache_.is_unchanged(index)) {
      mark.stable = cache_[index].record_version;
    } else {
      (void)cache_.reread(index);
      cache_.choose_parent(index);
    }
  }
}

}  // namespace tachyon
