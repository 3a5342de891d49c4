#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include <tachyon/tasks/awaiters.hpp>
#include <tachyon/tasks/coroutines.hpp>
#include <tachyon/tasks/offsets.hpp>

// Reads one task: its name, its coroutines and who waits for it.
//
//   offsets         where asyncio's members are
//   record          what is kept of a task, and when it is still valid
//   object_kinds    text, number, coroutine ... by an object's type
//   coroutines      what the task awaits
//   awaiters        who awaits the task
//
// Everything is bounded: lists, chains, sets, names, and the work of one tick.
namespace tachyon {

template <class L>
class TaskReader {
 public:
  TaskReader(const L& layout, const AsyncioOffsets& offsets, const WellKnown& types,
             TaskLimits limits = {})
      : layout_{layout},
        offsets_{offsets},
        limits_{limits},
        kinds_{layout, types},
        coroutines_{layout, limits},
        awaiters_{layout, offsets, limits} {
    const auto& o = offsets_;
    link_ = layout_.llist.next.offset;
    first_ = std::min({o.name, o.awaited_by, o.is_task, o.awaited_by_is_set, o.coro, o.node});
    last_ = std::max({o.name + 8, o.awaited_by + 8, o.is_task + 1, o.awaited_by_is_set + 1,
                      o.coro + 8, o.node + 16});
  }

  // Before each tick: renews what may be read in it.
  void begin_tick() noexcept { steps_ = StepBudget{limits_.steps}; }

  const AsyncioOffsets& offsets() const noexcept { return offsets_; }
  const TaskLimits& limits() const noexcept { return limits_; }
  const CoroutineReader<L>& coroutines() const noexcept { return coroutines_; }
  Address task_of_node(Address node) const noexcept { return node - offsets_.node; }

  // The head of a list, as a piece whose bytes are the first node's address.
  template <Memory M>
  PieceId add_head(Gathered<M>& memory, Address owner, bool interpreter) const {
    return memory.add(head_of(owner, interpreter) + link_, 8);
  }
  Address head_of(Address owner, bool interpreter) const noexcept {
    return owner + (interpreter ? offsets_.interpreter_tasks : offsets_.thread_tasks);
  }

  // The words of a task as of the last read. If it is no task, `is_task` is false.
  template <Memory M>
  TaskWords words_of(const Gathered<M>& memory, const TaskRecord& record) const noexcept {
    return record.piece == PieceId::none ? TaskWords{} : words_in(memory.bytes(record.piece));
  }

  // Makes a new record of the task at `record.at`. False: there is no task.
  template <Memory M>
  bool read(Gathered<M>& memory, TaskRecord& record);
  // As of the last read, is everything that the record was made from what it was?
  template <Memory M>
  bool is_unchanged(const Gathered<M>& memory, const TaskRecord& record) const noexcept {
    return is_same_task(memory, record) && coroutines_.are_unchanged(memory, record);
  }
  // The same without the coroutines: name, and who waits for it.
  template <Memory M>
  bool is_same_task(const Gathered<M>& memory, const TaskRecord& record) const noexcept {
    return record.words.same_as(words_of(memory, record)) &&
           std::all_of(record.others.begin(), record.others.end(), [&](const RememberedBytes& o) {
             return fingerprint_of(memory.bytes(o.piece)) == o.fingerprint;
           });
  }

 private:
  TaskWords words_in(Bytes bytes) const noexcept {
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

  template <Memory M>
  void read_name(Gathered<M>& memory, TaskRecord& record);

  L layout_;
  AsyncioOffsets offsets_;
  TaskLimits limits_;
  ObjectKinds<L> kinds_;
  CoroutineReader<L> coroutines_;
  AwaiterReader<L> awaiters_;
  StepBudget steps_{limits_.steps};
  std::uint32_t link_ = 0;              // of a list node, to the next one
  std::uint64_t first_ = 0, last_ = 0;  // what is read of a task
};

template <class L>
template <Memory M>
bool TaskReader<L>::read(Gathered<M>& memory, TaskRecord& record) {
  drop_record(memory, record);
  record.words = {};
  if (!steps_.spend(4)) return false;
  record.piece = memory.add(record.at + first_, static_cast<std::size_t>(last_ - first_));
  record.words = words_of(memory, record);
  if (!record.words.is_task) return false;
  read_name(memory, record);
  awaiters_.read(memory, steps_, record);
  coroutines_.read(memory, kinds_, steps_, record);
  return true;
}

template <class L>
template <Memory M>
void TaskReader<L>::read_name(Gathered<M>& memory, TaskRecord& record) {
  const Address at = record.words.name;
  record.name = "?";
  record.nameless = false;
  // Behind the reference count, which changes without meaning.
  const Address from = at + layout_.object.type.offset;
  switch (kinds_.of(memory, at)) {
    case ObjectKind::number: {
      // A name that the program has not asked for yet is kept as a number.
      constexpr std::size_t some_digits = 32;
      remember(memory, from, some_digits, record);
      record.name = "Task-" + kinds_.number(memory, at);
      break;
    }
    case ObjectKind::text: {
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

}  // namespace tachyon
