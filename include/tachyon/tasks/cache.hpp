#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include <tachyon/memory/gathered.hpp>
#include <tachyon/tasks/names.hpp>
#include <tachyon/tasks/reader.hpp>
#include <tachyon/unwind/chain.hpp>

// What is known of each task, from one tick to the next.
//
// Ten thousand tasks a hundred times a second are cheap only because hardly any of them has changed
// since the last look: its words are read again, and as long as they are the same, so are its name,
// the frames that its coroutines show, and who waits for it. The book keeps all that, and says when
// it was made anew.
//
// Of all tasks that wait for one, a stack follows the one whose name comes first (numbers counted
// as numbers), then the one that is older: the same program gives the same stacks in every run.
//
// Nobody else writes into what is known. What the parts around the book need to remember of a task
// they keep themselves (PerTask), and compare `made` and `version` with those they saw last. Time
// is counted in rounds, one a tick. A task that nobody has met for some rounds is forgotten.
namespace tachyon {

enum class TaskIndex : std::uint32_t { none = 0xffffffff };

// The thread of a task whose thread has ended.
inline constexpr std::size_t no_thread = ~std::size_t{0};

// What is known about one thread when its tasks are looked at.
struct ThreadView {
  Address at{};
  const Chain* chain = nullptr;  // of this look; null: it could not be read
  StackId stack{};               // the thread's, <GC> included
  std::uint64_t epoch = 0;
};

struct KnownTask {
  TaskRecord record{};
  std::vector<FrameId> frames{};       // that its coroutines show, outermost first
  std::vector<TaskIndex> awaiters{};   // where they are known
  TaskIndex parent = TaskIndex::none;  // the one of them that is followed
  FrameId marker{};
  std::size_t thread = no_thread;
  std::uint64_t order = 0;    // in the lists
  std::uint64_t epoch = 0;    // as of which its frames are true
  std::uint64_t made = 0;     // another number whenever its record was made anew ...
  std::uint64_t version = 0;  // ... and whenever what it shows was
  std::uint64_t seen = 0;     // the round in which somebody met it
  std::uint64_t fresh = 0;    // ... in which its record was made anew
  std::uint64_t born = 0;     // ... and found to be another task's
  std::uint64_t awaited = 0;  // ... in which it was seen to wait for a task
  bool used = false;
  bool bad = false;  // no task any more, or frames that cannot be
};

// What one part remembers of each task. An index may have become another task's meanwhile.
template <class T>
class PerTask {
 public:
  T& operator[](TaskIndex index) {
    const auto i = static_cast<std::size_t>(index);
    if (i >= all_.size()) all_.resize(i + 1);
    return all_[i];
  }

 private:
  std::vector<T> all_;
};

template <class L, Memory M>
class TaskBook {
 public:
  static constexpr std::size_t most_parents = 1024;  // one above the other
  static constexpr int most_reads = 4;               // of what keeps changing

  TaskBook(const L& layout, M& memory, ChainMaker<L>& maker, const AsyncioOffsets& offsets,
           const WellKnown& types)
      : memory_{memory},
        pieces_{memory},
        maker_{maker},
        markers_{maker.builder()},
        reader_{layout, offsets, types} {}

  void begin_round() noexcept {
    ++round_;
    reader_.begin();
  }
  std::uint64_t round() const noexcept { return round_; }
  // Code objects live and die: what is made from now on is made as of this epoch.
  void set_epoch(std::uint64_t epoch) noexcept { epoch_ = epoch; }

  const KnownTask& operator[](TaskIndex index) const noexcept {
    return tasks_[static_cast<std::size_t>(index)];
  }
  std::size_t count() const noexcept { return used_; }
  bool is_full() const noexcept { return used_ >= most_tasks; }
  // What stands for all tasks that there is no room for.
  StackId others() {
    const std::string name = "<more than " + std::to_string(most_tasks) + " tasks>";
    return maker_.builder().push(StackId::empty, markers_.of(name, 0));
  }
  Gathered<M>& pieces() noexcept { return pieces_; }
  const Gathered<M>& pieces() const noexcept { return pieces_; }
  const TaskReader<L>& reader() const noexcept { return reader_; }

  TaskIndex find(Address at) const { return find_in(by_address_, at); }
  // The task whose outermost coroutine has its frame here.
  TaskIndex find_by_frame(Address frame) const { return find_in(by_frame_, frame); }
  // Where that frame is. Null: it has no coroutine.
  Address frame_of(TaskIndex index) const noexcept {
    const Address coroutine = (*this)[index].record.words.coroutine;
    return coroutine ? reader_.frame_of(coroutine) : Address{};
  }

  // These may move what is known of the others. None: there is no task, or no room for it.
  TaskIndex add(Address at, std::size_t thread);
  // Finds or adds who waits for a task, and chooses whom its stack follows.
  void choose_parent(TaskIndex index);

  // False: it is no task any more.
  bool remake(TaskIndex index);
  // Whatever is not as it was, as of the last read, is made anew.
  void refresh(TaskIndex index);
  // Its frames as of this epoch.
  void show_now(TaskIndex index) {
    if ((*this)[index].epoch != epoch_) show(known(index));
  }

  void see(TaskIndex index) noexcept { known(index).seen = round_; }
  void place(TaskIndex index, std::size_t thread, std::size_t order) noexcept {
    see(index);
    known(index).thread = thread;
    known(index).order = order;
  }

  // Is all that is known as it was, as of the last read?
  bool is_same(TaskIndex index) const noexcept {
    return reader_.same(pieces_, (*this)[index].record);
  }
  // ... who it is and who waits for it, while its frames are its thread's business?
  bool is_same_running(TaskIndex index) const noexcept {
    return reader_.same_task(pieces_, (*this)[index].record);
  }
  void add_pieces(TaskIndex index, std::vector<PieceId>& out) const {
    add_pieces_running(index, out);
    for (const auto& each : (*this)[index].record.coroutines) out.push_back(each.piece);
  }
  void add_pieces_running(TaskIndex index, std::vector<PieceId>& out) const {
    const TaskRecord& record = (*this)[index].record;
    if (record.piece != PieceId::none) out.push_back(record.piece);
    for (const auto& other : record.others) out.push_back(other.piece);
  }

  // Forgets what is gone, after a round in which all lists were gone through, or only those tasks
  // were met that ran.
  void tidy(bool met_all);

 private:
  static constexpr std::uint64_t kept_unseen = 4096;  // rounds
  static constexpr std::size_t most_tasks = 1 << 15;  // a task takes 3 kB

  using Places = std::unordered_map<std::uint64_t, TaskIndex>;
  static TaskIndex find_in(const Places& places, Address at) {
    const auto found = places.find(at.value);
    return found == places.end() ? TaskIndex::none : found->second;
  }
  KnownTask& known(TaskIndex index) noexcept { return tasks_[static_cast<std::size_t>(index)]; }
  void show(KnownTask& task);
  void forget_frame(TaskIndex index) {
    const auto kept = by_frame_.find(frame_of(index).value);
    if (kept != by_frame_.end() && kept->second == index) by_frame_.erase(kept);
  }
  void drop(TaskIndex index);
  void drop_unseen(std::uint64_t rounds);

  M& memory_;
  Gathered<M> pieces_;
  ChainMaker<L>& maker_;
  TaskMarkers markers_;
  TaskReader<L> reader_;
  std::vector<KnownTask> tasks_;
  std::vector<TaskIndex> free_;
  Places by_address_;
  Places by_frame_;
  std::size_t used_ = 0;
  std::uint64_t round_ = 0;
  std::uint64_t epoch_ = 0;
  std::uint64_t versions_ = 0;
};

template <class L, Memory M>
TaskIndex TaskBook<L, M>::add(Address at, std::size_t thread) {
  if (is_full()) return TaskIndex::none;
  TaskIndex index;
  if (free_.empty()) {
    index = TaskIndex{static_cast<std::uint32_t>(tasks_.size())};
    tasks_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  KnownTask& task = known(index);
  task.record.at = at;
  task.thread = thread;
  task.seen = round_;
  task.used = true;
  ++used_;
  by_address_[at.value] = index;
  if (remake(index)) return index;
  drop(index);
  return TaskIndex::none;
}

template <class L, Memory M>
void TaskBook<L, M>::choose_parent(TaskIndex index) {
  const auto comes_first = [](const KnownTask& a, const KnownTask& b) {
    if (a.record.name != b.record.name) return comes_before(a.record.name, b.record.name);
    return a.order != b.order ? a.order < b.order : a.record.at < b.record.at;
  };
  TaskIndex chosen = TaskIndex::none;
  for (std::size_t i = 0; i < known(index).awaiters.size(); ++i) {
    const Address waits = known(index).record.awaiters[i];
    TaskIndex awaiter = known(index).awaiters[i];
    if (awaiter == TaskIndex::none || known(awaiter).record.at != waits) awaiter = find(waits);
    if (awaiter == TaskIndex::none) awaiter = add(waits, known(index).thread);
    known(index).awaiters[i] = awaiter;
    if (awaiter == TaskIndex::none || awaiter == index) continue;
    known(awaiter).awaited = known(awaiter).seen = round_;
    if (chosen == TaskIndex::none || comes_first(known(awaiter), known(chosen))) chosen = awaiter;
  }
  known(index).parent = chosen;
}

template <class L, Memory M>
bool TaskBook<L, M>::remake(TaskIndex index) {
  KnownTask& task = known(index);
  const Address before = task.record.words.coroutine;
  forget_frame(index);
  const bool is_task = reader_.read(pieces_, task.record);
  const Address coroutine = task.record.words.coroutine;
  if (is_task && coroutine) by_frame_[frame_of(index).value] = index;
  task.made = ++versions_;
  task.fresh = round_;
  if (coroutine != before) task.born = round_;
  task.awaiters.assign(task.record.awaiters.size(), TaskIndex::none);
  if (is_task) task.marker = markers_.of(task.record.name, task.record.awaiters.size());
  show(task);
  return is_task;
}

template <class L, Memory M>
void TaskBook<L, M>::refresh(TaskIndex index) {
  if (known(index).fresh == round_) return;
  if (is_same(index)) {
    show_now(index);
  } else {
    (void)remake(index);
  }
}

template <class L, Memory M>
void TaskBook<L, M>::show(KnownTask& task) {
  task.epoch = epoch_;
  task.version = ++versions_;
  task.bad = !task.record.words.is_task || task.record.nameless;
  task.frames.clear();
  for (const RememberedCoroutine& coroutine : task.record.coroutines) {
    if (!coroutine.has_frame) continue;
    const auto frame = maker_.shown_as(memory_, reader_.frame_of(coroutine), epoch_);
    if (frame) {
      task.frames.push_back(*frame);
    } else {
      task.bad = true;
    }
  }
}

template <class L, Memory M>
void TaskBook<L, M>::drop(TaskIndex index) {
  KnownTask& task = known(index);
  forget_frame(index);
  reader_.drop(pieces_, task.record);
  by_address_.erase(task.record.at.value);
  task = {};
  free_.push_back(index);
  --used_;
}

template <class L, Memory M>
void TaskBook<L, M>::drop_unseen(std::uint64_t rounds) {
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    const bool gone = tasks_[i].used && tasks_[i].seen + rounds < round_;
    if (gone) drop(TaskIndex{static_cast<std::uint32_t>(i)});
  }
}

template <class L, Memory M>
void TaskBook<L, M>::tidy(bool met_all) {
  if (met_all) {
    if (round_ % 4 == 0) drop_unseen(2);
  } else if (round_ % 64 == 0) {
    const bool crowded = used_ > most_tasks / 2 || pieces_.is_crowded();
    if (crowded || round_ % 1024 == 0) drop_unseen(crowded ? 64 : kept_unseen);
    pieces_.tidy();
  }
}

}  // namespace tachyon
