#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include <tachyon/memory/gathered.hpp>
#include <tachyon/tasks/names.hpp>
#include <tachyon/tasks/reader.hpp>
#include <tachyon/unwind/chain.hpp>

// What is known of each task, kept from one tick to the next.
//
// Looking at ten thousand tasks a hundred times a second is affordable only because hardly any of
// them has changed since the last tick. The words of a task are read again, and while they are the
// same, so are its name, the frames of its coroutines, and who waits for it.
//
// If several tasks wait for one, its stack follows the one whose name comes first (numbers compared
// as numbers), then the older one: the same program gives the same stacks in every run.
//
// Only the cache writes into a cached task. The parts that use it keep what they need in a PerTask
// of their own, and compare `record_version` and `version` with the ones they saw last. A task that
// was not seen for some ticks is dropped.
namespace tachyon {

enum class TaskIndex : std::uint32_t { none = 0xffffffff };

// The thread of a task whose thread has ended.
inline constexpr std::size_t no_thread = ~std::size_t{0};

// What is known about a thread when its tasks are looked at.
struct ThreadView {
  Address at{};
  const Chain* chain = nullptr;  // of this look; null: it could not be read
  StackId stack{};               // of the thread, <GC> included
  std::uint64_t epoch = 0;
  bool has_gil = false;
};

struct CachedTask {
  TaskRecord record{};
  std::vector<FrameId> frames{};       // of its coroutines, outermost first
  std::vector<TaskIndex> awaiters{};   // those of the record, where they are cached
  TaskIndex parent = TaskIndex::none;  // the awaiter that its stack follows
  FrameId marker{};
  std::size_t thread = no_thread;
  std::uint64_t order = 0;           // in the lists
  std::uint64_t epoch = 0;           // as of which its frames are right
  std::uint64_t record_version = 0;  // changes whenever its record is made anew ...
  std::uint64_t version = 0;         // ... and whenever its frames are
  // Ticks:
  std::uint64_t seen = 0;      // in a list, or as an awaiter, or running
  std::uint64_t reread = 0;    // its record was made anew
  std::uint64_t replaced = 0;  // ... with another coroutine: it is another task
  std::uint64_t awaited = 0;   // it was found to wait for a task
  bool used = false;
  bool invalid = false;  // no task any more, or one with frames that cannot be right
};

// What one part remembers of each task. An index may meanwhile stand for another task.
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
class TaskCache {
 public:
  static constexpr std::size_t most_tasks = 1 << 15;  // a task takes 3 kB
  static constexpr int most_reads = 4;                // of a task that keeps changing

  TaskCache(const L& layout, M& memory, ChainMaker<L>& maker, const AsyncioOffsets& offsets,
            const WellKnown& types, TaskNames names = TaskNames::as_given)
      : layout_{layout},
        memory_{memory},
        pieces_{memory},
        maker_{maker},
        markers_{maker.builder()},
        names_{names},
        reader_{layout, offsets, types} {}

  void begin_tick() noexcept {
    ++tick_;
    reader_.begin_tick();
  }
  std::uint64_t tick() const noexcept { return tick_; }
  // Code objects are freed and allocated: frames made from now on are right as of this epoch.
  void set_epoch(std::uint64_t epoch) noexcept { epoch_ = epoch; }

  const CachedTask& operator[](TaskIndex index) const noexcept {
    return tasks_[static_cast<std::size_t>(index)];
  }
  std::size_t count() const noexcept { return used_; }
  bool is_full() const noexcept { return used_ >= most_tasks; }
  // The stack that stands for all tasks beyond the limit.
  StackId others() {
    const std::string name = "<more than " + std::to_string(most_tasks) + " tasks>";
    return maker_.builder().push(StackId::empty, markers_.of(name, 0));
  }
  Gathered<M>& pieces() noexcept { return pieces_; }
  const Gathered<M>& pieces() const noexcept { return pieces_; }
  const TaskReader<L>& reader() const noexcept { return reader_; }
  bool is_generator(std::uint8_t owner) const noexcept {
    return reader_.coroutines().is_generator(owner);
  }

  TaskIndex find(Address at) const { return find_in(by_address_, at); }
  // The task whose outermost coroutine has its frame here.
  TaskIndex find_by_frame(Address frame) const { return find_in(by_frame_, frame); }
  // Where that frame is. Null: it has no coroutine.
  Address frame_of(TaskIndex index) const noexcept {
    const auto& coroutines = (*this)[index].record.coroutines;
    return coroutines.empty() ? Address{} : reader_.coroutines().frame_of(coroutines.front().at);
  }

  // These may move the other tasks. None: there is no task, or no room for it.
  TaskIndex add(Address at, std::size_t thread);
  // Finds or adds the tasks that wait for this one, and chooses the one that its stack follows.
  void choose_parent(TaskIndex index);

  // Reads the task anew. False: it is no task any more.
  bool reread(TaskIndex index);
  // Reads the task anew unless it is unchanged as of the last read.
  void update(TaskIndex index);
  // Makes its frames anew unless they are those of this epoch.
  void update_frames(TaskIndex index) {
    if ((*this)[index].epoch != epoch_) make_frames(cached(index));
  }

  void mark_seen(TaskIndex index) noexcept { cached(index).seen = tick_; }
  void place(TaskIndex index, std::size_t thread, std::size_t order) noexcept {
    mark_seen(index);
    cached(index).thread = thread;
    cached(index).order = order;
  }

  // Is everything that is known as it was, as of the last read?
  bool is_unchanged(TaskIndex index) const noexcept {
    return reader_.is_unchanged(pieces_, (*this)[index].record);
  }
  // The same for a running task, whose frames are read with its thread.
  bool is_same_task(TaskIndex index) const noexcept {
    return reader_.is_same_task(pieces_, (*this)[index].record);
  }
  void append_pieces(TaskIndex index, std::vector<PieceId>& out) const {
    append_task_pieces(index, out);
    for (const auto& each : (*this)[index].record.coroutines) out.push_back(each.piece);
  }
  void append_task_pieces(TaskIndex index, std::vector<PieceId>& out) const {
    const TaskRecord& record = (*this)[index].record;
    if (record.piece != PieceId::none) out.push_back(record.piece);
    for (const auto& other : record.others) out.push_back(other.piece);
  }

  // Drops tasks that are gone. `saw_all`: in this tick all lists were read, not only running tasks.
  void drop_old(bool saw_all);

 private:
  static constexpr std::uint64_t kept_unseen = 4096;  // ticks

  using Places = std::unordered_map<std::uint64_t, TaskIndex>;
  static TaskIndex find_in(const Places& places, Address at) {
    const auto found = places.find(at.value);
    return found == places.end() ? TaskIndex::none : found->second;
  }
  CachedTask& cached(TaskIndex index) noexcept { return tasks_[static_cast<std::size_t>(index)]; }
  void make_frames(CachedTask& task);
  std::string shown_name(const CachedTask& task);
  Result<FrameId> running_coroutine(const CachedTask& task);
  void forget_frame(TaskIndex index) {
    const auto kept = by_frame_.find(frame_of(index).value);
    if (kept != by_frame_.end() && kept->second == index) by_frame_.erase(kept);
  }
  void drop(TaskIndex index);
  void drop_unseen(std::uint64_t ticks);

  L layout_;
  M& memory_;
  Gathered<M> pieces_;
  ChainMaker<L>& maker_;
  TaskMarkers markers_;
  TaskNames names_;
  TaskReader<L> reader_;
  std::vector<CachedTask> tasks_;
  std::vector<TaskIndex> free_;
  Places by_address_;
  Places by_frame_;
  std::size_t used_ = 0;
  std::uint64_t tick_ = 0;
  std::uint64_t epoch_ = 0;
  std::uint64_t versions_ = 0;
};

template <class L, Memory M>
TaskIndex TaskCache<L, M>::add(Address at, std::size_t thread) {
  if (is_full()) return TaskIndex::none;
  TaskIndex index;
  if (free_.empty()) {
    index = TaskIndex{static_cast<std::uint32_t>(tasks_.size())};
    tasks_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  CachedTask& task = cached(index);
  task.record.at = at;
  task.thread = thread;
  task.seen = tick_;
  task.used = true;
  ++used_;
  by_address_[at.value] = index;
  if (reread(index)) return index;
  drop(index);
  return TaskIndex::none;
}

template <class L, Memory M>
void TaskCache<L, M>::choose_parent(TaskIndex index) {
  const auto comes_first = [](const CachedTask& a, const CachedTask& b) {
    if (a.record.name != b.record.name) return comes_before(a.record.name, b.record.name);
    return a.order != b.order ? a.order < b.order : a.record.at < b.record.at;
  };
  TaskIndex chosen = TaskIndex::none;
  for (std::size_t i = 0; i < cached(index).awaiters.size(); ++i) {
    const Address at = cached(index).record.awaiters[i];
    TaskIndex awaiter = cached(index).awaiters[i];
    if (awaiter == TaskIndex::none || cached(awaiter).record.at != at) awaiter = find(at);
    if (awaiter == TaskIndex::none) awaiter = add(at, cached(index).thread);
    cached(index).awaiters[i] = awaiter;
    if (awaiter == TaskIndex::none || awaiter == index) continue;
    cached(awaiter).awaited = cached(awaiter).seen = tick_;
    if (chosen == TaskIndex::none || comes_first(cached(awaiter), cached(chosen))) chosen = awaiter;
  }
  cached(index).parent = chosen;
}

template <class L, Memory M>
bool TaskCache<L, M>::reread(TaskIndex index) {
  CachedTask& task = cached(index);
  const Address before = task.record.words.coroutine;
  forget_frame(index);
  const bool is_task = reader_.read(pieces_, task.record);
  if (const Address frame = frame_of(index); frame) by_frame_[frame.value] = index;
  task.record_version = ++versions_;
  task.reread = tick_;
  if (task.record.words.coroutine != before) task.replaced = tick_;
  task.awaiters.assign(task.record.awaiters.size(), TaskIndex::none);
  make_frames(task);
  if (is_task) task.marker = markers_.of(shown_name(task), task.record.awaiters.size());
  return is_task;
}

template <class L, Memory M>
std::string TaskCache<L, M>::shown_name(const CachedTask& task) {
  const std::string& name = task.record.name;
  if (names_ == TaskNames::as_given || !is_numbered(name)) return name;
  const auto coroutine = task.frames.empty() ? running_coroutine(task) : task.frames.front();
  if (!coroutine) return name;
  return maker_.builder().tables().with(
      [&](Tables& tables) { return std::string{tables.frames.name_of(*coroutine)}; });
}

// What the outermost coroutine of a task runs does not change while it runs, unlike its place there.
template <class L, Memory M>
Result<FrameId> TaskCache<L, M>::running_coroutine(const CachedTask& task) {
  if (task.record.coroutines.empty()) return Errc::bad_value;
  const Address at = reader_.coroutines().frame_of(task.record.coroutines.front().at);
  StructCopy<copies::Frame> copy;
  if (const auto ok = copy.fetch(memory_, at, layout_); !ok) return ok.error();
  const auto code =
      maker_.codes().get(memory_, raw_frame(layout_, at, copy.bytes()).executable, epoch_);
  if (!code) return code.error();
  return maker_.codes().frame(**code, (*code)->first_traceable, OpcodeId::none);
}

template <class L, Memory M>
void TaskCache<L, M>::update(TaskIndex index) {
  if (cached(index).reread == tick_) return;
  if (is_unchanged(index)) {
    update_frames(index);
  } else {
    (void)reread(index);
  }
}

template <class L, Memory M>
void TaskCache<L, M>::make_frames(CachedTask& task) {
  task.epoch = epoch_;
  task.version = ++versions_;
  task.invalid = !task.record.words.is_task || task.record.nameless;
  task.frames.clear();
  for (const RememberedCoroutine& coroutine : task.record.coroutines) {
    if (!coroutine.has_frame) continue;
    const auto frame = maker_.shown_as(memory_, reader_.coroutines().frame_of(coroutine), epoch_);
    if (frame) {
      task.frames.push_back(*frame);
    } else {
      task.invalid = true;
    }
  }
}

template <class L, Memory M>
void TaskCache<L, M>::drop(TaskIndex index) {
  CachedTask& task = cached(index);
  forget_frame(index);
  drop_record(pieces_, task.record);
  by_address_.erase(task.record.at.value);
  task = {};
  free_.push_back(index);
  --used_;
}

template <class L, Memory M>
void TaskCache<L, M>::drop_unseen(std::uint64_t ticks) {
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    const bool gone = tasks_[i].used && tasks_[i].seen + ticks < tick_;
    if (gone) drop(TaskIndex{static_cast<std::uint32_t>(i)});
  }
}

template <class L, Memory M>
void TaskCache<L, M>::drop_old(bool saw_all) {
  if (saw_all) {
    if (tick_ % 4 == 0) drop_unseen(2);
  } else if (tick_ % 64 == 0) {
    const bool crowded = used_ > most_tasks / 2 || pieces_.is_crowded();
    if (crowded || tick_ % 1024 == 0) drop_unseen(crowded ? 64 : kept_unseen);
    pieces_.tidy();
  }
}

}  // namespace tachyon
