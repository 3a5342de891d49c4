#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/interner.hpp>
#include <tachyon/memory/gathered.hpp>

// What is kept of a task that has been read.
//
// A record lists every piece of memory that it was made from, and what stood there. All pieces of
// all tasks are read again together (memory/gathered.hpp). A record is valid as long as the words
// that matter are unchanged. The name is one of the pieces: tasks are freed and allocated at the
// same address, and so are their names.
namespace tachyon {

struct TaskLimits {
  std::size_t tasks = 1 << 15;  // of one list
  std::size_t chain = 4096;     // coroutines awaiting one another
  std::size_t awaiters = 256;   // of one task
  std::size_t futures = 16;     // one behind the other, between two tasks
  std::int64_t set_slots = 1 << 12;
  std::size_t remembered = 128;  // futures and sets looked through for one task
  std::size_t steps = 3 << 16;   // of one tick: sets of futures that await sets have no other end
};

// How much may still be read in this tick.
class StepBudget {
 public:
  explicit StepBudget(std::size_t steps) noexcept : left_{steps} {}
  // False: nothing is left.
  bool spend(std::size_t cost = 1) noexcept {
    left_ -= std::min(left_, cost);
    return left_ != 0;
  }

 private:
  std::size_t left_;
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

// The words of a coroutine that matter. The frame of a coroutine that runs changes all the time and
// is read with the stack of its thread: its words are left out.
struct CoroutineWords {
  Address type{};
  Address executable{};
  Address instruction{};
  Address awaited{};  // what it waits for; null: nothing
  std::int32_t thread_index = 0;
  std::uint8_t owner = 0;
  std::int8_t state = 0;

  friend bool operator==(const CoroutineWords&, const CoroutineWords&) noexcept = default;
};

struct RememberedCoroutine {
  Address at{};
  PieceId piece = PieceId::none;
  CoroutineWords words{};
  bool has_frame = false;  // it is suspended: neither running nor finished
};

// Bytes that only have to be the same: their fingerprint is kept.
struct RememberedBytes {
  PieceId piece = PieceId::none;
  std::uint64_t fingerprint = 0;
};

struct TaskRecord {
  Address at{};
  PieceId piece = PieceId::none;
  TaskWords words{};
  std::string name{};
  std::vector<RememberedCoroutine> coroutines{};  // outermost first
  std::vector<RememberedBytes> others{};          // its name; futures and sets on the way
  std::vector<Address> awaiters{};                // tasks
  bool nameless = false;                          // not a living task: those have names
  bool on_thread = false;                         // its coroutine runs, on the stack of a thread
};

inline std::uint64_t fingerprint_of(Bytes bytes) noexcept {
  std::uint64_t print = bytes.size() + 1;
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    print = mix_bits(print ^ load<std::uint64_t>(bytes, i));
  }
  for (; i < bytes.size(); ++i) print = mix_bits(print ^ std::to_integer<unsigned>(bytes[i]));
  return print;
}

// Makes bytes a part of the record. Valid until the next piece is added; empty: not readable.
template <Memory M>
Bytes remember(Gathered<M>& memory, Address at, std::size_t size, TaskRecord& record) {
  const PieceId piece = memory.add(at, size);
  if (piece == PieceId::none) return {};
  const Bytes bytes = memory.bytes(piece);
  record.others.push_back({piece, fingerprint_of(bytes)});
  return bytes;
}

template <Memory M>
void drop_record(Gathered<M>& memory, TaskRecord& record) noexcept {
  if (record.piece != PieceId::none) memory.drop(record.piece);
  record.piece = PieceId::none;
  for (const auto& coroutine : record.coroutines) memory.drop(coroutine.piece);
  for (const auto& other : record.others) memory.drop(other.piece);
  record.coroutines.clear();
  record.others.clear();
  record.awaiters.clear();
  record.on_thread = false;
}

}  // namespace tachyon
