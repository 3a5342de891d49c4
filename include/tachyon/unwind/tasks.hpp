#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/layout/concept.hpp>
#include <tachyon/memory/gathered.hpp>
#include <tachyon/target/runtime.hpp>
#include <tachyon/unwind/frames.hpp>
#include <tachyon/unwind/values.hpp>

// asyncio tasks, suspended or running, and who waits for whom.
//
// From 3.14 the interpreter links all tasks of a thread into a list that hangs on the thread state;
// tasks of threads that have ended move to a list of the interpreter. Where the members of a task
// are is published by the _asyncio module itself, in a table that is read from the target and never
// compiled in:
//
//   thread state --head--> node in task --next--> node in task --> ... back to the head
//                             |
//                             +-- coroutine --frame--> awaited coroutine --frame--> ... future
//                             +-- awaited by: nobody, one task or future, or a set of them
//
// A future between two tasks (gather() makes one) is passed through, and so is what an asynchronous
// generator puts between itself and the coroutine that iterates it. Everything is bounded: lists,
// chains, sets, names; a list that is being changed ends early and says so.
//
// What is read of a task is kept with the task: every piece of memory that it was made from, and
// what stood there. Next time the pieces are read again, all of them at once (gathered.hpp), and as
// long as the words that matter are the same, so is the task. Names are among the pieces: tasks
// come and go at the same address, and their names at one too.
namespace tachyon {

// Thirteen words, in the order of the target's table.
struct AsyncioOffsets {
  std::uint64_t task_size = 0, name = 0, awaited_by = 0, is_task = 0, awaited_by_is_set = 0,
                coro = 0, node = 0;
  std::uint64_t interpreter_size = 0, interpreter_tasks = 0;
  std::uint64_t thread_size = 0, running_loop = 0, running_task = 0, thread_tasks = 0;

  static constexpr std::size_t words = 13;

  // The table at `at`, refused when it cannot be one.
  template <Memory M>
  static Result<AsyncioOffsets> read(M& memory, Address at) {
    std::array<std::uint64_t, words> w{};
    const auto ok = memory.read(at, bytes_of(w));
    if (!ok) return ok.error();
    const AsyncioOffsets o{w[0], w[1], w[2], w[3],  w[4],  w[5], w[6],
                           w[7], w[8], w[9], w[10], w[11], w[12]};
    const auto inside = [](std::uint64_t offset, std::uint64_t size, std::uint64_t width) {
      return offset <= size && size - offset >= width;
    };
    const bool task = o.task_size >= 64 && o.task_size <= 4096 && inside(o.name, o.task_size, 8) &&
                      inside(o.awaited_by, o.task_size, 8) && inside(o.is_task, o.task_size, 1) &&
                      inside(o.awaited_by_is_set, o.task_size, 1) &&
                      inside(o.coro, o.task_size, 8) && inside(o.node, o.task_size, 16);
    const bool thread =
        o.thread_size >= 64 && o.thread_size <= 65536 && inside(o.running_loop, o.thread_size, 8) &&
        inside(o.running_task, o.thread_size, 8) && inside(o.thread_tasks, o.thread_size, 16);
    const bool interpreter =
        o.interpreter_size <= (1U << 24) && inside(o.interpreter_tasks, o.interpreter_size, 16);
    if (!task || !thread || !interpreter) return Error{Errc::bad_value, 0, at};
    return o;
  }
};

struct TaskLimits {
  std::size_t tasks = 1 << 15;  // of one list
  std::size_t chain = 4096;     // coroutines awaiting one another
  std::size_t awaiters = 256;   // of one task
  std::size_t futures = 16;     // passed through between two tasks
  std::int64_t set_slots = 1 << 12;
  std::size_t remembered = 128;  // futures and sets looked through for one task
  // Of one tick: sets of futures that await sets could keep us for ever.
  std::size_t steps = 3 << 16;
};

// The words of a task object that matter.
struct TaskWords {
  Address awaited_by{};
  Address coroutine{};
  Address name{};
  Address next{};  // in its list; changes with its neighbours
  bool is_task = false;
  bool awaited_by_is_set = false;

  bool same_as(const TaskWords& other) const noexcept {
    return awaited_by == other.awaited_by && coroutine == other.coroutine && name == other.name &&
           is_task == other.is_task && awaited_by_is_set == other.awaited_by_is_set &&
           static_cast<bool>(next) == static_cast<bool>(other.next);
  }
};

// The words of a coroutine that matter. While it runs they change all the time and belong to the
// walk of its thread: then they are left out.
struct CoroutineWords {
  Address type{};
  Address executable{};
  Address instruction{};
  Address awaited{};  // what it waits for; null when it waits for nothing
  std::int32_t thread_index = 0;
  std::uint8_t owner = 0;
  std::int8_t state = 0;

  friend bool operator==(const CoroutineWords&, const CoroutineWords&) noexcept = default;
};

struct RememberedCoroutine {
  Address at{};
  PieceId piece = PieceId::none;
  CoroutineWords words{};
  bool has_frame = false;  // it has begun, or will begin, and has not ended
};

// Bytes that were looked at and need no second look as long as they are the same.
struct RememberedBytes {
  PieceId piece = PieceId::none;
  std::uint64_t print = 0;
};

struct TaskRecord {
  Address at{};
  PieceId piece = PieceId::none;
  TaskWords words{};
  std::string name{};
  std::vector<RememberedCoroutine> coroutines{};  // outermost first
  std::vector<RememberedBytes> others{};          // its name; futures and sets on the way
  std::vector<Address> awaiters{};                // tasks
  bool nameless = false;                          // not a living task: they all have a name
  bool on_thread = false;  // its coroutine runs: its frames are on the stack of a thread
};

template <class L>
class TaskReader {
 public:
  TaskReader(const L& layout, const AsyncioOffsets& offsets, const WellKnown& types,
             TaskLimits limits = {})
      : layout_{layout}, offsets_{offsets}, types_{types}, limits_{limits}, values_{layout} {
    const auto& o = offsets_;
    link_ = layout_.llist.next.offset;
    first_ = std::min({o.name, o.awaited_by, o.is_task, o.awaited_by_is_set, o.coro, o.node});
    last_ = std::max({o.name + 8, o.awaited_by + 8, o.is_task + 1, o.awaited_by_is_set + 1,
                      o.coro + 8, o.node + 16});
    future_first_ = std::min({o.awaited_by, o.is_task, o.awaited_by_is_set});
    future_last_ = std::max({o.awaited_by + 8, o.is_task + 1, o.awaited_by_is_set + 1});
  }

  // Before each tick: what it may cost begins anew.
  void begin() noexcept { left_ = limits_.steps; }

  const AsyncioOffsets& offsets() const noexcept { return offsets_; }
  const TaskLimits& limits() const noexcept { return limits_; }
  // Where the frame of a coroutine object lies.
  Address frame_of(Address coroutine) const noexcept {
    return layout_.generator.frame.at(coroutine);
  }
  bool is_generator(std::uint8_t owner) const noexcept {
    return layout_.owners.generator.is(owner);
  }
  Address task_of_node(Address node) const noexcept { return node - offsets_.node; }

  // The head of a list, as a piece whose bytes are the first node's address.
  template <Memory M>
  PieceId add_head(Gathered<M>& memory, Address owner, bool interpreter) const {
    return memory.add(head_of(owner, interpreter) + link_, 8);
  }
  Address head_of(Address owner, bool interpreter) const noexcept {
    return owner + (interpreter ? offsets_.interpreter_tasks : offsets_.thread_tasks);
  }

  // What a task says as of the last read. Not a task: `is_task` is false.
  template <Memory M>
  TaskWords words_of(const Gathered<M>& memory, const TaskRecord& record) const noexcept {
    return record.piece == PieceId::none ? TaskWords{} : task_words(memory.bytes(record.piece));
  }

  // Makes the record of the task at `record.at` anew. False: there is no task.
  template <Memory M>
  bool read(Gathered<M>& memory, TaskRecord& record);
  // Is everything that the record was made from as it was, as of the last read?
  template <Memory M>
  bool same(const Gathered<M>& memory, const TaskRecord& record) const noexcept;

  // The same task with the same name, for whom the same wait?
  template <Memory M>
  bool same_task(const Gathered<M>& memory, const TaskRecord& record) const noexcept {
    return record.words.same_as(words_of(memory, record)) &&
           std::all_of(record.others.begin(), record.others.end(), [&](const RememberedBytes& o) {
             return print_of(memory.bytes(o.piece)) == o.print;
           });
  }

  template <Memory M>
  void drop(Gathered<M>& memory, TaskRecord& record) const noexcept {
    if (record.piece != PieceId::none) memory.drop(record.piece);
    record.piece = PieceId::none;
    for (const auto& coroutine : record.coroutines) memory.drop(coroutine.piece);
    for (const auto& other : record.others) memory.drop(other.piece);
    record.coroutines.clear();
    record.others.clear();
    record.awaiters.clear();
    record.on_thread = false;
  }

  // The frame of a coroutine, for those who show frames.
  RawFrame frame_of(const RememberedCoroutine& coroutine) const noexcept {
    RawFrame frame;
    frame.at = frame_of(coroutine.at);
    frame.executable = coroutine.words.executable;
    frame.instruction = coroutine.words.instruction;
    frame.thread_index = coroutine.words.thread_index;
    frame.owner = coroutine.words.owner;
    return frame;
  }

 private:
  bool step(std::size_t cost = 1) noexcept {
    left_ -= std::min(left_, cost);
    return left_ != 0;
  }

  enum class Kind : std::uint8_t { other, text, number, generator, passes_on };

  static std::uint64_t print_of(Bytes bytes) noexcept {
    std::uint64_t print = bytes.size() + 1;
    std::size_t i = 0;
    for (; i + 8 <= bytes.size(); i += 8) {
      print = mix_bits(print ^ load<std::uint64_t>(bytes, i));
    }
    for (; i < bytes.size(); ++i) print = mix_bits(print ^ std::to_integer<unsigned>(bytes[i]));
    return print;
  }

  TaskWords task_words(Bytes bytes) const noexcept {
    if (bytes.size() < last_ - first_) return {};
    const auto word = [&](std::uint64_t offset) {
      return load<Address>(bytes, static_cast<std::size_t>(offset - first_));
    };
    const auto byte = [&](std::uint64_t offset) {
      return load<std::uint8_t>(bytes, static_cast<std::size_t>(offset - first_)) == 1;
    };
    return {word(offsets_.awaited_by),   word(offsets_.coro),    word(offsets_.name),
            word(offsets_.node + link_), byte(offsets_.is_task), byte(offsets_.awaited_by_is_set)};
  }

  bool waits(std::int8_t state) const noexcept {
    return layout_.states.suspended_yield_from.is(state) ||
           layout_.states.suspended_yield_from_locked.is(state);
  }
  bool ended(std::int8_t state) const noexcept {
    return layout_.states.cleared.is(state) || layout_.states.completed.is(state);
  }
  std::size_t frame_at() const noexcept { return layout_.generator.frame.offset; }
  // A coroutine object without what its frame holds.
  std::size_t bare_size() const noexcept { return frame_at() + layout_.frame.localsplus.offset; }

  CoroutineWords coroutine_words(Address object, Bytes bytes) const noexcept {
    CoroutineWords words;
    if (bytes.size() < bare_size()) return words;
    words.type = layout_.object.type.in(bytes);
    words.state = layout_.generator.frame_state.in(bytes);
    if (ended(words.state) || layout_.states.executing.is(words.state)) return words;
    const Bytes frame = bytes.subspan(frame_at());
    const RawFrame raw = raw_frame(layout_, {}, frame);
    words.executable = raw.executable;
    words.instruction = raw.instruction;
    words.thread_index = raw.thread_index;
    words.owner = raw.owner;
    if (waits(words.state)) {
      const std::uint64_t slot = awaited_slot(frame) - object;
      const auto awaited = load_checked<Address>(bytes, static_cast<std::size_t>(slot));
      if (awaited) words.awaited = {awaited->value & layout_.traits.executable_mask};
    }
    return words;
  }
  Address awaited_slot(Bytes frame) const noexcept {
    if (!layout_.frame.stackpointer.present()) return {};
    return layout_.frame.stackpointer.in(frame)-layout_.traits.awaited_slot_back * 8U;
  }

  template <Memory M>
  Kind kind_of(Gathered<M>& memory, Address object);
  template <Memory M>
  [[gnu::cold]] Kind kind_of_type(Gathered<M>& memory, Address type);
  template <Memory M>
  Bytes remember(Gathered<M>& memory, Address at, std::size_t size, TaskRecord& record) const {
    const PieceId piece = memory.add(at, size);
    if (piece == PieceId::none) return {};
    const Bytes bytes = memory.bytes(piece);
    record.others.push_back({piece, print_of(bytes)});
    return bytes;
  }
  template <Memory M>
  void read_name(Gathered<M>& memory, TaskRecord& record);
  template <Memory M>
  void follow_coroutine(Gathered<M>& memory, TaskRecord& record);
  template <Memory M>
  void collect_awaiters(Gathered<M>& memory, Address awaiter, bool is_set, std::size_t depth,
                        TaskRecord& record);
  template <Memory M>
  void add_awaiter(Gathered<M>& memory, Address at, std::size_t depth, TaskRecord& record);

  L layout_;
  AsyncioOffsets offsets_;
  WellKnown types_;
  TaskLimits limits_;
  ValueReader<L> values_;
  std::size_t left_ = limits_.steps;
  std::uint32_t link_ = 0;                            // of a list node, to the next one
  std::uint64_t first_ = 0, last_ = 0;                // what is read of a task
  std::uint64_t future_first_ = 0, future_last_ = 0;  // ... and of a future
  std::unordered_map<std::uint64_t, Kind> kinds_;     // of types
};

template <class L>
template <Memory M>
bool TaskReader<L>::read(Gathered<M>& memory, TaskRecord& record) {
  drop(memory, record);
  record.words = {};
  if (!step(4)) return false;
  record.piece = memory.add(record.at + first_, static_cast<std::size_t>(last_ - first_));
  record.words = words_of(memory, record);
  if (!record.words.is_task) return false;
  read_name(memory, record);
  collect_awaiters(memory, record.words.awaited_by, record.words.awaited_by_is_set, 0, record);
  follow_coroutine(memory, record);
  return true;
}

template <class L>
template <Memory M>
bool TaskReader<L>::same(const Gathered<M>& memory, const TaskRecord& record) const noexcept {
  if (!same_task(memory, record)) return false;
  for (const RememberedCoroutine& coroutine : record.coroutines) {
    if (coroutine_words(coroutine.at, memory.bytes(coroutine.piece)) != coroutine.words) {
      return false;
    }
  }
  return true;
}

// What the objects of a type are to us. Few types, read once.
template <class L>
template <Memory M>
typename TaskReader<L>::Kind TaskReader<L>::kind_of_type(Gathered<M>& memory, Address type) {
  if (!type) return Kind::other;
  if (type == types_.coroutine_type || type == types_.generator_type) return Kind::generator;
  if (const auto known = kinds_.find(type.value); known != kinds_.end()) return known->second;
  Kind kind = Kind::other;
  const auto flags = read_value<std::uint64_t>(memory, layout_.type_object.flags.at(type));
  if (flags && layout_.type_flags.unicode_subclass.in(*flags)) {
    kind = Kind::text;
  } else if (flags && layout_.type_flags.long_subclass.in(*flags)) {
    kind = Kind::number;
  } else if (flags) {
    const std::string name = values_.type_name(memory, type);
    if (name == "coroutine" || name == "generator" || name == "async_generator") {
      kind = Kind::generator;
    } else if (name == "async_generator_asend" || name == "async_generator_athrow" ||
               name == "coroutine_wrapper") {
      // Their first member is what they drive; that it is a generator is checked each time.
      kind = Kind::passes_on;
    }
  }
  constexpr std::size_t most_types = 4096;
  if (kinds_.size() >= most_types) kinds_.clear();
  kinds_.emplace(type.value, kind);
  return kind;
}

template <class L>
template <Memory M>
typename TaskReader<L>::Kind TaskReader<L>::kind_of(Gathered<M>& memory, Address object) {
  if (!object) return Kind::other;
  const auto type = read_value<Address>(memory, layout_.object.type.at(object));
  return type ? kind_of_type(memory, *type) : Kind::other;
}

template <class L>
template <Memory M>
void TaskReader<L>::read_name(Gathered<M>& memory, TaskRecord& record) {
  const Address at = record.words.name;
  record.name = "?";
  record.nameless = false;
  // Behind the reference count, which changes and says nothing.
  const Address from = at + layout_.object.type.offset;
  switch (kind_of(memory, at)) {
    case Kind::number: {
      // Names that nobody asked for yet are kept as a number.
      constexpr std::size_t some_digits = 32;
      remember(memory, from, some_digits, record);
      record.name = "Task-" + values_.show(memory, at);
      break;
    }
    case Kind::text: {
      constexpr std::uint64_t longest = 1024;
      StructCopy<copies::Text> head;
      if (!head.fetch(memory, at, layout_)) break;
      const auto shape = text_shape(layout_, at, head.bytes());
      if (!shape || shape->length > (std::uint64_t{1} << 32)) break;
      const std::uint64_t shown = std::min(shape->length, longest);
      const Address end = shape->data + shown * shape->kind;
      remember(memory, layout_.unicode.length.at(at),
               static_cast<std::size_t>(end - layout_.unicode.length.at(at)), record);
      record.name = read_text(memory, layout_, at, longest).value_or("?");
      break;
    }
    default:
      record.nameless = true;
      break;
  }
}

// The coroutines that one awaits in turn.
template <class L>
template <Memory M>
void TaskReader<L>::follow_coroutine(Gathered<M>& memory, TaskRecord& record) {
  Address object = record.words.coroutine;
  for (std::size_t i = 0; object && i < limits_.chain && step(4); ++i) {
    StructCopy<copies::Generator> head;
    if (!head.fetch(memory, object, layout_)) return;
    std::size_t size = bare_size();
    if (waits(layout_.generator.frame_state.in(head.bytes()))) {
      const std::uint64_t end = awaited_slot(head.bytes().subspan(frame_at())) + 8U - object;
      if (end > size && end <= Gathered<M>::largest_piece) size = static_cast<std::size_t>(end);
    }
    const PieceId piece = memory.add(object, size);
    if (piece == PieceId::none) return;
    RememberedCoroutine found{object, piece, coroutine_words(object, memory.bytes(piece)), false};
    const bool runs = layout_.states.executing.is(found.words.state);
    found.has_frame = found.words.type && !runs && !ended(found.words.state);
    record.coroutines.push_back(found);
    if (i == 0) record.on_thread = runs;
    object = found.words.awaited;
    Kind kind = kind_of(memory, object);
    if (kind == Kind::passes_on) {
      const std::size_t from = layout_.object.type.offset;
      const Bytes bytes = remember(memory, object + from, layout_.object.size + 8U - from, record);
      object = load_checked<Address>(bytes, layout_.object.size - from).value_or(Address{});
      kind = kind_of(memory, object);
    }
    if (kind != Kind::generator) return;
  }
}

template <class L>
template <Memory M>
void TaskReader<L>::collect_awaiters(Gathered<M>& memory, Address awaiter, bool is_set,
                                     std::size_t depth, TaskRecord& record) {
  if (!awaiter || depth > limits_.futures || record.others.size() >= limits_.remembered) return;
  if (!is_set) {
    add_awaiter(memory, awaiter, depth, record);
    return;
  }
  const std::uint32_t from = layout_.object.type.offset;
  const std::uint32_t end =
      std::max({layout_.set.table.end(), layout_.set.mask.end(), layout_.set.used.end()});
  const Bytes head = remember(memory, awaiter + from, end - from, record);
  const auto table = load_checked<Address>(head, layout_.set.table.offset - from);
  const auto mask = load_checked<std::int64_t>(head, layout_.set.mask.offset - from);
  if (!table || !mask || *mask < 0) return;
  const auto slots = static_cast<std::size_t>(std::min(*mask, limits_.set_slots - 1)) + 1;
  const std::size_t width = layout_.set_entry.size;
  const Bytes kept = remember(memory, *table, slots * width, record);
  const std::vector<std::byte> entries{kept.begin(), kept.end()};  // pieces move when one is added
  for (std::size_t slot = 0; slot < entries.size() / width; ++slot) {
    const Bytes entry = Bytes{entries}.subspan(slot * width, width);
    if (record.awaiters.size() >= limits_.awaiters || !step()) return;
    const Address key = layout_.set_entry.key.in(entry);
    if (!key || layout_.set_entry.hash.in(entry) == -1) continue;  // never used, or deleted
    add_awaiter(memory, key, depth, record);
  }
}

// A task is an awaiter; a future has awaiters.
template <class L>
template <Memory M>
void TaskReader<L>::add_awaiter(Gathered<M>& memory, Address at, std::size_t depth,
                                TaskRecord& record) {
  if (!step()) return;
  const auto is_task = read_value<std::uint8_t>(memory, at + offsets_.is_task);
  if (!is_task) return;
  if (*is_task == 1) {
    auto& known = record.awaiters;
    if (std::find(known.begin(), known.end(), at) == known.end()) known.push_back(at);
    return;
  }
  if (record.others.size() >= limits_.remembered) return;
  const auto size = static_cast<std::size_t>(future_last_ - future_first_);
  const Bytes bytes = remember(memory, at + future_first_, size, record);
  const auto part = [&](std::uint64_t offset) {
    return static_cast<std::size_t>(offset - future_first_);
  };
  const auto next = load_checked<Address>(bytes, part(offsets_.awaited_by));
  const auto set = load_checked<std::uint8_t>(bytes, part(offsets_.awaited_by_is_set));
  if (next && set) collect_awaiters(memory, *next, *set == 1, depth + 1, record);
}

}  // namespace tachyon
