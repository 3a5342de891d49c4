#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <tachyon/tasks/cache.hpp>

// What makes a stack of tasks true.
//
// It is joined from words all over the heap, and the program goes on while they are read. So one
// rule decides: *a stack is believed when all words that it was made from were the same in two
// reads*. Whatever lies between the two reads then saw all of them at once. For a task that has not
// changed since the last tick the last tick was the first read; a task that has changed is read
// once more, together with everything its stacks lead through.
//
//   tick 1   | A B C D |                     all new: read, and read again
//   tick 2   | A B C D |                     nothing changed: one read, nothing made anew
//   tick 3   | A B' C D | B' A |             B changed, A waits for it: these two are read again
//
// What changes in every read is given up.
namespace tachyon {

template <class L, Memory M>
class SettledTasks {
 public:
  explicit SettledTasks(TaskBook<L, M>& book) : book_{book} {}

  // Reads tasks that changed until they stay the same. `is_done` says of a task whether its stack
  // is known already.
  template <class Done>
  void settle(std::span<const TaskIndex> tasks, Done&& is_done);

  // Has this task changed since it was last settled, or one that its stack leads through?
  bool has_changed(TaskIndex index);

 private:
  struct Mark {
    std::uint64_t settled = 0;  // its `made` when it was found to be the same
    std::uint64_t visited = 0;  // by which search
    bool changed = false;       // ... and what that found
    bool to_read = false;
  };

  void mark_with_parents(TaskIndex index);
  void read_marked(std::size_t of);

  TaskBook<L, M>& book_;
  PerTask<Mark> marks_;
  std::vector<TaskIndex> marked_;
  std::vector<TaskIndex> path_;
  std::vector<PieceId> pieces_;
  std::uint64_t search_ = 0;
};

template <class L, Memory M>
template <class Done>
void SettledTasks<L, M>::settle(std::span<const TaskIndex> tasks, Done&& is_done) {
  for (int i = 0; i < TaskBook<L, M>::most_reads; ++i) {
    ++search_;
    marked_.clear();
    for (const TaskIndex index : tasks) {
      // One that has begun to run since its thread was read may have ended its step by now.
      const bool began = book_[index].record.on_thread && !is_done(index);
      if (has_changed(index) || began) mark_with_parents(index);
    }
    if (marked_.empty()) return;
    read_marked(tasks.size());
  }
  ++search_;
}

template <class L, Memory M>
bool SettledTasks<L, M>::has_changed(TaskIndex index) {
  path_.clear();
  bool changed = false;
  for (TaskIndex at = index; at != TaskIndex::none; at = book_[at].parent) {
    Mark& mark = marks_[at];
    if (mark.visited == search_) {
      changed = mark.changed;
      break;
    }
    mark.visited = search_;
    mark.changed = false;
    path_.push_back(at);
    if (path_.size() == TaskBook<L, M>::most_parents) break;
  }
  for (std::size_t i = path_.size(); i-- > 0;) {
    Mark& mark = marks_[path_[i]];
    changed = changed || mark.settled != book_[path_[i]].made;
    mark.changed = changed;
  }
  return marks_[index].changed;
}

template <class L, Memory M>
void SettledTasks<L, M>::mark_with_parents(TaskIndex index) {
  for (std::size_t up = 0; index != TaskIndex::none && up < TaskBook<L, M>::most_parents; ++up) {
    if (marks_[index].to_read) break;
    marks_[index].to_read = true;
    marked_.push_back(index);
    index = book_[index].parent;
  }
}

template <class L, Memory M>
void SettledTasks<L, M>::read_marked(std::size_t of) {
  if (marked_.size() > of / 3) {
    book_.pieces().read_all();
  } else {
    book_.pieces().forget();
    pieces_.clear();
    for (const TaskIndex index : marked_) book_.add_pieces(index, pieces_);
    book_.pieces().read_some(pieces_);
  }
  for (const TaskIndex index : marked_) {
    Mark& mark = marks_[index];
    mark.to_read = false;
    if (book_.is_same(index)) {
      mark.settled = book_[index].made;
    } else {
      (void)book_.remake(index);
      book_.choose_parent(index);
    }
  }
}

}  // namespace tachyon
