#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <tachyon/tasks/cache.hpp>

// All tasks: those in the lists of the interpreter, and every task that waits for one of them.
//
// Each thread has a list. Each interpreter has one more, for tasks whose thread has ended. A list
// ends at its head. One that does not was changed while it was read, and then all lists are read
// again, a few times. If there are more tasks than the cache keeps, the lists are read that far.
//
// All tasks that are known already are read in one go first, so that walking the lists reads only
// the new ones.
namespace tachyon {

template <class L, Memory M>
class TaskLists {
 public:
  explicit TaskLists(TaskCache<L, M>& cache) : cache_{cache} {}

  void read(std::span<const ThreadView> threads, std::span<const Address> interpreters);
  // As of the last read, in the order in which they were found.
  std::span<const TaskIndex> tasks() const noexcept { return found_; }
  bool are_too_many() const noexcept { return too_many_; }
  // Was a list changed in every read?
  bool are_torn() const noexcept { return torn_; }

 private:
  struct Head {
    Address owner{};
    Address at{};
    PieceId piece = PieceId::none;
    std::size_t thread = no_thread;
  };
  struct Visit {
    std::uint64_t pass = 0;            // the last walk that found it
    TaskIndex next = TaskIndex::none;  // its neighbour in that walk
  };

  void set_heads(std::span<const ThreadView> threads, std::span<const Address> interpreters);
  bool walk(const Head& head);
  void walk_all();
  void add(TaskIndex index, std::size_t thread) {
    visits_[index].pass = pass_;
    cache_.place(index, thread, found_.size());
    found_.push_back(index);
  }

  TaskCache<L, M>& cache_;
  std::vector<Head> heads_;
  std::vector<TaskIndex> found_;
  PerTask<Visit> visits_;
  std::uint64_t pass_ = 0;
  bool too_many_ = false;
  bool torn_ = false;
};

template <class L, Memory M>
void TaskLists<L, M>::read(std::span<const ThreadView> threads,
                           std::span<const Address> interpreters) {
  set_heads(threads, interpreters);
  walk_all();
  for (std::size_t done = 0; done < found_.size();) {  // awaiters are appended meanwhile
    const TaskIndex index = found_[done++];
    cache_.update(index);
    cache_.choose_parent(index);
    for (const TaskIndex awaiter : cache_[index].awaiters) {
      if (awaiter == TaskIndex::none || visits_[awaiter].pass == pass_) continue;
      add(awaiter, cache_[index].thread);
    }
  }
}

template <class L, Memory M>
void TaskLists<L, M>::set_heads(std::span<const ThreadView> threads,
                                std::span<const Address> interpreters) {
  std::size_t i = 0;
  const auto add_head = [&](Address owner, bool interpreter, std::size_t thread) {
    if (i == heads_.size()) heads_.emplace_back();
    Head& head = heads_[i++];
    head.thread = thread;
    if (head.owner == owner && head.piece != PieceId::none) return;
    cache_.pieces().drop(head.piece);
    head.owner = owner;
    head.at = cache_.reader().head_of(owner, interpreter);
    head.piece = cache_.reader().add_head(cache_.pieces(), owner, interpreter);
  };
  for (std::size_t k = 0; k < threads.size(); ++k) add_head(threads[k].at, false, k);
  for (const Address interpreter : interpreters) add_head(interpreter, true, no_thread);
  for (std::size_t k = i; k < heads_.size(); ++k) cache_.pieces().drop(heads_[k].piece);
  heads_.resize(i);
}

// False: the list was changed, it does not end at its head. A list with more tasks than the cache
// keeps counts as read to its end.
template <class L, Memory M>
bool TaskLists<L, M>::walk(const Head& head) {
  const TaskReader<L>& reader = cache_.reader();
  if (head.piece == PieceId::none) return false;
  Address node = load_checked<Address>(cache_.pieces().bytes(head.piece), 0).value_or(head.at);
  if (!node) return true;  // a thread that never had a task
  TaskIndex before = TaskIndex::none;
  for (std::size_t i = 0; i < reader.limits().tasks; ++i) {
    if (node == head.at) return true;
    if (!node) return false;
    const Address at = reader.task_of_node(node);
    TaskIndex index = before == TaskIndex::none ? before : visits_[before].next;
    if (index == TaskIndex::none || cache_[index].record.at != at) index = cache_.find(at);
    if (index == TaskIndex::none) index = cache_.add(at, head.thread);
    if (index == TaskIndex::none && cache_.is_full()) return too_many_ = true;
    if (index == TaskIndex::none || visits_[index].pass == pass_) return false;
    const TaskWords words = reader.words_of(cache_.pieces(), cache_[index].record);
    if (!words.is_task) return false;
    add(index, head.thread);
    if (before != TaskIndex::none) visits_[before].next = index;
    before = index;
    node = words.next;
  }
  return too_many_ = true;
}

template <class L, Memory M>
void TaskLists<L, M>::walk_all() {
  too_many_ = false;
  torn_ = true;
  for (int i = 0; i < TaskCache<L, M>::most_reads && torn_ && !too_many_; ++i) {
    cache_.pieces().read_all();
    found_.clear();
    ++pass_;
    torn_ = false;
    for (const Head& head : heads_) torn_ = !walk(head) || torn_;
  }
}

}  // namespace tachyon
