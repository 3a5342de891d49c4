#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <tachyon/layout/concept.hpp>
#include <tachyon/tasks/offsets.hpp>
#include <tachyon/tasks/record.hpp>

// Which tasks wait for a task.
//
// A task knows who awaits it: nothing, one object, or a set of objects. An object is a task, or a
// future that tasks or futures await in turn; gather() makes such a future. Futures are passed
// through:
//
//   task --awaited by--> future --awaited by--> { task, task }        two awaiters
//
// Depth, sets and their number are bounded (TaskLimits): sets of futures that await sets may form
// circles.
namespace tachyon {

template <class L>
class AwaiterReader {
 public:
  AwaiterReader(const L& layout, const AsyncioOffsets& offsets, const TaskLimits& limits)
      : layout_{layout}, offsets_{offsets}, limits_{limits} {
    first_ = std::min({offsets.awaited_by, offsets.is_task, offsets.awaited_by_is_set});
    last_ = std::max({offsets.awaited_by + 8, offsets.is_task + 1, offsets.awaited_by_is_set + 1});
  }

  // Adds the tasks that wait for this one to the record, and everything on the way to them.
  template <Memory M>
  void read(Gathered<M>& memory, StepBudget& steps, TaskRecord& record) const {
    follow(memory, record.words.awaited_by, record.words.awaited_by_is_set, 0, steps, record);
  }

 private:
  template <Memory M>
  void follow(Gathered<M>& memory, Address awaiter, bool is_set, std::size_t depth,
              StepBudget& steps, TaskRecord& record) const;
  template <Memory M>
  void add(Gathered<M>& memory, Address at, std::size_t depth, StepBudget& steps,
           TaskRecord& record) const;

  L layout_;
  AsyncioOffsets offsets_;
  TaskLimits limits_;
  std::uint64_t first_ = 0, last_ = 0;  // what is read of a future
};

template <class L>
template <Memory M>
void AwaiterReader<L>::follow(Gathered<M>& memory, Address awaiter, bool is_set, std::size_t depth,
                              StepBudget& steps, TaskRecord& record) const {
  if (!awaiter || depth > limits_.futures || record.others.size() >= limits_.remembered) return;
  if (!is_set) {
    add(memory, awaiter, depth, steps, record);
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
    if (record.awaiters.size() >= limits_.awaiters || !steps.spend()) return;
    const Address key = layout_.set_entry.key.in(entry);
    if (!key || layout_.set_entry.hash.in(entry) == -1) continue;  // never used, or deleted
    add(memory, key, depth, steps, record);
  }
}

// A task is an awaiter; a future has awaiters.
template <class L>
template <Memory M>
void AwaiterReader<L>::add(Gathered<M>& memory, Address at, std::size_t depth, StepBudget& steps,
                           TaskRecord& record) const {
  if (!steps.spend()) return;
  const auto is_task = read_value<std::uint8_t>(memory, at + offsets_.is_task);
  if (!is_task) return;
  if (*is_task == 1) {
    auto& known = record.awaiters;
    if (std::find(known.begin(), known.end(), at) == known.end()) known.push_back(at);
    return;
  }
  if (record.others.size() >= limits_.remembered) return;
  const Bytes bytes =
      remember(memory, at + first_, static_cast<std::size_t>(last_ - first_), record);
  const auto part = [&](std::uint64_t offset) { return static_cast<std::size_t>(offset - first_); };
  const auto next = load_checked<Address>(bytes, part(offsets_.awaited_by));
  const auto set = load_checked<std::uint8_t>(bytes, part(offsets_.awaited_by_is_set));
  if (next && set) follow(memory, *next, *set == 1, depth + 1, steps, record);
}

}  // namespace tachyon
