#pragma once

#include <cstddef>
#include <cstdint>

#include <tachyon/tasks/object_kinds.hpp>
#include <tachyon/tasks/record.hpp>
#include <tachyon/unwind/frames.hpp>

// The coroutines of a task: its own, and those that one awaits in turn.
//
// A coroutine object contains its frame. A coroutine that waits keeps what it waits for in the
// topmost slot of its evaluation stack, below the stack pointer of the frame:
//
//   coroutine | ... state | frame: ... stackpointer | locals | ... | awaited | <- stack pointer
//                                                                       |
//                                                  the next coroutine <-+
//
// What an asynchronous generator puts between itself and the coroutine that iterates over it is
// passed through. It may also be what a task was made of: create_task(anext(generator)),
// create_task(generator.aclose()). The chain ends at anything else: a future, an object written in
// C, or one of a class with the methods of a coroutine.
namespace tachyon {

template <class L>
class CoroutineReader {
 public:
  CoroutineReader(const L& layout, const TaskLimits& limits) : layout_{layout}, limits_{limits} {}

  // Adds the coroutines from `record.words.coroutine` on to the record.
  template <Memory M>
  void read(Gathered<M>& memory, ObjectKinds<L>& kinds, StepBudget& steps,
            TaskRecord& record) const;

  // As of the last read, are they what they were?
  template <Memory M>
  bool are_unchanged(const Gathered<M>& memory, const TaskRecord& record) const noexcept {
    for (const RememberedCoroutine& coroutine : record.coroutines) {
      if (words_of(coroutine.at, memory.bytes(coroutine.piece)) != coroutine.words) return false;
    }
    return true;
  }

  // Where the frame of a coroutine object lies.
  Address frame_of(Address coroutine) const noexcept {
    return layout_.generator.frame.at(coroutine);
  }
  RawFrame frame_of(const RememberedCoroutine& coroutine) const noexcept {
    RawFrame frame;
    frame.at = frame_of(coroutine.at);
    frame.executable = coroutine.words.executable;
    frame.instruction = coroutine.words.instruction;
    frame.thread_index = coroutine.words.thread_index;
    frame.owner = coroutine.words.owner;
    return frame;
  }
  bool is_generator(std::uint8_t owner) const noexcept {
    return layout_.owners.generator.is(owner);
  }

 private:
  template <Memory M>
  Address pass_wrappers(Gathered<M>& memory, ObjectKinds<L>& kinds, Address object,
                        TaskRecord& record) const;
  bool waits(std::int8_t state) const noexcept {
    return layout_.states.suspended_yield_from.is(state) ||
           layout_.states.suspended_yield_from_locked.is(state);
  }
  bool has_ended(std::int8_t state) const noexcept {
    return layout_.states.cleared.is(state) || layout_.states.completed.is(state);
  }
  std::size_t frame_at() const noexcept { return layout_.generator.frame.offset; }
  // Of a coroutine object without locals and evaluation stack.
  std::size_t bare_size() const noexcept { return frame_at() + layout_.frame.localsplus.offset; }
  Address awaited_slot(Bytes frame) const noexcept {
    if (!layout_.frame.stackpointer.present()) return {};
    return layout_.frame.stackpointer.in(frame)-layout_.traits.awaited_slot_back * 8U;
  }
  CoroutineWords words_of(Address object, Bytes bytes) const noexcept;

  L layout_;
  TaskLimits limits_;
};

template <class L>
CoroutineWords CoroutineReader<L>::words_of(Address object, Bytes bytes) const noexcept {
  CoroutineWords words;
  if (bytes.size() < bare_size()) return words;
  words.type = layout_.object.type.in(bytes);
  words.state = layout_.generator.frame_state.in(bytes);
  if (has_ended(words.state) || layout_.states.executing.is(words.state)) return words;
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

// The generator that an object is or drives. Null: there is none.
template <class L>
template <Memory M>
Address CoroutineReader<L>::pass_wrappers(Gathered<M>& memory, ObjectKinds<L>& kinds,
                                          Address object, TaskRecord& record) const {
  constexpr int most_wrappers = 4;
  for (int i = 0; object && i <= most_wrappers; ++i) {
    const ObjectKind kind = kinds.of(memory, object);
    if (kind == ObjectKind::generator) return object;
    if (kind != ObjectKind::wrapper) break;
    // Its first member is what it drives.
    const std::size_t from = layout_.object.type.offset;
    const Bytes bytes = remember(memory, object + from, layout_.object.size + 8U - from, record);
    object = load_checked<Address>(bytes, layout_.object.size - from).value_or(Address{});
  }
  return {};
}

template <class L>
template <Memory M>
void CoroutineReader<L>::read(Gathered<M>& memory, ObjectKinds<L>& kinds, StepBudget& steps,
                              TaskRecord& record) const {
  Address object = pass_wrappers(memory, kinds, record.words.coroutine, record);
  for (std::size_t i = 0; object && i < limits_.chain && steps.spend(4); ++i) {
    StructCopy<copies::Generator> head;
    if (!head.fetch(memory, object, layout_)) return;
    std::size_t size = bare_size();
    if (waits(layout_.generator.frame_state.in(head.bytes()))) {
      const std::uint64_t end = awaited_slot(head.bytes().subspan(frame_at())) + 8U - object;
      if (end > size && end <= Gathered<M>::largest_piece) size = static_cast<std::size_t>(end);
    }
    const PieceId piece = memory.add(object, size);
    if (piece == PieceId::none) return;
    RememberedCoroutine found{object, piece, words_of(object, memory.bytes(piece)), false};
    const bool runs = layout_.states.executing.is(found.words.state);
    found.has_frame = found.words.type && !runs && !has_ended(found.words.state);
    record.coroutines.push_back(found);
    if (i == 0) record.on_thread = runs;
    object = pass_wrappers(memory, kinds, found.words.awaited, record);
  }
}

}  // namespace tachyon
