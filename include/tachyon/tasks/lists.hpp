#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <tachyon/tasks/cache.hpp>

// All tasks that there are: those in the interpreter's lists, and everybody who waits for one.
//
// Each thread has a list, and each interpreter one more for the tasks whose thread has ended. A
// list comes back to its head; one that does not was changed while it was read, and all are read
// again, a few times. Where there are more tasks than we keep, that is said instead. All tasks that
// are known already are read in one go before, so that going through the lists reads nothing but
// what is new.
namespace tachyon {

template <class L, Memory M>
class TaskLists {
 public:
  explicit TaskLists(TaskBook<L, M>& book) : book_{book} {}

  void look(std::span<const ThreadView> threads, std::span<const Address> interpreters);
  // Of the last look, in the order they were met.
  std::span<const TaskIndex> tasks() const noexcept { return met_; }
  bool are_too_many() const noexcept { return too_many_; }
  // Was one changed in every read?
  bool are_broken() const noexcept { return broken_; }

 private:
  struct Head {
    Address owner{};
    Address at{};
    PieceId piece = PieceId::none;
    std::size_t thread = no_thread;
  };
  struct Met {
    std::uint64_t pass = 0;            // the last one that came by
    TaskIndex next = TaskIndex::none;  // its neighbour then
  };

  void set_heads(std::span<const ThreadView> threads, std::span<const Address> interpreters);
  bool walk(const Head& head);
  void walk_all();
  void meet(TaskIndex index, std::size_t thread) {
    passed_[index].pass = pass_;
    book_.place(index, thread, met_.size());
    met_.push_back(index);
  }

  TaskBook<L, M>& book_;
  std::vector<Head> heads_;
  std::vector<TaskIndex> met_;
  PerTask<Met> passed_;
  std::uint64_t pass_ = 0;
  bool too_many_ = false;
  bool broken_ = false;
};

template <class L, Memory M>
void TaskLists<L, M>::look(std::span<const ThreadView> threads,
                           std::span<const Address> interpreters) {
  set_heads(threads, interpreters);
  walk_all();
  for (std::size_t done = 0; done < met_.size();) {  // there are more of them meanwhile
    const TaskIndex index = met_[done++];
    book_.refresh(index);
    book_.choose_parent(index);
    for (const TaskIndex awaiter : book_[index].awaiters) {
      if (awaiter == TaskIndex::none || passed_[awaiter].pass == pass_) continue;
      meet(awaiter, book_[index].thread);
    }
  }
}

template <class L, Memory M>
void TaskLists<L, M>::set_heads(std::span<const ThreadView> threads,
                                std::span<const Address> interpreters) {
  std::size_t i = 0;
  const auto want = [&](Address owner, bool interpreter, std::size_t thread) {
    if (i == heads_.size()) heads_.emplace_back();
    Head& head = heads_[i++];
    head.thread = thread;
    if (head.owner == owner && head.piece != PieceId::none) return;
    book_.pieces().drop(head.piece);
    head.owner = owner;
    head.at = book_.reader().head_of(owner, interpreter);
    head.piece = book_.reader().add_head(book_.pieces(), owner, interpreter);
  };
  for (std::size_t k = 0; k < threads.size(); ++k) want(threads[k].at, false, k);
  for (const Address interpreter : interpreters) want(interpreter, true, no_thread);
  for (std::size_t k = i; k < heads_.size(); ++k) book_.pieces().drop(heads_[k].piece);
  heads_.resize(i);
}

// False: the list was changed, it does not come back to its head. One with more tasks than we keep
// is as good as another, as far as it goes.
template <class L, Memory M>
bool TaskLists<L, M>::walk(const Head& head) {
  const TaskReader<L>& reader = book_.reader();
  if (head.piece == PieceId::none) return false;
  Address node = load_checked<Address>(book_.pieces().bytes(head.piece), 0).value_or(head.at);
  if (!node) return true;  // a thread that never had one
  TaskIndex before = TaskIndex::none;
  for (std::size_t i = 0; i < reader.limits().tasks; ++i) {
    if (node == head.at) return true;
    if (!node) return false;
    const Address at = reader.task_of_node(node);
    TaskIndex index = before == TaskIndex::none ? before : passed_[before].next;
    if (index == TaskIndex::none || book_[index].record.at != at) index = book_.find(at);
    if (index == TaskIndex::none) index = book_.add(at, head.thread);
    if (index == TaskIndex::none && book_.is_full()) return too_many_ = true;
    if (index == TaskIndex::none || passed_[index].pass == pass_) return false;
    const TaskWords words = reader.words_of(book_.pieces(), book_[index].record);
    if (!words.is_task) return false;
    meet(index, head.thread);
    if (before != TaskIndex::none) passed_[before].next = index;
    before = index;
    node = words.next;
  }
  return too_many_ = true;
}

template <class L, Memory M>
void TaskLists<L, M>::walk_all() {
  too_many_ = false;
  broken_ = true;
  for (int i = 0; i < TaskBook<L, M>::most_reads && broken_ && !too_many_; ++i) {
    book_.pieces().read_all();
    met_.clear();
    ++pass_;
    broken_ = false;
    for (const Head& head : heads_) broken_ = !walk(head) || broken_;
  }
}

}  // namespace tachyon
